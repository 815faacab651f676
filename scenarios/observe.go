package scenarios

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
)

// attempt is what is needed of an attempt's detail.
type attempt struct {
	Items     []plannedItem         `json:"items"`
	Try       int                   `json:"try"`
	Class     diagnosis.Class       `json:"class"`
	Next      string                `json:"next"`
	Diagnoses []diagnosis.Diagnosis `json:"diagnoses"`
}

type plannedItem struct {
	Subscription string `json:"subscription"`
	Sequence     int    `json:"sequence"`
	Change       string `json:"change"`
}

// decode reads the detail of an entry: a value of this process or what came over the control API.
func decode[T any](data any) T {
	var detail T
	if document, err := json.Marshal(data); err == nil {
		_ = json.Unmarshal(document, &detail) // what does not fit is none of what is looked for
	}
	return detail
}

// delivery is one request with notifications.
type delivery struct {
	entry journal.Entry
	attempt
	items []sentItem
	body  any
}

// sentItem is one notification as it went over the wire; where a fault made that unreadable, as it was planned.
type sentItem struct {
	change, lifecycle     string
	subscription, id      string
	resource, clientState string
	hasState, hasSequence bool
	sequence              int
	body                  any
	raw                   []byte
}

// observed reads a request of the journal.
func observed(e *journal.Entry) *delivery {
	d := &delivery{entry: *e, attempt: decode[attempt](e.Data)}
	if e.Exchange == nil {
		return d
	}
	d.body = jsonOf(e.Exchange.RequestBody)
	read, err := dialect.Read(canonical(e.Exchange.RequestHeader), e.Exchange.RequestBody)
	if err != nil {
		for _, planned := range d.Items {
			d.items = append(d.items, sentItem{
				change: strings.ToLower(planned.Change), subscription: planned.Subscription, sequence: planned.Sequence,
			})
		}
		return d
	}
	for _, item := range read.Items {
		d.items = append(d.items, itemOf(&item))
	}
	return d
}

func itemOf(item *dialect.Item) sentItem {
	sent := sentItem{
		change: strings.ToLower(item.Change.Name()), lifecycle: string(item.Lifecycle), subscription: item.Subscription,
		resource: item.Resource, clientState: item.ClientState, hasState: item.HasClientState,
		sequence: int(item.Sequence), hasSequence: item.HasSequence, body: jsonOf(item.Raw), raw: item.Raw,
	}
	if item.Data != nil {
		sent.id = item.Data.ID
	}
	return sent
}

// mine tells whether an entry of a shared journal is about this scenario.
func (p *play) mine(e *journal.Entry) bool {
	if p.server != nil {
		return true
	}
	switch e.Kind {
	case journal.Attempt:
		return p.mailbox != "" && strings.EqualFold(e.Mailbox, p.mailbox) || slices.ContainsFunc(decode[attempt](e.Data).Items, func(i plannedItem) bool { return p.ids[i.Subscription] })
	case journal.Handshake:
		return strings.EqualFold(e.Mailbox, p.mailbox) || sameHook(e.URL, p.hookURL)
	}
	return strings.EqualFold(e.Mailbox, p.mailbox) || p.ids[e.Subscription]
}

// sameHook compares addresses whose query values may be masked.
func sameHook(a, b string) bool { return journal.MaskURL(a) == journal.MaskURL(b) }

// collect follows the journal until enough says so, or for so long of real time. What it returns is all that there was.
func (p *play) collect(ctx context.Context, since uint64, within time.Duration, enough func(*journal.Entry) bool) ([]journal.Entry, error) {
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var all []journal.Entry
	for e, err := range p.record.follow(limited, since) {
		if err != nil {
			return all, err
		}
		if !p.mine(&e) {
			continue
		}
		all = append(all, e)
		if enough(&e) {
			return all, nil
		}
	}
	return all, ctx.Err()
}

// entries are those above seq that are about this scenario.
func (p *play) entries(ctx context.Context, seq uint64) ([]journal.Entry, error) {
	all, err := p.record.since(ctx, seq)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(e journal.Entry) bool { return !p.mine(&e) }), nil
}

// headerOf finds a header, whatever the case of its name: on the wire it is the service's, and a server may have changed it.
func headerOf(h http.Header, name string) found {
	for n, values := range h {
		if strings.EqualFold(n, name) {
			return this(strings.Join(values, ", "))
		}
	}
	return found{}
}
