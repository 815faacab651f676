package clock

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// machine has clocks that a test sets; the clock's goroutine reads them meanwhile.
type machine struct {
	mono, wall atomic.Int64 // nanoseconds since the origin
}

// passage is how far the machine's clocks went, from one look to the next.
type passage struct{ mono, wall time.Duration }

func TestNowFollowsAMachineThatSlept(t *testing.T) {
	const hour = time.Hour
	for _, row := range []struct {
		name  string
		scale float64
		steps []passage // what passes, one after the other
		want  time.Duration
	}{
		{"awake", 1, []passage{{hour, hour}}, hour},
		{"asleep", 1, []passage{{hour, hour}, {0, 8 * hour}, {hour, hour}}, 10 * hour},
		{"asleep twice", 1, []passage{{0, 8 * hour}, {hour, hour}, {0, 8 * hour}}, 17 * hour},
		{"asleep counts once, whatever the scale", 2, []passage{{hour, hour}, {0, 8 * hour}, {hour, hour}}, 12 * hour},
		{"asleep while time stands still", 0, []passage{{hour, hour}, {0, 8 * hour}}, 8 * hour},
		{"the wall is slewed", 1, []passage{{hour, hour + sleepTolerance}}, hour},
		{"the wall is set back", 1, []passage{{hour, hour}, {0, -hour}, {hour, hour}}, 2 * hour},
		{"the wall is set forth, then back", 1, []passage{{0, 3 * hour}, {0, -3 * hour}, {hour, hour}}, 4 * hour},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // the clock's goroutine must not look in the middle of a passage
				var m machine
				origin := time.Now()
				c := start(origin, func() reading { return reading{mono: time.Duration(m.mono.Load()), wall: m.wall.Load()} })
				defer c.Close()
				if err := c.SetScale(row.scale); err != nil {
					t.Fatal(err)
				}
				last := c.Now()
				for _, step := range row.steps {
					synctest.Wait()
					m.mono.Add(int64(step.mono))
					m.wall.Add(int64(step.wall))
					now := c.Now()
					if now.Before(last) {
						t.Errorf("time went back by %v", last.Sub(now))
					}
					last = now
				}
				synctest.Wait()
				if got := last.Sub(origin); got != row.want {
					t.Errorf("%v have passed, want %v", got, row.want)
				}
			})
		})
	}
}

// The monotonic clock stood still, so the wall's timer is not over: the clock's goroutine looks up by itself.
func TestTimerIsDueAfterAMachineSlept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var slept atomic.Int64
		c := start(begin, func() reading {
			now := time.Now()
			return reading{mono: now.Sub(begin), wall: now.UnixNano() + slept.Load()}
		})
		defer c.Close()
		fired := make(chan time.Duration, 1)
		c.AfterFunc(9*time.Hour, func() { fired <- time.Since(begin) })
		synctest.Wait()
		slept.Store(int64(8 * time.Hour))
		if after := <-fired; after != time.Hour {
			t.Errorf("fired %v after, want 1h: the machine had slept 8h of 9h", after)
		}
	})
}

func TestFlowEndsAtTheEndOfTime(t *testing.T) {
	f := &frame{rate: maxScale}
	if got := f.at(reading{mono: 1000 * time.Hour}); got != endOfTime {
		t.Errorf("got %v, want the end of time", got)
	}
}
