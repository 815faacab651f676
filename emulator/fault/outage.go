package fault

import (
	"cmp"
	"fmt"
	"net/http"
)

// Outage lets the API fail. SDKs repeat what failed with 503 or 504 (R16).
type Outage struct {
	Status     int `option:"status" min:"500" max:"599" doc:"such as 500, 502 or 504; 503 if left out"`
	RetryAfter int `option:"retry-after" min:"1" doc:"seconds that Retry-After says; it is not sent if left out"`
}

// Name implements [Fault].
func (*Outage) Name() string { return "outage" }

// What implements [Fault].
func (*Outage) What() string {
	return "The request is answered 503, or another 5xx, and nothing is done. An SDK repeats it three times after 503 and 504, and each of them counts."
}

// EditRequest implements [RequestFault].
func (f *Outage) EditRequest(r *Request) string {
	r.Refusal = &Refusal{Status: cmp.Or(f.Status, http.StatusServiceUnavailable), RetryAfter: f.RetryAfter}
	return fmt.Sprintf("%s is answered %d", request(r), r.Refusal.Status)
}
