package clock_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/internal/clock"
)

func TestAdvanceReports(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		begin, wall := c.Now(), time.Now()
		for _, d := range []time.Duration{0, time.Hour, 2 * time.Hour, 2 * time.Hour, 2*time.Hour + 1} {
			c.AfterFunc(d, func() {})
		}
		got := mustAdvance(t, c, 2*time.Hour)
		want := clock.Report{From: begin, To: begin.Add(2 * time.Hour), Fired: 3}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("report (-want +got):\n%s", diff)
		}
		if passed := time.Since(wall); passed != 0 {
			t.Errorf("it took %v of the wall", passed)
		}
	})
}

func TestAdvanceRefuses(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		mustAdvance(t, c, time.Hour)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		flight := c.Begin("delivery to http://localhost:3000")
		defer flight.End()
		over := c.Begin("an earlier delivery")
		over.End()
		for _, row := range []struct {
			name string
			ctx  context.Context
			by   time.Duration
			want string
		}{
			{"backwards", t.Context(), -time.Second, "advance the clock by -1s: time does not go back"},
			{"further than a date goes", t.Context(), 1<<63 - 1, "the last day that can be shown is 22"},
			{"for somebody who has gone", gone, time.Second, "advance the clock by 1s: context canceled"},
			{"from inside a flight", clock.WithFlight(t.Context(), flight), time.Second, "time cannot jump over the request that asks for it: delivery to http://localhost:3000"},
		} {
			begin := c.Now()
			next := c.AfterFunc(time.Nanosecond, func() { t.Errorf("%s: it was advanced", row.name) })
			report, err := c.Advance(row.ctx, row.by)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s: got error %v, want %q", row.name, err, row.want)
			}
			if diff := cmp.Diff(clock.Report{From: begin, To: begin}, report); diff != "" {
				t.Errorf("%s: report (-want +got):\n%s", row.name, diff)
			}
			if !c.Now().Equal(begin) {
				t.Errorf("%s: it took %v", row.name, c.Now().Sub(begin))
			}
			next.Stop()
		}

		_, err := c.Advance(clock.WithFlight(t.Context(), flight), time.Second)
		var inside *clock.InsideFlightError
		if !errors.Is(err, clock.ErrInsideFlight) || !errors.As(err, &inside) || inside.Flight != "delivery to http://localhost:3000" {
			t.Errorf("from inside a flight: %#v", err)
		}
		flight.End()
		if _, err := c.Advance(clock.WithFlight(t.Context(), over), time.Second); err != nil {
			t.Errorf("from a flight that has ended: %v", err)
		}
	})
}

// The service is a timer; the webhook behind it takes three seconds of its own time for each delivery.
func TestAdvanceNeverJumpsOverAFlight(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		const takes = 3 * time.Second
		l, wall := newLog(c), time.Now()
		deliver := func(name string) func() {
			return func() {
				flight := c.Begin(name)
				go func() {
					defer flight.End()
					l.note(name + " sent")()
					time.Sleep(takes)
					l.note(name + " answered")()
				}()
			}
		}
		c.AfterFunc(time.Hour, deliver("a"))
		c.AfterFunc(2*time.Hour, deliver("b"))
		c.AfterFunc(2*time.Hour+time.Second, l.note("due meanwhile"))
		c.AfterFunc(2*time.Hour+10*time.Second, deliver("c"))
		report := mustAdvance(t, c, 2*time.Hour+11*time.Second)
		l.want(t,
			"a sent @1h0m0s", "a answered @1h0m3s",
			"b sent @2h0m0s", "due meanwhile @2h0m1s", "b answered @2h0m3s",
			"c sent @2h0m10s", "c answered @2h0m13s")
		if got := time.Since(wall); got != 3*takes {
			t.Errorf("it took %v of the wall, want %v", got, 3*takes)
		}
		if got, want := report.To.Sub(report.From), 2*time.Hour+13*time.Second; got != want || report.Fired != 4 {
			t.Errorf("it went %v and fired %d, want %v and 4", got, report.Fired, want)
		}
	})
}

