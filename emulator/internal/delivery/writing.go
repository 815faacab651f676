package delivery

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/outlocal/outlocal/internal/clock"
)

// errCut is what a request ends with that a fault cuts off.
var errCut = errors.New("the connection was closed in the middle of the body, as a fault wanted it")

// bodyPieces is how many pieces a slow body comes in: enough for a server to see that it is still coming.
const bodyPieces = 10

// writing is how a request's body is written otherwise than at once and to its end.
type writing struct {
	whole bool          // it is not cut
	end   int           // where it is cut
	over  time.Duration // virtual: how long it takes
}

// patience is how long a request may take: what the service itself takes to write is not the webhook's.
func (r *request) patience() time.Duration {
	if r.writing == nil {
		return r.limit
	}
	return r.limit + r.writing.over
}

// payload is a request's body on its way to whoever reads it, which sees broken where it is cut. Its end is nil for one that is written
// as it should be.
func (e *Engine) payload(ctx context.Context, r *request, broken error) (body io.ReadCloser, sent *payload) {
	if r.writing == nil {
		return newPayload(r.body), nil
	}
	p := &payload{clock: e.Clock, ctx: clock.WithFlight(ctx, r.flight), rest: r.body, piece: len(r.body)}
	if !r.writing.whole {
		p.rest, p.broken = r.body[:r.writing.end], broken
	}
	if n := len(p.rest); r.writing.over > 0 && n > 0 {
		p.piece = (n + bodyPieces - 1) / bodyPieces
		p.pause = r.writing.over / time.Duration((n+p.piece-1)/p.piece)
	}
	return p, p
}

// payload is a body that comes slowly, or not to its end.
type payload struct {
	clock  *clock.Clock
	ctx    context.Context //nolint:containedctx // of the request, which net/http does not hand to whoever reads its body
	rest   []byte
	piece  int
	ready  int           // bytes of a piece that need no waiting
	pause  time.Duration // virtual, before each piece
	broken error         // what its reader sees at the end of what is sent

	mu      sync.Mutex
	real    time.Duration // that was waited
	virtual time.Duration
	cut     bool
}

// Read hands over the next piece.
func (p *payload) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		if p.broken == nil {
			return 0, io.EOF
		}
		p.mu.Lock()
		p.cut = true
		p.mu.Unlock()
		return 0, p.broken
	}
	if p.ready == 0 { // a reader with little room takes a piece in several portions
		if err := p.wait(); err != nil {
			return 0, err
		}
		p.ready = min(p.piece, len(p.rest))
	}
	n := copy(b, p.rest[:p.ready])
	p.rest, p.ready = p.rest[n:], p.ready-n
	return n, nil
}

func (p *payload) wait() error {
	if p.pause == 0 {
		return nil
	}
	started, began := time.Now(), p.clock.Now()
	err := p.clock.Sleep(p.ctx, p.pause)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.real += time.Since(started)
	p.virtual += p.clock.Now().Sub(began)
	return err
}

// Close ends nothing: what is left is not sent.
func (p *payload) Close() error { return nil }

// outcome is how it went; on nil, as it should.
func (p *payload) outcome() (realTime, virtual time.Duration, cut bool) {
	if p == nil {
		return 0, 0, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.real, p.virtual, p.cut
}
