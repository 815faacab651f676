package cli_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestVerify types what somebody would who has a webhook, against webhooks that stand in this process. A script finds their URL in
// $HOOK, and that of one with TLS in $SECURE, whose certificate is in ca.pem. Nothing listens at $NOBODY.
func TestVerify(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "verify"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv(hasty())
			hook, secure := httptest.NewServer(webhooks()), httptest.NewUnstartedServer(webhooks())
			secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it is to be refused
			secure.StartTLS()
			e.Defer(hook.Close)
			e.Defer(secure.Close)
			nobody, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			nobody.Close()
			e.Setenv("HOOK", hook.URL)
			e.Setenv("SECURE", secure.URL)
			e.Setenv("NOBODY", "http://"+nobody.Addr().String())
			e.Setenv("PORT", strings.TrimPrefix(hook.URL, "http://127.0.0.1:"))
			e.Setenv("LANG", "C.UTF-8")
			ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
			return os.WriteFile(filepath.Join(e.WorkDir, "ca.pem"), ca, 0o600)
		},
		Cmds: commands(),
	})
}

// believer takes what has the client state s3cret, and refuses all else.
func believer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	if token := r.URL.Query().Get("validationToken"); token != "" {
		_, _ = io.WriteString(w, token)
		return
	}
	body, _ := io.ReadAll(r.Body)
	if !strings.Contains(string(body), `"s3cret"`) {
		http.Error(w, "who are you?", http.StatusForbidden)
	}
}

// echoing takes everything, and echoes tokens.
func echoing(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, r.URL.Query().Get("validationToken"))
}

// webhooks are webhooks of several kinds, by path.
func webhooks() http.Handler {
	mux := http.NewServeMux()
	answer := func(path, mediaType string, status int, body func(token, query string) string) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			token := r.URL.Query().Get("validationToken") + r.URL.Query().Get("validationtoken")
			w.Header().Set("Content-Type", mediaType)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body(token, r.URL.RawQuery))
		})
	}
	echo := func(token, _ string) string { return token }
	answer("/good", "text/plain", http.StatusOK, echo)
	answer("/quotes", "application/json", http.StatusOK, func(token, _ string) string { return fmt.Sprintf("%q", token) })
	answer("/undecoded", "text/plain", http.StatusOK, func(_, query string) string { _, raw, _ := strings.Cut(query, "="); return raw })
	answer("/accepted", "text/plain", http.StatusAccepted, func(string, string) string { return "" })
	answer("/html", "text/html", http.StatusOK, func(string, string) string { return "<!doctype html><html><body>hello</body></html>" })
	answer("/as-html", "text/html", http.StatusOK, echo)
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/login?ReturnUrl=hunter2", http.StatusFound)
	})
	mux.HandleFunc("/state", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("ClientState") != "s3cret" {
			http.Error(w, "wrong client state", http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, r.URL.Query().Get("validationtoken"))
	})
	mux.HandleFunc("POST /graph-only", echoing)
	mux.HandleFunc("POST /believer", believer)
	mux.HandleFunc("POST /nulls", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "[null") {
			http.Error(w, "TypeError: no object", http.StatusInternalServerError)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		believer(w, r)
	})
	mux.HandleFunc("POST /changes-only", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "lifecycleEvent") {
			http.Error(w, "no resource", http.StatusInternalServerError)
			return
		}
		echoing(w, r)
	})
	answer("/empty", "text/plain", http.StatusOK, func(string, string) string { return "" })
	mux.HandleFunc("POST /crash", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "TypeError: no value,\n  at /app/server.js:12", http.StatusInternalServerError)
	})
	mux.HandleFunc("/hangup", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	return mux
}
