package delivery

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
)

// The same answers meant other things in other years.
func TestJudgeInEarlierYears(t *testing.T) {
	answered := func(status int, took time.Duration) diagnosis.Answer {
		return diagnosis.Answer{Status: status, Took: took}
	}
	silent := func(took time.Duration) diagnosis.Answer {
		return diagnosis.Answer{Err: http.ErrHandlerTimeout, Took: took}
	}
	for _, tt := range []struct {
		name   string
		d      *dialect.Dialect
		answer diagnosis.Answer
		want   string // class, delivered, again in, slow, dead, removes
		rules  string
	}{
		{"2016, 200", dialect.GraphV1Of2016, answered(200, 30*time.Second), "good true 0s false false false", "rules: W4.9-01"},
		{"2016, 204", dialect.GraphV1Of2016, answered(204, 0), "good true 0s false false false", "rules: W4.9-01"},
		{"2016, 202", dialect.GraphV1Of2016, answered(202, 0), "failed false 10s false false false", "rules: W4.9-01"},
		{"2016, too late", dialect.GraphV1Of2016, answered(200, 30*time.Second+1), "failed false 10s true true false", "rules: W4.9-01"},
		{"2016, an end", dialect.GraphV1Of2016, answered(422, 0), "failed false 0s false false true", "rules: W10-33"},
		{"2016, an end that comes too late", dialect.GraphV1Of2016, answered(422, 31*time.Second), "failed false 10s true true false", "rules: W10-33"},
		{"2021, 422 is an error", dialect.GraphV1Of2021, answered(422, 0), "failed false 10s false false false", "rules: W10-33"},
		{"2021, after half a minute", dialect.GraphV1Of2021, answered(202, 30*time.Second), "good true 0s false false false", "rules: W4.9-02"},
		{"2021, nothing within half a minute", dialect.GraphV1Of2021, silent(30 * time.Second), "failed false 10s true true false", "rules: W4.9-02"},
		{"2023, just brisk", dialect.GraphV1Of2023, answered(202, 2900*time.Millisecond), "good true 0s false false false", "rules: W4.9-03"},
		{"2023, good and yet slow", dialect.GraphV1Of2023, answered(202, 3*time.Second), "good true 0s true true false", "rules: W4.9-03"},
		{"2023, over three seconds", dialect.GraphV1Of2023, answered(202, 3*time.Second+1), "failed false 10s true true false", "rules: W4.9-03"},
		{"today, 422 is an error", dialect.GraphV1, answered(422, 0), "failed false 10s false false false", "rules: W10-33"},
	} {
		v := judge(&tt.d.Delivery, attempted{Answer: tt.answer, items: 1})
		if got := fmt.Sprintln(v.Class, v.delivered, v.retryIn, v.slow, v.dead, v.removes); got != tt.want+"\n" {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestWindowInEarlierYears(t *testing.T) {
	for _, tt := range []struct {
		name   string
		d      *dialect.Dialect
		window window
		want   State
		rules  string
	}{
		{"2021, a tenth", dialect.GraphV1Of2021, window{attempts: 1000, slow: 100}, Good, "rules: W4.9-02"},
		{"2021, more than a tenth", dialect.GraphV1Of2021, window{attempts: 1000, slow: 101, dead: 101}, Slow, "rules: W4.9-02"},
		{"2021, a fifth", dialect.GraphV1Of2021, window{attempts: 1000, slow: 200, dead: 200}, Slow, "rules: W4.9-02"},
		{"2021, more than a fifth", dialect.GraphV1Of2021, window{attempts: 1000, slow: 201, dead: 201}, Drop, "rules: W4.9-02"},
		{"2023, less than a tenth", dialect.GraphV1Of2023, window{attempts: 1000, slow: 99, dead: 99}, Good, "rules: W4.9-03"},
		{"2023, a tenth", dialect.GraphV1Of2023, window{attempts: 1000, slow: 100, dead: 100}, Slow, "rules: W4.9-03"},
		{"2023, 15 in a hundred", dialect.GraphV1Of2023, window{attempts: 100, slow: 15, dead: 15}, Drop, "rules: W4.9-03"},
		{"2023, too few", dialect.GraphV1Of2023, window{attempts: 99, slow: 99, dead: 99}, Good, "rules: W4.9-03 W10-43"},
	} {
		d := &tt.d.Delivery
		if got := tt.window.judge(d, d.MinimumInState); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// In 2016 a webhook could end a subscription by its answer; what else was on its way to it ends too, and others live on.
//
// rules: W10-33
func TestAnAnswerThatRemoves(t *testing.T) {
	for d, want := range map[*dialect.Dialect]struct{ alive, requests int }{
		dialect.GraphV1Of2016: {1, 1},
		dialect.GraphV1:       {2, 4}, // a retry of each among them
	} {
		t.Run(d.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ends := &hook{answer: always(http.StatusUnprocessableEntity)}
				stays := &hook{answer: always(http.StatusNoContent)}
				r := newRig(t, withHook("ends.test", ends), withHook("stays.test", stays))
				removed := r.subscribe(d, "https://ends.test/cb")
				r.subscribe(d, "https://stays.test/cb")
				r.create("AAMk1")
				r.advance(time.Second)
				r.create("AAMk2")
				r.advance(15 * time.Second)
				if n := r.Store.Len(); n != want.alive {
					t.Errorf("%d subscriptions live, want %d", n, want.alive)
				}
				if n := len(stays.got()); n != 2 {
					t.Errorf("the other one got %d notifications, want 2", n)
				}
				if n := len(ends.got()); n != want.requests {
					t.Errorf("it was asked %d times, want %d", n, want.requests)
				}
				told := r.entries(journal.Removed)
				if want.alive == 2 {
					if len(told) != 0 {
						t.Errorf("told of %d removals", len(told))
					}
					return
				}
				if len(told) != 1 || told[0].Subscription != removed.ID || told[0].Cause != attemptAt(r, "https://ends.test/cb") {
					t.Fatalf("told %+v", told)
				}
				if given := r.entries(journal.Dropped); len(given) != 1 || given[0].Data.(*Given).Reason != Ended {
					t.Errorf("given up: %+v", given)
				}
				if s := r.Stats(); s.Pending != 0 || s.Dropped != 1 || s.Lost != 0 {
					t.Errorf("counts: %+v", s)
				}
			})
		})
	}
}

// attemptAt is the entry of the first attempt at a URL.
func attemptAt(r *rig, url string) uint64 {
	for _, e := range r.entries(journal.Attempt) {
		if e.URL == url {
			return e.Seq
		}
	}
	return 0
}
