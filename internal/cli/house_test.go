package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/journal"
)

func newTestHouse(t *testing.T, out *bytes.Buffer) (context.Context, *house) {
	process := quiet(out)
	a := &app{process: process, out: newPrinter(out, process), err: newPrinter(out, process)}
	ctx, h := a.newHouse(t.Context(), "")
	t.Cleanup(h.close)
	return ctx, h
}

func residentOf(j *journal.Journal) resident {
	return resident{running: state.Running{Name: "x", Kind: control.Emulator}, journal: j, banner: func(*printer) {}}
}

// brokenListener is a listener that is taken away.
type brokenListener struct{ net.Listener }

var errTakenAway = errors.New("the network is gone")

func (brokenListener) Accept() (net.Conn, error) { return nil, errTakenAway }

// TestHouseEndsWithItsListeners: nobody is left with an emulator that can't be reached.
func TestHouseEndsWithItsListeners(t *testing.T) {
	var out bytes.Buffer
	ctx, h := newTestHouse(t, &out)
	listeners, err := h.listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.serve(serve.Listeners{brokenListener{listeners[0]}}, serve.Config{Name: "api", Handler: http.NotFoundHandler()})
	if err := h.live(ctx, residentOf(journal.New(0))); !errors.Is(err, errTakenAway) {
		t.Errorf("it ends with %v, want %v", err, errTakenAway)
	}
}

// TestHouseGivesPortsBack: also those that nothing was served on, as something else went wrong first.
func TestHouseGivesPortsBack(t *testing.T) {
	var out bytes.Buffer
	ctx, h := newTestHouse(t, &out)
	listeners, err := h.listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.close()
	again, err := serve.Listen(t.Context(), listeners[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// deaf is a pipe that is full: what is written to it once somebody has said so waits until it is read at last.
type deaf struct {
	mu   sync.Mutex
	full chan struct{} // nil while there is room
}

func (d *deaf) Write(p []byte) (int, error) {
	d.mu.Lock()
	full := d.full
	d.mu.Unlock()
	if full != nil {
		<-full
	}
	return len(p), nil
}

// TestHouseEndsThoughNobodyReads: a program may stop reading and wait for the end.
func TestHouseEndsThoughNobodyReads(t *testing.T) {
	out := &deaf{}
	process := quiet(&bytes.Buffer{})
	a := &app{process: process, out: newPrinter(out, process), err: newPrinter(out, process)}
	ctx, h := a.newHouse(t.Context(), "")
	t.Cleanup(h.close)
	full := make(chan struct{})
	j := journal.New(0)
	h.onClose(func() {
		out.mu.Lock()
		out.full = full
		out.mu.Unlock()
		j.Append(journal.Entry{Kind: journal.Clock, Note: "nobody will read this"})
	})
	h.stop()
	if err := h.live(ctx, residentOf(j)); err != nil { // the test's deadline ends it if it waits for a reader
		t.Fatal(err)
	}
	close(full)
}

// TestHouseTellsTheLast: what happened last is told, however soon the house is left after it.
func TestHouseTellsTheLast(t *testing.T) {
	var out bytes.Buffer
	ctx, h := newTestHouse(t, &out)
	j := journal.New(0)
	h.onClose(func() { j.Append(journal.Entry{Kind: journal.Clock, Note: "the last words"}) })
	h.stop()
	if err := h.live(ctx, residentOf(j)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "the last words"); n != 1 {
		t.Errorf("told %d times, want once:\n%s", n, &out)
	}
	if lines := strings.Split(out.String(), "\n"); !strings.HasPrefix(lines[0], "ready as x, ") {
		t.Errorf("the banner does not end with ready:\n%s", &out)
	}
}

// TestHouseTellsCausesFirst: what came of what a house does once it is ready stands below all that led to it.
func TestHouseTellsCausesFirst(t *testing.T) {
	var out bytes.Buffer
	ctx, h := newTestHouse(t, &out)
	j := journal.New(0)
	r := residentOf(j)
	r.ready = func(_ context.Context, p *printer, told func()) {
		const causes = 50
		for range causes {
			j.Append(journal.Entry{Kind: journal.Clock, Note: "a cause"})
		}
		told()
		p.line("its effect")
		h.stop()
	}
	if err := h.live(ctx, r); err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(out.String(), "its effect")
	if n := strings.Count(before, "a cause"); n != strings.Count(out.String(), "a cause") || n == 0 {
		t.Errorf("%d of the causes stand above the effect:\n%s", n, &out)
	}
}

// Nobody waits for one who reads no more.
func TestNarratorWithoutListener(t *testing.T) {
	j := journal.New(0)
	n := handOver(j, func(journal.Entry) error { return io.ErrClosedPipe }, func(uint64) error { return nil })
	defer n.end()
	j.Append(journal.Entry{Kind: journal.Clock})
	n.upTo(j.Append(journal.Entry{Kind: journal.Clock})) // the test's deadline ends it if it waits
}

// TestHouseWaits: who waits for a webhook that hangs is told so, without its secrets; a program is not.
func TestHouseWaits(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		var out bytes.Buffer
		_, h := newTestHouse(t, &out)
		h.app.json = asJSON
		h.waits([]string{"POST http://localhost:3000/hook?code=hunter2, 2s"})
		want := "⚠ time waits for POST http://localhost:3000/hook?code=…, 2s\n"
		if asJSON {
			want = ""
		}
		if out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}
	}
}
