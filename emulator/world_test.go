package emulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/journal"
)

// world is an emulator with a webhook that does as it should, until a test says otherwise.
type world struct {
	*emulatortest.Emulator
	t    *testing.T
	hook *hook
}

func newWorld(t *testing.T, configure ...func(*emulatortest.Config)) *world {
	t.Helper()
	h := &hook{}
	c := emulatortest.Config{Webhook: h}
	for _, f := range configure {
		f(&c)
	}
	return &world{Emulator: emulatortest.Start(t, c), t: t, hook: h}
}

// hook is a webhook without a socket.
type hook struct {
	mu     sync.Mutex
	answer func(http.ResponseWriter, *http.Request) bool // true: answered
	got    []received
	asked  []*http.Request // handshakes
}

type received struct {
	header http.Header
	query  string
	body   string
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	answer := h.answer
	for name, values := range r.URL.Query() {
		if strings.EqualFold(name, "validationtoken") {
			h.asked = append(h.asked, r)
			h.mu.Unlock()
			if answer == nil || !answer(w, r) {
				w.Header().Set("Content-Type", "text/plain")
				io.WriteString(w, values[0])
			}
			return
		}
	}
	body, _ := io.ReadAll(r.Body)
	h.got = append(h.got, received{r.Header, r.URL.RawQuery, string(body)})
	h.mu.Unlock()
	if answer == nil || !answer(w, r) {
		w.WriteHeader(http.StatusAccepted)
	}
}

func (h *hook) answers(f func(http.ResponseWriter, *http.Request) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = f
}

func (h *hook) handshakes() []*http.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*http.Request(nil), h.asked...)
}

func (h *hook) deliveries() []received {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]received(nil), h.got...)
}

// reply is an API answer, read.
type reply struct {
	status int
	header http.Header
	body   string
	fields map[string]any
}

func (r reply) text(name string) string { s, _ := r.fields[name].(string); return s }

func (r reply) code() string {
	e, _ := r.fields["error"].(map[string]any)
	s, _ := e["code"].(string)
	return s
}

func (r reply) message() string {
	e, _ := r.fields["error"].(map[string]any)
	s, _ := e["message"].(string)
	return s
}

// do makes an API request with any token. Header pairs follow the body.
func (w *world) do(method, path, body string, header ...string) reply {
	w.t.Helper()
	req := httptest.NewRequest(method, "http://localhost:3650"+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer any")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] == "" {
			req.Header.Del(header[i])
		} else {
			req.Header[http.CanonicalHeaderKey(header[i])] = []string{header[i+1]}
		}
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, req)
	got := reply{status: rec.Code, header: rec.Header(), body: rec.Body.String()}
	if got.body != "" {
		if err := json.Unmarshal(rec.Body.Bytes(), &got.fields); err != nil {
			w.t.Fatalf("%s %s: the answer is no JSON: %v\n%s", method, path, err, got.body)
		}
	}
	return got
}

// must is do, with the status that has to come.
func (w *world) must(status int, method, path, body string, header ...string) reply {
	w.t.Helper()
	got := w.do(method, path, body, header...)
	if got.status != status {
		w.t.Fatalf("%s %s answered %d, want %d\n%s\n%v", method, path, got.status, status, got.body, got.header["X-Outlocal-Hint"])
	}
	return got
}

// wait returns n entries of a kind.
func (w *world) wait(kind journal.Kind, n int) []journal.Entry {
	w.t.Helper()
	return w.Wait(kind, n, 0)
}

func (w *world) raise(what string) control.Raised {
	w.t.Helper()
	collection, change, _ := strings.Cut(what, ".")
	return w.Change(control.Change{Change: change, Collection: collection})
}

func (w *world) advance(d time.Duration) control.Advanced {
	w.t.Helper()
	return w.Advance(d)
}

// in is a time from now on the emulator's clock, as a request writes it.
func (w *world) in(d time.Duration) string { return w.Now().Add(d).UTC().Format(time.RFC3339Nano) }

// graphBody is a creation in Graph.
func (w *world) graphBody(change ...string) string {
	body := map[string]any{
		"changeType": "created,updated,deleted", "notificationUrl": emulatortest.WebhookURL, "resource": "me/messages",
		"expirationDateTime": w.in(time.Hour), "clientState": "s3cret",
	}
	return w.edited(body, change)
}

// finalBody is a creation in the final names of Outlook.
func (w *world) finalBody(change ...string) string {
	body := map[string]any{
		"@odata.type": "#Microsoft.OutlookServices.PushSubscription", "Resource": "https://outlook.office.com/api/v2.0/me/messages",
		"NotificationURL": emulatortest.WebhookURL, "ChangeType": "Created,Updated,Deleted", "ClientState": "s3cret",
	}
	return w.edited(body, change)
}

// edited sets members by pairs of name and JSON value; an empty value removes one.
func (w *world) edited(body map[string]any, change []string) string {
	for i := 0; i+1 < len(change); i += 2 {
		if change[i+1] == "" {
			delete(body, change[i])
		} else {
			body[change[i]] = json.RawMessage(change[i+1])
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}
