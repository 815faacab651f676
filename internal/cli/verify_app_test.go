package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// TestVerifyApp lets verify start an app, or wait for one that runs. A script finds the port that the app's webhook is to have in $PORT.
func TestVerifyApp(t *testing.T) {
	ports := newRows() // an emulator that takes any free port never takes one of these
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "verify-app"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv(hasty())
			e.Setenv("OUTLOCAL_STATE", filepath.Join(e.WorkDir, ".state"))
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("LANG", "C.UTF-8")
			port, err := ports.free(t.Context())
			e.Setenv("PORT", strconv.Itoa(port))
			return err
		},
		Cmds: commands(),
	})
}

// hookedApp is a program with a webhook, as verify starts it: it subscribes with it, reads what it is notified of, and does what it is asked
// to. Its arguments are what it neglects.
func hookedApp(neglects []string, out io.Writer) (code int) {
	app := &notified{neglects: neglects, client: &subscriber.Client{BaseURL: os.Getenv("OUTLOCAL_GRAPH_URL"), Dialect: dialect.GraphV1, Token: "app"}}
	app.url = "http://127.0.0.1:" + os.Getenv("PORT") + "/hook"
	if slices.Contains(neglects, "url") {
		app.url += "/elsewhere"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if slices.Contains(neglects, "everything") {
		return 4
	}
	go func() { _ = http.Serve(listener, app) }() // until the process is ended
	if err := app.subscribe(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintln(out, "the app has subscribed")
	select {}
}

// notified is such an app's webhook.
type notified struct {
	neglects []string
	client   *subscriber.Client
	url      string
}

const appState = "the app's own"

func (a *notified) subscribe(ctx context.Context) error {
	_, err := a.client.Create(ctx, subscriber.Request{
		Resource: "me/messages", Changes: notify.Created, NotificationURL: a.url, LifecycleURL: a.url, ClientState: appState,
	})
	return err
}

// ServeHTTP answers before it works, as one should.
func (a *notified) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if token := r.URL.Query().Get("validationToken"); token != "" {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, token)
		return
	}
	var body struct {
		Value []*struct{ SubscriptionID, ClientState, Resource, LifecycleEvent string }
	}
	if r.Method != http.MethodPost || json.NewDecoder(r.Body).Decode(&body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	ctx := context.WithoutCancel(r.Context())
	go func() {
		for _, it := range body.Value {
			if it == nil || it.ClientState != appState && !slices.Contains(a.neglects, "state") {
				continue
			}
			switch {
			case it.LifecycleEvent == "" && it.Resource != "":
				_, _ = a.client.Fetch(ctx, it.Resource)
			case slices.Contains(a.neglects, it.LifecycleEvent):
			case strings.EqualFold(it.LifecycleEvent, "missed"):
				_, _ = a.client.Do(ctx, http.MethodGet, "me/messages/delta", nil)
			case strings.EqualFold(it.LifecycleEvent, "reauthorizationRequired"):
				_ = a.client.Reauthorize(ctx, it.SubscriptionID)
			case strings.EqualFold(it.LifecycleEvent, "subscriptionRemoved"):
				_ = a.subscribe(ctx)
			}
		}
	}()
}
