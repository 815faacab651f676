package delivery

import (
	"sync/atomic"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
)

// Bounds are the upper ends of the spans that attempts are sorted into by what they took: fine where a webhook on this machine answers,
// and with the limits of 3 and 10 seconds among them (W4.9-08).
func Bounds() []time.Duration {
	const ms = time.Millisecond
	return []time.Duration{ms / 2, ms, 2 * ms, 5 * ms, 10 * ms, 25 * ms, 100 * ms, 250 * ms, time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second}
}

// Timing is how long the attempts of one class took, since the start or since [Engine.Forget].
type Timing struct {
	Class    diagnosis.Class
	Attempts int64
	Total    time.Duration
	Within   []int64 // attempts that took at most as long as the bound of the same place in Bounds
}

// timings counts attempts without a lock, as it is done for every one.
type timings struct {
	bounds  []time.Duration
	classes [3]timing // as in classes
}

type timing struct {
	total    atomic.Int64   // nanoseconds
	attempts []atomic.Int64 // by span; one more than there are bounds
}

func classes() [3]diagnosis.Class {
	return [...]diagnosis.Class{diagnosis.ClassGood, diagnosis.ClassLate, diagnosis.ClassFailed}
}

func newTimings() *timings {
	t := &timings{bounds: Bounds()}
	for i := range t.classes {
		t.classes[i].attempts = make([]atomic.Int64, len(t.bounds)+1)
	}
	return t
}

func (t *timings) note(class diagnosis.Class, took time.Duration) {
	for i, known := range classes() {
		if class != known {
			continue
		}
		span := 0
		for span < len(t.bounds) && took > t.bounds[span] {
			span++
		}
		t.classes[i].attempts[span].Add(1)
		t.classes[i].total.Add(int64(took))
	}
}

func (t *timings) clear() {
	for i := range t.classes {
		t.classes[i].total.Store(0)
		for span := range t.classes[i].attempts {
			t.classes[i].attempts[span].Store(0)
		}
	}
}

// Timings tells how long attempts took, by class.
func (e *Engine) Timings() []Timing {
	var all []Timing
	for i, class := range classes() {
		noted := &e.timings.classes[i]
		told := Timing{Class: class, Total: time.Duration(noted.total.Load()), Within: make([]int64, len(e.timings.bounds))}
		for span := range noted.attempts {
			told.Attempts += noted.attempts[span].Load()
			if span < len(told.Within) {
				told.Within[span] = told.Attempts
			}
		}
		all = append(all, told)
	}
	return all
}
