package emulator_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/journal"
)

// account is the simple model: what each subscription is owed, what faults made of it, and what came of it by the journal. What raised
// a debt is known beforehand where a change did, and read in the journal where the service itself had something to say.
type account struct {
	read  uint64 // journal entries up to here are entered
	rules map[int]sketch
	debts map[debtKey]*debt
	owing map[claim][]*debt
	bent  []*debt         // those that were struck
	known map[uint64]bool // changes that are entered

	raised, others    int // notifications, copies among the others
	struck            map[int]int
	strikes           int
	given, unnamed    int // notifications that were given up, and of these those that the journal counts only
	delivered         int // notifications
	failed, unread    int // requests that were answered 5xx and 4xx
	broken            int // requests that were cut
	nulls             int
	disturbed         map[string]bool // subscriptions some of whose notifications may come out of order
	missed            map[string]bool // subscriptions that were told of a loss
	ended             map[journal.Kind]map[uint64]int
	overwritten       uint64
	handshakes, calls []sketch             // what struck since somebody looked
	fates             []strikeOnLife       // likewise
	lives             map[uint64]bool      // entries of strikes on subscriptions
	early             map[string][]*debt   // owed to subscriptions that nobody knew of yet
	made, renewed     []journal.Entry      // likewise
	gone              map[string]time.Time // deleted by their apps, likewise
	problem           string               // the first thing that nothing explains
}

// debtKey names a notification: whose it is, and which entry of the journal it comes of.
type debtKey struct {
	subscription string
	cause        uint64
}

// debt is a notification that is owed.
type debt struct {
	claim
	change bool // a change raised it

	strikes []string
	dialect string  // that was spoken when it was struck
	copies  int     // beside it
	more    int     // that it stands in its request, beside once
	nulls   int     // that stand before it
	strange bool    // it has properties that nobody knows
	state   *string // the client state that it carries, if not the subscription's
	unread  int     // attempts that no webhook can read
	cut     int     // attempts that end too early
	dropped bool
	told    bool // who is owed it, is told of its loss

	arrived, lost int
	refused       bool  // it was not even queued, so that there are no copies
	number        int32 // in its subscription; 0 where the schema does not count
}

// sent is how many notifications were made of it.
func (d *debt) sent() int {
	if d.dropped || d.refused {
		return 1
	}
	return 1 + d.copies
}

func (d *debt) forged() bool { return d.state != nil && *d.state != soakState }

// strikeOnLife is a fault that struck a subscription.
type strikeOnLife struct {
	sketch
	seq          uint64
	subscription string
}

func newAccount() *account {
	return &account{
		rules: make(map[int]sketch), debts: make(map[debtKey]*debt), owing: make(map[claim][]*debt), known: make(map[uint64]bool),
		struck: make(map[int]int), disturbed: make(map[string]bool), missed: make(map[string]bool),
		ended: map[journal.Kind]map[uint64]int{journal.Expired: {}, journal.Removed: {}, journal.Missed: {}},
		gone:  make(map[string]time.Time), lives: make(map[uint64]bool), early: make(map[string][]*debt),
	}
}

// wrong keeps the first thing that nothing explains.
func (a *account) wrong(format string, args ...any) {
	if a.problem == "" {
		a.problem = fmt.Sprintf(format, args...)
	}
}

// owe enters a debt.
func (a *account) owe(subscription string, cause uint64, d debt) {
	a.debts[debtKey{subscription, cause}] = &d
	a.owing[d.claim] = append(a.owing[d.claim], &d)
	if d.change {
		a.raised++
	} else {
		a.others++
	}
}

// oweChange enters what a change owes to some.
func (a *account) oweChange(cause uint64, item string, to []string) {
	a.known[cause] = true
	for _, id := range to {
		a.owe(id, cause, debt{claim: claim{id, item}, change: true})
	}
}

// enter reads on in the journal. Living are those who are owed a change that nobody asked for, by mailbox.
func (a *account) enter(j *journal.Journal, living func(mailbox string) []string) {
	entries, overwritten := j.Since(a.read, nil, 0)
	a.overwritten += overwritten
	for i := range entries {
		e := &entries[i]
		a.read = e.Seq
		switch e.Kind {
		case journal.Fault:
			a.strike(e)
		case journal.Change:
			if !a.known[e.Seq] {
				to := living(e.Mailbox)
				first := ""
				if n := len(a.fates); n > 0 {
					first = a.fates[n-1].subscription
					to = append(to, first)
				}
				a.oweChange(e.Seq, detail(e).Item, to)
				a.early[first] = append(a.early[first], a.debts[debtKey{first, e.Seq}])
			}
		case journal.Lifecycle, journal.Missed:
			a.missed[e.Subscription] = a.missed[e.Subscription] || e.Kind == journal.Missed
			a.owe(e.Subscription, e.Seq, debt{claim: claim{e.Subscription, strings.ToLower(e.Note)}})
		case journal.Subscribed:
			a.made = append(a.made, *e)
			if d, err := dialect.Lookup(e.Dialect); err == nil && d.Notification.Acknowledge {
				a.owe(e.Subscription, e.Seq, debt{claim: claim{e.Subscription, "acknowledgment"}})
			}
		case journal.Renewed:
			a.renewed = append(a.renewed, *e)
		case journal.Deleted:
			a.gone[e.Subscription] = e.At
		case journal.Attempt:
			a.attempt(e)
		case journal.Dropped:
			a.giveUp(e)
		}
		if by := a.ended[e.Kind]; by != nil {
			by[e.Cause]++
		}
	}
}

