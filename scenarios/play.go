package scenarios

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
)

// defaultDialect is played where a file names none: what most webhooks of today are for.
const defaultDialect = "graph-v1.0"

// Spoken are the dialects that the scenario is to be played in, one after the other.
func (s *Scenario) Spoken() []string {
	if len(s.Dialects) == 0 {
		return []string{defaultDialect}
	}
	var names []string
	for _, d := range s.Dialects {
		names = append(names, string(d))
	}
	return names
}

// Play plays a scenario in one dialect. What goes wrong in it stands in the report; the error is for options that make no sense.
func Play(ctx context.Context, s *Scenario, o Options) (Report, error) {
	if o.Dialect == "" {
		o.Dialect = s.Spoken()[0]
	}
	d, err := dialect.Lookup(o.Dialect)
	if err != nil {
		return Report{}, fmt.Errorf("play %s: %w", s.Name(), err)
	}
	report := Report{Scenario: s.Name(), Variation: s.Variation(), Title: s.Title, File: s.File, Dialect: o.Dialect, Seed: o.Seed, Verdict: Good}
	if report.Verdict, report.Reason = s.unfit(o); report.Verdict != Good {
		return report, nil
	}
	started := time.Now()
	st, err := newStage(ctx, s, d, o)
	if err != nil {
		report.Verdict, report.Reason = Unjudged, err.Error()
		return report, nil
	}
	defer st.close()
	p := &play{stage: st, report: &report}
	p.run(ctx)
	report.Took = time.Since(started)
	return report, nil
}

// unfit tells why a scenario is not to be played so.
func (s *Scenario) unfit(o Options) (Verdict, string) {
	if lacking := s.source.declared.missing(s.values); len(lacking) > 0 {
		return Refused, "it has no value for " + listed(lacking)
	}
	steps := s.all()
	if o.Part == SetupOnly {
		steps = s.Setup
	}
	foreign := o.Webhook != "" || o.Handler != nil
	if foreign && (!s.Webhook.right() || slices.ContainsFunc(steps, func(s Step) bool { return s.Webhook != nil })) {
		return Skipped, "it says what the webhook does, and yours does what it does"
	}
	if foreign && s.encrypts {
		return Skipped, "it has notifications encrypted for the built-in webhook, and yours has no key for them"
	}
	if o.Webhook != "" && s.Webhook.Path != "" {
		return Skipped, "it says what the webhook's address is, and yours is another"
	}
	if o.Emulator == nil {
		return Good, ""
	}
	switch {
	case o.Webhook == "" && o.Handler == nil && (takesTime(s.Webhook.Conduct) || slices.ContainsFunc(steps, func(s Step) bool { return s.Webhook != nil && takesTime(*s.Webhook) })):
		return Refused, "its webhook takes its time, which on an emulator that runs is real time: play it without --emulator"
	case s.Emulator.touched() && !o.Emulator.Configured:
		return Refused, "it sets the emulator in a way of its own: play it without --emulator"
	case !o.Emulator.Exclusive && slices.ContainsFunc(steps, disturbs):
		return Refused, "it advances the clock or changes what is served, which others would notice: play it with --exclusive, or without --emulator"
	}
	return Good, ""
}

// takesTime tells whether a webhook lets others wait.
func takesTime(c Conduct) bool {
	return c.Handshake != nil && c.Handshake.Delay > 0 || c.Notification != nil && c.Notification.Delay > 0
}

// disturbs tells whether others who use the same emulator would notice a step.
func disturbs(s Step) bool {
	return s.Advance != nil || s.Serve != nil || s.Expect != nil && s.Expect.Nothing != nil && s.Expect.Nothing.For > 0
}

// play is a scenario that is being played.
type play struct {
	*stage
	report *Report
	now    *StepReport // that is being done

	scope   scope
	subs    []*subscribed
	ids     map[string]bool // of its subscriptions
	calls   map[string]*journal.Exchange
	said    *journal.Exchange // what the app said last, and was answered
	lasted  map[*journal.Exchange]time.Duration
	shown   []*journal.Exchange // what the webhook was asked last, and answered
	atFault []*journal.Exchange // what is shown of the step if it fails
	named   any                 // what the step gave, for its name
	begun   uint64              // journal, before the first step
	acted   uint64              // before the last step that did something
	when    time.Time           // and the service's time then
	looked  uint64              // up to here deliveries were looked at
	heard   uint64              // up to here the built-in webhook was asked
	waited  uint64              // up to here calls were awaited
}

// subscribed is a subscription of the scenario's.
type subscribed struct {
	name  string
	id    string
	mount string
	user  string
}

