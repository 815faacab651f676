package dialect

import "time"

// Expiry is what becomes of the expiry that a client asks for.
type Expiry struct {
	At     time.Time
	Note   string // how and why it differs from what was asked; empty when it does not
	Limit  time.Duration
	TooFar bool // refused: At is unset, Limit was exceeded
}

// Wealth is what a subscription's notifications carry: the rich live shorter.
type Wealth uint8

// The kinds: what identifies the item, or data of it too.
const (
	Basic Wealth = iota
	Rich
)

// Resolve settles an expiry, asked for at now; a zero asked means none (rules W1.6-01 to W1.6-10).
func (l Lifetime) Resolve(now, asked time.Time, w Wealth) Expiry {
	limit, normal := l.Max, l.Default
	if w == Rich && l.MaxRich > 0 {
		limit = l.MaxRich
		normal = min(normal, limit)
	}
	now = now.UTC().Truncate(tick)
	e := Expiry{At: asked, Limit: limit}
	switch {
	case asked.IsZero():
		e.At = now.Add(normal)
	case asked.After(now.Add(limit)) && l.Refuse:
		return Expiry{Limit: limit, TooFar: true}
	case asked.After(now.Add(limit)):
		e.At, e.Note = now.Add(limit), "cut to the longest life, "+limit.String()
	case l.Min > 0 && asked.Before(now.Add(l.Min)):
		e.At, e.Note = now.Add(l.Min), "raised to the shortest life, "+l.Min.String()
	case !asked.After(now):
		e.At, e.Note = now.Add(normal), "in the past, so replaced by the default life, "+normal.String()
	}
	return e
}
