package verify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// believed is the client state that webhooks of these tests expect.
const believed = "the client state"

// webhook is a right one, in pieces, so that one of them can be broken. It goes by the client state, in Graph's place and in Outlook's.
type webhook struct {
	find    func(*http.Request) (token string, ok bool)
	echo    func(w http.ResponseWriter, r *http.Request, token string)
	read    func(*http.Request) ([]*item, error)
	take    func(*http.Request, []*item) (status int)
	other   http.HandlerFunc // all but POST
	accept  func(w http.ResponseWriter, status int)
	refusal int // of what is no notification
}

// item is a notification as most handlers read it: names in any case, and whatever else there is left alone.
type item struct {
	SubscriptionID, ClientState, Resource string
	ChangeType, LifecycleEvent            string
	SequenceNumber                        int
	ResourceData                          struct {
		ID string `json:"id"`
	}
}

func newWebhook() *webhook {
	h := &webhook{
		find: findToken, echo: echoToken, read: readItems, refusal: http.StatusBadRequest,
		take:   func(*http.Request, []*item) int { return http.StatusAccepted },
		accept: func(w http.ResponseWriter, status int) { w.WriteHeader(status) },
		other:  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) },
	}
	return h
}

// broken is a right webhook but for what change does to it.
func broken(change func(*webhook)) func() http.Handler {
	return func() http.Handler {
		h := newWebhook()
		change(h)
		return h
	}
}

// before is a right webhook behind something that answers in its place, if it returns true.
func before(answers func(w http.ResponseWriter, r *http.Request) bool) func() http.Handler {
	return func() http.Handler {
		h := newWebhook()
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !answers(w, r) {
				h.ServeHTTP(w, r)
			}
		})
	}
}

// ServeHTTP answers 500 where the handler panics, as most frameworks do.
func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		switch why := recover(); why {
		case nil:
		case http.ErrAbortHandler:
			panic(why)
		default:
			http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		}
	}()
	if token, ok := h.find(r); ok {
		h.echo(w, r, token)
		return
	}
	if r.Method != http.MethodPost {
		h.other(w, r)
		return
	}
	items, err := h.read(r)
	if err != nil {
		http.Error(w, "this is no notification", h.refusal)
		return
	}
	h.accept(w, h.take(r, items))
}

// spellings are those of the parameter, Graph's and Outlook's (W2.1-02, W2.1-03).
func spellings() []string { return []string{"validationToken", "validationtoken"} }

func findToken(r *http.Request) (token string, ok bool) {
	query := r.URL.Query()
	for _, name := range spellings() {
		if query.Has(name) {
			return query.Get(name), true
		}
	}
	return "", false
}

func echoToken(w http.ResponseWriter, _ *http.Request, token string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, token)
}

var errNoNotification = errors.New("it is no notification")

func readItems(r *http.Request) ([]*item, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	text = bytes.ReplaceAll(text, bytes.Repeat([]byte(" "), 64), nil) // a megabyte of them takes seconds under the race detector
	var body struct{ Value []*item }
	if err := json.Unmarshal(text, &body); err != nil || body.Value == nil {
		return nil, errNoNotification
	}
	return body.Value, nil
}

// stateOf is where an item's client state is: in the body, or in a header, which had other names before (W4.1-04).
func stateOf(r *http.Request, it *item) string {
	return cmp.Or(it.ClientState, r.Header.Get("ClientState"), r.Header.Get("x-ClientState"), r.Header.Get("x-context"))
}

// believes passes over items that are null or somebody else's.
func believes(r *http.Request, it *item) bool { return it != nil && stateOf(r, it) == believed }

// event is what an item tells of that is no change, in Graph's words; empty for a change. Outlook has change types for it (W3.2-01, W5-03).
func event(it *item) string {
	switch {
	case it.ChangeType == "Missed":
		return "missed"
	case it.ChangeType == "SubscriptionRemoved":
		return "subscriptionRemoved"
	}
	return it.LifecycleEvent
}

// each lets a webhook handle the items that it believes one by one: the first that can't be ends the request.
func each(handle func(*item) (status int)) func(*webhook) {
	return func(h *webhook) {
		h.take = func(r *http.Request, items []*item) int {
			for _, it := range items {
				if !believes(r, it) {
					continue
				}
				if status := handle(it); status >= 300 {
					return status
				}
			}
			return http.StatusAccepted
		}
	}
}

// answerWith is an answer with this body.
func answerWith(status int, mediaType, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", mediaType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	}
}

// delayed waits for as long as work takes that is done before the answer, or until nobody waits for that any more.
func delayed(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// hang answers nothing as long as somebody waits.
func hang(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// isHandshake tells whether a request brings a token, in either spelling.
func isHandshake(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.URL.RawQuery), "validationtoken=")
}

// notified is true of requests that bring notifications, and not of passers-by.
func notified(r *http.Request) bool { return r.Method == http.MethodPost && !isHandshake(r) }
