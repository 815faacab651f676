package emulatortest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/emulatortest"
)

// lazy is a webhook that answers at once, and reads what it was told of a second later.
type lazy struct {
	service string // its URL
	client  *http.Client
}

func (l *lazy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if token := r.URL.Query().Get("validationToken"); token != "" {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, token)
		return
	}
	var body struct{ Value []struct{ Resource string } }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, "this is no notification", http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	time.AfterFunc(time.Second, func() {
		for _, n := range body.Value {
			l.read(n.Resource)
		}
	})
}

func (l *lazy) read(resource string) {
	request, err := http.NewRequest(http.MethodGet, l.service+"/v1.0/"+resource, nil)
	if err != nil {
		return
	}
	request.Header.Set("Authorization", "Bearer any")
	if response, err := l.client.Do(request); err == nil {
		response.Body.Close()
	}
}

// testInBubble is the test: whatever sleeps in it takes none of our time.
func testInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hook := &lazy{}
		outlook := emulatortest.New(t, emulatortest.Config{Webhook: hook}) // without a socket, which a bubble can't wait for
		hook.service, hook.client = outlook.URL, outlook.Client()

		outlook.Subscribe("me/messages", "created")
		outlook.Change(control.Change{Collection: "message", Change: "created"})
		began := time.Now()
		outlook.WaitRead(1)
		if took := time.Since(began); took != time.Second {
			t.Errorf("the webhook took %v to read", took)
		}
	})
}

// In a bubble of testing/synctest, the webhook's own timers cost no time either.
func Example_synctest() {
	_ = testInBubble // is a test: func TestInBubble(t *testing.T)
}
