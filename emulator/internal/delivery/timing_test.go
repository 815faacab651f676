package delivery

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
)

// TestTimings sorts attempts by class and by what they took: the span's upper end is in it.
func TestTimings(t *testing.T) {
	answers := []struct {
		status int
		after  time.Duration
	}{
		{http.StatusAccepted, time.Millisecond}, // as long as the second bound
		{http.StatusAccepted, 3 * time.Second},
		{http.StatusAccepted, 3*time.Second + 1},
		{http.StatusInternalServerError, 0},
	}
	synctest.Test(t, func(t *testing.T) {
		h := &hook{answer: func(call int) (int, time.Duration) { a := answers[call-1]; return a.status, a.after }}
		r := newRig(t, withHook("hook.test", h))
		r.subscribe(dialect.OutlookFinal, "https://hook.test/cb")
		for _, a := range answers {
			r.create("AAMk1")
			time.Sleep(a.after)
			synctest.Wait()
		}
		want := []Timing{
			{Class: diagnosis.ClassGood, Attempts: 2, Total: time.Millisecond + 3*time.Second, Within: []int64{0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2}},
			{Class: diagnosis.ClassLate, Attempts: 1, Total: 3*time.Second + 1, Within: []int64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}},
			{Class: diagnosis.ClassFailed, Attempts: 1, Within: []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		}
		if diff := cmp.Diff(want, r.Timings()); diff != "" {
			t.Errorf("timings (-want +got)\n%s", diff)
		}
		r.Forget()
		for _, timing := range r.Timings() {
			if timing.Attempts != 0 || timing.Total != 0 {
				t.Errorf("after Forget: %+v", timing)
			}
		}
	})
}
