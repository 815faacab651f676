package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/localca"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/scenarios"
)

// plan is what an emulator is made of: all that flags and files say, read before anything is opened.
type plan struct {
	config    emulator.Config
	setup     *scenarios.Scenario                  // nil without --setup
	own       *tls.Certificate                     // the user's own; nil if https has one of the authority
	authority *localca.Authority                   // nil where nothing needs it
	wrap      func(next http.Handler) http.Handler // around the API; nil for nothing
}

// plan reads the flags, and the files that they name.
func (f *emulateFlags) plan(a *app) (p plan, err error) {
	if p.config, err = f.config(a); err != nil {
		return p, err
	}
	if p.setup, err = f.readSetup(a); err != nil {
		return p, err
	}
	if p.setup != nil {
		p.setup.Configure(&p.config)
	}
	if err = f.listen.check(a); err != nil {
		return p, err
	}
	if p.own, err = f.pair.own(a); err != nil {
		return p, err
	}
	if err = f.proxy.check(&f.listen); err != nil {
		return p, err
	}
	if p.own == nil || f.proxy.on {
		p.authority, err = a.authority()
	}
	return p, err
}

// authority is the certificate authority in the state folder, made on first use.
func (a *app) authority() (*localca.Authority, error) {
	folder, err := a.folder()
	if err != nil {
		return nil, err
	}
	authority, _, err := localca.Open(folder.CA())
	var bad *localca.Error // which knows better what helps
	if err != nil && !errors.As(err, &bad) {
		err = &state.FolderError{Err: err}
	}
	return authority, err
}

// tls is what https is served with.
func (p *plan) tls(hosts []string) *tls.Config {
	if p.own != nil {
		return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*p.own}}
	}
	return p.authority.TLSConfig(hosts...)
}

// ca is the file of the certificate that clients have to trust, empty if that is their own affair.
func (p *plan) ca() string {
	if p.authority == nil {
		return ""
	}
	return p.authority.Path()
}

// emulation is an emulator that is served, and where.
type emulation struct {
	server  *emulator.Server
	running state.Running
}

// emulation opens the listeners, lets other commands find them, and serves an emulator on them until the house is closed.
func (h *house) emulation(ctx context.Context, f emulateFlags, p plan) (e emulation, err error) {
	var api, secure, steering, forward serve.Listeners
	for _, l := range []struct {
		listeners *serve.Listeners
		offset    int
	}{{&api, httpOffset}, {&secure, httpsOffset}, {&steering, controlOffset}, {&forward, proxyOffset}} {
		if l.listeners == &forward && !f.proxy.on {
			continue
		}
		if *l.listeners, err = h.listen(ctx, f.listen.address(l.offset)); err != nil {
			return e, err
		}
	}
	e.running, err = h.announce(ctx, state.Running{
		HTTP: api.URL("http"), HTTPS: secure.URL("https"), Control: steering.URL("http"), Proxy: forward.URL("http"), CA: p.ca(),
		Name: f.background.name, Kind: control.Emulator, PID: os.Getpid(), Started: time.Now().UTC(),
	})
	if err != nil {
		return e, err
	}
	p.config.Name = e.running.Name
	if e.server, err = emulator.New(p.config); err != nil {
		return e, wrongUse("outlocal emulate --help tells what each flag takes", "%w", err)
	}
	h.onClose(e.server.Close)
	e.server.OnWait(h.waits)
	e.server.Announce(emulator.Addresses{HTTP: e.running.HTTP, HTTPS: e.running.HTTPS, Control: e.running.Control, Proxy: e.running.Proxy, CA: e.running.CA})
	handler := http.Handler(e.server)
	if p.wrap != nil {
		handler = p.wrap(handler)
	}
	h.serve(steering, serve.Config{Name: "control", Handler: f.listen.guard(h.app, steeredEmulator{e.server, h.stop})})
	guarded := f.listen.guardPages(handler)
	h.serve(api, serve.Config{Name: "api", Handler: guarded})
	h.serve(secure, serve.Config{Name: "https", Handler: guarded, TLS: p.tls(f.listen.hosts)})
	if f.proxy.on {
		err = h.proxy(forward, f, p, e.server, handler)
	}
	return e, err
}
