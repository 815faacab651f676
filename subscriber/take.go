package subscriber

import (
	"context"
	"errors"
	"net/http"
	"time"
)

const (
	// requestLimit is how long a request may take: a creation is answered after two handshakes of ten seconds each (W2.1-06).
	requestLimit = time.Minute

	// firstPause doubles with each failure up to longestPause, of which a subscription's last quarter of a life holds several.
	firstPause   = time.Second
	longestPause = 5 * time.Minute
)

// take does one step.
func (k *Keeper) take(ctx context.Context, s step) {
	k.mu.Lock()
	r, of := k.desk.records[s.key]
	k.mu.Unlock()
	var err error
	switch s.verb {
	case save:
		err = k.save(ctx, s.key)
	case look:
		err = k.look(ctx)
	case forget:
		k.expire(ctx, r)
	case end:
		err = k.delete(ctx, r)
	case reauthorize:
		err = k.reauthorize(ctx, r)
	case renew:
		err = k.renew(ctx, r)
	case repoint:
		err = k.repoint(ctx, r)
	case create:
		err = k.create(ctx, s.watch)
	case resync:
		err = k.resync(ctx, s.watch)
	case mark:
		err = k.mark(ctx, s.watch)
	case unmark:
		err = k.unmark(ctx, s.key)
	}
	watch := s.watch
	if of {
		watch = r.Watch
	}
	k.settle(ctx, s.slot, watch, r, err)
}

// settle decides what a step's outcome means for the next ones.
func (k *Keeper) settle(ctx context.Context, s slot, w Watch, r Record, err error) {
	e := Event{Watch: w, ID: r.ID, Expires: r.Expires, Err: err}
	k.mu.Lock()
	d := &k.desk
	switch now := k.now(); {
	case err == nil:
		if s.verb != save && s.verb != forget && s.verb != unmark { // which ask nobody
			d.failures, d.trouble = 0, nil
		}
		delete(d.held, s)
	case ctx.Err() != nil && errors.Is(err, ctx.Err()): // it was interrupted, and nobody's fault
	case lasting(err):
		before := d.held[s]
		held := refusal{err: err}
		if s.verb == renew || s.verb == reauthorize { // there is time, and a webhook that was away may be back
			e.Wait = max(r.Expires.Sub(now)/2, calm)
			held.until = now.Add(e.Wait)
		}
		d.held[s] = held
		if before.err == nil || before.err.Error() != err.Error() {
			e.Kind = Refused
		}
	default:
		d.failures++
		d.trouble = err
		e.Kind, e.Wait = Waiting, k.pause(d.failures, err)
		d.pausedUntil = now.Add(e.Wait)
	}
	k.mu.Unlock()
	if e.Kind != "" {
		k.tell(e)
	}
}

// lasting tells whether an error will be the same the next time (W6.3): the service understood and refused.
func lasting(err error) bool {
	var unsupported *UnsupportedError
	var refusal *Error
	switch {
	case errors.As(err, &unsupported):
		return true
	case !errors.As(err, &refusal):
		return false
	}
	switch refusal.Status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return refusal.Status < http.StatusInternalServerError || refusal.Status == http.StatusNotImplemented
}

// pause is how long nothing is asked after so many failures in a row: never less than the service says (W6.1-08).
func (k *Keeper) pause(failures int, err error) time.Duration {
	var refusal *Error
	if errors.As(err, &refusal) && refusal.RetryAfter > 0 {
		return refusal.RetryAfter + k.chance(refusal.RetryAfter/10)
	}
	longest := longestPause
	if failures < 10 { // beyond, it would only overflow
		longest = min(longest, firstPause<<(failures-1))
	}
	return longest/2 + k.chance(longest/2)
}

// chance is a time between nothing and d.
func (k *Keeper) chance(d time.Duration) time.Duration {
	return time.Duration(k.random.Int64N(int64(d) + 1))
}

// TokenError is that there is no token to ask the service with.
type TokenError struct{ Err error }

func (e *TokenError) Error() string { return e.Err.Error() }
func (e *TokenError) Unwrap() error { return e.Err }

// ask does one request with a token, and a second time where the answer taught what was wrong with it: the service challenges the token, or
// its clock shows that ours is off, so that what was asked for was out of its bounds.
func (k *Keeper) ask(ctx context.Context, do func(ctx context.Context, c *Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	skew := k.skew.Load()
	err := k.askWith(ctx, "", do)
	now := k.skew.Load()
	if now != skew {
		k.tell(Event{Kind: ClockOff, Wait: time.Duration(now)})
	}
	var refusal *Error
	switch {
	case !errors.As(err, &refusal):
	case refusal.Status == http.StatusUnauthorized && refusal.Claims != "" && k.config.Tokens != nil:
		return k.askWith(ctx, refusal.Claims, do)
	case refusal.Status == http.StatusBadRequest && now != skew:
		return k.askWith(ctx, "", do)
	}
	return err
}

func (k *Keeper) askWith(ctx context.Context, claims string, do func(ctx context.Context, c *Client) error) error {
	c := k.client
	if k.config.Tokens != nil {
		token, err := k.config.Tokens.Token(ctx, claims)
		if err != nil {
			return &TokenError{err}
		}
		c.Token = token
	}
	return do(ctx, &c)
}

// save writes down what could not be written.
func (k *Keeper) save(ctx context.Context, key string) error {
	k.mu.Lock()
	r, ok := k.desk.records[key]
	k.mu.Unlock()
	err := k.config.Store.RemoveRecord(ctx, key)
	if ok {
		err = k.config.Store.SaveRecord(ctx, r)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.written(key, err)
	return err
}
