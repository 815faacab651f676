//go:build !notunnel

package cli_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/localca"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// The application that signs in, and its secret.
const (
	storyApp    = "24d3b144-21ae-4080-943f-7067b395b913"
	storySecret = "the secret of the story's app"
	secretName  = "STORY_SECRET"
	tokenName   = "NGROK_AUTHTOKEN"
)

// offline is the world that expose lives in, all of it on loopback: a service with its sign-in, the edge of a tunnel through which that
// service's notifications come, and a local webhook.
type offline struct {
	t       *testing.T
	outlook *emulator.Server
	steer   *control.Client // of the service
	graph   string          // where it is called, by https
	control string          // where it is steered
	ca      string          // the file of the certificate that its callers have to trust

	edge   *tunneltest.Edge
	edgeCA string // the same of the edge

	hook    *receiver.Receiver
	hookURL string
	folder  string // of state, that survives a process
}

// newOffline makes one. The service takes no tokens but those that it issued, and sends what is for a name of the edge's to that.
func newOffline(t *testing.T) *offline {
	t.Helper()
	w := &offline{t: t, edge: tunneltest.Start(t, tunneltest.Config{}), folder: t.TempDir()}
	w.edgeCA = filepath.Join(t.TempDir(), "edge.pem")
	if err := os.WriteFile(w.edgeCA, w.edge.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	w.outlook, err = emulator.New(emulator.Config{
		Name: "story", Auth: emulator.IssuedTokens, Apps: []emulator.App{{ID: storyApp, Secret: storySecret}},
		JournalEntries: longJournal,
		Routes:         []string{"https://*." + tunneltest.DefaultDomain + "=https://" + w.edge.PublicAddr()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.outlook.Close)
	w.steer = w.outlook.ControlClient()
	authority, _, err := localca.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.ca = authority.Path()
	plain := w.serve("http", serve.Config{Name: "api", Handler: deltas{w.outlook}})
	w.graph = w.serve("https", serve.Config{Name: "https", Handler: deltas{w.outlook}, TLS: authority.TLSConfig()})
	w.control = w.serve("http", serve.Config{Name: "control", Handler: serve.Guard(w.outlook.Control(), serve.Access{})})
	w.outlook.Announce(emulator.Addresses{HTTP: plain, HTTPS: w.graph, Control: w.control, CA: w.ca})
	if w.hook, err = receiver.New(receiver.Config{}); err != nil {
		t.Fatal(err)
	}
	w.hookURL = w.serve("http", serve.Config{Name: "webhook", Handler: w.hook}) + "/hook"
	t.Cleanup(func() {
		if t.Failed() {
			w.log()
		}
	})
	return w
}

// serve serves a part of the world until the test ends.
func (w *offline) serve(scheme string, c serve.Config) (origin string) {
	w.t.Helper()
	listeners, err := serve.Listen(w.t.Context(), "localhost:0")
	if err != nil {
		w.t.Fatal(err)
	}
	server := serve.Start(listeners, c)
	w.t.Cleanup(func() { _ = server.Shutdown(w.t.Context()) }) // whose end cuts off what is left
	return listeners.URL(scheme)
}

// log shows a failed test what happened, without secrets.
func (w *offline) log() {
	for name, j := range map[string]*journal.Journal{"service": w.outlook.Journal(), "webhook": w.hook.Journal()} {
		entries, _ := j.Since(0, func(e *journal.Entry) bool { return e.Kind != journal.Clock }, 0)
		for i := max(0, len(entries)-mostLogged); i < len(entries); i++ {
			e := entries[i].Masked()
			line := []string{name, strconv.FormatUint(e.Seq, 10), e.At.Format(time.TimeOnly), string(e.Kind), e.Subscription, e.Note}
			if x := e.Exchange; x != nil {
				line = append(line, x.Method, x.URL, strconv.Itoa(x.Status), x.Error, x.Finding)
			}
			w.t.Log(strings.Join(line, "  "))
		}
	}
	w.t.Logf("edge: %+v", w.edge.Seen())
}

// longJournal holds the story with all the steps of its three days.
const longJournal = 100_000

// mostLogged is how much of a journal a failed test shows: what led to the failure stands at its end.
const mostLogged = 60

// deltas stands before an emulator, which has no delta queries, and answers those on the messages of the inbox: with what its journal
// has on them since.
type deltas struct{ *emulator.Server }

func (d deltas) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/mailFolders/inbox/messages/delta") {
		d.Server.ServeHTTP(w, r)
		return
	}
	type item struct {
		ID string `json:"id"`
	}
	answer := struct {
		Value []item `json:"value"`
		Link  string `json:"@odata.deltaLink"`
	}{Value: []item{}}
	if token := r.URL.Query().Get("$deltatoken"); token != "" {
		since, err := strconv.ParseUint(token, 10, 64)
		if err != nil {
			http.Error(w, "the token is none", http.StatusBadRequest)
			return
		}
		changes, _ := d.Journal().Since(since, func(e *journal.Entry) bool { return e.Kind == journal.Change }, 0)
		for _, e := range changes {
			if detail, ok := e.Data.(map[string]string); ok {
				answer.Value = append(answer.Value, item{detail["item"]})
			}
		}
	}
	next := url.Values{"$deltatoken": {strconv.FormatUint(d.Journal().Last(), 10)}}
	answer.Link = "https://" + r.Host + r.URL.Path + "?" + next.Encode()
	w.Header().Set("Date", d.Now().UTC().Format(http.TimeFormat)) // like all of the service's answers
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // who has gone needs no answer
}
