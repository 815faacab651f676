package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/verify"
)

// verifySchema names the form of what verify --json prints: a document for each dialect.
const verifySchema = "outlocal/verify/2"

// verifyFlags are the flags of verify.
type verifyFlags struct {
	dialects       []string
	only, skip     []string
	list           bool
	all            bool
	full           bool
	strict         bool
	limit          time.Duration
	wait           time.Duration
	caFile         string
	clientStateEnv string
	seed           seed

	adopt     bool
	adoptWait time.Duration
	plain     bool // the command gets http URLs
	emulate   emulateFlags
	command   []string

	reports reportFlags
}

// adoptWait is how long an app is usually waited for: to start, and to subscribe.
const adoptWait = time.Minute

func newVerifyCommand(a *app) *cobra.Command {
	var flags verifyFlags
	cmd := &cobra.Command{
		Use:   "verify URL [-- COMMAND [ARGUMENTS…]]",
		Short: "Judge a webhook: handshake, https, notifications, and what it does about them",
		Long: `Ask a webhook all that Microsoft Graph or Outlook asks one day, and judge each answer: ✔ is good, ⚠ works and
will hurt, ✗ fails in production. For each mistake you read what was sent, what came back, why, what to change,
and what Microsoft would answer. outlocal explain ID tells more of one.

How deep it looks depends on what the webhook has reason to believe:

  wire       what anybody can see: whether notifications are taken is not judged, as they are a stranger's
  believed   --client-state-env NAME: they carry the client state that your webhook expects
             --adopt: your app subscribes at an emulator here, and they are that subscription's
  calls      -- COMMAND: your app is started beside the emulator, as by outlocal exec, and what it calls back
             is judged too: what it reads, whether it reauthorizes and subscribes anew

The URL is short for what is usual: 3000/hook means http://localhost:3000/hook, hooks.example.com/graph means
https://hooks.example.com/graph. Beyond this machine only the handshake, https and one small batch are asked for,
unless --full wants all. With several dialects there is a column for each: the work list of a migration.

On this machine plain http and self-signed certificates are borne with a warning; with --strict they fail, as they
do at Microsoft's. The rules that a finding rests on, such as W2.1-10, are explained in docs/protocol.md.
With --json you get a document for each dialect, on a line of its own.`,
		Example: `outlocal verify http://localhost:3000/hook
outlocal verify 3000/hook --client-state-env CLIENT_STATE
outlocal verify 3000/hook -- npm start
outlocal verify 3000/hook -d outlook-final,graph-v1.0
outlocal verify https://hooks.example.com/graph --only handshake,https --junit report.xml
outlocal verify --list`,
		Args: flags.takes,
		Annotations: exits("the webhook passes, perhaps with warnings",
			"the webhook answers wrongly or too late, or its TLS is wrong",
			"nothing answers, no app subscribed in time, or a report can't be written"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if flags.list {
				return a.listChecks(flags)
			}
			if err := flags.check(cmd); err != nil {
				return err
			}
			return a.verify(cmd.Context(), args[0], flags)
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&flags.dialects, "dialect", "d", []string{dialect.GraphV1.Name}, "`NAME` of the schema to speak; several, or repeated, for a column each")
	f.StringArrayVar(&flags.only, "only", nil, "ask no more than what this `WORD` names: a check, a group or a finding; several, or repeated")
	f.StringArrayVar(&flags.skip, "skip", nil, "leave out what this `WORD` names; several, or repeated")
	f.BoolVar(&flags.list, "list", false, "list the checks, and ask nothing")
	f.BoolVar(&flags.all, "all", false, "show good checks one by one")
	f.BoolVar(&flags.full, "full", false, "ask all of a webhook beyond this machine, too")
	f.BoolVar(&flags.strict, "strict", false, "bear nothing that Microsoft would not")
	durationVar(f, &flags.limit, "limit", 0, "time for an answer (default the dialect's: 5s or 10s for the handshake, 10s for notifications)")
	durationVar(f, &flags.wait, "wait", 0, "wait so long until something listens there")
	f.StringVar(&flags.caFile, "ca", "", "PEM `FILE` of certificates to trust beside the system's")
	f.StringVar(&flags.clientStateEnv, "client-state-env", "", "`NAME` of the variable with the client state that the webhook expects")
	f.Var(&flags.seed, "seed", "a `NUMBER` that the ids of items come of, to ask the same again")
	f.BoolVar(&flags.adopt, "adopt", false, "wait until the app has subscribed at an emulator here, and use its subscription")
	durationVar(f, &flags.adoptWait, "adopt-wait", adoptWait, "how long to wait for that subscription")
	f.BoolVar(&flags.plain, "http", false, "give the command http URLs, for programs that can't be made to trust a certificate")
	addListen(cmd, &flags.emulate.listen, defaultPortBase)
	addCertificate(cmd, &flags.emulate.pair)
	flags.reports.add(cmd)
	excludes(cmd, "adopt", "client-state-env")
	completes(cmd, "dialect", dialectNames)
	completes(cmd, "only", verify.Words)
	completes(cmd, "skip", verify.Words)
	return cmd
}

// takes allows a URL, and behind -- a command.
func (f *verifyFlags) takes(cmd *cobra.Command, args []string) error {
	if dash := cmd.ArgsLenAtDash(); dash >= 0 {
		if f.command, args = args[dash:], args[:dash]; len(f.command) == 0 {
			return wrongUse("such as -- npm start", "verify: there is no command behind --")
		}
	}
	if f.list {
		return takes()(cmd, args)
	}
	return takes("URL")(cmd, args)
}

// check refuses what makes no sense.
func (f *verifyFlags) check(cmd *cobra.Command) error {
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"limit", f.limit}, {"wait", f.wait}, {"adopt-wait", f.adoptWait}} {
		if cmd.Flags().Changed(d.name) && d.value <= 0 {
			return wrongUse("give a duration such as 2s", "read --%s: want more than 0", d.name)
		}
	}
	if f.adopts() {
		if len(f.command) > 0 && !cmd.Flags().Changed("port-base") {
			f.emulate.listen.base = 0 // the command is told where
		}
		if f.clientStateEnv != "" {
			return wrongUse("leave --client-state-env out: the app's own subscription has its client state", "verify takes either --client-state-env or -- COMMAND")
		}
		return nil
	}
	for _, name := range []string{"adopt-wait", "port-base", "bind", "host", "pprof", "cert", "key", "pfx", "http"} {
		if given(cmd, name) {
			return wrongUse("add --adopt or -- COMMAND, or leave --"+name+" out", "verify: --%s says nothing without an emulator that listens", name)
		}
	}
	return nil
}

