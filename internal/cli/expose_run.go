package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/internal/clock"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
	"github.com/outlocal/outlocal/tunnel"
)

// exposure is a webhook behind a public URL, and the subscriptions that lead to it. Everything that happens to it stands in one journal:
// that of the receiver.
type exposure struct {
	app   *app
	house *house
	plan  *exposurePlan

	clock     *clock.Clock // virtual, at an emulator; nil for the machine's
	store     *state.Subscriptions
	keeper    *subscriber.Keeper
	receiver  *receiver.Receiver
	forwarder *receiver.Forwarder
	server    *http.Server
	endpoint  tunnel.Endpoint
	tunnel    tunnelEvent // the last; its events come one after the other
	trouble   trouble     // of the keeper, whose events do so too
	account   string
	running   state.Running
	work      sync.WaitGroup
	kept      chan struct{} // closed when the keeper's work is over; nil before it began
	stop      context.CancelFunc

	mu     sync.Mutex
	failed error // why it ended by itself
	left   int   // subscriptions that could not be deleted
}

// open opens everything, in the order in which it can fail: what costs nothing first.
func (x *exposure) open(ctx context.Context) error {
	for _, step := range []func(context.Context) error{x.openStore, x.makeReceiver, x.openTunnel, x.signIn, x.openControl} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// openStore takes what a start before remembered, which no other may use meanwhile.
func (x *exposure) openStore(ctx context.Context) (err error) {
	folder, err := x.app.folder()
	if err != nil {
		return err
	}
	if x.store, err = folder.Subscriptions(ctx, x.plan.flags.profile); err != nil {
		return err
	}
	x.house.onClose(func() { _ = x.store.Close() }) // what was written is on the disk
	x.house.onClose(x.plan.host.http.CloseIdleConnections)
	if x.clock, err = x.plan.host.clock(ctx); err != nil {
		return err
	}
	if x.clock != nil {
		x.clock.OnWait(x.house.waits)
		x.house.onClose(x.clock.Close)
	}
	return nil
}

// makeReceiver makes what judges and keeps what comes in, and what passes it on.
func (x *exposure) makeReceiver(ctx context.Context) (err error) {
	keeping := subscriber.Config{Store: x.store, Owns: x.owns, Told: x.told}
	if x.clock != nil {
		keeping.Clock = x.clock
	}
	if x.keeper, err = x.plan.keeper(keeping); err != nil {
		return err
	}
	if err = x.keeper.Load(ctx); err != nil { // what was left before notifies as soon as the tunnel is there
		return err
	}
	config := receiver.Config{Known: register{x.keeper}, Fetch: ownItems{x.plan.host.client(), x.plan.who.tokens}, Now: x.now}
	if x.plan.key != nil {
		config.Keys = []receiver.Key{*x.plan.key}
		config.Tokens = receiver.Tokens{Authority: x.plan.host.authority, Apps: []string{x.plan.who.app}, HTTP: x.plan.host.http}
		if x.plan.who.app == "" { // of a token that was got elsewhere
			config.Tokens = receiver.Tokens{}
		}
	}
	if x.receiver, err = receiver.New(config); err != nil {
		return err
	}
	x.house.onClose(x.receiver.Close)
	forward := receiver.Forward{Patience: x.plan.flags.patience, Environment: x.app.environment()}
	if x.plan.target != nil {
		forward.Target = x.plan.target.String()
	}
	if forward.Paths, err = x.paths(ctx); err != nil {
		return err
	}
	x.forwarder, err = receiver.NewForwarder(x.receiver, forward)
	if err == nil {
		x.house.onClose(x.forwarder.Close)
	}
	return err
}

// now is the time that is lived by.
func (x *exposure) now() time.Time {
	if x.clock != nil {
		return x.clock.Now()
	}
	return time.Now().UTC()
}

const (
	// publicHeader and publicBody are how long a sender may take with its request: the service is quick, and scanners are not waited for.
	publicHeader = 10 * time.Second
	publicBody   = time.Minute
	// publicIdle keeps connections between two notifications.
	publicIdle = 2 * time.Minute
	// publicHeaderBytes is some ten times what the service sends.
	publicHeaderBytes = 64 << 10
)

// openTunnel lets the world reach the forwarder, and nothing else.
func (x *exposure) openTunnel(ctx context.Context) (err error) {
	config, err := withPolicy(x.plan.tunnel, x.forwarder.Paths())
	if err != nil {
		return err
	}
	config.OnEvent = x.tunnelled
	endpoint, err := tunnel.Open(ctx, config)
	if err != nil {
		return err
	}
	x.endpoint = endpoint
	x.server = &http.Server{
		Handler: x.forwarder, DisableGeneralOptionsHandler: true, // which would answer OPTIONS *
		ReadHeaderTimeout: publicHeader, ReadTimeout: publicBody, WriteTimeout: publicBody + x.plan.flags.patience + publicHeader,
		IdleTimeout: publicIdle, MaxHeaderBytes: publicHeaderBytes, ErrorLog: nowhere(),
	}
	x.work.Go(func() { _ = x.server.Serve(endpoint) }) // why it ends, the endpoint's last event says
	x.house.onClose(x.closeTunnel)
	return nil
}

// signIn gets a first token, so that whoever has to do something for it does so now.
func (x *exposure) signIn(ctx context.Context) error {
	token, err := x.plan.who.tokens.Token(ctx, "")
	if err != nil {
		return err
	}
	x.account = account(token)
	if x.plan.who.source != nil {
		x.tellSkew(x.plan.who.source.Skew())
	}
	return nil
}

// bearableClock is how far clocks may be apart before tokens are refused for it.
const bearableClock = 5 * time.Minute

func (x *exposure) tellSkew(ahead time.Duration) {
	if ahead.Abs() <= bearableClock || x.app.json {
		return
	}
	where := "ahead of"
	if ahead < 0 {
		where = "behind"
	}
	x.app.err.line("%s this machine's clock is %s %s the authority's: set it, or tokens are refused", x.app.err.caution(), span(ahead.Abs().Round(time.Minute)), where)
}

// openControl lets other commands steer it, on loopback and never through the tunnel.
func (x *exposure) openControl(ctx context.Context) (err error) {
	listen := listenFlags{token: x.plan.flags.control}
	steering, err := x.house.listen(ctx, listen.on(0))
	if err != nil {
		return err
	}
	x.running, err = x.house.announce(ctx, state.Running{
		Webhook: x.at(x.endpoint.URL()).URL, Control: steering.URL("http"), Name: x.plan.flags.name, Kind: control.Exposure, PID: os.Getpid(), Started: time.Now().UTC(),
	})
	if err != nil {
		return err
	}
	x.house.serve(steering, serve.Config{Name: "control", Handler: listen.guard(x.app, x.steered())})
	return nil
}

// at is where notifications go, at the tunnel's URL.
func (x *exposure) at(url string) subscriber.Endpoint {
	paths := x.forwarder.Paths()
	return subscriber.Endpoint{URL: url + paths.Notification, LifecycleURL: url + paths.Lifecycle}
}

// resident is what the house is told of it.
func (x *exposure) resident() resident {
	return resident{running: x.running, journal: x.receiver.Journal(), banner: x.banner, ready: func(context.Context, *printer, func()) { x.keep() }}
}

func (x *exposure) banner(p *printer) {
	who := ""
	if x.account != "" {
		who = "as " + x.account + ", "
	}
	p.line("")
	p.line("  %s", p.strong(x.at(x.endpoint.URL()).URL))
	p.line("  %s", p.dim(who+"only POST gets through, and only to your webhook"))
	p.line("")
}

// keep begins to keep the subscriptions, until they are left.
func (x *exposure) keep() {
	ctx, stop := context.WithCancel(context.Background())
	x.stop, x.kept = stop, make(chan struct{})
	x.keeper.Repoint(x.at(x.endpoint.URL()))
	x.work.Go(func() { x.hear(ctx) })
	x.work.Go(func() { x.watchSleep(ctx) })
	go func() { // it may end late: what is being created is not broken off
		defer close(x.kept)
		if err := x.keeper.Run(ctx); err != nil {
			x.end(err)
		}
	}()
	x.house.onClose(x.leave)
}

// hear hands to the keeper what comes in.
func (x *exposure) hear(ctx context.Context) {
	notified := func(e *journal.Entry) bool { return e.Kind == journal.Notified }
	for e := range x.receiver.Journal().Follow(ctx, 0, notified) {
		if item, ok := e.Data.(*receiver.Item); ok {
			x.keeper.Notified(item.Notification())
		}
	}
}

// end ends it for a reason of its own.
func (x *exposure) end(why error) {
	x.mu.Lock()
	x.failed = errors.Join(x.failed, why)
	x.mu.Unlock()
	x.house.stop()
}

// ending is what the command ends with.
func (x *exposure) ending() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.failed != nil:
		return fmt.Errorf("expose: %w", x.failed)
	case x.left > 0:
		return told(ExitFailed)
	}
	return nil
}
