package scenarios

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/receiver"
)

// webhook is the built-in one: a receiver, and before it what makes it do something else for a while.
type webhook struct {
	receiver *receiver.Receiver
	read     func(ctx context.Context, resource string) // an item, as the webhook's app
	react    func(ctx context.Context, how Reaction, subscription string)
	rest     func(ctx context.Context) // until the context ends, on the service's clock where there is one

	mu      sync.Mutex
	conduct Conduct
	left    map[*Reply]int // requests that still get an answer which is for some
	held    *held

	busy tally // requests that are being answered, but for those that are held or have not come whole
}

// held are the requests that are answered when the conduct changes.
type held struct {
	released chan struct{} // closed then
	waiting  sync.WaitGroup
}

func newWebhook(r *receiver.Receiver, c Conduct) *webhook {
	w := &webhook{receiver: r}
	w.behave(c)
	return w
}

// behave changes what it does. Answers that were held are given: when it returns, time waits for them again.
func (w *webhook) behave(c Conduct) {
	before := w.change(c)
	if before != nil {
		close(before.released)
		before.waiting.Wait()
	}
}

func (w *webhook) change(c Conduct) (before *held) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before = w.held
	w.conduct, w.held, w.left = c, &held{released: make(chan struct{})}, map[*Reply]int{}
	for _, reply := range []*Reply{c.Handshake, c.Notification} {
		if reply != nil && reply.Times > 0 {
			w.left[reply] = reply.Times
		}
	}
	return before
}

// ServeHTTP implements [http.Handler].
func (w *webhook) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	w.busy.add(+1)
	defer w.busy.add(-1)
	req.Body = &waitedFor{req.Body, &w.busy}
	notified := !isHandshake(req)
	reply, does, held := w.choose(func(c Conduct) *Reply {
		if notified {
			return c.Notification
		}
		return c.Handshake
	})
	var body []byte
	if notified && (does.Reads != "" || len(does.Reacts) > 0) {
		var err error
		if body, err = io.ReadAll(req.Body); err == nil {
			req.Body = io.NopCloser(bytes.NewReader(body))
		}
	}
	if does.Reads == "before" {
		w.readItems(req, body)
	}
	if reply != nil {
		if held != nil {
			w.hold(req.Context(), held)
		}
		for name, value := range reply.Headers {
			rw.Header().Set(name, value)
		}
		req = req.WithContext(receiver.AnswerWith(req.Context(), receiver.Answer{
			Status: reply.Status, Delay: reply.Delay.std(), ContentType: reply.ContentType, Body: reply.Body,
		}))
	}
	w.receiver.ServeHTTP(rw, req)
	if does.Reads == "after" {
		w.readItems(req, body)
	}
	if len(does.Reacts) > 0 && body != nil {
		w.reactTo(req, body, does.Reacts)
	}
}

// waitedFor is a body that may come slowly, on the service's clock: who waits for it is not at work.
type waitedFor struct {
	io.ReadCloser
	busy *tally
}

func (b *waitedFor) Read(p []byte) (int, error) {
	b.busy.add(-1)
	defer b.busy.add(+1)
	return b.ReadCloser.Read(p)
}

// choose tells how one request is answered. One that is held is counted among those.
func (w *webhook) choose(of func(Conduct) *Reply) (reply *Reply, does Conduct, h *held) {
	w.mu.Lock()
	defer w.mu.Unlock()
	reply = of(w.conduct)
	if reply != nil && reply.Times > 0 {
		if w.left[reply] == 0 {
			reply = nil
		} else {
			w.left[reply]--
		}
	}
	if reply != nil && reply.Hold {
		h = w.held
		h.waiting.Add(1)
	}
	return reply, w.conduct, h
}

// hold waits until the conduct changes or the sender has gone. Time may go on meanwhile.
func (w *webhook) hold(ctx context.Context, h *held) {
	defer h.waiting.Done()
	w.busy.add(-1)
	defer w.busy.add(+1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-h.released:
			cancel()
		case <-stop:
		}
	}()
	w.rest(ctx)
}

// readItems reads what the notifications of a request point at, as an app would.
func (w *webhook) readItems(req *http.Request, body []byte) {
	read, err := dialect.Read(canonical(req.Header), body)
	if err != nil {
		return // the receiver tells what is wrong with it
	}
	for _, item := range read.Items {
		if item.Data != nil && item.Lifecycle == "" { // else it may name its own subscription in an item's place (W5-10)
			w.read(req.Context(), cmp.Or(item.Resource, item.Data.URL)) // the first schema has the latter only (W4.2-01)
		}
	}
}

// isHandshake tells by the query whether a token is to be echoed (W2.1-02, W2.1-03).
func isHandshake(req *http.Request) bool {
	query := req.URL.Query()
	for _, d := range dialect.All() {
		if d.Handshake != nil && query.Has(d.Handshake.Parameter) {
			return true
		}
	}
	return false
}

// canonical finds every name of a header, whatever its case was on the wire (W4.1-09).
func canonical(h http.Header) http.Header {
	c := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			c.Add(name, v)
		}
	}
	return c
}

// bodyOf is what is sent for a body in a file: a text as it is, all else as JSON.
func bodyOf(value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(v), nil
	}
	return json.Marshal(value)
}

// forever is longer than any story.
const forever = 100 * 365 * day