// strike enters what a fault did.
func (a *account) strike(e *journal.Entry) {
	s := e.Data.(*fault.Strike)
	k, ours := a.rules[s.Rule]
	if !ours || k.name() != s.Fault || k.place() != s.Place {
		a.wrong("%s struck a %s, which nobody asked for", s.Fault, s.Place)
		return
	}
	if by := k.where; by.Mailbox != "" && by.Mailbox != e.Mailbox || by.Subscription != "" && by.Subscription != e.Subscription {
		a.wrong("%s struck %s of %s, and was to strike only %+v", s.Fault, e.Subscription, e.Mailbox, by)
		return
	}
	k.on = s.On
	a.strikes++
	a.struck[s.Rule]++
	switch {
	case k.seal:
		a.wrong("%s struck a notification that brings no content", s.Fault)
	case k.debt != nil:
		d := a.debts[debtKey{e.Subscription, e.Cause}]
		if d == nil {
			a.wrong("%s struck a notification to %s that nobody owes, of entry %d", s.Fault, e.Subscription, e.Cause)
			return
		}
		if len(d.strikes) == 0 {
			a.bent = append(a.bent, d)
		}
		d.strikes, d.dialect = append(d.strikes, s.Fault), e.Dialect
		k.debt(d)
		a.disturbed[e.Subscription] = true
	case k.ask != nil:
		a.handshakes = append(a.handshakes, k)
	case k.fate != nil:
		a.calls = append(a.calls, k)
	default:
		a.lives[e.Seq] = true
		a.fates = append(a.fates, strikeOnLife{k, e.Seq, e.Subscription})
	}
}

// attempt enters what was sent, and asks whether a fault or the webhook explains how it went.
func (a *account) attempt(e *journal.Entry) {
	data := e.Data.(*delivery.Attempt)
	var debts []*debt
	for _, item := range data.Items {
		d := a.debts[debtKey{item.Subscription, item.Cause}]
		if d == nil || !strings.EqualFold(item.Change, d.item) && !d.change {
			a.wrong("%s was sent to %s, which nobody owes, of entry %d", item.Change, item.Subscription, item.Cause)
			return
		}
		debts = append(debts, d)
		a.number(d, item.Sequence)
		if !data.Delivered {
			a.disturbed[item.Subscription] = true
		}
	}
	first := debts[0]
	for _, name := range first.strikes {
		if len(debts) == 1 && !slices.Contains(data.Faults, name) {
			a.wrong("an attempt does not tell of %s, which struck it", name)
		}
	}
	switch status := e.Exchange.Status; {
	case data.Delivered:
		a.delivered += len(debts)
		for _, d := range debts {
			d.arrived++
			a.nulls += d.nulls
		}
	case status == 0 && len(debts) == 1 && data.Try <= first.cut:
		a.broken++
	case status >= 400 && status < 500 && len(debts) == 1 && data.Try <= first.unread:
		a.unread++
	case status >= 500:
		a.failed++
	default:
		a.wrong("try %d of %v went wrong with %d %s, which no fault explains: %v", data.Try, first.claim, status, e.Exchange.Error, first.strikes)
	}
}

// number notes a notification's place in its subscription. It keeps that, however often it is sent.
func (a *account) number(d *debt, n int32) {
	if d.number != 0 && d.number != n {
		a.wrong("%v has the number %d, and had %d", d.claim, n, d.number)
	}
	d.number = n
}

// gaps says where the numbers of a subscription's notifications leave one out, or are given out twice: whatever becomes of a
// notification, its number is used up.
func (a *account) gaps() string {
	numbers := make(map[string][]int32)
	for key, d := range a.debts {
		if d.number != 0 {
			numbers[key.subscription] = append(numbers[key.subscription], d.number)
		}
	}
	for subscription, given := range numbers {
		slices.Sort(given)
		for i, n := range given {
			if int(n) != i+1 {
				return fmt.Sprintf("the notifications of %s have the numbers %v", subscription, given)
			}
		}
	}
	return ""
}

