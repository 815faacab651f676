package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/localca"
	"github.com/outlocal/outlocal/internal/proxy"
	"github.com/outlocal/outlocal/internal/state"
)

// defaultPortBase is the first of the ports that belong to one outlocal.
const defaultPortBase = 3650

// Where each listener is, from the base on. Those in between are for parts that other verbs run.
const (
	httpOffset     = 0
	httpsOffset    = 1
	controlOffset  = 2
	receiverOffset = 4
	proxyOffset    = 5
	lastOffset     = 6
)

// emulateFlags are what emulate is told.
type emulateFlags struct {
	serve           []string
	user            string
	strict, lenient bool
	patience        time.Duration
	minimum         int
	scale           float64
	authorization   time.Duration
	quota           string
	form            string
	tokens          string
	signIn          signInFlags
	targets, routes []string
	webhookCA       string
	seed            seed
	faults          []string

	listen listenFlags
	pair   certificateFlags
	proxy  proxyFlags

	webhook   string
	watch     []string
	setup     string
	subscribe subscription

	background background
}

// certificateFlags name a certificate of the user's own.
type certificateFlags struct {
	cert, key, pfx string
	password       string // name of the variable with the PFX file's
}

func newEmulateCommand(a *app) *cobra.Command {
	var f emulateFlags
	cmd := &cobra.Command{
		Use:   "emulate",
		Short: "Run the emulator",
		Long: `Run an emulator of Outlook's and Microsoft Graph's webhooks: subscriptions, handshakes and notifications in
every schema that there has been, each under a base path of its own, and of the sign-in in front of them. Any
bearer token is taken, unless --auth issued demands one that was issued here.

It listens on loopback, and sends to webhooks on loopback; --webhook and --allow-target name others. What
happens is printed as it happens. Ctrl+C ends it, and it keeps nothing.

With --webhook it subscribes that to what --watch names, for as long as the schema allows unless --for says
otherwise. A webhook that fails the handshake is told of, and the emulator stays.`,
		Example: `outlocal emulate
outlocal emulate --webhook http://localhost:3000/hook --watch me/messages --watch me/events
outlocal emulate --serve /api/beta=outlook-interim --strict
outlocal emulate --detach --port-base 0 --name orders-tests`,
		Args: takes(),
		Annotations: exits("ended by a signal or by outlocal stop; with --detach: it runs",
			"with --detach: it runs, but its webhook could not be subscribed, or its set-up failed", "it could not start: a port is taken, a file can't be read"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.background.leaves() {
				return a.detach(cmd.Context(), control.Emulator, f.errands())
			}
			f.background.speak(a)
			return a.emulate(cmd.Context(), f)
		},
	}
	addEmulation(cmd, &f)
	addListen(cmd, &f.listen, defaultPortBase)
	addCertificate(cmd, &f.pair)
	addProxy(cmd, &f.proxy, "proxy", "serve a forward proxy too, five above --port-base: it answers for the services by their own names, such as graph.microsoft.com")
	addBackground(cmd, &f.background)
	fromEnvironment(cmd, append(emulationVariables(), "port-base", "proxy", "name", "log-format")...)
	return cmd
}

// emulationVariables are the flags of an emulator that are variables too, wherever it runs. Those that say where are not among them: an
// emulator that lives as long as a command is a second one.
func emulationVariables() []string {
	return []string{
		"serve", "user", "auth", "login", "app", "strict", "lenient", "patience", "endpoint-minimum", "time-scale", "validation-tokens", "authorization", "quota",
		"lifecycle-form", "seed", "fault", "allow-target", "route", "webhook", "watch", "change", "dialect", "webhook-ca", "bind", "host", "cert", "key", "pfx",
		"proxy-pass",
	}
}

