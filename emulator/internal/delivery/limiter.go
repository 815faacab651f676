package delivery

import (
	"context"
	"time"
)

// limiter ends requests that take too long, one after the other: to make a context with a deadline for each would cost as much as all
// else that is done for a request here.
type limiter struct {
	parent context.Context //nolint:containedctx // of a lane or of one call; the limiter lives no longer

	ctx    context.Context //nolint:containedctx // made once for many requests; nil before the first, and after one that was ended
	cancel context.CancelFunc
	timer  *time.Timer
}

// begin returns a context that ends d from now (of the wall), or with the parent.
func (l *limiter) begin(d time.Duration) context.Context {
	if l.ctx == nil {
		l.ctx, l.cancel = context.WithCancel(l.parent)
		l.timer = time.AfterFunc(d, l.cancel)
	} else {
		l.timer.Reset(d)
	}
	return l.ctx
}

// end says that the request is over, and tells whether its time was.
func (l *limiter) end() (tooLate bool) {
	if l.timer.Stop() && l.ctx.Err() == nil {
		return false
	}
	tooLate = l.ctx.Err() != nil && l.parent.Err() == nil
	l.close()
	return tooLate
}

// close frees what is held between requests.
func (l *limiter) close() {
	if l.ctx != nil {
		l.timer.Stop()
		l.cancel()
		l.ctx = nil
	}
}
