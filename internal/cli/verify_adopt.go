package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/verify"
	"github.com/outlocal/outlocal/journal"
)

// errPatience is why one stops waiting.
var errPatience = errors.New("it takes too long")

// verifyAdopted judges the webhook of an app that subscribes at an emulator here, which is served for as long as that takes.
func (a *app) verifyAdopted(ctx context.Context, v *verification) error {
	if len(v.command) > 0 { // which is not to outlive this, whatever ends it
		var release func()
		ctx, release = a.untilDeserted(ctx)
		defer release()
	}
	s := v.session(v.spoken[0])
	p := v.serving
	p.config = s.Prepare(v.config)
	ctx, h := a.newHouse(ctx, "")
	defer h.close()
	e, err := h.emulation(ctx, v.emulate, p)
	if err != nil {
		return err
	}
	s.Server = e.server
	show := a.newVerifyShow(v)
	ended, stop, err := a.startApp(ctx, h, v, e, p)
	if err != nil {
		return err
	}
	defer stop()
	if err := a.awaitPort(ctx, v); err != nil {
		return err
	}
	show.awaiting(e.running.HTTP, e.running.HTTPS)
	adopted, err := a.awaitSubscription(ctx, v, e, ended)
	if err != nil {
		return err
	}
	s.Adopted, s.Calls = adopted, len(v.command) > 0
	spoken, err := dialect.Lookup(adopted.Dialect)
	if err != nil {
		return err
	}
	s.Dialect = limited(spoken, v.limit)
	show.v.spoken = []*dialect.Dialect{s.Dialect}
	column, err := show.run(ctx, s)
	if err != nil {
		return err
	}
	return a.concludeVerification(v, show, []verify.Column{column})
}

// planAdoption reads what the emulator is served with, and finds the command.
func (a *app) planAdoption(v *verification) (err error) {
	if len(v.command) > 0 {
		if v.program, err = findCommand(v.command[0]); err != nil {
			return ofVerify(err)
		}
	}
	if err = v.emulate.listen.check(a); err != nil {
		return err
	}
	if v.serving.own, err = v.emulate.pair.own(a); err == nil && v.serving.own == nil {
		v.serving.authority, err = a.authority()
	}
	return err
}

// ofVerify gives an error about a command verify's own exit code: exec's are those of a program that stands for another.
func ofVerify(err error) error {
	var m *mishap
	if errors.As(err, &m) {
		return &mishap{ExitUsage, m.err, strings.ReplaceAll(m.hint, "outlocal exec", "outlocal verify URL")}
	}
	return err
}

// awaitSubscription waits until the app has subscribed, and says why not if it does not in time, or ends before.
func (a *app) awaitSubscription(ctx context.Context, v *verification, e emulation, ended <-chan int) (*control.Subscription, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, v.adoptWait, errPatience)
	defer cancel()
	over := make(chan struct{})
	defer close(over)
	code := 0
	go func() {
		select {
		case code = <-ended:
			cancel()
		case <-over:
		case <-waiting.Done():
		}
	}()
	adopted, told, err := verify.Adopt(waiting, e.server, v.target.URL)
	switch {
	case err == nil:
		return adopted, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(context.Cause(waiting), errPatience):
		return nil, notJudged(whyNoSubscription(v, told), "adopt: no subscription with the URL %s came within %s", v.target.masked(), short(v.adoptWait))
	}
	return nil, notJudged(whyNoSubscription(v, told), "adopt: %s ended with exit code %d before it had subscribed", v.command[0], code)
}

// whyNoSubscription tells what the app did instead, as far as that is known.
func whyNoSubscription(v *verification, told []journal.Entry) string {
	for i := len(told) - 1; i >= 0; i-- {
		switch e := &told[i]; {
		case e.Kind == journal.Handshake && e.Exchange != nil && strings.HasPrefix(e.Exchange.Finding, "handshake-") && e.Note != "good":
			return "the app asked for one, and its handshake went wrong (" + e.Exchange.Finding + "): outlocal verify " + v.target.masked() + " tells more"
		case e.Kind == journal.Refused:
			return "a request of the app was refused: " + e.Note
		case e.Kind == journal.Subscribed:
			return "one came with another URL, " + journal.MaskURL(e.URL) + ": name that"
		}
	}
	return "nothing was asked of the emulator: let the app use its address in place of https://graph.microsoft.com"
}

// startApp starts the command, if there is one. ended tells its exit code; stop ends it.
func (a *app) startApp(ctx context.Context, h *house, v *verification, e emulation, p plan) (ended <-chan int, stop func(), err error) {
	if len(v.command) == 0 {
		return nil, func() {}, nil
	}
	environment, err := a.childEnvironment(h, e.running, p, execFlags{emulate: v.emulate, plain: v.plain})
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	child := a.newChild(v.program, v.command, environment)
	child.command.Stdout = a.process.Err // what is printed here is ours
	codes, done := make(chan int, 1), make(chan struct{})
	go func() {
		defer close(done)
		code, err := child.run(ctx, nil)
		if err != nil {
			a.err.line("%s run %s: %s", a.err.caution(), v.command[0], err)
			code = ExitNotRunnable
		}
		codes <- code
	}()
	return codes, func() {
		cancel()
		<-done
	}, nil
}