// addEmulation adds the flags that say what is emulated.
func addEmulation(cmd *cobra.Command, f *emulateFlags) {
	flags := cmd.Flags()
	flags.StringVar(&f.setup, "setup", "", "a scenario `FILE` whose set-up is played once it runs, in place of --watch")
	flags.Var(&once{text: &f.webhook}, "webhook", "your webhook's `URL`: allowed as a target, and subscribed at once")
	flags.StringArrayVar(&f.watch, "watch", []string{defaultResource}, "what to subscribe --webhook to, a `PATH`; may be repeated")
	addSubscription(cmd, &f.subscribe)
	flags.StringVar(&f.subscribe.life, "for", "", "how long --webhook is subscribed, a `DURATION` such as 1h or 3d; as long as the schema allows if left out")
	for _, name := range []string{"watch", "change", "dialect", "client-state-env", "for"} {
		needs(cmd, name, "webhook")
	}
	flags.StringArrayVar(&f.serve, "serve", nil, "a base path and what it speaks, as `PATH=DIALECT`, beside or instead of the usual; may be repeated")
	flags.StringVar(&f.user, "user", emulator.DefaultUser, "whose mailbox me is, unless a token says, by `ADDRESS`")
	addSignIn(cmd, &f.signIn)
	flags.BoolVar(&f.strict, "strict", false, "refuse what is merely borne: plain http, certificates that nobody signed")
	flags.BoolVar(&f.lenient, "lenient", false, "read requests with unquoted names, as documents once printed them")
	durationVar(flags, &f.patience, "patience", 0, "wait so long for a webhook that stands at a breakpoint, without penalty")
	flags.IntVar(&f.minimum, "endpoint-minimum", 0, "attempts within ten minutes from which on a webhook can count as slow; 0 for the service's 100")
	flags.Float64Var(&f.scale, "time-scale", 1, "virtual seconds to a real one, while nothing is in flight")
	forms := emulator.ValidationTokenForms()
	flags.StringVar(&f.tokens, "validation-tokens", forms[0], "`FORM` of the tokens beside encrypted content: "+strings.Join(forms, ", "))
	completes(cmd, "validation-tokens", emulator.ValidationTokenForms)
	durationVar(flags, &f.authorization, "authorization", 0, "how long a token authorizes a subscription with a lifecycle URL if it does not say when it ends; 0 for as long as that lives")
	quotas := emulator.Quotas()
	flags.StringVar(&f.quota, "quota", quotas[0], "what becomes of requests beyond what the service takes of an app in ten minutes, or at once, as `WORD`: told is a hint beside the answer, service is 429 with Retry-After, off counts nothing")
	completes(cmd, "quota", emulator.Quotas)
	addForm(cmd, &f.form, documentedForm())
	flags.StringArrayVar(&f.targets, "allow-target", nil, "a host beyond loopback that may be notified, as `HOST[:PORT]`; may be repeated")
	flags.StringArrayVar(&f.routes, "route", nil, "deliver elsewhere than subscriptions say, as `URL=URL`; https://*.example.com is every name under it; may be repeated")
	flags.StringVar(&f.webhookCA, "webhook-ca", "", "a `FILE` with certificates to trust in webhooks, in PEM")
	flags.StringArrayVar(&f.faults, "fault", nil, "something that goes wrong, as `SPEC`, such as duplicate:next=1: outlocal fault kinds lists them; may be repeated")
	completes(cmd, "fault", faultNames)
	flags.Var(&f.seed, "seed", "a `NUMBER` that what is random comes of: ids of items, and faults that strike by chance")
}

// addCertificate adds the flags that name a certificate.
func addCertificate(cmd *cobra.Command, f *certificateFlags) {
	flags := cmd.Flags()
	flags.StringVar(&f.cert, "cert", "", "a certificate of your own for https, a `FILE` in PEM")
	flags.StringVar(&f.key, "key", "", "its key, a `FILE` in PEM")
	flags.StringVar(&f.pfx, "pfx", "", "certificate and key in one `FILE`, as dotnet dev-certs exports them")
	flags.StringVar(&f.password, "pfx-password-env", "", "`NAME` of the variable with the PFX file's password")
	needs(cmd, "cert", "key")
	needs(cmd, "key", "cert")
	excludes(cmd, "cert", "pfx")
	needs(cmd, "pfx-password-env", "pfx")
}

// config reads what the flags say of the emulation.
func (f *emulateFlags) config(a *app) (emulator.Config, error) {
	c := emulator.Config{
		Version: a.process.Version, User: f.user, AllowTargets: f.targets, Routes: f.routes, Lenient: f.lenient, Patience: f.patience,
		EndpointMinimum: f.minimum, TimeScale: f.scale, Authorization: f.authorization, Environment: a.environment(),
	}
	if err := f.tune(&c); err != nil {
		return c, err
	}
	if f.patience < 0 || f.minimum < 0 || f.authorization < 0 {
		return c, wrongUse("leave it out, or give a positive one", "emulate: none of --patience, --endpoint-minimum and --authorization can be negative")
	}
	if f.scale <= 0 {
		return c, wrongUse("1 is real time, 60 makes a minute of a second", "emulate: --time-scale is %g: want more than 0", f.scale)
	}
	if f.strict {
		c.Mode = diagnosis.Strict
	}
	if err := f.signIn.configure(&c); err != nil {
		return c, err
	}
	var err error
	if c.ValidationTokens, err = emulator.ParseValidationTokens(f.tokens); err != nil {
		return c, wrongUse("they are "+strings.Join(emulator.ValidationTokenForms(), ", "), "emulate: %w", err)
	}
	if c.Quota, err = emulator.ParseQuota(f.quota); err != nil {
		return c, wrongUse("it can be "+strings.Join(emulator.Quotas(), ", "), "emulate: %w", err)
	}
	if c.Serve, err = mounts(f.serve); err != nil {
		return c, err
	}
	if c.Faults, err = parseFaults(f.faults); err != nil {
		return c, err
	}
	c.Seed = f.seed.of(c.Faults)
	if f.webhook != "" {
		webhook, err := readWebhookURL(f.webhook)
		if err != nil {
			return c, err
		}
		f.subscribe.url, f.subscribe.longest = webhook.String(), true
		if _, _, err := a.request(f.subscribe); err != nil {
			return c, err
		}
		c.AllowTargets = append(c.AllowTargets, webhook.Scheme+"://"+webhook.Host)
	}
	c.Roots, err = readRoots(f.webhookCA)
	return c, err
}

