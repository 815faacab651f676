package cli

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/scenarios"
)

// runSchema names the form of what run --json prints.
const runSchema = "outlocal/run/1"

// runFlags are the flags of run.
type runFlags struct {
	webhook     string
	clientState string
	webhookCA   string
	targets     []string
	dialects    []string
	tags        []string
	seed        uint64
	strict      bool
	steps       bool
	emulator    target
	exclusive   bool
}

func newRunCommand(a *app) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [FILE|NAME|FOLDER…]",
		Short: "Play scenarios: against your webhook, or to see what would happen",
		Long: `Play scenarios: stories of webhooks that say what happens and what must come of it. Without --webhook they
play against a webhook that comes with outlocal; all is one process and one clock then, and hours take
milliseconds. Without arguments all that come with outlocal are played.

Scenarios that say what the webhook does are skipped with --webhook: yours does what it does.`,
		Example: `outlocal run
outlocal run roll-out --steps
outlocal run --tag conformance --webhook http://localhost:3000/hook
outlocal run stories/ --dialect graph-v1.0 --seed 7`,
		Annotations: exits("all went as told", "something did not; or with --strict, was skipped", "nothing answers at the webhook's address, or the emulator that was named is not there"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("seed") {
				f.seed = anySeed()
			}
			return a.run(cmd.Context(), args, f)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return scenarioNames(), cobra.ShellCompDirectiveDefault
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.webhook, "webhook", "", "your webhook's `URL`, in place of the built-in one")
	flags.StringVar(&f.clientState, "client-state-env", "", "`NAME` of the variable with the client state that your webhook expects")
	flags.StringVar(&f.webhookCA, "webhook-ca", "", "a `FILE` with certificates to trust in webhooks, in PEM")
	flags.StringArrayVar(&f.targets, "allow-target", nil, "a host beyond loopback that scenarios may call, as `HOST[:PORT]`; may be repeated")
	flags.StringArrayVarP(&f.dialects, "dialect", "d", nil, "play only in the schema of this `NAME`; may be repeated")
	flags.StringArrayVar(&f.tags, "tag", nil, "play only those with this `TAG`; may be repeated, all have to be there")
	flags.Uint64Var(&f.seed, "seed", 0, "of all that is random, to play the same again; any if left out")
	flags.BoolVar(&f.strict, "strict", false, "fail where a scenario is skipped")
	flags.BoolVar(&f.steps, "steps", false, "show every step")
	flags.StringVar(&f.emulator.emulator, "emulator", "", "play on one that runs, by `URL|NAME`, in a mailbox of its own")
	flags.StringVar(&f.emulator.token, "control-token-env", tokenVariable, "`NAME` of the variable with the control token, where one is demanded")
	flags.BoolVar(&f.exclusive, "exclusive", false, "nobody else uses that emulator: its clock may be advanced")
	completes(cmd, "dialect", dialectNames)
	return cmd
}

// anySeed is a seed that is easily typed again.
func anySeed() uint64 {
	var raw [2]byte
	_, _ = rand.Read(raw[:]) // it never fails
	return uint64(binary.BigEndian.Uint16(raw[:]))
}

// run plays scenarios one after the other.
func (a *app) run(ctx context.Context, args []string, f runFlags) error {
	all, err := findScenarios(args)
	if err != nil {
		return a.wrongFiles(err)
	}
	options, err := a.runOptions(ctx, f)
	if err != nil {
		return err
	}
	numbers := programmeOfRun(tagged(all, f.tags), f.dialects)
	if len(numbers) == 0 {
		return wrongUse("outlocal scenarios list tells dialects and tags", "run: no scenario is left to be played")
	}
	show := &runPrinter{out: a.out, quiet: a.json, steps: f.steps || len(numbers) == 1}
	total := runDocument{Seed: f.seed, Scenarios: []scenarios.Report{}}
	started := time.Now()
	for _, n := range numbers {
		show.begin(n.scenario, n.dialect)
		options.Dialect, options.Progress = n.dialect, show.step
		report, err := scenarios.Play(ctx, n.scenario, options)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		show.end(&report)
		total.Scenarios = append(total.Scenarios, report)
	}
	code := total.judge(f.strict)
	if a.json {
		err = a.out.document(runSchema, total)
	} else {
		show.summary(&total, time.Since(started))
	}
	if err == nil && code != ExitGood {
		err = told(code)
	}
	return err
}

// runOptions reads what the flags say.
func (a *app) runOptions(ctx context.Context, f runFlags) (o scenarios.Options, err error) {
	o = scenarios.Options{Seed: f.seed, AllowTargets: f.targets}
	for _, name := range f.dialects {
		if _, err := lookUp(name); err != nil {
			return o, err
		}
	}
	if f.webhook != "" {
		webhook, err := readWebhookURL(f.webhook)
		if err != nil {
			return o, err
		}
		o.Webhook = webhook.String()
	}
	if o.ClientState, err = a.clientState(f.clientState); err != nil {
		return o, err
	}
	if o.Roots, err = readRoots(f.webhookCA); err != nil {
		return o, err
	}
	if f.emulator.emulator == "" {
		if f.exclusive {
			return o, wrongUse("name the emulator with --emulator", "run: --exclusive is for an emulator that runs")
		}
		return o, nil
	}
	client, err := a.find(ctx, f.emulator)
	if err != nil {
		return o, err
	}
	if _, err := client.Status(ctx); err != nil {
		return o, err
	}
	o.Emulator = &scenarios.Running{Control: client, Exclusive: f.exclusive}
	return o, nil
}

