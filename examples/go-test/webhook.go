// Package webhook takes change notifications of Microsoft Graph. It is an example of a webhook with a test; see webhook_test.go.
package webhook

import (
	"encoding/json"
	"io"
	"net/http"
)

// Notification is what Graph tells of one change, or, with a LifecycleEvent, of the subscription itself.
type Notification struct {
	SubscriptionID string
	ChangeType     string
	Resource       string
	LifecycleEvent string
	ClientState    string
}

// Webhook is the handler behind a notification URL. It answers at once; the work is for whoever receives from Inbox.
type Webhook struct {
	ClientState string            // the secret that subscriptions are made with
	Inbox       chan Notification // with room for a burst: while it is full, Graph is told to come again
}

func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if token := r.URL.Query().Get("validationToken"); token != "" {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, token)
		return
	}
	var body struct{ Value []Notification }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<20)).Decode(&body); err != nil {
		http.Error(w, "this is no notification", http.StatusBadRequest)
		return
	}
	for _, n := range body.Value {
		if n.ClientState != h.ClientState {
			continue // not from Graph: whoever sent it learns nothing
		}
		select {
		case h.Inbox <- n:
		default: // some may be sent twice, but none is lost
			http.Error(w, "come again", http.StatusServiceUnavailable)
			return
		}
	}
	w.WriteHeader(http.StatusAccepted)
}
