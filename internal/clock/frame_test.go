package clock

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// machine has clocks that a test sets; the clock's goroutine reads them meanwhile.
type machine struct {
	mono, wall atomic.Int64 // nanoseconds since the origin
}

func (m *machine) read() reading {
	return reading{mono: time.Duration(m.mono.Load()), wall: m.wall.Load()}
}

func (m *machine) pass(p passage) {
	m.mono.Add(int64(p.mono))
	m.wall.Add(int64(p.wall))
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
		{"asleep while time stands still", 0, []passage{{hour, hour}, {0, 8 * hour}}, 0},
		{"the wall is slewed", 1, []passage{{hour, hour + sleepTolerance}}, hour},
		{"the wall is set back", 1, []passage{{hour, hour}, {0, -hour}, {hour, hour}}, 2 * hour},
		{"the wall is set forth, then back", 1, []passage{{0, 3 * hour}, {0, -3 * hour}, {hour, hour}}, 4 * hour},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // the clock's goroutine must not look in the middle of a passage
				var m machine
				origin := time.Now()
				c := start(origin, m.read)
				defer c.Close()
				if err := c.SetScale(row.scale); err != nil {
					t.Fatal(err)
				}
				last := c.Now()
				for _, step := range row.steps {
					synctest.Wait()
					m.pass(step)
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

func TestTimerIsDueAtOnceWhenSomebodyLooksAfterASleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m machine
		c := start(time.Now(), m.read)
		defer c.Close()
		fired := false
		c.AfterFunc(8*time.Hour, func() { fired = true })
		synctest.Wait()
		m.pass(passage{0, 8 * time.Hour})
		c.Now()
		synctest.Wait()
		if !fired {
			t.Error("what fell due during the night waits for the next look")
		}
	})
}

// On a real machine a wake-up comes late: at a scale of a thousand, a millisecond is a second.
func TestScaledTimeStopsAtWhatIsDueThoughTheWakeUpIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m machine
		origin := time.Now()
		c := start(origin, m.read)
		defer c.Close()
		if err := c.SetScale(1000); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var fired []time.Duration
		for _, due := range []time.Duration{10 * time.Second, 30 * time.Second} {
			c.AfterFunc(due, func() {
				mu.Lock()
				defer mu.Unlock()
				fired = append(fired, c.Now().Sub(origin))
			})
		}
		check := func(now time.Duration, want ...time.Duration) {
			t.Helper()
			if got := c.Now().Sub(origin); got != now {
				t.Errorf("it is %v, want %v", got, now)
			}
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(fired, want) {
				t.Errorf("fired at %v, want %v", fired, want)
			}
		}
		synctest.Wait()
		m.pass(passage{time.Minute, time.Minute})
		check(10 * time.Second) // the clock's goroutine is still asleep

		time.Sleep(10 * time.Millisecond) // now it isn't
		synctest.Wait()
		check(10*time.Second, 10*time.Second)

		m.pass(passage{5 * time.Millisecond, 5 * time.Millisecond})
		check(15*time.Second, 10*time.Second)

		m.pass(passage{time.Minute, time.Minute})
		time.Sleep(20 * time.Millisecond)
		synctest.Wait()
		check(30*time.Second, 10*time.Second, 30*time.Second)
	})
}

// In a bubble time stands still while code runs. Elsewhere it passes between any two lines.
func TestTimeNeverGoesBackWhileTheWallGoesOn(t *testing.T) {
	for _, scale := range []float64{0, 0.3, 1, 7} {
		synctest.Test(t, func(t *testing.T) {
			var m machine
			c := start(time.Now(), func() reading {
				m.pass(passage{time.Millisecond, time.Millisecond})
				return m.read()
			})
			defer c.Close()
			if err := c.SetScale(scale); err != nil {
				t.Fatal(err)
			}
			last := c.Now()
			fired := 0
			for i := range 1000 {
				due := last.Add(time.Minute + time.Duration(i)*2500*time.Microsecond)
				c.At(due, func() {
					fired++
					now := c.Now()
					if now.Before(last) || now.Before(due) {
						t.Errorf("scale %v: at %v something fired that was due at %v, after it was %v", scale, now, due, last)
					}
					last = now
				})
			}
			if _, err := c.Advance(t.Context(), time.Hour); err != nil || fired != 1000 {
				t.Errorf("scale %v: fired %d of 1000, %v", scale, fired, err)
			}
		})
	}
}

func TestIdleClockDoesNothing(t *testing.T) {
	for what, prepare := range map[string]func(c *Clock){
		"without timers":    func(*Clock) {},
		"time stands still": func(c *Clock) { c.AfterFunc(time.Hour, func() {}); c.SetScale(0) },
	} {
		synctest.Test(t, func(t *testing.T) {
			var looks atomic.Int64
			c := start(time.Now(), func() reading {
				looks.Add(1)
				return reading{}
			})
			defer c.Close()
			prepare(c)
			time.Sleep(2 * recheck) // what was set before may still be looked after
			synctest.Wait()
			before := looks.Load()
			time.Sleep(100 * time.Hour)
			synctest.Wait()
			if n := looks.Load() - before; n != 0 {
				t.Errorf("%s: it looked at the time %d times in 100 hours", what, n)
			}
		})
	}
}

func TestFlowEndsAtTheEndOfTime(t *testing.T) {
	f := &frame{rate: maxScale}
	if got := f.at(reading{mono: 1000 * time.Hour}); got != endOfTime {
		t.Errorf("got %v, want the end of time", got)
	}
}
