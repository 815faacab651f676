package cli

import (
	"context"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/subscriber"
)

const (
	// leaveTime bounds how long the service is asked to delete.
	leaveTime = 30 * time.Second
	// closeTime bounds how long the tunnel may take to close: it lets requests end for ten seconds.
	closeTime = 15 * time.Second
	// leaveUnsaid is how long it may take before it is said what is waited for.
	leaveUnsaid = time.Second
	// tallyTime bounds how long it is looked up what is left.
	tallyTime = time.Second
)

// untilDeserted ends ctx also when the terminal is closed, or nobody reads any more what is printed: what was made at a service is not to be
// left there for that.
func (a *app) untilDeserted(ctx context.Context) (_ context.Context, release func()) {
	if a.process.Signals == nil {
		return ctx, func() {}
	}
	ctx, stop := context.WithCancel(ctx)
	signals := make(chan os.Signal, 1)
	// A broken pipe is heard of so that it does not end the process. It is not said which: sockets have them too.
	quiet := a.process.Signals(make(chan os.Signal, 1), syscall.SIGPIPE)
	deaf := a.process.Signals(signals, syscall.SIGHUP)
	a.out.whenGone(stop)
	go func() {
		select {
		case <-signals:
			stop()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		stop()
		a.out.whenGone(nil)
		deaf()
		quiet()
	}
}

// leave deletes the subscriptions, while the tunnel is still there. A second signal ends that at once.
func (x *exposure) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
	defer cancel()
	defer x.impatient(cancel)()
	x.stop()
	if !x.app.json && !x.plan.flags.keep {
		defer time.AfterFunc(leaveUnsaid, func() {
			x.house.out.line("%s", x.house.out.dim("the subscriptions are being deleted, for "+span(leaveTime)+" at most; Ctrl+C again leaves at once"))
		}).Stop()
	}
	select {
	case <-x.kept:
	case <-ctx.Done(): // a creation under way is not broken off
		x.tally()
		return
	}
	if x.plan.flags.keep {
		x.sayKept()
		return
	}
	if records, err := x.records(); err == nil && len(records) == 0 {
		return // a service that does not answer need not be asked
	}
	left, err := x.keeper.Leave(ctx)
	if err != nil {
		x.end(err)
		return
	}
	for _, l := range left {
		x.app.err.line("%s %s", x.app.err.caution(), remains(l))
	}
	x.sayLeft(len(left))
}

// impatient calls f when a signal comes while it leaves: the second, if it was one that made it leave.
func (x *exposure) impatient(f func()) (patient func()) {
	if x.app.process.Signals == nil {
		return func() {}
	}
	const room = 4
	signals, done := make(chan os.Signal, room), make(chan struct{})
	release := x.app.process.Signals(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			f()
		case <-done:
		}
	}()
	return func() {
		release()
		close(done)
	}
}

// tally says what is left of what the store knows, for whom there was no time to delete anything.
func (x *exposure) tally() {
	records, err := x.records()
	if err != nil {
		return
	}
	for _, r := range records {
		x.app.err.line("%s %s", x.app.err.caution(), remains(subscriber.Left{Watch: r.Watch, ID: r.ID, Expires: r.Expires}))
	}
	x.sayLeft(len(records))
}

// records are what is remembered of subscriptions at the service.
func (x *exposure) records() (here []subscriber.Record, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), tallyTime)
	defer cancel()
	all, _, err := x.store.Load(ctx)
	for _, r := range all {
		if strings.TrimSuffix(r.Service, "/") == x.plan.host.base.String() {
			here = append(here, r)
		}
	}
	return here, err
}

// sayLeft says how to go on with what is left.
func (x *exposure) sayLeft(n int) {
	x.mu.Lock()
	x.left = n
	x.mu.Unlock()
	if n == 0 {
		return
	}
	venue := " --service " + x.plan.host.base.String()
	if x.plan.host.emulator != nil {
		venue = " --emulator " + x.plan.host.status.Name
	}
	if profile := x.plan.flags.profile; profile != state.DefaultProfile {
		venue += " --profile " + profile
	}
	x.app.err.line("  %s the next start takes over what it wants and deletes the rest; without one: outlocal subscriptions prune%s", x.app.err.dim("hint:"), venue)
}

// sayKept says what stays at the service, as it was wished.
func (x *exposure) sayKept() {
	if x.app.json {
		return
	}
	for _, s := range x.keeper.Status() {
		if s.ID != "" {
			x.house.out.line("%s %s stays subscribed until %s", x.house.out.tick(), s.Watch.Resource, s.Expires.UTC().Format("2006-01-02 15:04:05Z"))
		}
	}
}

// closeTunnel lets requests under way end, then closes the tunnel.
func (x *exposure) closeTunnel() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	defer x.impatient(cancel)()
	if err := x.server.Shutdown(ctx); err != nil {
		_ = x.server.Close()
	}
	select {
	case <-x.endpoint.Done():
	case <-ctx.Done():
	}
	x.work.Wait()
}
