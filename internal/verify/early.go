package verify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// playEarly makes a subscription as an app does, which is notified before its creation is answered.
func playEarly(ctx context.Context, p *play, c *Check) (answer, error) {
	if diagnosis.Failed(p.answers()) {
		return notJudged("the handshake fails, so that no subscription can be made")
	}
	if err := p.measure(ctx); err != nil {
		return unheard(err)
	}
	if p.plain.fails != "" {
		return notJudged(p.plain.fails)
	}
	mailbox := p.mailbox()
	only := control.Selector{Mailbox: mailbox}
	rule := fault.Rule{Fault: &fault.Before201{}, When: fault.When{Next: 1}}
	if _, err := p.Server.AddFaults(ctx, control.NewFaults{Faults: []string{rule.String()}, Where: only}); err != nil {
		return answer{}, err
	}
	since := p.Server.Journal().Last()
	client := &subscriber.Client{
		BaseURL: p.base(), Mount: p.Dialect.Base, Dialect: p.Dialect, Token: "verify", User: mailbox, Now: p.Server.Now,
		HTTP: &http.Client{Transport: inProcess{p.Server}},
	}
	made, err := client.Create(ctx, subscriber.Request{
		Resource: "me/messages", Changes: notify.Created, NotificationURL: p.URL.String(), ClientState: p.state(),
	})
	_, _ = p.Server.RemoveFaults(ctx, control.FaultQuery{Where: only}) // it is spent, as a rule
	var refused *subscriber.Error
	switch {
	case errors.As(err, &refused):
		return notJudged("no subscription could be made: " + refused.Message)
	case err != nil:
		return answer{}, err
	}
	defer p.leave(ctx, audience{ids: []string{made.ID}, own: true})
	attempts, err := p.answered(ctx, []string{made.ID}, since, 1)
	if err != nil {
		return answer{}, err
	}
	return p.varied(c, "a notification before the create call was answered", answers(attempts))
}

// base is where the emulator is, as a client says it.
func (p *play) base() string { return "http://emulator.test" }

// inProcess hands requests to the emulator without a socket.
type inProcess struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	request := r.Clone(r.Context())
	request.RequestURI, request.Host, request.RemoteAddr = r.URL.RequestURI(), r.URL.Host, "127.0.0.1:0"
	if request.Body == nil {
		request.Body = http.NoBody
	}
	w := &recorded{header: http.Header{}}
	p.handler.ServeHTTP(w, request)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header,
		ContentLength: int64(w.body.Len()), Body: io.NopCloser(&w.body), Request: r,
	}, nil
}

// recorded keeps what a handler writes.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorded) Header() http.Header { return w.header }

func (w *recorded) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorded) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}
