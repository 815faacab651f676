package delivery

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
)

func TestJudge(t *testing.T) {
	d := &dialect.GraphV1.Delivery
	answered := func(status int, took time.Duration) diagnosis.Answer {
		return diagnosis.Answer{Status: status, Took: took}
	}
	for _, tt := range []struct {
		name      string
		answer    diagnosis.Answer
		patience  time.Duration
		class     diagnosis.Class
		delivered bool
		retryIn   time.Duration
		slow      bool
		dead      bool
		evidence  bool
		rules     string
	}{
		{"good", answered(202, 0), 0, diagnosis.ClassGood, true, 0, false, false, true, "rules: W10-06 R29"},
		{"any 2xx", answered(299, 0), 0, diagnosis.ClassGood, true, 0, false, false, true, "rules: R29 W10-42"},
		{"just good", answered(200, 3*time.Second), 0, diagnosis.ClassGood, true, 0, false, false, true, "rules: W10-06"},
		{"late", answered(200, 3*time.Second+1), 0, diagnosis.ClassLate, true, 0, true, false, true, "rules: W10-06"},
		{"just late", answered(200, 10*time.Second), 0, diagnosis.ClassLate, true, 0, true, false, true, "rules: W10-06"},
		{"too late", answered(200, 10*time.Second+1), 0, diagnosis.ClassFailed, false, 10 * time.Second, true, true, true, "rules: W10-06"},
		{"refused at once", answered(500, 0), 0, diagnosis.ClassFailed, false, 10 * time.Second, false, false, true, "rules: W4.9-08"},
		{"a redirect", answered(302, 0), 0, diagnosis.ClassFailed, false, 10 * time.Second, false, false, true, "rules: W4.9-08"},
		{"no connection", diagnosis.Answer{Err: http.ErrServerClosed}, 0, diagnosis.ClassFailed, false, 10 * time.Second, false, true, true, "rules: W4.9-08"},
		{"too late for the service, not for us", answered(200, time.Minute), time.Hour, diagnosis.ClassFailed, true, 0, true, true, false, ""},
		{"patience does not help an error", answered(500, time.Minute), time.Hour, diagnosis.ClassFailed, false, 10 * time.Second, true, true, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := judge(d, attempted{Answer: tt.answer, items: 1, patience: tt.patience})
			got := fmt.Sprint(v.Class, v.delivered, v.retryIn, v.slow, v.dead, v.evidence != nil)
			if want := fmt.Sprint(tt.class, tt.delivered, tt.retryIn, tt.slow, tt.dead, tt.evidence); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
	if v := judge(&dialect.OutlookFinal.Delivery, attempted{Answer: answered(200, 5*time.Second)}); v.evidence != nil {
		t.Error("an endpoint of Outlook's has states")
	}
}

func TestWindow(t *testing.T) {
	d := &dialect.GraphV1.Delivery
	for _, tt := range []struct {
		name   string
		window window
		want   State
		rules  string
	}{
		{"nothing", window{}, Good, ""},
		{"all well", window{attempts: 1000}, Good, ""},
		{"a tenth is slow", window{attempts: 1000, slow: 100}, Good, "rules: W4.9-05"},
		{"over a tenth is slow", window{attempts: 1000, slow: 101}, Slow, "rules: W4.9-05"},
		{"15 in 100 are dead", window{attempts: 1000, slow: 150, dead: 150}, Slow, "rules: W4.9-06"},
		{"over 15 in 100 are dead", window{attempts: 1000, slow: 151, dead: 151}, Drop, "rules: W4.9-06"},
		{"too few", window{attempts: 99, slow: 99, dead: 99}, Good, "rules: W10-43"},
		{"just enough", window{attempts: 100, slow: 100, dead: 100}, Drop, "rules: W10-43"},
	} {
		if got := tt.window.judge(d, d.MinimumInState); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// many makes subscriptions at one URL, so that a single change is as many attempts.
func (r *rig) many(n int, url string, adjust ...func(*store.Record)) {
	for range n {
		r.subscribe(dialect.GraphV1, url, adjust...)
	}
}

// rules: W4.9-05 W10-43
func TestSlowEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: func(call int) (int, time.Duration) {
			if call == 1 {
				return http.StatusAccepted, 4 * time.Second
			}
			return http.StatusAccepted, 0
		}}
		r := newRig(t, withHook("hook.test", h))
		r.many(100, "https://hook.test/cb")
		r.create("AAMk1") // a hundred late notifications
		time.Sleep(5 * time.Second)
		if e := r.Endpoints()[0]; e.State != Good || e.Late != 100 {
			t.Errorf("before the window is over: %+v", e)
		}
		r.advance(10 * time.Minute)
		if e := r.Endpoints()[0]; e.State != Slow || e.Attempts != 0 || e.Since.IsZero() {
			t.Fatalf("after it: %+v", e)
		}
		before := len(h.items())
		r.create("AAMk2")
		r.advance(10*time.Minute - time.Second)
		if n := len(h.items()) - before; n != 0 {
			t.Errorf("%d notifications came early", n)
		}
		if e := r.Endpoints()[0]; e.State != Good || e.Queued != 100 {
			t.Errorf("a window with nothing in it leaves %+v", e)
		}
		r.create("AAMk3") // not delayed any more, but behind what is
		r.settle()
		if n := len(h.items()) - before; n != 0 {
			t.Errorf("%d notifications overtook earlier ones of their subscription", n)
		}
		r.advance(time.Second)
		r.settle()
		if n := len(h.items()) - before; n != 200 {
			t.Errorf("%d notifications came, want 200", n)
		}
		var turns []string
		for _, e := range r.entries(journal.EndpointState) {
			turn := e.Data.(*Turn)
			turns = append(turns, string(turn.From+" "+turn.To))
		}
		if diff := cmp.Diff([]string{"good slow", "slow good"}, turns); diff != "" {
			t.Errorf("turns (-want +got)\n%s", diff)
		}
	})
}

