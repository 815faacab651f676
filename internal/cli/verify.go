package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/journal"
)

// verifySchema names the form of what verify --json prints: a document for each dialect.
const verifySchema = "outlocal/verify/1"

// verifyFlags are the flags of verify.
type verifyFlags struct {
	dialects       []string
	strict         bool
	limit          time.Duration
	caFile         string
	clientStateEnv string
}

func newVerifyCommand(a *app) *cobra.Command {
	var flags verifyFlags
	cmd := &cobra.Command{
		Use:   "verify URL",
		Short: "Check a webhook's handshake: no emulator, token or subscription needed",
		Long: `Play the validation handshake with a webhook, as Microsoft Graph or Outlook does before it
keeps a subscription: POST a token in the query, and judge what comes back. If it fails, you
read what was sent, what came back, why, what to change, and what Microsoft would answer.

The URL may be anybody's, and is short for what is usual: 3000/hook means
http://localhost:3000/hook, hooks.example.com/graph means https://hooks.example.com/graph.
Where a handshake fails, at most two further requests to the same URL look for the cause.

On this machine plain http and self-signed certificates are borne with a warning;
with --strict they fail, as they do at Microsoft's. --ca trusts a certificate of your own.

The rules that a finding rests on, such as W2.1-10, are explained in docs/protocol.md.
With --json you get a document for each dialect, on a line of its own.`,
		Example: `outlocal verify http://localhost:3000/hook
outlocal verify 3000/hook --strict
outlocal verify https://hooks.example.com/outlook -d outlook-final -d graph-v1.0
outlocal verify 3000/hook --json`,
		Args: takes("URL"),
		Annotations: exits("the webhook passes, perhaps with warnings",
			"the webhook answers wrongly or too late, or its TLS is wrong",
			"nothing answers: the connection is refused, the name has no address, or no way leads there"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("limit") && flags.limit <= 0 {
				return wrongUse("give a duration such as 2s", "read --limit: want more than 0")
			}
			return a.verify(cmd.Context(), args[0], flags)
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&flags.dialects, "dialect", "d", []string{dialect.GraphV1.Name}, "`NAME` of the schema whose handshake it is; may be repeated")
	f.BoolVar(&flags.strict, "strict", false, "bear nothing that Microsoft would not")
	durationVar(f, &flags.limit, "limit", 0, "time for the answer (default the dialect's: 5s Outlook, 10s Graph)")
	f.StringVar(&flags.caFile, "ca", "", "PEM `FILE` of certificates to trust beside the system's")
	f.StringVar(&flags.clientStateEnv, "client-state-env", "", "`NAME` of the variable with the client state, for dialects that send one along")
	return cmd
}

// verify judges the webhook in each dialect that was asked for.
func (a *app) verify(ctx context.Context, typed string, flags verifyFlags) error {
	target, err := readWebhookURL(typed)
	if err != nil {
		return err
	}
	dialects, err := handshaking(flags)
	if err != nil {
		return err
	}
	state, err := a.clientState(flags.clientStateEnv)
	if err != nil {
		return err
	}
	roots, err := readRoots(flags.caFile)
	if err != nil {
		return err
	}
	mode := diagnosis.Faithful
	if flags.strict {
		mode = diagnosis.Strict
	}
	server, err := emulator.New(emulator.Config{
		AllowTargets: []string{target.Scheme + "://" + target.Host}, // to name it is to allow it, and nothing else
		Roots:        roots, Mode: mode, Environment: a.environment(),
	})
	if err != nil {
		return err
	}
	defer server.Close()
	if !a.json && target.assumed != "" {
		a.out.line("%s", a.out.dim("checking "+target.masked()+", assuming "+target.assumed))
	}
	var verdicts []verdict
	for i, d := range dialects {
		if i > 0 && !a.json {
			a.out.line("")
		}
		v := emulator.Verification{Dialect: d, URL: target.String(), ClientState: state}
		verdict, err := a.verifyIn(ctx, server, v, target.masked())
		if err != nil {
			return err
		}
		verdicts = append(verdicts, verdict)
	}
	return conclude(verdicts)
}

// verifyIn judges the webhook in one dialect, and tells it.
func (a *app) verifyIn(ctx context.Context, server *emulator.Server, v emulator.Verification, masked string) (verdict, error) {
	show := verifyPrinter{out: a.out, dialect: v.Dialect}
	if !a.json {
		v.Sending, v.Answered = show.request, show.answer
	}
	result, err := server.Verify(ctx, v)
	if err != nil {
		return "", err
	}
	verdict := verdictOf(result.Diagnoses)
	if a.json {
		return verdict, a.out.document(verifySchema, documentOf(masked, v.Dialect, verdict, result))
	}
	show.result(verdict, result)
	return verdict, nil
}

// verdict is what the check of a webhook came to.
type verdict string

const (
	verdictGood      verdict = "good"
	verdictFailed    verdict = "failed"
	verdictNotJudged verdict = "notJudged"
)

// verdictOf tells a webhook that is wrong from one that nobody met: where nothing answers, there is nothing to judge.
func verdictOf(diagnoses []diagnosis.Diagnosis) verdict {
	unmet := func(d diagnosis.Diagnosis) bool {
		switch d.ID {
		case "handshake-refused", "handshake-dns", "handshake-failed":
			return true
		}
		return false
	}
	switch {
	case slices.ContainsFunc(diagnoses, unmet):
		return verdictNotJudged
	case diagnosis.Failed(diagnoses):
		return verdictFailed
	}
	return verdictGood
}

// conclude turns verdicts into the exit code of all: a failure outweighs what could not be judged.
func conclude(verdicts []verdict) error {
	switch {
	case slices.Contains(verdicts, verdictFailed):
		return told(ExitFailed)
	case slices.Contains(verdicts, verdictNotJudged):
		return told(ExitUnjudged)
	}
	return nil
}

// handshaking finds the dialects that were asked for. Those before the handshake was invented have nothing to verify (W2.1-01).
func handshaking(flags verifyFlags) ([]*dialect.Dialect, error) {
	var found []*dialect.Dialect
	for _, name := range flags.dialects {
		d, err := lookUp(name)
		if err != nil {
			return nil, err
		}
		if d.Handshake == nil {
			return nil, wrongUse("outlocal emulate --webhook URL --dialect "+d.String()+" sends the acknowledgement that it had instead",
				"verify in %s: it has no handshake", d)
		}
		if flags.limit > 0 {
			d = d.With(func(d *dialect.Dialect) { d.Handshake.Limit = flags.limit })
		}
		found = append(found, d)
	}
	return found, nil
}

// clientState is what the named variable holds. It is named, not given, so that it stands in no list of processes.
func (a *app) clientState(variable string) (string, error) {
	if variable == "" {
		return "", nil
	}
	state := a.process.Env(variable)
	if state == "" {
		return "", wrongUse("export "+variable+"=… first; the flag takes the variable's name, not the client state", "read the client state: %s is not set", variable)
	}
	return state, nil
}

// readRoots returns the system's certificates and those of a PEM file; nil, which means the system's, without a file.
func readRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	const hint = "give a file with BEGIN CERTIFICATE in it"
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, wrongUse(hint, "read certificates: there is no file %s", file)
	}
	if err != nil {
		return nil, notJudged(hint, "read certificates: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a machine without any, such as a bare container
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, wrongUse(hint, "read certificates: %s holds none in PEM", file)
	}
	return pool, nil
}

