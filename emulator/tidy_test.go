package emulator

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Memory is handed back once after each large import, when it is over; and never after Close.
func TestTidy(t *testing.T) {
	type step struct {
		rows  int
		after time.Duration // which passes then
		want  int64         // how often it was handed back by then
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"a small import leaves nothing worth it", []step{{muchGarbage - 1, time.Hour, 0}}},
		{"a large one does", []step{{muchGarbage, tidyAfter - 1, 0}, {0, 1, 1}, {0, time.Hour, 1}}},
		{"many small ones do together", []step{{muchGarbage / 2, time.Hour, 0}, {muchGarbage / 2, tidyAfter, 1}}},
		{"it waits for the end", []step{{muchGarbage, tidyAfter / 2, 0}, {1, tidyAfter / 2, 0}, {1, tidyAfter - 1, 0}, {0, 1, 1}}},
		{"the next import counts anew", []step{{muchGarbage, tidyAfter, 1}, {muchGarbage - 1, time.Hour, 1}, {1, tidyAfter, 2}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var done atomic.Int64
				tidy := tidy{handBack: func() { done.Add(1) }}
				defer tidy.close()
				for i, s := range tt.steps {
					if s.rows > 0 {
						tidy.imported(s.rows)
					}
					time.Sleep(s.after)
					synctest.Wait()
					if got := done.Load(); got != s.want {
						t.Errorf("step %d: handed back %d times, want %d", i, got, s.want)
					}
				}
			})
		})
	}
}

func TestTidyEndsWithItsServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tidy := tidy{handBack: func() { t.Error("memory was handed back after Close") }}
		tidy.imported(muchGarbage)
		tidy.close()
		tidy.imported(muchGarbage)
		time.Sleep(time.Hour)
		synctest.Wait()
	})
}
