package cli

import (
	"context"
	"slices"

	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/scenarios"
)

// readSetup reads the scenario whose set-up is to be played once the emulator runs; nil without one.
func (f *emulateFlags) readSetup(a *app) (*scenarios.Scenario, error) {
	if f.setup == "" {
		return nil, nil
	}
	all, err := findScenario(f.setup)
	if err != nil {
		return nil, a.wrongFiles(err)
	}
	ways, err := a.varied(all[:1], nil) // with what the environment gives
	if err != nil {
		return nil, err
	}
	s := ways[0]
	needsWebhook := func(step scenarios.Step) bool { return step.Subscribe != nil || step.Send != nil || step.Expect != nil }
	switch {
	case len(all) > 1:
		return nil, wrongUse("name one file", "set up by %s: it is several scenarios", f.setup)
	case len(s.Setup) == 0:
		return nil, wrongUse("steps that are to be played before any story stand under setup:", "set up by %s: it has no set-up", f.setup)
	case slices.ContainsFunc(s.Setup, func(step scenarios.Step) bool { return step.Webhook != nil }):
		return nil, wrongUse("take the webhook steps out of it", "set up by %s: it says what the webhook does, and yours does what it does", f.setup)
	case f.webhook == "" && slices.ContainsFunc(s.Setup, needsWebhook):
		return nil, wrongUse("name yours with --webhook URL", "set up by %s: it needs a webhook", f.setup)
	}
	return s, nil
}

// stagedSchema names the form of a [staged] in JSON.
const stagedSchema = "outlocal/setup/1"

// staged is what became of a set-up.
type staged struct {
	File  string       `json:"file"`
	SetUp bool         `json:"setUp"`
	Steps int          `json:"steps"` // that were played
	Error *failureText `json:"error,omitempty"`
}

func (*staged) schema() string { return stagedSchema }
func (s *staged) good() bool   { return s.SetUp }

func (s *staged) tell(out, err *printer) {
	if s.SetUp {
		out.line("%s set up by %s: %s", out.tick(), s.File, count(s.Steps, "step"))
		return
	}
	err.line("%s %s", err.bad("not set up:"), s.Error.Message)
	if s.Error.Hint != "" {
		err.line("  %s %s", err.dim("hint:"), s.Error.Hint)
	}
}

// playSetup plays the set-up of a scenario on the emulator that runs now, and leaves what it made. One that fails is told of and no end
// of the emulator: the journal beside it tells why.
func (a *app) playSetup(ctx context.Context, say func(errand), server *emulator.Server, s *scenarios.Scenario, f emulateFlags) {
	report, err := a.setUp(ctx, server, s, f)
	if ctx.Err() != nil {
		return
	}
	came := staged{File: s.File, SetUp: err == nil && report.Verdict == scenarios.Good, Steps: len(report.Steps)}
	switch {
	case err != nil:
		t := explain(err)
		came.Error = &failureText{t.What, t.Hint}
	case !came.SetUp:
		came.Error = &failureText{Message: report.Problems()}
	}
	say(&came)
}

// setUp plays the set-up of a scenario and reports what came of it.
func (a *app) setUp(ctx context.Context, server *emulator.Server, s *scenarios.Scenario, f emulateFlags) (report scenarios.Report, err error) {
	options := scenarios.Options{
		Emulator: &scenarios.Running{Control: server.ControlClient(), Exclusive: true, Configured: true, User: f.userOf(s)},
		Webhook:  f.subscribe.url, AllowTargets: f.targets, Part: scenarios.SetupOnly,
	}
	if options.ClientState, err = a.clientState(f.subscribe.clientState); err != nil {
		return report, err
	}
	if options.Roots, err = readRoots(f.webhookCA); err != nil {
		return report, err
	}
	return scenarios.Play(ctx, s, options)
}

// userOf is whose mailbox me is.
func (f *emulateFlags) userOf(s *scenarios.Scenario) string {
	if s.Emulator.User != "" {
		return s.Emulator.User
	}
	return f.user
}