// run plays step by step, until one fails.
func (p *play) run(ctx context.Context) {
	p.ids, p.calls, p.lasted = map[string]bool{}, map[string]*journal.Exchange{}, map[*journal.Exchange]time.Duration{}
	p.scope.hidden.add(p.state, p.hookURL)
	for _, value := range p.scenario.values.hidden {
		p.scope.hidden.add(value)
	}
	p.scope.keys = p.keys
	p.scope.values = map[string]any{
		"webhook": map[string]any{self: p.hookURL, "lifecycle": lifecycleURL(p.hookURL), "clientState": p.state},
		"api":     p.service + p.mount, "service": p.service, "dialect": p.dialect.String(), "clientState": p.state, "mailbox": p.address(),
	}
	began := p.clock()
	last, err := p.record.last(ctx)
	if err != nil {
		p.report.Verdict, p.report.Reason = Unjudged, err.Error()
		return
	}
	p.begun, p.acted, p.looked, p.waited = last, last, last, last
	steps := p.scenario.all()
	if p.options.Part == SetupOnly {
		steps = p.scenario.Setup
	}
	for i := range steps {
		done := p.step(ctx, i+1, &steps[i])
		p.report.Steps = append(p.report.Steps, done)
		if p.options.Progress != nil {
			p.options.Progress(done)
		}
		if done.Verdict == Failed || done.Verdict == Unjudged {
			p.report.Verdict = done.Verdict
			break
		}
	}
	p.report.Virtual = p.clock().Sub(began)
}

// clock is the service's time.
func (p *play) clock() time.Time { return p.stage.now() }

// step does one step.
func (p *play) step(ctx context.Context, number int, s *Step) StepReport {
	p.now = &StepReport{Number: number, Label: s.Label(), Kind: s.kind(), At: s.At, Verdict: Good}
	p.named = nil
	started := time.Now()
	err := p.prepare(ctx, s)
	if err == nil {
		err = p.do(ctx, s)
	}
	if err == nil && s.Expect == nil && p.settles() {
		err = p.settle(ctx)
	}
	switch {
	case ctx.Err() != nil:
		p.now.Verdict, p.now.Problems = Unjudged, append(p.now.Problems, "it was interrupted")
	case err != nil && inTheWay(err):
		p.now.Verdict, p.now.Problems = Unjudged, append(p.now.Problems, err.Error())
	case err != nil:
		p.now.problem("%s", err)
	}
	if s.As != "" && p.named != nil {
		p.scope.values[s.As] = p.named
	}
	p.reveal()
	if p.now.Verdict == Failed && p.unmet(ctx) {
		p.now.Verdict = Unjudged
	}
	p.now.Took = time.Since(started)
	return *p.now
}

// inTheWay tells errors that say nothing about the webhook: the emulator that runs has gone, or something else broke.
func inTheWay(err error) bool {
	var own *control.Error
	var network net.Error
	return errors.As(err, &own) && own.Status >= 500 || errors.As(err, &network)
}

// unmet tells whether a webhook elsewhere was not met by the handshake of the last step that did something: where nothing answers, there
// is nothing to judge.
func (p *play) unmet(ctx context.Context) bool {
	if p.options.Webhook == "" {
		return false
	}
	entries, err := p.entries(ctx, p.acted)
	return err == nil && slices.ContainsFunc(entries, func(e journal.Entry) bool {
		if e.Kind != journal.Handshake || e.Exchange == nil {
			return false
		}
		switch e.Exchange.Finding {
		case "handshake-refused", "handshake-dns", "handshake-failed":
			return true
		}
		return false
	})
}

// prepare notes where things stand before a step.
func (p *play) prepare(ctx context.Context, s *Step) error {
	p.scope.now = p.clock()
	if s.Expect != nil || s.Webhook != nil || s.Await != nil {
		return nil
	}
	last, err := p.record.last(ctx)
	p.acted, p.when = last, p.scope.now
	return err
}

func (p *play) do(ctx context.Context, s *Step) error {
	switch {
	case s.Subscribe != nil:
		return p.subscribe(ctx, s)
	case s.Change != nil:
		return p.change(ctx, s.Change)
	case s.Expect != nil:
		return p.expect(ctx, s)
	case s.Fault != nil:
		return p.fault(ctx, s.Fault)
	case s.Advance != nil:
		return p.goOn(ctx, s.Advance)
	case s.Renew != nil:
		return p.renew(ctx, s)
	case s.Reauthorize != nil:
		return p.reauthorize(ctx, s.Reauthorize)
	case s.Delete != nil:
		return p.unsubscribe(ctx, s.Delete)
	case s.Serve != nil:
		return p.serve(ctx, s.Serve)
	case s.Call != nil:
		return p.call(ctx, s)
	case s.Send != nil:
		return p.send(ctx, s)
	case s.Await != nil:
		return p.await(ctx, s)
	case s.Webhook != nil:
		p.hook.behave(*s.Webhook)
		return nil
	case s.Lifecycle != nil:
		return p.lifecycle(ctx, s.Lifecycle)
	}
	return nil
}