// adopts tells whether the app's own subscription is used.
func (f *verifyFlags) adopts() bool { return f.adopt || len(f.command) > 0 }

// verify judges the webhook in each dialect that was asked for.
func (a *app) verify(ctx context.Context, typed string, flags verifyFlags) error {
	v, err := a.planVerification(typed, flags)
	if err != nil {
		return err
	}
	defer v.reports.close()
	if v.adopts() {
		return a.verifyAdopted(ctx, v)
	}
	if err := a.awaitPort(ctx, v); err != nil {
		return err
	}
	var columns []verify.Column
	show := a.newVerifyShow(v)
	for _, d := range v.spoken {
		column, err := a.verifyIn(ctx, v, v.session(d), show)
		if err != nil {
			return err
		}
		columns = append(columns, column)
	}
	return a.concludeVerification(v, show, columns)
}

// session is what is asked in one dialect.
func (v *verification) session(d *dialect.Dialect) *verify.Session {
	return &verify.Session{
		Dialect: d, URL: v.target.URL, Mode: v.mode, Checks: v.checks, ClientState: v.state, Visiting: v.visiting,
	}
}

// verifyIn judges the webhook in one dialect, with an emulator of its own.
func (a *app) verifyIn(ctx context.Context, v *verification, s *verify.Session, show *verifyShow) (verify.Column, error) {
	server, err := emulator.New(s.Prepare(v.config))
	if err != nil {
		return verify.Column{}, err
	}
	defer server.Close()
	s.Server = server
	return show.run(ctx, s)
}

// concludeVerification tells the whole, writes reports, and settles the exit code: a failure outweighs what could not be judged.
func (a *app) concludeVerification(v *verification, show *verifyShow, columns []verify.Column) error {
	if err := show.conclude(columns); err != nil {
		return err
	}
	if v.reports.wanted() {
		if err := v.reports.write(verifyReport(v, columns)); err != nil {
			return err
		}
	}
	verdicts := make([]verdict, len(columns))
	for i := range columns {
		verdicts[i] = verdictOfColumn(&columns[i])
	}
	return conclude(verdicts)
}

// verdictOfColumn is what the checks in one dialect came to.
func verdictOfColumn(c *verify.Column) verdict {
	switch c.Outcome() {
	case verify.Fails:
		return verdictFailed
	case verify.NotJudged:
		return verdictNotJudged
	}
	return verdictGood
}
