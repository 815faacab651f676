package api

import (
	"net/http"
	"time"

	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/emulator/internal/store"
)

// authorize notes that the caller may watch, for as long as its token is good: by creating, renewing or reauthorizing it has shown so
// (W5-02). The client has its answer first, as a challenge may follow at once.
func (c *call) authorize(r store.Record, on delivery.Occasion) {
	if r.LifecycleURL == "" {
		return
	}
	_ = http.NewResponseController(c.w).Flush() // where it can't be done, the challenge may come first
	c.Engine.Authorize(r, c.authorizedUntil(), on)
}

// authorizedUntil is when the caller's token ends, in the emulator's own time: tokens are dated on the wall clock, and what is left of them
// passes on the virtual one. It is zero, for as long as the subscription lives, where the token says nothing, or lies in the past: such a
// token is taken all the same, where any will do.
func (c *call) authorizedUntil() time.Time {
	left := c.who.expires.Sub(c.Clock.Wall())
	switch {
	case !c.who.expires.IsZero() && left > 0:
	case c.Authorization > 0:
		left = c.Authorization
	default:
		return time.Time{}
	}
	return c.Clock.Now().Add(left)
}
