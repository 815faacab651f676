package cli

import (
	"strconv"
	"strings"
	"time"
)

// day is what lives of subscriptions are counted in.
const day = 24 * time.Hour

// longestLife is longer than anything that outlocal waits for or keeps, and far from what a Duration holds.
const longestLife = 100 * 365 * day

// lasting reads a positive duration, which may also be given in days: 3d.
func lasting(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		d = time.Duration(n) * day
	}
	if err != nil || d <= 0 || d > longestLife {
		return 0, wrongUse("write it as 1h, 90m or 3d", "read %q: it is no duration that makes sense", text)
	}
	return d, nil
}
