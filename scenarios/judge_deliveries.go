package scenarios

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
)

// expectDeliveries judges the notifications that were sent and that no step has looked at yet. They are looked at now.
func (p *play) expectDeliveries(ctx context.Context, want *ExpectDeliveries) error {
	wanted := want.wanted()
	requests, err := p.deliveries(ctx, want, wanted)
	if err != nil {
		return err
	}
	var items []sentItem
	p.shown = nil
	for _, d := range requests {
		items = append(items, d.items...)
		p.shown = append(p.shown, d.entry.Exchange)
		p.show(d.entry.Exchange)
		p.looked = max(p.looked, d.entry.Seq)
	}
	if n := len(items); n != wanted && !(want.AtLeast && n > wanted) {
		p.now.problem("%s came, want %d", counted(n, "notification"), wanted)
	}
	if want.Requests != nil && len(requests) != *want.Requests {
		p.now.problem("they came in %s, want %d", counted(len(requests), "request"), *want.Requests)
	}
	for _, d := range requests {
		if err := p.deliveryDiffers(want, d); err != nil {
			return err
		}
	}
	if len(p.now.Problems) > 0 {
		return nil
	}
	if len(requests) > 0 {
		p.named = p.deliveryValues(requests[0].entry.Exchange)
	}
	return p.itemsDiffer(want, items)
}

// wanted is how many notifications there have to be.
func (want *ExpectDeliveries) wanted() int {
	switch {
	case want.Count != nil:
		return *want.Count
	case len(want.Items) > 0:
		return len(want.Items)
	}
	return 1
}

// deliveries are the requests with notifications that nobody has looked at. Where everything can be settled, all has been sent by then;
// what a webhook elsewhere has to do with may still be under way, and is waited for.
func (p *play) deliveries(ctx context.Context, want *ExpectDeliveries, wanted int) ([]*delivery, error) {
	if !p.settles() && wanted > 0 {
		left := wanted
		_, err := p.collect(ctx, p.looked, cmp.Or(want.Within.Wall.std(), defaultWithin), func(e *journal.Entry) bool {
			if e.Kind == journal.Attempt {
				left -= len(observed(e).items)
			}
			return left <= 0
		})
		if err != nil {
			return nil, err
		}
	}
	if err := p.settle(ctx); err != nil { // and what is too many has been sent as well
		return nil, err
	}
	entries, err := p.entries(ctx, p.looked)
	var all []*delivery
	for i := range entries {
		if entries[i].Kind == journal.Attempt {
			all = append(all, observed(&entries[i]))
		}
	}
	return all, err
}

func (p *play) deliveryDiffers(want *ExpectDeliveries, d *delivery) error {
	if want.Dialect != "" && d.entry.Dialect != string(want.Dialect) {
		p.now.problem("it is in the words of %s, want %s", d.entry.Dialect, want.Dialect)
	}
	verdict := want.Verdict
	if verdict == "" {
		verdict = DeliveryVerdict(diagnosis.ClassGood)
	}
	if verdict != anyVerdict && string(d.Class) != string(verdict) {
		p.now.problem("the webhook's answer is %s, want %s: %s", d.Class, verdict, told(d.Diagnoses, d.Next))
	}
	p.compareFinding(want.Finding, d.Diagnoses)
	if want.Try != 0 && d.Try != want.Try {
		p.now.problem("it is attempt %d, want %d", d.Try, want.Try)
	}
	if limit := want.Within.Virtual.std(); limit != 0 {
		if after := d.entry.At.Sub(p.when); after > limit {
			p.now.problem("it came %s after the step before, want %s", after.Round(time.Millisecond), Duration(limit))
		}
	}
	err := p.compareHeaders("the header", want.Headers, d.entry.Exchange.RequestHeader)
	if err == nil {
		err = p.comparePaths("the body's", want.Body, d.body)
	}
	if err == nil {
		err = p.compareAnswer(want.Answer, d.entry.Exchange)
	}
	return err
}

// itemsDiffer judges the notifications one by one.
func (p *play) itemsDiffer(want *ExpectDeliveries, items []sentItem) error {
	if want.Each != nil {
		for i := range items {
			if err := p.itemDiffers(want.Each, &items[i], i); err != nil {
				return err
			}
		}
	}
	if want.Order == "any" {
		return p.itemsInAnyOrder(want.Items, items)
	}
	for i := range want.Items {
		if i < len(items) {
			if err := p.itemDiffers(&want.Items[i], &items[i], i); err != nil {
				return err
			}
		}
	}
	return nil
}

// itemsInAnyOrder looks for one notification for each that is listed.
func (p *play) itemsInAnyOrder(wanted []ExpectItem, items []sentItem) error {
	taken := make([]bool, len(items))
next:
	for w := range wanted {
		for i := range items {
			if taken[i] {
				continue
			}
			trial := *p // what is found out against one that is none of it does not count
			trial.now = &StepReport{}
			if err := trial.itemDiffers(&wanted[w], &items[i], i); err != nil {
				return err
			}
			if len(trial.now.Problems) == 0 {
				taken[i] = true
				continue next
			}
		}
		p.now.problem("none of them is the one that is listed as number %d", w+1)
	}
	return nil
}

func (p *play) itemDiffers(want *ExpectItem, item *sentItem, index int) error {
	what := fmt.Sprintf("notification %d", index+1)
	if want.Change != "" && item.change != string(want.Change) {
		p.now.problem("%s tells %q, want %q", what, item.change+item.lifecycle, want.Change)
	}
	if want.Lifecycle != "" && item.lifecycle != string(want.Lifecycle) && !(want.Lifecycle == "missed" && item.change == "missed") {
		p.now.problem("%s tells %q, want %q", what, item.change+item.lifecycle, want.Lifecycle)
	}
	if want.Subscription != "" {
		if s := p.sub(want.Subscription); item.subscription != s.id {
			p.now.problem("%s is for subscription %s, want %s (%s)", what, item.subscription, s.id, want.Subscription)
		}
	}
	if want.Sequence != nil && (!item.hasSequence || item.sequence != *want.Sequence) {
		p.now.problem("%s has the number %d, want %d", what, item.sequence, *want.Sequence)
	}
	err := p.compareAll(
		comparison{what + ": the item", want.Item, found{item.id, item.id != ""}},
		comparison{what + ": the resource", want.Resource, found{item.resource, item.resource != ""}},
		comparison{what + ": the client state", want.ClientState, found{item.clientState, item.hasState && item.clientState != ""}})
	if err == nil {
		err = p.comparePaths(what+": its", want.Body, item.body)
	}
	if err == nil && len(want.Content) > 0 {
		err = p.contentDiffers(want.Content, item, what)
	}
	return err
}
