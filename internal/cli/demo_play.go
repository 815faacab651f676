package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

const (
	demoResource = "me/messages"
	demoLife     = time.Hour     // of a subscription: above every schema's shortest
	demoRenewal  = 2 * time.Hour // what it is prolonged to: below every schema's longest
	burstSize    = 5             // notifications that travel together: enough to be seen as a batch
)

// player plays the loop in one dialect.
type player struct {
	*stage
	d      *dialect.Dialect
	app    *subscriber.Client
	out    performance
	now    *scene // that is being played
	sub    subscriber.Subscription
	number int32          // of the last notification, where they are numbered
	item   *receiver.Item // the notification of the first message
}

// act is a part of the play.
type act struct {
	title  string
	bodies bool // they are shown
	play   func(*player, context.Context) error
}

func acts() []act {
	return []act{
		{"Subscribe: the app asks to be told of changes; the service makes sure that the webhook listens", true, (*player).subscribe},
		{"Notify: a message arrives, and the webhook hears of it: which one, not what it says", true, (*player).notify},
		{"Get: the app reads the message that the notification points at", true, (*player).get},
		{"Change and delete: the webhook hears of both", false, (*player).changeAndDelete},
		{"Batch: what happens while the webhook is busy waits, and travels together", true, (*player).batch},
		{"Renew: no subscription lives long, so the app prolongs it in time", true, (*player).renew},
		{"Unsubscribe: the app has had enough", false, (*player).unsubscribe},
		{"Expire: a subscription that nobody renews ends by itself", false, (*player).expire},
	}
}

// play plays the loop in one dialect, and shows it.
func (s *stage) play(ctx context.Context, n number, show *demoPrinter) performance {
	p := s.player(n.dialect)
	if n.full {
		show.begin(n.dialect)
	}
	err := s.setUp(ctx, n.dialect)
	for i, a := range acts() {
		p.begin(a)
		if err == nil {
			err = a.play(p, ctx)
		}
		if err != nil {
			p.check("it can be played", err.Error())
		}
		p.finish()
		if n.full {
			show.scene(i+1, p.now)
		}
		if err != nil {
			break
		}
	}
	if n.full {
		show.verdict(&p.out)
	} else {
		show.summary(&p.out)
	}
	return p.out
}

// setUp lets the service speak a dialect where it spoke it once, to nobody but who comes now.
func (s *stage) setUp(ctx context.Context, d *dialect.Dialect) error {
	if _, err := s.steer.RemoveSubscriptions(ctx, control.Selector{}); err != nil {
		return err
	}
	if err := s.answerAs(d); err != nil {
		return err
	}
	return s.steer.Mount(ctx, control.Mount{Path: d.Base, Dialect: d.String()})
}

func (s *stage) player(d *dialect.Dialect) *player {
	return &player{stage: s, d: d, app: s.appOf(d), out: performance{Dialect: d.String(), Verdict: verdictGood}}
}

// begin starts a scene.
func (p *player) begin(a act) {
	p.now = &scene{Title: a.title, bodies: a.bodies}
}

// finish ends a scene: what the app said last and was not told of yet is told.
func (p *player) finish() {
	p.appSaid()
	if !p.now.good() {
		p.out.Verdict = verdictFailed
	}
	p.out.Scenes = append(p.out.Scenes, *p.now)
}

// fact notes what is particular about the dialect.
func (p *player) fact(format string, args ...any) {
	p.out.Facts = append(p.out.Facts, fmt.Sprintf(format, args...))
}
