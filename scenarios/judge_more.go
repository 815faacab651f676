package scenarios

import (
	"context"
	"net/url"
	"strings"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
)

// expectNothing judges that nothing is sent: neither since the last step that did something, nor while so much time goes by.
func (p *play) expectNothing(ctx context.Context, want *ExpectNothing) error {
	if want.For > 0 {
		if err := p.advance(ctx, want.For.std()); err != nil {
			return err
		}
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	isRequest := func(e *journal.Entry) bool {
		return e.Kind == journal.Attempt && e.Seq > p.looked || e.Kind == journal.Handshake && e.Seq > max(p.acted, p.looked)
	}
	since := min(p.looked, p.acted)
	var all []journal.Entry
	var err error
	if p.server == nil && !p.settles() {
		const quiet = defaultWithin / 5 // what is sent at all is sent at once
		all, err = p.collect(ctx, since, quiet, isRequest)
	} else {
		all, err = p.entries(ctx, since)
	}
	if err != nil {
		return err
	}
	p.shown = nil
	for i := range all {
		if isRequest(&all[i]) {
			p.show(all[i].Exchange)
			p.now.problem("the webhook is sent something: %s", describe(&all[i]))
		}
	}
	return nil
}

// describe says in a few words what a request to the webhook is.
func describe(e *journal.Entry) string {
	if e.Kind == journal.Handshake {
		return "a handshake"
	}
	var words []string
	for _, item := range observed(e).items {
		words = append(words, item.change+item.lifecycle)
	}
	return listed(words)
}

// expectReceived judges what the built-in webhook got and was not asked for yet.
func (p *play) expectReceived(ctx context.Context, want *ExpectReceived) error {
	if p.hook == nil {
		p.now.Verdict, p.now.Note = Skipped, "only the built-in webhook tells what it thinks"
		return nil
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	seen := p.hook.receiver.Journal()
	all, _ := seen.Since(p.heard, nil, 0)
	due, refused := 0, 0
	var found []diagnosis.Diagnosis // about whole requests
	for _, e := range all {
		if r, ok := e.Data.(*receiver.Request); ok {
			due += r.Items
			found = append(found, r.Findings...)
			if e.Exchange.Status >= 400 && r.Items == 0 {
				refused++
			}
			p.show(e.Exchange)
		}
	}
	if want.Count != nil && p.server == nil { // they may still be on their way
		due = max(due, *want.Count)
	}
	limited, cancel := context.WithTimeout(ctx, defaultWithin)
	defer cancel()
	judged, err := seen.Wait(limited, p.heard, due, func(e *journal.Entry) bool { return e.Kind == journal.Notified })
	if err != nil && ctx.Err() != nil {
		return err
	}
	p.heard = seen.Last()
	if want.Refused != nil && refused != *want.Refused {
		p.now.problem("%s could not be taken, want %d", counted(refused, "request"), *want.Refused)
	}
	p.receivedDiffer(want, judged, found)
	return nil
}

func (p *play) receivedDiffer(want *ExpectReceived, judged []journal.Entry, found []diagnosis.Diagnosis) {
	if want.Count != nil && len(judged) != *want.Count {
		p.now.problem("it got %s, want %d", counted(len(judged), "notification"), *want.Count)
	}
	missing := 0
	for _, e := range judged {
		item, ok := e.Data.(*receiver.Item)
		if !ok {
			continue
		}
		missing += int(item.Missing)
		var ids []string
		for _, d := range item.Findings() {
			ids, found = append(ids, d.ID), append(found, d)
		}
		if verdict := verdictOf(item); want.Verdict != "" && verdict != want.Verdict {
			p.now.problem("%s of subscription %s is %s, want %s: %s", e.Note, e.Subscription, verdict, want.Verdict, listed(append(ids, item.Problems...)))
		}
		if want.Dialect != "" && e.Dialect != string(want.Dialect) && !sameWords(e.Dialect, string(want.Dialect)) {
			p.now.problem("%s is in the words of %s, want %s", e.Note, e.Dialect, want.Dialect)
		}
	}
	p.compareFinding(want.Finding, found)
	if want.Missing != nil && missing != *want.Missing {
		p.now.problem("%s were skipped, want %d", counted(missing, "number"), *want.Missing)
	}
}

func verdictOf(item *receiver.Item) ReceivedVerdict {
	if item.Good() {
		return "good"
	}
	return "doubtful"
}

// sameWords tells whether a body can be told to be in one dialect or the other: Graph's beta has the words of v1.0, and a profile those
// of its dialect.
func sameWords(a, b string) bool {
	words := func(name string) string {
		name, _, _ = strings.Cut(name, "@")
		return strings.Replace(name, "graph-beta", defaultDialect, 1)
	}
	return words(a) == words(b)
}

// expectEndpoint judges what the service thinks of the webhook's endpoint. Of one that it never called it thinks well.
func (p *play) expectEndpoint(ctx context.Context, want *ExpectEndpoint) error {
	if err := p.settle(ctx); err != nil {
		return err
	}
	status, err := p.steer.Status(ctx)
	if err != nil {
		return err
	}
	hook, err := url.Parse(p.hookURL)
	if err != nil {
		return err
	}
	state, seen := EndpointState("good"), control.Endpoint{}
	for _, e := range status.Endpoints {
		if at, err := url.Parse(e.Endpoint); err == nil && at.Scheme == hook.Scheme && strings.EqualFold(at.Host, hook.Host) {
			state, seen = EndpointState(e.State), e
		}
	}
	if state != want.State {
		p.now.problem("the endpoint is %s, want %s: %s since it is, %d of them late, %d failed", state, want.State,
			counted(int(seen.Attempts), "attempt"), seen.Late, seen.Failed)
	}
	return nil
}

// expectJournal judges what the journal tells since the start.
func (p *play) expectJournal(ctx context.Context, want *ExpectJournal) error {
	if err := p.settle(ctx); err != nil {
		return err
	}
	all, err := p.entries(ctx, p.begun)
	if err != nil {
		return err
	}
	count := 0
	var notes []string
	for i := range all {
		e := &all[i]
		if string(e.Kind) != string(want.Kind) || want.Subscription != "" && e.Subscription != p.sub(want.Subscription).id {
			continue
		}
		differs, err := want.Note.differs(&p.scope, this(e.Note))
		if err != nil {
			return err
		}
		if differs != "" {
			notes = append(notes, differs)
			continue
		}
		count++
	}
	switch {
	case want.Count != nil && count != *want.Count:
		p.now.problem("the journal has %d of %s, want %d", count, want.Kind, *want.Count)
	case want.Count == nil && count == 0:
		p.now.problem("the journal has no %s", want.Kind)
	default:
		return nil
	}
	p.now.Problems = append(p.now.Problems, notes[:min(len(notes), shownExchanges)]...)
	return nil
}
