package cli

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/proxy"
	"github.com/outlocal/outlocal/journal"
)

// tally counts what a command does at the emulator. It counts by itself: a test that resets the emulator resets what that counts.
type tally struct {
	Command string
	Exit    int
	Calls   atomic.Int64 // requests to the API, whatever the answer

	mu            sync.Mutex
	notifications int            // those that a webhook took
	failed        int            // attempts to deliver that failed
	refused       map[string]int // how often the proxy refused a host
}

// countCalls counts what comes to the API.
func (t *tally) countCalls(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Calls.Add(1)
		next.ServeHTTP(w, r)
	})
}

// follow counts what happens, and writes it to the log. The function that it returns reads what is left, and ends that.
func (t *tally) follow(j *journal.Journal, log *execLog) (end func()) {
	return handOver(j, func(e journal.Entry) error {
		t.count(&e)
		log.entry(e)
		return nil
	}, func(n uint64) error {
		log.missed(n)
		return nil
	}).end
}

func (t *tally) count(e *journal.Entry) {
	switch e.Kind {
	case journal.Attempt:
		data := decode[attempt](e.Data)
		t.mu.Lock()
		defer t.mu.Unlock()
		if data.Class == diagnosis.ClassFailed {
			t.failed++
			return
		}
		t.notifications += len(data.Items)
	case journal.Refused:
		data := decode[struct {
			Code string `json:"code"`
		}](e.Data)
		if data.Code != proxy.CodeNotPassed || e.Exchange == nil {
			return
		}
		_, host, _ := strings.Cut(e.Exchange.URL, "://")
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.refused == nil {
			t.refused = make(map[string]int)
		}
		t.refused[host]++
	}
}

// execDocument is what a program is told at the end.
type execDocument struct {
	Command        string         `json:"command"` // without its arguments, which may hold secrets
	Exit           int            `json:"exit"`
	Calls          int64          `json:"calls"`
	Notifications  int            `json:"notifications"`
	FailedAttempts int            `json:"failedAttempts"`
	Refused        map[string]int `json:"refused,omitempty"` // by the proxy, by HOST:PORT
}

func (t *tally) document() execDocument {
	t.mu.Lock()
	defer t.mu.Unlock()
	return execDocument{t.Command, t.Exit, t.Calls.Load(), t.notifications, t.failed, maps.Clone(t.refused)}
}

// tellTally tells the numbers on standard error. A command that called nothing is warned of: what it tests is not the emulator.
func (a *app) tellTally(t *tally, f execFlags) error {
	d := t.document()
	if a.json {
		return a.err.document(execSchema, d)
	}
	line := fmt.Sprintf("%s, %s", count(int(d.Calls), "API call"), count(d.Notifications, "notification"))
	if d.FailedAttempts > 0 {
		line += fmt.Sprintf(", %s to deliver failed", count(d.FailedAttempts, "attempt"))
	}
	a.err.line("%s %s", a.err.strong("outlocal:"), line)
	for _, host := range slices.Sorted(maps.Keys(d.Refused)) {
		a.err.line("%s the proxy refused %s, %s; --proxy-pass %[2]s lets it through", a.err.caution(), host, count(d.Refused[host], "request"))
	}
	if d.Calls == 0 {
		a.err.line("%s %s called nothing here: %s", a.err.caution(), t.Command, whyNoCalls(&f))
	}
	return nil
}

// whyNoCalls is what to look at first where a command called nothing.
func whyNoCalls(f *execFlags) string {
	if f.emulate.proxy.on {
		return "does its runtime heed HTTPS_PROXY? docs/clients/proxy.md tells which do"
	}
	return "does it read OUTLOCAL_GRAPH_URL and its like? --intercept needs no change of it"
}

// execLog is where what happens is written; nowhere if it is nil.
type execLog struct {
	file    *os.File
	console *console
}

// openLog opens the file of a name, none for an empty one.
func (a *app) openLog(name string) (*execLog, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Create(name)
	if err != nil {
		return nil, notJudged("name a file that can be written", "write the log: %w", err)
	}
	return &execLog{file, a.watch(newPrinter(file, a.process), control.Emulator)}, nil
}

func (l *execLog) entry(e journal.Entry) {
	if l != nil {
		_ = l.console.entry(e) // a full disk fails the tests soon enough
	}
}

func (l *execLog) missed(n uint64) {
	if l != nil {
		_ = l.console.missed(n) // as above
	}
}

func (l *execLog) close() {
	if l != nil {
		l.file.Close()
	}
}
