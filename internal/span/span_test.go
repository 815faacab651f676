package span

import (
	"testing"
	"time"
)

func TestText(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "1s": time.Second, "10s": 10 * time.Second, "1m": time.Minute, "10m": 10 * time.Minute, "1m30s": 90 * time.Second,
		"1h": time.Hour, "10h": 10 * time.Hour, "1h10m": 70 * time.Minute, "1h0m10s": time.Hour + 10*time.Second, "72h": 72 * time.Hour,
		"1.5s": 1500 * time.Millisecond, "90ms": 90 * time.Millisecond, "-10m": -10 * time.Minute,
	} {
		if got := Text(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
		if back, err := time.ParseDuration(Text(d)); err != nil || back != d {
			t.Errorf("%q reads back as %v, %v", Text(d), back, err)
		}
	}
}