func TestAdvanceFiresWhatIsSetOnTheWay(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		l := newLog(c)
		var retry func(delay time.Duration) func()
		retry = func(delay time.Duration) func() {
			return func() {
				flight := c.Begin("an attempt")
				go func() {
					l.note("attempt")()
					c.AfterFunc(delay, retry(2*delay))
					flight.End()
				}()
			}
		}
		c.AfterFunc(0, retry(time.Hour))
		report := mustAdvance(t, c, 7*time.Hour)
		l.want(t, "attempt @0s", "attempt @1h0m0s", "attempt @3h0m0s", "attempt @7h0m0s")
		if report.Fired != 3 { // the first was due already
			t.Errorf("fired %d, want 3", report.Fired)
		}
	})
}

func TestAdvancesQueue(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		begin := c.Now()
		c.AfterFunc(time.Minute, func() {
			flight := c.Begin("slow delivery")
			go func() { time.Sleep(500 * time.Millisecond); flight.End() }()
		})
		c.AfterFunc(61*time.Minute, func() {})
		var first, second clock.Report
		var both sync.WaitGroup
		both.Go(func() { first = mustAdvance(t, c, time.Hour) })
		synctest.Wait()
		both.Go(func() { second = mustAdvance(t, c, time.Hour) })
		both.Wait()
		want := []clock.Report{
			{From: begin, To: begin.Add(time.Hour), Fired: 1},
			{From: begin.Add(time.Hour), To: begin.Add(2 * time.Hour), Fired: 1},
		}
		if diff := cmp.Diff(want, []clock.Report{first, second}); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
	})
}

// A handler that advances the clock before it answers, from another process: nothing but the wall tells.
func TestAdvanceIsBlockedByAFlightThatWaitsForIt(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		parked := c.Begin("slow receiver of ours")
		defer parked.Park()()
		time.Sleep(2 * time.Second)
		waiting := c.Begin("delivery to http://localhost:3000")
		time.AfterFunc(time.Millisecond, func() { c.Begin("a delivery that began after it").Park() })
		time.AfterFunc(time.Millisecond, func() {
			flight := c.Begin("another that began after it")
			time.AfterFunc(2*time.Second, flight.End)
		})
		report, err := c.Advance(t.Context(), time.Hour)
		var blocked *clock.BlockedError
		if !errors.As(err, &blocked) {
			t.Fatalf("got %v, want a *BlockedError", err)
		}
		if diff := cmp.Diff([]string{"delivery to http://localhost:3000 for 1s"}, blocked.Flights); diff != "" {
			t.Errorf("flights (-want +got):\n%s", diff)
		}
		if want := "advance the clock by 1h0m0s: still in progress: delivery to http://localhost:3000 for 1s"; err.Error() != want {
			t.Errorf("error %q, want %q", err, want)
		}
		if !report.To.Equal(report.From) || report.Fired != 0 {
			t.Errorf("it was advanced: %+v", report)
		}
		waiting.End()
		time.Sleep(2 * time.Second)
		mustAdvance(t, c, time.Hour)
	})
}

func TestAdvanceIsBlockedBehindAnotherThatWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		var inner error
		c.AfterFunc(time.Minute, func() {
			flight := c.Begin("delivery to a handler that advances")
			go func() {
				defer flight.End()
				_, inner = c.Advance(t.Context(), time.Hour)
			}()
		})
		mustAdvance(t, c, time.Hour)
		var blocked *clock.BlockedError
		if !errors.As(inner, &blocked) {
			t.Errorf("the handler's advance ended with %v, want a *BlockedError", inner)
		}
	})
}

func TestAdvanceIsBlockedByTheLastOfMany(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		time.AfterFunc(500*time.Millisecond, c.Begin("answers").End)
		hangs := c.Begin("hangs")
		time.AfterFunc(time.Hour, hangs.End)
		wall := time.Now()
		var blocked *clock.BlockedError
		if _, err := c.Advance(t.Context(), time.Hour); !errors.As(err, &blocked) {
			t.Errorf("got %v, want a *BlockedError", err)
		}
		if got, want := time.Since(wall), 2*time.Second; got != want {
			t.Errorf("it took %v, want %v: a second more than the last that ended", got, want)
		}
	})
}

// It is not the fault of the one that sleeps that there is something to wait for.
func TestAdvanceIsNotBlockedByWhatIsParked(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		parked := c.Begin("a receiver of ours that waits for later")
		defer parked.Park()()
		time.AfterFunc(500*time.Millisecond, c.Begin("answers").End)
		c.AfterFunc(time.Minute, func() {
			flight := c.Begin("delivery that takes five seconds")
			time.AfterFunc(5*time.Second, flight.End)
		})
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { mustAdvance(t, c, time.Hour) })
		}
		both.Wait()
	})
}

