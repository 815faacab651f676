package clock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outlocal/outlocal/internal/clock"
)

func TestTimersFireInOrder(t *testing.T) {
	for _, row := range []struct {
		name string
		set  func(c *clock.Clock, l *log)
		want []string
	}{
		{"by due moment", func(c *clock.Clock, l *log) {
			c.AfterFunc(3*time.Second, l.note("c"))
			c.AfterFunc(time.Second, l.note("a"))
			c.AfterFunc(2*time.Second, l.note("b"))
		}, []string{"a @1s", "b @2s", "c @3s"}},
		{"by creation when due together", func(c *clock.Clock, l *log) {
			c.AfterFunc(time.Second, l.note("a"))
			c.At(c.Now().Add(time.Second), l.note("b"))
			c.AfterFunc(time.Second, l.note("c"))
		}, []string{"a @1s", "b @1s", "c @1s"}},
		{"the past is due at once, oldest first", func(c *clock.Clock, l *log) {
			c.AfterFunc(0, func() { // holds the clock's goroutine while the others are set
				c.AfterFunc(0, l.note("now"))
				c.AfterFunc(-time.Second, l.note("just gone"))
				c.At(c.Now().Add(-time.Hour), l.note("long gone"))
			})
		}, []string{"long gone @0s", "just gone @0s", "now @0s"}},
		{"set by one that fires", func(c *clock.Clock, l *log) {
			c.AfterFunc(time.Second, func() { c.AfterFunc(time.Second, l.note("b")) })
			c.AfterFunc(1500*time.Millisecond, l.note("a"))
		}, []string{"a @1.5s", "b @2s"}},
		{"stopped", func(c *clock.Clock, l *log) {
			timer := c.AfterFunc(time.Second, l.note("a"))
			c.AfterFunc(2*time.Second, l.note("b"))
			timer.Stop()
		}, []string{"b @2s"}},
		{"reset counts as created anew", func(c *clock.Clock, l *log) {
			timer := c.AfterFunc(time.Second, l.note("a"))
			c.AfterFunc(2*time.Second, l.note("b"))
			timer.Reset(2 * time.Second)
		}, []string{"b @2s", "a @2s"}},
	} {
		for how, pass := range map[string]func(t *testing.T, c *clock.Clock){
			"advanced":     func(t *testing.T, c *clock.Clock) { mustAdvance(t, c, time.Minute) },
			"real time":    func(t *testing.T, c *clock.Clock) { time.Sleep(time.Minute); synctest.Wait() },
			"in two steps": func(t *testing.T, c *clock.Clock) { mustAdvance(t, c, 1200*time.Millisecond); time.Sleep(time.Minute) },
		} {
			t.Run(row.name+", "+how, func(t *testing.T) {
				inBubble(t, func(t *testing.T, c *clock.Clock) {
					l := newLog(c)
					row.set(c, l)
					pass(t, c)
					synctest.Wait()
					l.want(t, row.want...)
				})
			})
		}
	}
}

func TestStopSaysWhetherItStopped(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		fired := 0
		timer := c.AfterFunc(time.Second, func() { fired++ })
		if !timer.Stop() {
			t.Error("a waiting timer was not stopped")
		}
		if timer.Stop() {
			t.Error("a stopped timer was stopped again")
		}
		timer.Reset(time.Second)
		mustAdvance(t, c, time.Hour)
		if fired != 1 || timer.Stop() {
			t.Errorf("after a reset it fired %d times, want once, and is not to be stopped", fired)
		}
		timer.Reset(time.Second)
		mustAdvance(t, c, time.Hour)
		if fired != 2 {
			t.Errorf("after another reset it had fired %d times, want twice", fired)
		}
	})
}

func TestTimerBeyondTheEndOfTimeNeverFires(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		mustAdvance(t, c, time.Hour) // so that now plus the longest duration overflows
		c.AfterFunc(1<<63-1, func() { t.Error("fired") })
		mustAdvance(t, c, 1000*time.Hour)
	})
}

func TestSleep(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		begin, wall := c.Now(), time.Now()
		done := make(chan time.Duration, 1)
		go func() {
			if err := c.Sleep(t.Context(), time.Hour); err != nil {
				t.Error(err)
			}
			done <- c.Now().Sub(begin)
		}()
		synctest.Wait()
		mustAdvance(t, c, time.Hour)
		if slept := <-done; slept != time.Hour {
			t.Errorf("slept %v, want an hour", slept)
		}
		if passed := time.Since(wall); passed != 0 {
			t.Errorf("an hour of virtual time took %v", passed)
		}
	})
}

func TestSleepInRealTime(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		for _, d := range []time.Duration{-time.Second, 0, 10 * time.Second} {
			synctest.Wait() // the clock's goroutine has seen that there is nothing to do
			begin := time.Now()
			if err := c.Sleep(t.Context(), d); err != nil {
				t.Error(err)
			}
			if slept := time.Since(begin); slept != max(0, d) {
				t.Errorf("slept %v, want %v", slept, d)
			}
		}
	})
}

func TestSleepEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		flight := c.Begin("a delivery")
		ctx, cancel := context.WithTimeout(clock.WithFlight(t.Context(), flight), time.Second)
		defer cancel()
		if err := c.Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's error", err)
		}
		if len(c.Busy()) != 1 {
			t.Error("the flight is still parked")
		}
		if err := c.Sleep(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with an ended context: %v", err)
		}
		flight.End()
		if report := mustAdvance(t, c, 2*time.Hour); report.Fired != 0 {
			t.Error("the timer of an ended sleep fired")
		}
	})
}
