package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/tunnel"
)

// exposeFlags are what expose is told.
type exposeFlags struct {
	watch    []string
	rich     string
	life     string
	service  exposedAt
	signIn   exposeSignIn
	ca       string
	tunnel   exposeTunnel
	patience time.Duration
	keep     bool
	dry      bool
	profile  string
	name     string
	control  string // name of the variable with the control token
}

func newExposeCommand(a *app) *cobra.Command {
	var f exposeFlags
	cmd := &cobra.Command{
		Use:   "expose [PORT[/PATH]|URL]",
		Short: "Put your webhook behind a public URL and subscribe it to the real Outlook",
		Long: `Give a webhook of this machine a public URL and subscribe it to a real mailbox: open a tunnel with the ngrok agent
that is built in, sign in to Microsoft, make the subscriptions, keep them alive for as long as this runs, and delete
them at the end. Without a webhook a built-in receiver answers.

Only POST at two paths that nobody can guess gets through, and only to the one URL that is named here. Each
notification is shown as it comes, with the item that it names and what the service makes of your webhook's answer;
outlocal replay sends one again.

A subscription is a real effect: the first line says at which service, and --dry-run sends nothing. Ctrl+C deletes
the subscriptions, then closes the tunnel; a second Ctrl+C leaves at once and says what is left. What a crash leaves
behind, the next start takes over or deletes.

You need an authtoken of ngrok (or a tunnel of your own) and an app registration; docs/expose.md and
docs/app-registration.md go through both. With --emulator nothing of it is needed.`,
		Example: `outlocal expose 3000/hook --watch me/messages --client-id 11111111-2222-3333-4444-555555555555
outlocal expose 3000/hook --watch me/messages:created,updated --watch me/events --url name.ngrok.app --client-id ID
outlocal expose --watch me/messages --rich subject,from --sign-in browser --client-id ID
outlocal expose 3000/hook --public-url https://hooks.example.com --port 3654 --sign-in token
outlocal expose 3000/hook --emulator emulator --no-tunnel`,
		Args: takesUpTo("WEBHOOK"),
		Annotations: exits("ended by a signal or by outlocal stop, and nothing is left at the service",
			"your webhook fails the handshake, or something is left at the service",
			"no tunnel, no sign-in, or nothing listens at the webhook's address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if given(cmd, "port") && f.tunnel.kind() == tunnel.Ngrok {
				return wrongUse("add --public-url or --no-tunnel, or leave --port out: ngrok's agent listens at no port of this machine",
					"expose: --port says nothing with ngrok's tunnel")
			}
			return a.expose(cmd.Context(), args, f)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.watch, "watch", []string{defaultResource}, "what to subscribe to, a `PATH[:CHANGES]` such as me/events:created,updated; may be repeated")
	flags.StringVar(&f.rich, "rich", "", "let notifications bring these properties of the item, as `PROPERTIES` such as subject,from; in Graph encrypted, for a key made for this run")
	flags.StringVar(&f.life, "for", "", "how long a subscription is asked for before it is renewed, a `DURATION` such as 1h; a day, or what the service bears, if left out")
	addExposedAt(cmd, &f.service)
	addExposeSignIn(cmd, &f.signIn)
	flags.StringVar(&f.ca, "ca", "", "PEM `FILE` of certificates to trust beside the system's, in the service, the authority and your webhook")
	addExposeTunnel(cmd, &f.tunnel)
	durationVar(flags, &f.patience, "patience", receiver.DefaultPatience, "how long your webhook may take to answer, as at a breakpoint; what the service would have said is told all the same")
	flags.BoolVar(&f.keep, "keep", false, "leave the subscriptions at the service at the end, for the next start to take over")
	flags.BoolVar(&f.dry, "dry-run", false, "only tell what would be sent")
	addProfile(cmd, &f.profile)
	flags.StringVar(&f.name, "name", "", "a `NAME` for other commands to call it; "+string(control.Exposure)+", with a number if need be, if left out")
	flags.StringVar(&f.control, "control-token-env", tokenVariable, "`NAME` of the variable with the token that those who steer it have to show")
	excludes(cmd, "keep", "dry-run")
	fromEnvironment(cmd, "watch", "client-id", "tenant", "sign-in", "url", "profile", "name")
	return cmd
}

// expose runs until ctx ends or it is told to stop.
func (a *app) expose(ctx context.Context, args []string, f exposeFlags) error {
	p, err := a.planExposure(ctx, args, &f)
	if err != nil {
		return err
	}
	a.sayService(p)
	if f.dry {
		return a.dryExposure(ctx, p)
	}
	if err := a.checkExposed(ctx, p); err != nil {
		return err
	}
	ctx, release := a.untilDeserted(ctx)
	defer release()
	running, h := a.newHouse(ctx, "")
	defer h.close()
	x := &exposure{app: a, house: h, plan: p}
	if err := x.open(running); err != nil {
		return err
	}
	if err := h.live(running, x.resident()); err != nil {
		return err
	}
	return x.ending()
}