// rules: W4.9-06 W4.9-09 W10-43
func TestDroppedEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: func(call int) (int, time.Duration) {
			if call == 1 {
				return http.StatusAccepted, time.Hour
			}
			return http.StatusAccepted, 0
		}}
		life := &hook{}
		r := newRig(t, withHook("hook.test", h), withHook("life.test", life))
		r.many(99, "https://hook.test/cb")
		r.subscribe(dialect.GraphV1, "https://hook.test/cb", func(rec *store.Record) { rec.LifecycleURL = "https://life.test/" })
		r.create("AAMk1")
		time.Sleep(11 * time.Second)
		r.advance(10*time.Minute - 11*time.Second + 10*time.Second) // the window began with the first verdict, after 10 s
		if e := r.Endpoints()[0]; e.State != Slow && e.State != Drop {
			t.Fatalf("endpoint %+v", e)
		}
		// The retry after 10 s went well, so half of the 200 attempts are dead.
		if e := r.Endpoints()[0]; e.State != Drop {
			t.Fatalf("endpoint %+v", e)
		}
		before := len(h.items())
		r.create("AAMk2")
		r.create("AAMk3")
		r.advance(9 * time.Minute)
		if n := len(h.items()) - before; n != 0 {
			t.Errorf("%d notifications were sent", n)
		}
		if s := r.Stats(); s.Dropped != 200 || s.Overflowed != 0 {
			t.Errorf("stats %+v", s)
		}
		if got := life.items(); len(got) != 1 || got[0]["lifecycleEvent"] != "missed" {
			t.Errorf("the lifecycle URL got %v, want one missed", got)
		}
		r.advance(time.Minute)
		r.create("AAMk4")
		r.settle()
		if n := len(h.items()) - before; n != 100 {
			t.Errorf("%d notifications after the window, want 100", n)
		}
	})
}

// rules: W10-43
func TestEndpointMinimumIsAKnob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: func(int) (int, time.Duration) { return http.StatusAccepted, 4 * time.Second }}
		r := newRig(t, withHook("hook.test", h), func(c *Config) { c.EndpointMinimum = 1 })
		r.many(1, "https://hook.test/cb")
		r.create("AAMk1")
		time.Sleep(5 * time.Second)
		r.advance(10 * time.Minute)
		if e := r.Endpoints()[0]; e.State != Slow {
			t.Errorf("endpoint %+v", e)
		}
	})
}

// Dialects without states have none, however bad the endpoint.
func TestOutlookHasNoStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: func(int) (int, time.Duration) { return http.StatusAccepted, 9 * time.Second }}
		r := newRig(t, withHook("hook.test", h), func(c *Config) { c.EndpointMinimum = 1 })
		r.subscribe(dialect.OutlookFinal, "https://hook.test/cb")
		r.create("AAMk1")
		time.Sleep(10 * time.Second)
		r.advance(10 * time.Minute)
		if e := r.Endpoints()[0]; e.State != Good {
			t.Errorf("endpoint %+v", e)
		}
		if s := r.Stats(); s.Delivered != 1 || s.Late != 1 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: func(int) (int, time.Duration) { return http.StatusAccepted, 20 * time.Minute }}
		r := newRig(t, withHook("hook.test", h), func(c *Config) { c.Patience, c.EndpointMinimum = time.Hour, 1 })
		r.subscribe(dialect.GraphV1, "https://hook.test/cb")
		r.create("AAMk1")
		time.Sleep(time.Hour)
		if s := r.Stats(); s.Delivered != 1 || s.Retried != 0 {
			t.Errorf("stats %+v", s)
		}
		if e := r.Endpoints()[0]; e.State != Good || e.Late != 0 || e.Failed != 0 {
			t.Errorf("endpoint %+v", e)
		}
		got := r.entries(journal.Attempt)[0]
		if a := got.Data.(*Attempt); a.Class != diagnosis.ClassFailed || !a.Delivered || a.Next != "retried in 10s" || got.Exchange.Finding != "delivery-timeout" {
			t.Errorf("the verdict does not tell what the service would have done: %+v", a)
		}
	})
}
