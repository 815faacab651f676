package cli

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/receiver"
)

// receiveFlags are what receive is told.
type receiveFlags struct {
	port                     int
	clientState              string // name of the variable that holds it
	keep                     int
	strict                   bool
	notification, handshakes receiver.Answer
	rich                     richFlags
	listen                   listenFlags
	background               background
}

func newReceiveCommand(a *app) *cobra.Command {
	var f receiveFlags
	cmd := &cobra.Command{
		Use:   "receive",
		Short: "Run a webhook that does everything right",
		Long: `Run a webhook for every schema at once: it echoes the token of handshakes, answers notifications at once, and
says of each in which schema it is and what is wrong with it. Any path will do.

With --key it opens encrypted notifications, with --authority it checks the tokens that come with them, and with
--fetch it reads the items that it is told of. With --status and --delay it plays a webhook that does not do
everything right.`,
		Example: `outlocal receive
outlocal receive --client-state-env HOOK_SECRET
outlocal receive --status 503 --delay 4s
outlocal receive --key encryption-key.pem --authority http://localhost:3650 --fetch http://localhost:3650/v1.0
outlocal subscribe http://localhost:3654/hook`,
		Args:        takes(),
		Annotations: exits("ended by a signal or by outlocal stop", "", "it could not start: a port is taken"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.background.leaves() {
				return a.detach(cmd.Context(), control.Receiver, nil)
			}
			f.background.speak(a)
			return a.receive(cmd.Context(), f)
		},
	}
	addReception(cmd, &f)
	addRich(cmd, &f.rich)
	addBind(cmd, &f.listen)
	addBackground(cmd, &f.background)
	fromEnvironment(cmd, "port", "keep", "strict", "status", "delay", "handshake-status", "handshake-delay", "bind", "host", "name", "log-format")
	return cmd
}

// addReception adds the flags that say what is expected and how it is answered.
func addReception(cmd *cobra.Command, f *receiveFlags) {
	flags := cmd.Flags()
	flags.IntVar(&f.port, "port", defaultPortBase+receiverOffset, "the port it listens on; 0 for a free one")
	flags.StringVar(&f.clientState, "client-state-env", "", "`NAME` of the variable with the client state that notifications have to carry")
	flags.IntVar(&f.keep, "keep", 0, "journal entries kept, one for each request and each notification; 0 for 10000")
	flags.BoolVar(&f.strict, "strict", false, "bear nothing that the documents forbid")
	flags.IntVar(&f.notification.Status, "status", 0, "answer notifications with this status; 0 for 202")
	durationVar(flags, &f.notification.Delay, "delay", 0, "answer notifications after so long")
	flags.IntVar(&f.handshakes.Status, "handshake-status", 0, "answer handshakes with this status; 0 for 200")
	durationVar(flags, &f.handshakes.Delay, "handshake-delay", 0, "answer handshakes after so long")
}

// config reads what the flags say.
func (f *receiveFlags) config(a *app) (receiver.Config, error) {
	c := receiver.Config{Keep: f.keep, Answers: receiver.Answers{Handshake: f.handshakes, Notification: f.notification}}
	if f.port < 0 || f.port > 0xffff {
		return c, wrongUse("such as --port 3654, or 0 for a free one", "receive on port %d: there is no such port", f.port)
	}
	if f.strict {
		c.Mode = diagnosis.Strict
	}
	var err error
	if c.ClientState, err = a.clientState(f.clientState); err != nil {
		return c, err
	}
	return c, f.rich.config(a, &c)
}

// receive runs a receiver until ctx ends or it is told to stop.
func (a *app) receive(ctx context.Context, f receiveFlags) error {
	config, err := f.config(a)
	if err != nil {
		return err
	}
	if err := f.listen.check(a); err != nil {
		return err
	}
	webhook, err := receiver.New(config)
	if err != nil {
		return wrongUse("outlocal receive --help tells what each flag takes", "%w", err)
	}
	ctx, h := a.newHouse(ctx, f.background.log)
	defer h.close()
	f.background.tie(h)
	h.onClose(webhook.Close)
	hook, err := h.listen(ctx, f.listen.on(f.port))
	if err != nil {
		return notJudged("choose another port with --port N, or any free one with --port 0", "%w", err)
	}
	steering, err := h.listen(ctx, f.listen.on(0)) // commands find it by its file
	if err != nil {
		return err
	}
	running, err := h.announce(ctx, state.Running{
		Webhook: hook.URL("http"), Control: steering.URL("http"),
		Name: f.background.name, Kind: control.Receiver, PID: os.Getpid(), Started: time.Now().UTC(),
	})
	if err != nil {
		return err
	}
	h.serve(steering, serve.Config{Name: "control", Handler: f.listen.guard(a, steeredReceiver{webhook, h.stop, running, a.process.Version})})
	h.serve(hook, serve.Config{Name: "webhook", Handler: webhook})
	return h.live(ctx, resident{running: running, journal: webhook.Journal(), banner: func(p *printer) {
		p.line("%s %s", p.strong("outlocal"), a.process.Version)
		p.line("")
		p.line("  %s  %s", p.strong(running.Webhook), "a webhook for every schema, on any path")
		p.line("")
		p.line("  next: outlocal subscribe %s/hook   %s", running.Webhook, p.dim("at an emulator that runs"))
		p.line("")
	}})
}
