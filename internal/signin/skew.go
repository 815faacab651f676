package signin

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// tolerated is how far clocks may be apart before tokens read as not yet valid or as expired: the service's own allowance.
const tolerated = 5 * time.Minute

// skewMeter sends requests and reads from each answer how far this machine's clock is off: tokens and assertions are dated.
type skewMeter struct {
	next  *http.Client
	now   func() time.Time
	ahead atomic.Int64 // nanoseconds
}

// Do makes a skewMeter the way out of azidentity.
func (m *skewMeter) Do(r *http.Request) (*http.Response, error) {
	response, err := m.next.Do(r)
	if err != nil {
		return nil, err
	}
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		m.ahead.Store(int64(m.now().Sub(date)))
	}
	return response, nil
}

func (m *skewMeter) get() time.Duration { return time.Duration(m.ahead.Load()) }

// hint is empty while the clock is good enough.
func (m *skewMeter) hint() string {
	ahead, where := m.get(), "ahead of"
	if ahead.Abs() <= tolerated {
		return ""
	}
	if ahead < 0 {
		where = "behind"
	}
	return fmt.Sprintf("this machine's clock is %.0f minutes %s the authority's: set it", ahead.Abs().Minutes(), where)
}
