package verify

import (
	"testing"
	"time"

	"github.com/outlocal/outlocal/dialect"
)

// TestRetries counts as the engine waits: 10 s, twice the last, 10 minutes at most, 4 hours in all.
// rules: W4.9-07
func TestRetries(t *testing.T) {
	for _, row := range []struct {
		name  string
		d     dialect.Delivery
		tries int
		last  time.Duration
	}{
		{"today's", dialect.GraphV1.Delivery, 28, 3*time.Hour + 50*time.Minute + 30*time.Second},
		{"none", dialect.Delivery{RetryFor: time.Hour}, 0, 0},
		{"too late for a second", dialect.Delivery{FirstRetry: 10 * time.Second, LongestRetry: time.Minute, RetryFor: 29 * time.Second}, 1, 10 * time.Second},
		{"the last one just in time", dialect.Delivery{FirstRetry: 10 * time.Second, LongestRetry: 20 * time.Second, RetryFor: 50 * time.Second}, 3, 50 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			if tries, last := retries(&row.d); tries != row.tries || last != row.last {
				t.Errorf("%d times within %s, want %d within %s", tries, last, row.tries, row.last)
			}
		})
	}
}
