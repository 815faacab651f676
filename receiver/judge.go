package receiver

import (
	"context"
	"slices"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// judge judges the items of a request that was answered, and writes an entry for each; cause is the request's.
func (r *Receiver) judge(c *call, cause uint64, read *dialect.Body) {
	tokens := r.checkTokens(c, read.Tokens)
	items := make([]Item, len(read.Items))
	for i := range items {
		received := &read.Items[i]
		items[i] = Item{
			Index: i, Dialect: read.Dialect, Problems: received.Problems,
			Subscription: received.Subscription, Change: received.Change, Lifecycle: received.Lifecycle,
			Sequence: received.Sequence, HasSequence: received.HasSequence,
			Age:    age(received, c.entry.At),
			header: c.header, raw: received.Raw, mode: r.config.Mode,
		}
		r.identify(&items[i], received)
		r.open(&items[i], received, tokens)
	}
	r.memory.compare(items, read.Items)
	r.tell(c, cause, items)
}

// toldAtOnce is how many entries are written together: enough that they cost little more than one, and few enough for the stack.
const toldAtOnce = 16

// tell writes an entry for each item of a request, and lets it be read.
func (r *Receiver) tell(c *call, cause uint64, items []Item) {
	var room [toldAtOnce]journal.Entry
	for portion := range slices.Chunk(items, toldAtOnce) {
		entries := room[:len(portion)]
		for i := range portion {
			item := &portion[i]
			if !item.Good() {
				r.counts.doubtful.Add(1)
			}
			entries[i] = journal.Entry{
				At: c.entry.At, Wall: c.entry.Wall, Kind: journal.Notified, Cause: cause,
				Dialect: c.entry.Dialect, Subscription: item.Subscription, URL: c.entry.URL,
				Note: item.what(), Data: item,
			}
		}
		first := r.journal.AppendAll(entries)
		for i := range portion {
			if item := &portion[i]; r.reads != nil && item.worthReading() {
				r.reads.add(r, item.Notification(), journal.Entry{Cause: first + uint64(i), Dialect: c.entry.Dialect, Subscription: item.Subscription})
			}
		}
	}
}

// identify tells whose notification it is, by subscription and client state.
func (r *Receiver) identify(item *Item, received *dialect.Item) {
	if odd(*received) {
		return // there is nobody to ask about
	}
	expected := Expected{ClientState: r.config.ClientState}
	if r.config.Known != nil {
		item.Registration = diagnosis.RegistrationUnknown
		if known, ok := r.config.Known.Known(received.Subscription); ok {
			item.Registration, expected = diagnosis.RegistrationKnown, known
		}
	}
	item.ClientState = compare(expected.ClientState, received.ClientState)
}

// checkTokens checks the tokens of a request once, whatever the number of its items. The sender has its answer, and may have gone.
func (r *Receiver) checkTokens(c *call, tokens []string) checked {
	if r.checker == nil || len(tokens) == 0 {
		return nil
	}
	return r.checker.check(context.WithoutCancel(c.req.Context()), tokens, c.entry.Wall)
}

// open opens the encrypted content of an item. What is forged stays shut: nobody works for a stranger.
func (r *Receiver) open(item *Item, received *dialect.Item, tokens checked) {
	keys := *r.keys.Load()
	if odd(*received) || r.checker == nil && len(keys) == 0 {
		return
	}
	content, refusal := readSealed(received.Raw)
	if r.checker != nil {
		if item.token = tokens.of(received.Tenant, content); item.token != nil {
			item.Token = item.token.token
		}
	}
	if content == nil || len(keys) == 0 || !item.trusted() {
		return
	}
	if refusal == nil {
		item.dataKey, _, refusal = content.open(keys)
	}
	item.Encryption = diagnosis.EncryptionRight
	if refusal != nil {
		item.Encryption, item.encryption = refusal.Encryption, refusal.Detail
	}
}

// age is how old a change is at least: none is notified that came after the subscription's end.
func age(n *dialect.Item, at time.Time) time.Duration {
	if n.Lifecycle != "" || !n.Marks.HasData || n.Expires.IsZero() {
		return 0
	}
	return max(0, at.Sub(n.Expires))
}

// worthReading tells whether there is an item behind the notification, and whether to follow it there. Nobody follows a forged one.
func (i *Item) worthReading() bool {
	exists := i.Change == notify.Created || i.Change == notify.Updated
	return exists && i.trusted() && i.Registration != diagnosis.RegistrationUnknown && !i.Repeated
}
