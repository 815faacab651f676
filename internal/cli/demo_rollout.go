package cli

import (
	"context"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
)

// rollOut plays what happened in October 2015: the beta's schema changed under the subscriptions that there were.
func (s *stage) rollOut(ctx context.Context) performance {
	p := s.player(dialect.OutlookLegacy)
	p.out.Dialect = "roll-out"
	p.begin(act{title: "Roll-out: a subscription that was made in one schema is notified in the next, once its path speaks that"})
	if err := p.playRollOut(ctx); err != nil {
		p.check("it can be played", err.Error())
	}
	p.finish()
	p.fact("made in %s, notified in %s once %s speaks that", dialect.OutlookLegacy, dialect.OutlookInterim, dialect.OutlookLegacy.Base)
	return p.out
}

func (p *player) playRollOut(ctx context.Context) error {
	if err := p.setUp(ctx, p.d); err != nil {
		return err
	}
	if err := p.subscribe(ctx); err != nil {
		return err
	}
	p.d, p.app = dialect.OutlookInterim, p.appOf(dialect.OutlookInterim)
	if err := p.steer.Mount(ctx, control.Mount{Path: p.d.Base, Dialect: p.d.String()}); err != nil {
		return err
	}
	p.happened("service", p.d.Base+" speaks "+p.d.String()+" from now on")
	if err := p.notify(ctx); err != nil {
		return err
	}
	p.out.Facts = nil
	return p.app.Delete(ctx, p.sub.ID)
}