// giveUp enters what will never arrive.
func (a *account) giveUp(e *journal.Entry) {
	given := e.Data.(*delivery.Given)
	a.given += given.Count
	a.unnamed += given.Count - len(given.Items)
	for _, item := range given.Items {
		d := a.debts[debtKey{item.Subscription, item.Cause}]
		if d == nil {
			a.wrong("%s to %s was given up, which nobody owes", item.Change, item.Subscription)
			return
		}
		d.lost++
		a.number(d, item.Sequence)
		switch given.Reason {
		case delivery.Overflow, delivery.Unwell:
			d.refused = true
		case delivery.Faulted:
			if !d.dropped {
				a.wrong("%v was lost by a fault that nobody asked for", d.claim)
			}
		}
	}
}

// balance compares the account with what the webhooks got and what the emulator counts. It returns the first difference.
func (a *account) balance(hook *ledger, status *control.Status) string {
	if a.problem != "" {
		return a.problem
	}
	if a.overwritten > 0 {
		return fmt.Sprintf("%d entries of the journal were overwritten: there is no account without them", a.overwritten)
	}
	touched := hook.look()
	for c := range touched {
		if problem := a.compare(c, hook.tally(c)); problem != "" {
			hook.touch(touched)
			return problem
		}
	}
	copies := 0
	for _, d := range a.bent {
		copies += d.sent() - 1
	}
	seen, _ := hook.seen()
	n := status.Counters
	for _, row := range []struct {
		what      string
		got, want int64
	}{
		{"notifications that changes raised", n["raised"], int64(a.raised)},
		{"other notifications", n["others"], int64(a.others + copies)},
		{"notifications that arrived", n["delivered"], int64(a.delivered)},
		{"notifications that were given up", n["lost"] + n["dropped"], int64(a.given)},
		{"notifications, whatever became of them", n["delivered"] + n["lost"] + n["dropped"] + n["pending"], n["raised"] + n["others"]},
		{"strikes", n["faults"], int64(a.strikes)},
		{"requests that nobody could read", int64(seen.unread), int64(a.unread)},
		{"requests that a webhook failed at", int64(seen.failed), int64(a.failed)},
		{"requests that a webhook saw cut", min(int64(seen.broken), int64(a.broken)), int64(seen.broken)}, // it sees it a little later
		{"nulls", int64(seen.nulls), int64(a.nulls)},
	} {
		if row.got != row.want {
			return fmt.Sprintf("%s: there are %d, want %d", row.what, row.got, row.want)
		}
	}
	return ""
}

// compare holds what came of a claim to what the journal says was delivered.
func (a *account) compare(c claim, got tally) string {
	if len(a.owing[c]) == 0 {
		return fmt.Sprintf("%v came, which nobody is owed", c)
	}
	var want tally
	var strikes []string
	for _, d := range a.owing[c] {
		times := d.arrived * (1 + d.more)
		want.came += times
		if d.strange {
			want.strange += times
		}
		if d.forged() {
			want.forged += times
		}
		strikes = append(strikes, d.strikes...)
	}
	if got != want {
		return fmt.Sprintf("%v: a webhook got %+v, the account says %+v; what struck: %v", c, got, want, strikes)
	}
	return ""
}

// close says what is still open when nothing is under way any more: each notification that was ever sent has arrived, or was given up.
func (a *account) close(hook *ledger) string {
	open := 0
	for _, key := range slices.SortedFunc(maps.Keys(a.debts), func(x, y debtKey) int { return cmp.Compare(x.cause, y.cause) }) {
		d := a.debts[key]
		if problem := a.compare(d.claim, hook.tally(d.claim)); problem != "" && len(a.owing[d.claim]) > 0 {
			return problem
		}
		rest := d.sent() - d.arrived - d.lost
		if open += rest; rest != 0 && a.unnamed == 0 {
			return fmt.Sprintf("%v of entry %d: %d were sent, %d arrived, %d were given up; what struck: %v", d.claim, key.cause, d.sent(), d.arrived, d.lost, d.strikes)
		}
		if d.dropped && d.lost == 0 && a.unnamed == 0 {
			return fmt.Sprintf("%v was dropped, and nobody is told", d.claim)
		}
	}
	if open != a.unnamed {
		return fmt.Sprintf("%d notifications neither arrived nor were given up", open-a.unnamed)
	}
	if a.unnamed == 0 {
		if problem := a.gaps(); problem != "" {
			return problem
		}
	}
	for subscription, passed := range hook.passed {
		if passed && !a.disturbed[subscription] {
			return fmt.Sprintf("notifications to %s came out of order, though none failed and no fault struck", subscription)
		}
	}
	return ""
}

// detail is what an entry says of a subscription or of a change, whoever made it.
func detail(e *journal.Entry) (d struct {
	Item    string    `json:"item"`
	Expires time.Time `json:"expires"`
}) {
	if document, err := json.Marshal(e.Data); err == nil {
		_ = json.Unmarshal(document, &d) // what does not fit shows in the account
	}
	return d
}
