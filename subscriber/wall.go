package subscriber

import (
	"sync"
	"time"
)

// wall is the machine's clock.
type wall struct{}

// recheck is how often a timer looks at the clock: timers stand still while a machine sleeps, and clocks do not.
const recheck = time.Minute

// Now has no monotonic reading, which stands still as timers do.
func (wall) Now() time.Time { return time.Now().Round(0) }

func (w wall) After(d time.Duration, f func()) (stop func() bool) {
	t := &wallTimer{due: w.Now().Add(d), f: f}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(min(d, recheck), t.look)
	return t.stop
}

// Hold has nothing to do: the machine's clock does not jump.
func (wall) Hold(string) (end func()) { return func() {} }

type wallTimer struct {
	due time.Time
	f   func()

	mu    sync.Mutex
	timer *time.Timer
	over  bool
}

// look calls f if it is time, and else looks again later.
func (t *wallTimer) look() {
	t.mu.Lock()
	left := t.due.Sub(wall{}.Now())
	due := left <= 0 && !t.over
	if left > 0 && !t.over {
		t.timer.Reset(min(left, recheck))
	}
	t.over = t.over || due
	t.mu.Unlock()
	if due {
		t.f()
	}
}

func (t *wallTimer) stop() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	stopped := !t.over
	t.over = true
	t.timer.Stop()
	return stopped
}
