package fault

import (
	"fmt"
	"net/http"
)

// ClaimsChallenge refuses a token as no longer enough, though it has not expired.
type ClaimsChallenge struct{}

// Name implements [Fault].
func (*ClaimsChallenge) Name() string { return "claims-challenge" }

// What implements [Fault].
func (*ClaimsChallenge) What() string {
	return "The request is answered 401 with the claims that a new token has to have, as after a password was changed. An SDK signs in anew and repeats it once, so next=1 shows whether it does."
}

// EditRequest implements [RequestFault].
func (*ClaimsChallenge) EditRequest(r *Request) string {
	r.Refusal = &Refusal{Status: http.StatusUnauthorized}
	return fmt.Sprintf("%s is answered 401, a newer token is wanted", request(r))
}
