package emulator

import (
	"runtime/debug"
	"sync"
	"time"
)

const (
	// muchGarbage is how many imported rows leave so much behind that it shows: some 2 KB each, where a subscription takes 200 bytes.
	muchGarbage = 10_000

	// tidyAfter is how long no more rows have come when an import is taken to be over.
	tidyAfter = time.Second
)

// tidy hands back what large imports needed of memory. Go's collector would keep it, and twice what lives, as it takes a program to need
// again what it needed once; here a million idle subscriptions would take up twice their room until the program ends.
type tidy struct {
	handBack func() // debug.FreeOSMemory if nil

	mu      sync.Mutex
	rows    int // since it was last handed back
	timer   *time.Timer
	closed  bool
	running sync.WaitGroup
}

// imported tells of rows that were put in.
func (t *tidy) imported(rows int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows += rows
	switch {
	case t.closed || t.rows < muchGarbage:
	case t.timer == nil:
		t.running.Add(1)
		t.timer = time.AfterFunc(tidyAfter, t.run)
	case t.timer.Stop(): // else it is about to run, and these rows come too late for it
		t.timer.Reset(tidyAfter)
	}
}

func (t *tidy) run() {
	defer t.running.Done()
	t.mu.Lock()
	t.rows, t.timer = 0, nil
	closed := t.closed
	t.mu.Unlock()
	switch {
	case closed:
	case t.handBack != nil:
		t.handBack()
	default:
		debug.FreeOSMemory()
	}
}

// close forgets what was not handed back yet.
func (t *tidy) close() {
	t.mu.Lock()
	t.closed = true
	if t.timer != nil && t.timer.Stop() {
		t.running.Done()
	}
	t.timer = nil
	t.mu.Unlock()
	t.running.Wait()
}
