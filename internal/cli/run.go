package cli

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/scenarios"
)

// runSchema names the form of what run --json prints.
const runSchema = "outlocal/run/1"

// runFlags are the flags of run.
type runFlags struct {
	args        []string
	webhook     string
	clientState string
	webhookCA   string
	targets     []string
	dialects    []string
	tags        []string
	skipped     []string // tags
	set         []string // NAME=VALUE
	seed        uint64
	repeat      int
	parallel    int
	strict      bool
	steps       bool
	emulator    target
	exclusive   bool
	user        string
	reports     reportFlags
}

func newRunCommand(a *app) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [FILE|NAME|FOLDER…]",
		Short: "Play scenarios: against your webhook, or to see what would happen",
		Long: `Play scenarios: stories of webhooks that say what happens and what must come of it. Without --webhook they
play against a webhook that comes with outlocal; all is one process and one clock then, and hours take
milliseconds. Without arguments all that come with outlocal are played.

Scenarios that say what the webhook does are skipped with --webhook: yours does what it does. What it calls back
is seen by an emulator that runs: --emulator.`,
		Example: `outlocal run
outlocal run roll-out --steps
outlocal run --tag conformance --webhook http://localhost:3000/hook
outlocal run stories/ --skip-tag slow --junit report.xml --annotate github
outlocal run any-webhook-survives --set resource=me/events --set happening=event.created --set fault=twice
outlocal run stories/ --repeat 20 --parallel 4 --seed 7`,
		Annotations: exits("all went as told", "something did not; or with --strict, was skipped", "nothing answers at the webhook's address; no such emulator; a report can't be written"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("seed") {
				f.seed = anySeed()
			}
			if err := f.check(); err != nil {
				return err
			}
			f.args = args
			return a.run(cmd.Context(), f)
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
	flags.StringArrayVar(&f.skipped, "skip-tag", nil, "leave out those with this `TAG`; may be repeated, one is enough")
	flags.StringArrayVar(&f.set, "set", nil, "give a variable of the files a value, as `NAME=VALUE`, or choose one of a matrix; may be repeated")
	flags.Uint64Var(&f.seed, "seed", 0, "of all that is random, to play the same again; any if left out")
	flags.IntVar(&f.repeat, "repeat", 1, "play each `N` times, with the seed, the one after it, and so on")
	flags.IntVar(&f.parallel, "parallel", 1, "play `N` at a time, each on an emulator of its own; what is printed keeps its order")
	flags.BoolVar(&f.strict, "strict", false, "fail where a scenario is skipped")
	flags.BoolVar(&f.steps, "steps", false, "show every step")
	flags.StringVar(&f.emulator.emulator, "emulator", "", "play on one that runs, by `URL|NAME`, in a mailbox of its own")
	flags.StringVar(&f.emulator.token, "control-token-env", tokenVariable, "`NAME` of the variable with the control token, where one is demanded")
	flags.BoolVar(&f.exclusive, "exclusive", false, "nobody else uses that emulator: its clock may be advanced")
	flags.StringVar(&f.user, "user", "", "whose mailbox is used there, by `ADDRESS`, such as the one that your app watches; a new one, forgotten at the end, if left out")
	f.reports.add(cmd)
	completes(cmd, "dialect", dialectNames)
	return cmd
}

// anySeed is a seed that is easily typed again.
func anySeed() uint64 {
	var raw [2]byte
	_, _ = rand.Read(raw[:]) // it never fails
	return uint64(binary.BigEndian.Uint16(raw[:]))
}

// check refuses what makes no sense together.
func (f *runFlags) check() error {
	switch {
	case f.repeat < 1:
		return wrongUse("it is a number from 1 on", "run: --repeat can't be %d", f.repeat)
	case f.parallel < 1:
		return wrongUse("it is a number from 1 on", "run: --parallel can't be %d", f.parallel)
	case f.parallel > 1 && f.webhook != "":
		return wrongUse("leave --parallel out: against yours they are played one after the other", "run: one webhook can't be in %d stories at a time, as nobody could tell which it answers", f.parallel)
	case f.parallel > 1 && f.emulator.emulator != "":
		return wrongUse("leave out --emulator, so that each gets one of its own", "run: one emulator has one clock, and %d stories at a time would each move it", f.parallel)
	case f.exclusive && f.emulator.emulator == "":
		return wrongUse("name the emulator with --emulator", "run: --exclusive is for an emulator that runs")
	case f.user != "" && f.emulator.emulator == "":
		return wrongUse("name the emulator with --emulator; a file sets its own by emulator: {user: ADDRESS}", "run: --user is for an emulator that runs")
	}
	return nil
}

// run plays scenarios, and writes the reports that it is asked for.
func (a *app) run(ctx context.Context, f runFlags) error {
	all, err := findScenarios(f.args)
	if err != nil {
		return a.wrongFiles(err)
	}
	options, err := a.runOptions(ctx, f)
	if err != nil {
		return err
	}
	if all, err = a.varied(tagged(all, f.tags, f.skipped), f.set); err != nil {
		return err
	}
	if err := f.checkLength(all); err != nil {
		return err
	}
	numbers := programmeOfRun(all, &f)
	if len(numbers) == 0 {
		return wrongUse("outlocal scenarios list tells dialects and tags", "run: no scenario is left to be played")
	}
	reports, err := a.openReports(f.reports)
	if err != nil {
		return err
	}
	defer reports.close()
	show := &runPrinter{out: reports.teller(a), quiet: a.json, steps: f.steps || len(numbers) == 1, live: f.parallel == 1, rounds: f.repeat, again: f.again}
	total := runDocument{Seed: f.seed, Scenarios: []scenarios.Report{}}
	if err := f.playAll(ctx, numbers, options, show, &total); err != nil && ctx.Err() == nil {
		return err
	}
	code := total.judge(f.strict)
	if reports.wanted() {
		err = reports.write(f.report(a.process.Version, numbers, &total))
	}
	if ctx.Err() != nil { // what was played by then is in the reports
		return ctx.Err()
	}
	if a.json {
		err = errors.Join(err, a.out.document(runSchema, total))
	} else {
		show.summary(&total)
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
		return o, nil
	}
	client, err := a.find(ctx, f.emulator)
	if err != nil {
		return o, err
	}
	if _, err := client.Status(ctx); err != nil {
		return o, err
	}
	o.Emulator = &scenarios.Running{Control: client, Exclusive: f.exclusive, User: f.user}
	return o, nil
}
