package clock_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/outlocal/outlocal/internal/clock"
)

// inBubble runs a test with a clock whose wall is the bubble's: it goes on when all goroutines wait.
func inBubble(t *testing.T, test func(t *testing.T, c *clock.Clock)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := clock.New()
		defer c.Close()
		test(t, c)
	})
}

// log notes what fired, and when, counted from the moment that it was made.
type log struct {
	clock *clock.Clock
	zero  time.Time

	mu    sync.Mutex
	lines []string
}

func newLog(c *clock.Clock) *log { return &log{clock: c, zero: c.Now()} }

func (l *log) note(what string) func() {
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, what+" @"+l.clock.Now().Sub(l.zero).String())
	}
}

func (l *log) want(t *testing.T, want ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if diff := cmp.Diff(want, l.lines); diff != "" {
		t.Errorf("fired (-want +got):\n%s", diff)
	}
}

func mustAdvance(t *testing.T, c *clock.Clock, d time.Duration) clock.Report {
	t.Helper()
	report, err := c.Advance(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestNowIsTheWallPlusWhatWasAdvanced(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		begin := time.Now()
		if got := c.Now(); !got.Equal(begin) || got.Location() != time.UTC {
			t.Errorf("a new clock says %v, the wall %v", got, begin)
		}
		time.Sleep(time.Minute)
		mustAdvance(t, c, 72*time.Hour)
		time.Sleep(time.Minute)
		if got, want := c.Now().Sub(begin), 72*time.Hour+2*time.Minute; got != want {
			t.Errorf("virtual time went on by %v, want %v", got, want)
		}
		if got, want := c.Wall().Sub(begin), 2*time.Minute; got != want {
			t.Errorf("the wall went on by %v, want %v", got, want)
		}
	})
}

func TestScale(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		begin := c.Now()
		want := time.Duration(0)
		check := func(when string) {
			t.Helper()
			if got := c.Now().Sub(begin); got != want {
				t.Fatalf("%s: %v have passed, want %v", when, got, want)
			}
		}
		setScale := func(x float64) {
			t.Helper()
			if err := c.SetScale(x); err != nil || c.Scale() != x {
				t.Fatalf("set scale %v: %v, and it is %v", x, err, c.Scale())
			}
		}

		setScale(3600)
		time.Sleep(2 * time.Second)
		want += 2 * time.Hour
		check("idle, a second is an hour")

		flight := c.Begin("a delivery")
		second := c.Begin("another delivery")
		time.Sleep(5 * time.Second)
		want += 5 * time.Second
		check("in flight, a second is a second")

		second.End()
		unpark := flight.Park()
		time.Sleep(time.Second)
		want += time.Hour
		check("the only flight is parked")

		unpark()
		time.Sleep(time.Second)
		want += time.Second
		check("it goes on")

		setScale(0.5)
		flight.End()
		time.Sleep(4 * time.Second)
		want += 2 * time.Second
		check("slower than the wall")

		setScale(0)
		time.Sleep(time.Hour)
		check("it stands still")
		mustAdvance(t, c, time.Minute)
		want += time.Minute
		check("but can be advanced")
	})
}

func TestScaleRefusesWhatIsNoPace(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		for _, x := range []float64{-1, math.NaN(), math.Inf(1), 1e7} {
			if err := c.SetScale(x); err == nil {
				t.Errorf("scale %v was taken", x)
			}
		}
		if c.Scale() != 1 {
			t.Errorf("scale is %v after refusals, want 1", c.Scale())
		}
	})
}

func TestScaledTimersFireAtTheirMoment(t *testing.T) {
	inBubble(t, func(t *testing.T, c *clock.Clock) {
		if err := c.SetScale(1000); err != nil {
			t.Fatal(err)
		}
		l := newLog(c)
		c.AfterFunc(time.Second, l.note("first"))
		c.AfterFunc(3*time.Second, l.note("second"))
		time.Sleep(time.Minute)
		synctest.Wait()
		l.want(t, "first @1s", "second @3s")
	})
}

func TestCloseEndsEverything(t *testing.T) {
	// No bubble: it would hide a goroutine that is left, by hanging.
	defer goleak.VerifyNone(t)
	c := clock.New()
	fired := c.AfterFunc(time.Hour, func() { t.Error("fired on a closed clock") })
	slept, advanced := make(chan error, 1), make(chan error, 1)
	asleep := make(chan struct{})
	c.Begin("a delivery") // holds the advance back
	go func() {
		close(asleep)
		slept <- c.Sleep(context.Background(), time.Hour)
	}()
	go func() {
		_, err := c.Advance(context.Background(), 2*time.Hour)
		advanced <- err
	}()
	<-asleep
	c.Close()
	c.Close()
	for what, ch := range map[string]chan error{"sleep": slept, "advance": advanced} {
		if err := <-ch; !errors.Is(err, clock.ErrClosed) {
			t.Errorf("%s ended with %v, want %v", what, err, clock.ErrClosed)
		}
	}
	if fired.Stop() {
		t.Error("a timer of a closed clock was still to fire")
	}
	if err := c.Sleep(context.Background(), 0); err != nil {
		t.Errorf("to sleep for no time needs no clock: %v", err)
	}
	if c.AfterFunc(0, func() { t.Error("fired on a closed clock") }).Stop() {
		t.Error("a closed clock took a timer")
	}
	if _, err := c.Advance(context.Background(), time.Hour); !errors.Is(err, clock.ErrClosed) {
		t.Errorf("advance a closed clock: %v", err)
	}
}

func TestCloseWaitsForWhatIsBeingRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.New()
		release, closed := make(chan struct{}), make(chan struct{})
		c.AfterFunc(0, func() { <-release })
		synctest.Wait()
		go func() {
			c.Close()
			close(closed)
		}()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("closed while a timer's function runs")
		default:
		}
		close(release)
		<-closed
	})
}

// For the race detector: everybody does everything, in real time.
func TestEverythingAtOnce(t *testing.T) {
	defer goleak.VerifyNone(t)
	c := clock.New()
	defer c.Close()
	var fired atomic.Int64
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 200 {
				flight := c.Begin("work")
				timer := c.AfterFunc(time.Duration(i%7)*time.Second, func() { fired.Add(1) })
				ctx, cancel := context.WithCancel(clock.WithFlight(t.Context(), flight))
				switch i % 4 {
				case 0:
					timer.Reset(time.Second)
				case 1:
					timer.Stop()
				case 2:
					go cancel()
					c.Sleep(ctx, time.Minute)
				case 3:
					c.Busy()
				}
				flight.End()
				go cancel()
				c.Advance(ctx, time.Second)
				c.SetScale(float64(worker%3) * 500)
				cancel()
			}
		})
	}
	all.Wait()
	if err := c.SetScale(1); err != nil {
		t.Fatal(err)
	}
	mustAdvance(t, c, time.Hour)
	if fired.Load() == 0 || len(c.Busy()) != 0 {
		t.Errorf("%d timers fired, and this is left: %v", fired.Load(), c.Busy())
	}
}
