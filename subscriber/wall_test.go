package subscriber_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// plain is a service that says yes to everything, and dates nothing.
type plain struct {
	mu   sync.Mutex
	sent []string
}

func (p *plain) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, r.Method+" "+r.URL.Path)
	if strings.Contains(r.URL.Path, "delta") {
		return answered(501, ""), nil
	}
	return answered(200, `{"id":"7f10","resource":"me/messages","changeType":"created","expirationDateTime":"`+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`"}`), nil
}

// A keeper lives by the machine's clock unless it is given another.
func TestMachinesClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var service plain
		k, err := subscriber.New(subscriber.Config{
			Client:  subscriber.Client{BaseURL: "https://graph.microsoft.com", Dialect: dialect.GraphV1, HTTP: &http.Client{Transport: &service}},
			Watches: []subscriber.Watch{{Resource: "me/messages", Changes: notify.Created}}, At: at("/"), Life: time.Hour,
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
		defer cancel()
		if err := k.Run(ctx); err != nil {
			t.Error(err)
		}
		got := strings.Join(service.sent, ", ")
		const want = "POST /v1.0/subscriptions, GET /v1.0/me/mailFolders/inbox/messages/delta, PATCH /v1.0/subscriptions/7f10, " +
			"PATCH /v1.0/subscriptions/7f10, PATCH /v1.0/subscriptions/7f10, PATCH /v1.0/subscriptions/7f10"
		if got != want {
			t.Errorf("sent %s", got)
		}
	})
}
