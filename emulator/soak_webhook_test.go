package emulator_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"strings"
	"sync"

	"github.com/outlocal/outlocal/dialect"
)

// claim is what one is told of one item, or of its subscription.
type claim struct{ subscription, item string }

// tally is what a webhook got of one claim.
type tally struct {
	came    int
	strange int // with properties that nobody knows
	forged  int // with another client state than the subscription's
}

// soakState is every subscription's client state.
const soakState = "s"

// ledger is a webhook that writes down what it got, and can be made to fail. It does what a good one does: it answers 4xx to what it
// can't read, and 202 to all else.
type ledger struct {
	mu      sync.Mutex
	failing bool

	got     map[claim]*tally
	touched map[claim]bool   // since somebody looked
	last    map[string]int32 // sequence number that each subscription's last change had
	passed  map[string]bool  // subscriptions one of whose changes came after a later one
	wrong   []string

	counts counts
}

// counts are what a webhook saw beside notifications.
type counts struct {
	asked  int // handshakes
	failed int // requests that were answered 500
	unread int // requests that were answered 4xx
	broken int // requests that ended too early
	nulls  int // in the place of notifications
}

func newLedger() *ledger {
	return &ledger{got: make(map[claim]*tally), touched: make(map[claim]bool), last: make(map[string]int32), passed: make(map[string]bool)}
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, values := range r.URL.Query() {
		if strings.EqualFold(name, "validationtoken") {
			l.echo(w, values[0])
			return
		}
	}
	body, err := io.ReadAll(r.Body) // without the lock: it may come slowly
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.counts.broken++
		w.WriteHeader(http.StatusBadRequest)
	case l.failing:
		l.counts.failed++
		w.WriteHeader(http.StatusInternalServerError)
	default:
		w.WriteHeader(l.take(r.Header, body))
	}
}

func (l *ledger) echo(w http.ResponseWriter, token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.asked++
	if l.failing {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, token)
}

// take writes a request down and returns what it is answered; l.mu is held.
func (l *ledger) take(header http.Header, body []byte) int {
	if media, _, err := mime.ParseMediaType(header.Get("Content-Type")); err != nil || media != "application/json" {
		l.counts.unread++
		return http.StatusUnsupportedMediaType
	}
	read, err := dialect.Read(header, body)
	if err != nil {
		l.counts.unread++
		return http.StatusBadRequest
	}
	for i := range read.Items {
		l.note(&read.Items[i])
	}
	return http.StatusAccepted
}

func (l *ledger) note(item *dialect.Item) {
	if string(item.Raw) == "null" {
		l.counts.nulls++
		return
	}
	if len(item.Problems) > 0 {
		l.wrong = append(l.wrong, fmt.Sprint(item.Problems))
		return
	}
	c := claim{item.Subscription, strings.ToLower(string(item.Lifecycle) + item.Change.Name())}
	if item.Data != nil {
		c.item = item.Data.ID
		if item.HasSequence {
			l.passed[c.subscription] = l.passed[c.subscription] || item.Sequence < l.last[c.subscription]
			l.last[c.subscription] = item.Sequence
		}
	}
	t := l.got[c]
	if t == nil {
		t = &tally{}
		l.got[c] = t
	}
	l.touched[c] = true
	t.came++
	if bytes.Contains(item.Raw, []byte(`"futureText"`)) || bytes.Contains(item.Raw, []byte(`"padding"`)) {
		t.strange++
	}
	if item.ClientState != soakState {
		t.forged++
	}
}

// fail makes it fail, or lets it get well.
func (l *ledger) fail(failing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing = failing
}

// seen is what it saw so far, and whether it fails now.
func (l *ledger) seen() (c counts, failing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts, l.failing
}

// tally is what came of a claim.
func (l *ledger) tally(c claim) tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.got[c]; t != nil {
		return *t
	}
	return tally{}
}

// look returns the claims that something came of since the last look.
func (l *ledger) look() map[claim]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	touched := l.touched
	l.touched = make(map[claim]bool)
	return touched
}

// touch lets the next look return these again.
func (l *ledger) touch(claims map[claim]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.Copy(l.touched, claims)
}

// misread is what it could read and not understand; empty if nothing.
func (l *ledger) misread() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.wrong, "; ")
}
