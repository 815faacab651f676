package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
)

// room is how many notifications a webhook keeps: the story has a handful.
const room = 16

// A webhook answers handshakes and keeps what it is told until the story asks for it.
type webhook struct {
	*httptest.Server
	handshakes atomic.Int32
	changes    chan notification
	lifecycle  chan notification
}

// A notification, of either kind.
type notification struct {
	SubscriptionID, ClientState, ChangeType, LifecycleEvent, Resource string
}

// listen starts a webhook on loopback.
func listen() *webhook {
	w := &webhook{changes: make(chan notification, room), lifecycle: make(chan notification, room)}
	w.Server = httptest.NewServer(w)
	return w
}

func (w *webhook) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if token := query.Get("validationToken"); token != "" {
		w.handshakes.Add(1)
		answer.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(answer, token) // who is gone needs no answer
		return
	}
	var body struct{ Value []notification }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	answer.WriteHeader(http.StatusAccepted)
	box := w.changes
	if query.Has("lifecycle") {
		box = w.lifecycle
	}
	for _, item := range body.Value {
		box <- item
	}
}

// next is the next that arrives in a box, or has already.
func next(ctx context.Context, box <-chan notification) (notification, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("nothing arrived at the webhook"))
	defer cancel()
	select {
	case item := <-box:
		return item, nil
	case <-ctx.Done():
		return notification{}, context.Cause(ctx)
	}
}
