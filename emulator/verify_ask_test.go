package emulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/serve"
)

// TestAsk makes one request, whatever comes back, with the token that was chosen; the request that is told of is the one that is made.
func TestAsk(t *testing.T) {
	var requests atomic.Int64
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, r.URL.Query().Get("validationToken"))
	}))
	defer hook.Close()
	server := newServer(t, emulator.Config{})
	const token = "100% <odd> & 漢字"
	told := ""
	got, err := server.Ask(t.Context(), emulator.Verification{
		Dialect: dialect.GraphV1, URL: hook.URL + "/hook", Token: token, Sending: func(r emulator.Request) { told = r.URL },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != http.StatusTeapot || string(got.Body) != token || got.Token != token || got.DuringCreate {
		t.Errorf("it was answered %d %q to %q", got.Status, got.Body, got.Token)
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests were made, want one: nobody looks for a cause", n)
	}
	if want := hook.URL + "/hook?validationToken=" + dialect.EncodeToken(token); told != want {
		t.Errorf("told of %s, want %s", told, want)
	}
}

// TestAskRefuses sends nothing where that makes no sense, or was not allowed.
func TestAskRefuses(t *testing.T) {
	server := newServer(t, emulator.Config{})
	var target *serve.TargetError
	if _, err := server.Ask(t.Context(), emulator.Verification{Dialect: dialect.GraphV1, URL: "https://hooks.example.com/hook"}); !errors.As(err, &target) {
		t.Errorf("a host that nobody allowed: %v", err)
	}
	if _, err := server.Ask(t.Context(), emulator.Verification{Dialect: dialect.OutlookLegacy, URL: "http://localhost/hook"}); err == nil {
		t.Error("a schema without a handshake was asked for one")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := server.Ask(ended, emulator.Verification{Dialect: dialect.GraphV1, URL: "http://localhost:1/hook"}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}
