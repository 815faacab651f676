package verify

import (
	"context"
	"time"

	"github.com/outlocal/outlocal/control"
)

// burst is how many requests come at once: as many as a busy mailbox makes in a second, and more than the usual pool has room for. They come
// in waves: no service opens all its connections in the same moment, and servers with a short queue for those (Python's has room for five)
// would let some wait for seconds though they are up to the work.
const (
	burst = wave * waves
	waves = 10
	wave  = 4
	ebb   = 10 * time.Millisecond
)

func playBurst(ctx context.Context, p *play, c *Check) (answer, error) {
	if p.adopted != nil { // its own come one after the other
		return p.vary(ctx, c, "40 notifications as fast as they are answered", 1, sending{changes: burst, bend: alone})
	}
	if err := p.measure(ctx); err != nil {
		return unheard(err)
	}
	if p.plain.fails != "" {
		return notJudged(p.plain.fails)
	}
	var ids []string
	var changes []control.Change
	for range waves {
		to, err := p.ownAudience(ctx, wave)
		if err != nil {
			return unheard(err)
		}
		defer p.leave(ctx, to)
		ids, changes = append(ids, to.ids...), append(changes, to.change)
	}
	since := p.Server.Journal().Last()
	end := p.script.play(ids, alone)
	defer end()
	for _, change := range changes {
		if _, err := p.Server.RaiseChange(ctx, change); err != nil {
			return answer{}, err
		}
		select {
		case <-time.After(ebb):
		case <-ctx.Done():
			return answer{}, ctx.Err()
		}
	}
	attempts, err := p.answered(ctx, ids, since, len(ids))
	if err != nil {
		return unheard(err)
	}
	return p.varied(c, "40 requests at once, with a notification each", answers(attempts))
}