// A flight that goes on because of the advance is not in its way, even if it began before.
func TestAdvanceWaitsForWhatItWakes(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		flight := c.Begin("slow receiver of ours")
		done := false
		go func() {
			defer flight.End()
			if err := c.Sleep(clock.WithFlight(t.Context(), flight), 8*time.Second); err != nil {
				t.Error(err)
			}
			time.Sleep(5 * time.Second) // it works
			done = true
		}()
		synctest.Wait()
		mustAdvance(t, c, time.Hour)
		if !done {
			t.Error("time jumped over a flight that it had woken")
		}
	})
}

func TestAdvanceCountsWhatFellDueOnItsWay(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		begin := c.Now()
		time.AfterFunc(500*time.Millisecond, c.Begin("a delivery").End)
		for _, d := range []time.Duration{0, 100 * time.Millisecond, time.Second, time.Minute} {
			c.AfterFunc(d, func() {})
		}
		got := mustAdvance(t, c, time.Minute) // from the end of the delivery on
		want := clock.Report{From: begin.Add(500 * time.Millisecond), To: begin.Add(60500 * time.Millisecond), Fired: 2}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("report (-want +got):\n%s", diff)
		}
	})
}

func TestAdvanceGivesABusyQueueItsTime(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		for i := range 10 {
			flight := c.Begin("one of many deliveries")
			time.AfterFunc(time.Duration(i+1)*900*time.Millisecond, flight.End)
		}
		wall := time.Now()
		mustAdvance(t, c, time.Hour)
		if got, want := time.Since(wall), 9*time.Second; got != want {
			t.Errorf("it took %v, want %v", got, want)
		}
	})
}

func TestBlockedErrorStaysOneLine(t *testing.T) {
	for want, flights := range map[string][]string{
		"still in progress: a; b; c":             {"a", "b", "c"},
		"still in progress: a; b; c; and 2 more": {"a", "b", "c", "d", "e"},
	} {
		if got := (&clock.BlockedError{Flights: flights}).Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAdvanceTellsThatItWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		var told [][]string
		c.OnWait(func(flights []string) {
			c.Busy() // holds no lock
			told = append(told, flights)
		})
		for i, takes := range []time.Duration{10 * time.Second, 500 * time.Millisecond, 4 * time.Second} {
			c.AfterFunc(time.Duration(i+1)*time.Hour, func() {
				flight := c.Begin("delivery, it takes " + takes.String())
				time.AfterFunc(takes, flight.End)
			})
		}
		time.AfterFunc(time.Millisecond, c.Begin("holds the first back until the second is there").End)
		var both sync.WaitGroup
		for range 2 { // the second has nothing to tell: it waits for the first
			both.Go(func() { mustAdvance(t, c, 4*time.Hour) })
		}
		both.Wait()
		want := [][]string{{"delivery, it takes 10s for 1.999s"}, {"delivery, it takes 4s for 1.499s"}}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

func TestAdvanceEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		begin := c.Now()
		c.AfterFunc(time.Hour, func() { c.Begin("hangs") })
		c.AfterFunc(2*time.Hour, func() { t.Error("time jumped over a flight") })
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		got, err := c.Advance(ctx, 3*time.Hour)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's error", err)
		}
		want := clock.Report{From: begin, To: begin.Add(time.Hour + 30*time.Second), Fired: 1}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("report (-want +got):\n%s", diff)
		}
	})
}

func TestAdvanceGoesOnWhenTheOneBeforeIsAbandoned(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		ctx, cancel := context.WithCancel(t.Context())
		unblock := c.Begin("a delivery")
		first := make(chan error, 1)
		go func() {
			_, err := c.Advance(ctx, time.Hour)
			first <- err
		}()
		synctest.Wait()
		begin := c.Now()
		second := make(chan clock.Report, 1)
		go func() { second <- mustAdvance(t, c, 2*time.Hour) }()
		synctest.Wait()
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("the first ended with %v", err)
		}
		unblock.End()
		if report := <-second; report.To.Sub(begin) != 2*time.Hour {
			t.Errorf("the second went to %v, want 2h", report.To.Sub(begin))
		}
	})
}