// verifyDocument is what verify --json prints.
type verifyDocument struct {
	URL      string           `json:"url"`
	Dialect  string           `json:"dialect"`
	Verdict  verdict          `json:"verdict"`
	LimitMS  int64            `json:"limitMs"`
	Findings []verifyFinding  `json:"findings"`
	Exchange journal.Exchange `json:"exchange"`
}

// verifyFinding is a diagnosis as programs read it.
type verifyFinding struct {
	ID       string             `json:"id"`
	Case     string             `json:"case,omitempty"`
	Severity diagnosis.Severity `json:"severity"`
	Title    string             `json:"title"`
	Cause    string             `json:"cause"`
	Cure     string             `json:"cure"`
	Service  string             `json:"service,omitempty"`
	Rule     string             `json:"rule"`
	Detail   string             `json:"detail,omitempty"`
	At       string             `json:"at,omitempty"`
}

func documentOf(masked string, d *dialect.Dialect, v verdict, result emulator.Verified) verifyDocument {
	document := verifyDocument{
		URL: masked, Dialect: d.String(), Verdict: v, LimitMS: d.Handshake.Limit.Milliseconds(),
		Findings: []verifyFinding{}, Exchange: result.Exchange,
	}
	for _, f := range result.Diagnoses {
		document.Findings = append(document.Findings, verifyFinding{
			ID: f.ID, Case: f.Case, Severity: f.Severity, Title: f.Title, Cause: f.Cause, Cure: f.Cure,
			Service: f.Service, Rule: f.Rule, Detail: f.Detail, At: f.At,
		})
	}
	return document
}
