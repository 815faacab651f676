package clock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/internal/clock"
)

func TestBusyNamesWhatIsInProgress(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		check := func(want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, c.Busy()); diff != "" {
				t.Errorf("busy (-want +got):\n%s", diff)
			}
		}
		check()
		a := c.Begin("delivery to a")
		time.Sleep(1500 * time.Millisecond)
		b := c.Begin("delivery to b")
		more := c.Begin("delivery to a")
		check("delivery to a for 1.5s (2 of them)", "delivery to b for 0s")

		unpark := a.Park()
		check("delivery to b for 0s", "delivery to a for 0s")
		again := a.Park()
		unpark()
		unpark()
		check("delivery to b for 0s", "delivery to a for 0s") // parked twice, unparked once
		again()
		check("delivery to a for 1.5s (2 of them)", "delivery to b for 0s")

		b.End()
		b.End()
		check("delivery to a for 1.5s (2 of them)")
		unpark = more.Park()
		more.End()
		unpark()
		more.Park()()
		check("delivery to a for 1.5s")
		a.End()
		check()

		// Names come from the list of flights; whether time may jump comes from their count.
		mustAdvance(t, c, time.Hour)
		c.Begin("delivery to c")
		var blocked *clock.BlockedError
		if _, err := c.Advance(t.Context(), time.Hour); !errors.As(err, &blocked) {
			t.Errorf("advance with a flight in progress: %v", err)
		}
	})
}

// The sleeper's flight must be in progress again before time goes on, even if its goroutine has not run yet.
func TestSleepParksItsFlight(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		begin := c.Now()
		flight := c.Begin("a delivery to a slow receiver of ours")
		ctx := clock.WithFlight(t.Context(), flight)
		woke := make(chan time.Duration, 2)
		go func() {
			defer flight.End()
			for range 2 {
				if err := c.Sleep(ctx, 8*time.Second); err != nil {
					t.Error(err)
				}
				woke <- c.Now().Sub(begin)
			}
		}()
		synctest.Wait()
		mustAdvance(t, c, time.Hour)
		if a, b := <-woke, <-woke; a != 8*time.Second || b != 16*time.Second {
			t.Errorf("woke up at %v and %v, want 8s and 16s", a, b)
		}
	})
}

func TestParkLetsAnAdvanceGoOnAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		for how, park := range map[string]func(ctx context.Context, f *clock.Flight){
			"park":  func(_ context.Context, f *clock.Flight) { f.Park() },
			"sleep": func(ctx context.Context, _ *clock.Flight) { c.Sleep(ctx, 8*time.Hour) },
			"end":   func(_ context.Context, f *clock.Flight) { f.End() },
		} {
			c.AfterFunc(500*time.Millisecond, func() {}) // so that nothing else here is the first to fall due
			flight := c.Begin("a delivery")
			begin := time.Now()
			done := make(chan struct{})
			go func() {
				mustAdvance(t, c, time.Hour)
				close(done)
			}()
			synctest.Wait()
			go park(clock.WithFlight(t.Context(), flight), flight)
			<-done
			if waited := time.Since(begin); waited != 0 {
				t.Errorf("%s: the advance waited %v", how, waited)
			}
		}
	})
}

func TestFlightsOfAnotherClockAreNotParked(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		other := clock.New()
		defer other.Close()
		flight := other.Begin("a delivery")
		ctx := clock.WithFlight(t.Context(), flight)
		go c.Sleep(ctx, time.Hour)
		synctest.Wait()
		if len(other.Busy()) != 1 {
			t.Error("a sleep on one clock parked a flight of another")
		}
		if _, err := c.Advance(ctx, time.Hour); err != nil {
			t.Errorf("advance from a flight of another clock: %v", err)
		}
	})
}
