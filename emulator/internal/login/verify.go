package login

import (
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Doubt is why a token is not taken.
type Doubt uint8

// The doubts.
const (
	NoToken      Doubt = iota // there is nothing to judge
	Malformed                 // it is no JWT signed with RS256
	Unsigned                  // its signature is none of this authority's
	NotYet                    // it is not valid yet
	Over                      // it was valid
	Misdirect                 // it is for another resource
	TooWeak                   // the application proved too little when it got it
	Insufficient              // the resource wants to see what this token can't show
)

// Rejection is a token that is not taken.
type Rejection struct {
	Doubt Doubt
	Hint  string // holds nothing of the token
}

func (r *Rejection) Error() string { return "check token: " + r.Hint }

// Verify reads a token that must have been issued here: its signature, and its dates by the wall clock. For whom it is good is the
// caller's to judge, by the claims, which are returned with a rejection too if they could be read.
func (a *Authority) Verify(token string) (Claims, *Rejection) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return Claims{}, &Rejection{Malformed, "it is no JWT signed with RS256: only tokens that this emulator issued are taken (--auth issued)"}
	}
	said, _ := Read(token)
	var payload rawClaims
	if err := parsed.Claims(a.keys().private.Public(), &payload); err != nil {
		return said, &Rejection{Unsigned, "it was not signed by this emulator: tokens of another run, of another emulator or of the real service are not taken (--auth issued)"}
	}
	claims, ok := decodeClaims(payload)
	if !ok {
		return said, &Rejection{Malformed, "its claims are no JSON object"}
	}
	now := a.config.Now()
	if at := time.Unix(claims.NotBefore, 0); now.Before(at) {
		return claims, &Rejection{NotYet, fmt.Sprintf("it is valid from %s on, and it is %s by the wall clock", at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))}
	}
	if at := time.Unix(claims.Expires, 0); !now.Before(at) {
		return claims, &Rejection{Over, fmt.Sprintf("it expired at %s, and it is %s by the wall clock, which tokens are dated on whatever the emulator's own time is",
			at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))}
	}
	return claims, nil
}

// rawClaims keeps a payload as it is, for the decoder that bears everything.
type rawClaims []byte

// UnmarshalJSON implements [json.Unmarshaler].
func (c *rawClaims) UnmarshalJSON(b []byte) error {
	*c = append((*c)[:0], b...)
	return nil
}