// mounts are the usual ones, with what --serve says beside them or in their place.
func mounts(specs []string) ([]emulator.Mount, error) {
	all := emulator.DefaultMounts()
	for _, spec := range specs {
		m, err := parseMount(spec)
		if err != nil {
			return nil, err
		}
		at := len(all)
		for i := range all {
			if strings.EqualFold(all[i].Path, strings.TrimSuffix(m.Path, "/")) {
				at = i
			}
		}
		if at == len(all) {
			all = append(all, emulator.Mount{})
		}
		all[at] = emulator.Mount{Path: m.Path, Dialect: m.Dialect}
	}
	return all, nil
}

// own is the user's own certificate, nil if none was named.
func (f *certificateFlags) own(a *app) (*tls.Certificate, error) {
	var own tls.Certificate
	var err error
	switch {
	case f.pfx != "":
		own, err = localca.LoadPFX(f.pfx, a.process.Env(f.password))
	case f.cert != "":
		own, err = localca.LoadPair(f.cert, f.key)
	default:
		return nil, nil
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, wrongUse("name a file that is there: --cert and --key take PEM, --pfx what dotnet dev-certs exports", "%w", err)
	case err != nil:
		return nil, err
	}
	return &own, nil
}

// emulate runs an emulator until ctx ends or it is told to stop.
func (a *app) emulate(ctx context.Context, f emulateFlags) error {
	p, err := f.plan(a)
	if err != nil {
		return err
	}
	ctx, h := a.newHouse(ctx, f.background.log)
	defer h.close()
	f.background.tie(h)
	e, err := h.emulation(ctx, f, p)
	if err != nil {
		return err
	}
	return h.live(ctx, resident{
		running: e.running, journal: e.server.Journal(),
		banner: func(out *printer) { a.banner(out, e.running, p, f) },
		ready: func(ctx context.Context, out *printer, told func()) {
			say := func(done errand) {
				told()
				a.tellOf(out, done, f.background)
			}
			if p.setup != nil {
				a.playSetup(ctx, say, e.server, p.setup, f)
				return
			}
			a.watchAll(ctx, say, e.server, f)
		},
	})
}

// banner tells the two addresses and what to do next.
func (a *app) banner(p *printer, at state.Running, plan plan, f emulateFlags) {
	var speaks []string
	for _, m := range plan.config.Serve {
		speaks = append(speaks, m.Path+" "+m.Dialect)
	}
	widest := max(len(at.HTTP), len(at.HTTPS))
	p.line("%s %s", p.strong("outlocal"), a.process.Version)
	p.line("")
	p.line("  %s  %s", p.strong(pad(at.HTTP, widest)), strings.Join(speaks, ", "))
	trust := "the same, with your certificate"
	if plan.own == nil {
		trust = "the same; its certificate is signed by " + at.CA
	}
	p.line("  %s  %s", p.strong(pad(at.HTTPS, widest)), trust)
	taken := "any bearer token will do"
	if plan.config.Auth == emulator.IssuedTokens {
		taken = "tokens that it issued are taken, and no others"
	}
	p.line("  %s  %s", pad("", widest), p.dim("sign-in under /common, /organizations or a tenant; "+taken))
	if at.Proxy != "" {
		p.line("  %s  %s", p.strong(pad(at.Proxy, widest)), "a forward proxy that answers for "+strings.Join(proxy.Hosts(), ", "))
	}
	if len(plan.config.Faults) > 0 {
		p.line("")
		faultsBanner(p, plan.config)
	}
	p.line("")
	if f.webhook == "" {
		p.line("  next: outlocal subscribe http://localhost:3000/hook   %s", p.dim("your webhook's URL in place of this"))
		p.line("        outlocal trigger message.created                %s", p.dim("and see it notified"))
		p.line("")
	}
}
