package fault

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
)

// Throttle tells a client to slow down. SDKs repeat what was throttled (R16).
type Throttle struct {
	Status     int `option:"status" doc:"429, or 503 as Outlook also says it; 429 if left out"`
	RetryAfter int `option:"retry-after" min:"1" doc:"seconds that Retry-After says; 10 if left out"`
}

// usualRetryAfter is what Retry-After says if nothing is said, in seconds: an SDK waits so long, and a person still does.
const usualRetryAfter = 10

// Name implements [Fault].
func (*Throttle) Name() string { return "throttle" }

// What implements [Fault].
func (*Throttle) What() string {
	return "The request is refused with Retry-After, in the schema's words. An SDK repeats it three times, and each of them counts."
}

// Check refuses what is no throttling.
func (f *Throttle) Check() error {
	switch f.Status {
	case 0, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return nil
	}
	return errors.New("status can be 429 or 503; outage has the others")
}

// EditRequest implements [RequestFault].
func (f *Throttle) EditRequest(r *Request) string {
	r.Refusal = &Refusal{Status: cmp.Or(f.Status, http.StatusTooManyRequests), RetryAfter: cmp.Or(f.RetryAfter, usualRetryAfter)}
	return fmt.Sprintf("%s is answered %d, retry after %d s", request(r), r.Refusal.Status, r.Refusal.RetryAfter)
}

// request names a request in a sentence.
func request(r *Request) string {
	if r.What == "" {
		return "the request"
	}
	return "the request to " + r.What
}
