package pipenet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outlocal/outlocal/internal/pipenet"
)

// serve runs an http.Server on a new listener, in the bubble, and returns a client of it.
func serve(t *testing.T, server *http.Server) *http.Client {
	t.Helper()
	l := pipenet.Listen("webhook.test:80")
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	transport := &http.Transport{DialContext: l.DialContext}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve ended with %v", err)
		}
	})
	return &http.Client{Transport: transport}
}

// The point of the package: a handler that takes eight seconds takes them of the bubble's time.
func TestHTTPInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clients := map[string]bool{}
		client := serve(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			clients[r.RemoteAddr] = true
			time.Sleep(8 * time.Second)
			body, err := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %d %v", r.Host, len(body), err)
		})})
		begin := time.Now()
		for range 3 {
			answer, err := client.Post("http://webhook.test/hook", "text/plain", strings.NewReader(strings.Repeat("x", flood)))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if want := fmt.Sprintf("webhook.test %d <nil>", flood); string(body) != want || err != nil {
				t.Errorf("answer %q, %v, want %q", body, err, want)
			}
		}
		if passed := time.Since(begin); passed != 24*time.Second {
			t.Errorf("three requests took %v, want 24s", passed)
		}
		if len(clients) != 1 {
			t.Errorf("three requests used %d connections, want to keep one", len(clients))
		}
	})
}

func TestHTTPTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung := make(chan time.Duration, 1)
		client := serve(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			begin := time.Now()
			<-r.Context().Done() // the server sees that its client has gone
			hung <- time.Since(begin)
		})})
		client.Timeout = 10 * time.Second
		begin := time.Now()
		_, err := client.Get("http://webhook.test/hook")
		if err == nil || time.Since(begin) != 10*time.Second {
			t.Errorf("the client ended after %v with %v, want a timeout after 10s", time.Since(begin), err)
		}
		if took := <-hung; took != 10*time.Second {
			t.Errorf("the handler ended after %v, want 10s", took)
		}
	})
}
