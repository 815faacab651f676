package subscriber_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/clock"
	"github.com/outlocal/outlocal/subscriber"
)

// Three days pass, in every dialect, and what is watched is watched all the time; in the end nothing is left but what can't be deleted.
func TestKeepsForDays(t *testing.T) {
	for _, test := range []struct {
		dialect *dialect.Dialect
		renewed int // at least
		left    int
	}{
		{dialect.OutlookLegacy, 3, 0},
		{dialect.OutlookInterim, 3, 0},
		{dialect.OutlookFinal, 3, 0},
		{dialect.OutlookFinal2015, 3, 0},
		{dialect.GraphPreview, 0, 1}, // it has neither renewal nor deletion: another was made before the first ended
		{dialect.GraphV1, 3, 0},
		{dialect.GraphBeta, 3, 0},
	} {
		t.Run(test.dialect.String(), func(t *testing.T) {
			w := newWorld(t, test.dialect)
			k := w.start()
			want := []string{"me/messages created /notifications"}
			for day := range 3 {
				for range 24 {
					w.advance(time.Hour)
					if got := w.there(); len(got) == 0 {
						t.Fatalf("nothing is subscribed on day %d", day)
					}
				}
				if diff := cmp.Diff(want, w.there()[:1]); diff != "" {
					t.Fatalf("day %d (-want +got):\n%s", day, diff)
				}
			}
			if renewed := len(k.events.of(subscriber.Renewed)); renewed < test.renewed || len(k.events.of(subscriber.Lost)) > 0 {
				t.Errorf("renewed %d times: %s", renewed, k.events.kinds())
			}
			if left := k.leave(); len(left) != test.left || len(w.there()) != test.left {
				t.Errorf("left are %+v and %v", left, w.there())
			}
		})
	}
}

// The keeper of one process and the service of another have a clock each, and whoever moves both moves one first.
func TestTwoClocks(t *testing.T) {
	for _, first := range []string{"the service's", "the keeper's"} {
		t.Run(first, func(t *testing.T) {
			w := newWorld(t, dialect.GraphV1)
			own := clock.New()
			defer own.Close()
			k := w.start(func(c *subscriber.Config) { c.Clock = own })
			steps := []func(){
				func() { w.advance(time.Hour) },
				func() {
					if _, err := own.Advance(t.Context(), time.Hour); err != nil {
						t.Fatal(err)
					}
				},
			}
			if first == "the keeper's" {
				slices.Reverse(steps)
			}
			for hour := range 72 {
				for _, step := range steps {
					step()
				}
				if len(w.there()) != 1 {
					t.Fatalf("nothing is subscribed after %d hours: %s", hour, k.events.kinds())
				}
			}
			if len(k.events.of(subscriber.Lost)) > 0 || len(k.events.of(subscriber.Renewed)) < 3 {
				t.Errorf("it did %s", k.events.kinds())
			}
			if left := k.leave(); len(left) > 0 || len(w.there()) > 0 {
				t.Errorf("left are %+v", left)
			}
		})
	}
}
