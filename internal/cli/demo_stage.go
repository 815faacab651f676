package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

// stage is what the demo is played on: a service and a webhook that listen, and an app that talks to the one and owns the other.
type stage struct {
	service *emulator.Server
	webhook *receiver.Receiver
	steer   *control.Client // of the service, over HTTP like all else
	api     string
	hook    string
	state   string           // the client state: the secret between app and service
	answers receiver.Answers // of a test that wants others
	usual   receiver.Answers // what it answers in the dialect that is played
	gate    gate
	wire    recorder
	closers []func()
}

// newStage opens the listeners and starts who listens.
func newStage(ctx context.Context, answers receiver.Answers) (*stage, error) {
	s := &stage{state: rand.Text(), answers: answers, usual: answers}
	s.wire.next = &http.Transport{} // no proxy of the environment stands between this machine and itself
	if err := s.build(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *stage) build(ctx context.Context) error {
	var err error
	s.service, err = emulator.New(emulator.Config{
		Name: "demo", Seed: 1,
		Serve: []emulator.Mount{
			{Path: "/v1.0", Dialect: dialect.GraphV1.String()}, {Path: "/beta", Dialect: dialect.GraphPreview.String()},
			{Path: "/api/v2.0", Dialect: dialect.OutlookFinal.String()}, {Path: "/api/beta", Dialect: dialect.OutlookLegacy.String()},
		},
	})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, s.service.Close)
	s.webhook, err = receiver.New(receiver.Config{ClientState: s.state, Answers: s.answers, Now: s.service.Now, Sleep: s.gate.wait})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, s.webhook.Close)
	if s.api, err = s.listen(ctx, "service", s.service); err != nil {
		return err
	}
	if s.hook, err = s.listen(ctx, "webhook", s.webhook); err != nil {
		return err
	}
	s.hook += "/hook"
	steering, err := s.listen(ctx, "control", serve.Guard(s.service.Control(), serve.Access{}))
	if err != nil {
		return err
	}
	s.service.Announce(emulator.Addresses{HTTP: s.api, Control: steering})
	s.steer, err = control.NewClient(steering, control.ClientConfig{})
	return err
}

// listen serves a handler on a port of its own.
func (s *stage) listen(ctx context.Context, name string, handler http.Handler) (address string, err error) {
	listeners, err := serve.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("open a port for the %s: %w", name, err)
	}
	server := serve.Start(listeners, serve.Config{Name: name, Handler: handler})
	s.closers = append(s.closers, func() {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
		defer cancel()
		_ = server.Shutdown(ctx) // requests that it cuts off are the demo's own
	})
	return listeners.URL("http"), nil
}

// close ends what was opened, the last first: who listens goes before who answers.
func (s *stage) close() {
	s.gate.lift()
	s.wire.close()
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

// app is the client of a dialect, as an app would use it.
func (s *stage) appOf(d *dialect.Dialect) *subscriber.Client {
	return &subscriber.Client{BaseURL: s.api, Dialect: d, Token: anyToken, Now: s.service.Now, HTTP: &http.Client{Transport: &s.wire}}
}

// hold makes the webhook busy: it has got a notification and has not answered yet, until the returned function lets it.
func (s *stage) hold() (held <-chan struct{}, release func() error, err error) {
	slow := s.usual
	slow.Notification.Delay = time.Millisecond // any: the gate decides how long it is
	if err := s.webhook.SetAnswers(slow); err != nil {
		return nil, nil, err
	}
	return s.gate.shut(), func() error {
		defer s.gate.lift()
		return s.webhook.SetAnswers(s.usual)
	}, nil
}

// answerAs lets the webhook answer notifications with a status that the dialect's service takes: that of 2016 took no 202 (W4.9-01).
func (s *stage) answerAs(d *dialect.Dialect) error {
	s.usual = s.answers
	if s.usual.Notification.Status == 0 && !d.Delivery.Accepts(http.StatusAccepted) {
		s.usual.Notification.Status = d.Delivery.Success[0]
	}
	return s.webhook.SetAnswers(s.usual)
}

// gate is how the webhook takes its time: not by the clock, but until it is told.
type gate struct {
	mu   sync.Mutex
	held chan struct{} // closed once somebody waits
	open chan struct{} // closed when they may go on; nil while the gate is open
}

// shut closes the gate; the channel tells when somebody stands before it.
func (g *gate) shut() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held, g.open = make(chan struct{}), make(chan struct{})
	return g.held
}

// lift lets everybody go on.
func (g *gate) lift() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open != nil {
		close(g.open)
		g.open, g.held = nil, nil
	}
}

// wait is what the webhook does instead of sleeping.
func (g *gate) wait(ctx context.Context, _ time.Duration) error {
	g.mu.Lock()
	open := g.open
	if g.held != nil {
		close(g.held)
		g.held = nil
	}
	g.mu.Unlock()
	if open == nil {
		return nil
	}
	select {
	case <-open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// recorder is the app's way to the service. It remembers what was said.
type recorder struct {
	next *http.Transport

	mu        sync.Mutex
	exchanges []journal.Exchange
}

// RoundTrip implements [http.RoundTripper].
func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	x := journal.Exchange{Method: request.Method, URL: request.URL.String()}
	if request.GetBody != nil {
		sent, err := request.GetBody()
		if err != nil {
			return nil, err
		}
		if x.RequestBody, err = io.ReadAll(sent); err != nil {
			return nil, err
		}
	}
	response, err := r.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	x.Status, x.ResponseBody = response.StatusCode, body
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, x)
	return response, nil
}

// take returns what was said since it was asked the last time, masked.
func (r *recorder) take() []journal.Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.exchanges
	r.exchanges = nil
	for i := range taken {
		taken[i] = *journal.Entry{Exchange: &taken[i]}.Masked().Exchange
	}
	return taken
}

func (r *recorder) close() { r.next.CloseIdleConnections() }