// runNumber is a scenario in a dialect.
type runNumber struct {
	scenario *scenarios.Scenario
	dialect  string
}

// programmeOfRun is what is played: every scenario in each of its dialects that is wanted.
func programmeOfRun(all []*scenarios.Scenario, wanted []string) []runNumber {
	var numbers []runNumber
	for _, s := range all {
		for _, d := range s.Spoken() {
			if len(wanted) == 0 || slices.Contains(wanted, d) {
				numbers = append(numbers, runNumber{s, d})
			}
		}
	}
	return numbers
}

// runDocument is what run --json prints.
type runDocument struct {
	Verdict   scenarios.Verdict         `json:"verdict"`
	Seed      uint64                    `json:"seed"`
	Counts    map[scenarios.Verdict]int `json:"counts"`
	Scenarios []scenarios.Report        `json:"scenarios"`
}

// judge sums up, and tells the exit code: what failed weighs most, then what was asked for wrongly, then what could not be judged.
func (d *runDocument) judge(strict bool) (code int) {
	d.Counts = map[scenarios.Verdict]int{}
	for _, r := range d.Scenarios {
		d.Counts[r.Verdict]++
	}
	d.Verdict = scenarios.Good
	switch {
	case d.Counts[scenarios.Failed] > 0, strict && d.Counts[scenarios.Skipped] > 0:
		d.Verdict, code = scenarios.Failed, ExitFailed
	case d.Counts[scenarios.Refused] > 0:
		d.Verdict, code = scenarios.Refused, ExitUsage
	case d.Counts[scenarios.Unjudged] > 0:
		d.Verdict, code = scenarios.Unjudged, ExitUnjudged
	}
	return code
}

// runPrinter tells a person how it goes.
type runPrinter struct {
	out   *printer
	quiet bool
	steps bool // every one
}

func (p *runPrinter) begin(s *scenarios.Scenario, dialect string) {
	if !p.quiet && p.steps {
		p.out.line("%s  %s", p.out.strong(s.Name()), p.out.dim(dialect))
		p.out.line("%s", s.Title)
	}
}

// step tells of a step, if all are told.
func (p *runPrinter) step(s scenarios.StepReport) {
	if p.quiet || !p.steps {
		return
	}
	text := fmt.Sprintf("  %s %2d  %s", p.glyph(s.Verdict), s.Number, s.Label)
	if s.Note != "" {
		text += "  " + p.out.dim(s.Note)
	}
	p.out.line("%s", text)
	p.wrong(&s)
}

// wrong tells what is wrong with a step, and shows the exchange at fault.
func (p *runPrinter) wrong(s *scenarios.StepReport) {
	for _, problem := range s.Problems {
		p.out.line("        %s", problem)
	}
	if s.Verdict != scenarios.Failed {
		return
	}
	p.out.line("        %s", p.out.dim("at "+s.At.String()))
	for i := range s.Exchanges {
		x := &s.Exchanges[i]
		p.out.line("        %s %s %s  %s", p.out.sent("-->"), x.Method, shortURL(x.URL), brief(x.RequestBody))
		answer := outcome(x.Status)
		if x.Status == 0 {
			answer = "no answer: " + x.Error
		}
		p.out.line("        %s %s  %s", p.out.sent("<--"), answer, brief(x.ResponseBody))
	}
}

// end tells how a scenario went.
func (p *runPrinter) end(r *scenarios.Report) {
	if p.quiet {
		return
	}
	line := fmt.Sprintf("%s %s  %s", p.glyph(r.Verdict), p.out.strong(r.Scenario), p.out.dim(r.Dialect))
	if p.steps {
		line = p.glyph(r.Verdict) + " " + string(r.Verdict)
	}
	switch {
	case r.Reason != "" && p.steps:
		line += ": " + r.Reason
	case r.Reason != "":
		line += fmt.Sprintf("  %s: %s", r.Verdict, r.Reason)
	default:
		line += p.out.dim(fmt.Sprintf("  %s, %s", count(len(r.Steps), "step"), took(r.Took)))
		if r.Virtual > time.Minute {
			line += p.out.dim(" for " + roughly(r.Virtual))
		}
	}
	p.out.line("%s", line)
	if p.steps {
		return
	}
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Verdict == scenarios.Failed || s.Verdict == scenarios.Unjudged {
			p.out.line("  %s %2d  %s", p.glyph(s.Verdict), s.Number, s.Label)
			p.wrong(s)
		}
	}
}

// roughly is a long time as it is talked about.
func roughly(d time.Duration) string {
	return scenarios.Duration(d.Round(time.Minute)).String() + " of the service's time"
}

func (p *runPrinter) glyph(v scenarios.Verdict) string {
	switch v {
	case scenarios.Good:
		return p.out.tick()
	case scenarios.Failed:
		return p.out.cross()
	}
	return p.out.caution()
}

// summary tells how many went how, and how to play the same again.
func (p *runPrinter) summary(d *runDocument, spent time.Duration) {
	var parts []string
	for _, v := range []scenarios.Verdict{scenarios.Good, scenarios.Failed, scenarios.Skipped, scenarios.Refused, scenarios.Unjudged} {
		if n := d.Counts[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	p.out.line("")
	p.out.line("%s %s: %s  %s", p.glyph(d.Verdict), count(len(d.Scenarios), "play"), strings.Join(parts, ", "),
		p.out.dim(fmt.Sprintf("%s, --seed %d plays the same again", took(spent), d.Seed)))
}
