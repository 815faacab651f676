package verify

import (
	"context"
	"slices"

	"github.com/outlocal/outlocal/diagnosis"
)

// revive asks something plain after what was hostile. A webhook that answered that before, and does not now, has died of it: that is what
// is found then, and nothing else.
func (p *play) revive(ctx context.Context, c *Check, a answer) (answer, error) {
	if c.Group == Handshakes {
		return p.reviveHandshake(ctx, c, a)
	}
	if c.ID == plainID && reset(a) && hasHandshake(p.Dialect) && !diagnosis.Failed(p.answers()) {
		return p.reviveHandshake(ctx, c, a)
	}
	if p.plain.fails != "" || !p.plain.done {
		return a, nil
	}
	if p.Adopted != nil && p.adopted == nil {
		return a, nil // its subscription has ended, as the app was told: any other is a stranger's
	}
	after, ok := p.plainly(ctx)
	busy := c.ID == burstID && len(a.found) > 0
	if ok && busy && timedOut(after) {
		after, ok = p.plainly(ctx) // by now it may be through with what came at once
	}
	switch {
	case !ok || after.Status != 0 && (after.Status < 500 || p.plain.taken.Status >= 500):
		return a, nil
	case busy && timedOut(after):
		p.plain.fails = "the webhook is still busy with all that came at once"
		return a, nil
	}
	p.died = c.Title
	return came(diagnosis.Died("a plain notification, after it was asked whether it "+c.Title, after, p.Mode))
}

// plainly sends a plain notification; there may be nobody to be sent it.
func (p *play) plainly(ctx context.Context) (taken diagnosis.Taken, ok bool) {
	to, err := p.audience(ctx, 1)
	if err != nil {
		return taken, false
	}
	defer p.leave(ctx, to)
	attempts, _, err := p.send(ctx, sending{to: to})
	if err != nil {
		return taken, false
	}
	return attempts[0].Taken, true
}

// reset tells an answer that broke off, as it does where the process ends of the request.
func reset(a answer) bool {
	return slices.ContainsFunc(a.found, func(d diagnosis.Diagnosis) bool { return d.ID == "delivery-reset" })
}

func timedOut(t diagnosis.Taken) bool {
	return slices.ContainsFunc(t.Diagnoses, func(d diagnosis.Diagnosis) bool { return d.ID == "delivery-timeout" })
}

func (p *play) reviveHandshake(ctx context.Context, c *Check, a answer) (answer, error) {
	got, err := p.again(ctx, p.URL.String(), "")
	if err != nil {
		return a, err
	}
	if got.Status != 0 && got.Status < 500 {
		return a, nil
	}
	p.died = c.Title
	t := diagnosis.Taken{Answer: got.Answer, Diagnoses: diagnosis.Handshake(got, p.Mode)}
	return came(diagnosis.Died("a plain handshake, after it was asked whether it "+c.Title, t, p.Mode))
}
