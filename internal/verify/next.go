package verify

import (
	"fmt"
	"slices"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/span"
)

// next tells what the service makes of such answers, by the numbers of the dialect.
func (p *play) next(c *Column) []string {
	d := &p.Dialect.Delivery
	switch {
	case p.unmet:
		return nil
	case diagnosis.Failed(p.handshake.Diagnoses) && p.fails(c, Handshakes, HTTPS):
		return []string{"No subscription is made: whoever creates it is refused, and nothing is ever sent here."}
	}
	var said []string
	if p.fails(c, Notifications, Lifecycle) {
		tries, last := retries(d)
		text := fmt.Sprintf("What fails comes again after %s, then at growing intervals of %s at most: %d times within %s. After that it is lost",
			span.Text(d.FirstRetry), span.Text(d.LongestRetry), tries, span.Text(last.Round(time.Minute)))
		switch {
		case p.Dialect.Family == dialect.Outlook:
			text += ", and the webhook is told Missed."
		case p.Dialect.Operations.Reauthorize:
			text += ", and the lifecycle URL may be told missed."
		default:
			text += ", without a word."
		}
		said = append(said, text)
	}
	if slow := p.plain.taken.Took > d.SlowAfter() || found(c, "delivery-late", "notification-burst"); slow && d.States {
		said = append(said, fmt.Sprintf("Once more than %d of 100 answers within %s take over %s, new notifications are held back for %s.",
			d.SlowPercent, span.Text(d.Window), span.Text(d.SlowAfter()), span.Text(d.SlowDelay)))
	}
	if found(c, "delivery-timeout", "delivery-reset", "delivery-refused", diedID) && d.States {
		said = append(said, fmt.Sprintf("Once more than %d of 100 requests within %s get no answer, or none in %s, new notifications are lost for %s, those of all other subscriptions at this host and port, too.",
			d.DropPercent, span.Text(d.Window), span.Text(d.DropAfter()), span.Text(d.Window)))
	}
	if d.Removes != 0 && p.plain.taken.Status == d.Removes {
		said = append(said, "By this status the subscription ends at once.")
	}
	return said
}

func (p *play) fails(c *Column, groups ...Group) bool {
	return slices.ContainsFunc(c.Results, func(r Result) bool { return r.Outcome == Fails && slices.Contains(groups, r.Check.Group) })
}

func found(c *Column, ids ...string) bool {
	return slices.ContainsFunc(c.Results, func(r Result) bool {
		return slices.ContainsFunc(r.Found, func(d diagnosis.Diagnosis) bool { return slices.Contains(ids, d.ID) })
	})
}

// retries counts how often a notification that always fails is tried again, and until when: each time after twice the wait, up to the
// longest, as long as that is not too late (W4.9-04, W4.9-07).
func retries(d *dialect.Delivery) (tries int, last time.Duration) {
	wait := d.FirstRetry
	for wait > 0 && last+wait <= d.RetryFor {
		last += wait
		tries++
		wait = min(2*wait, d.LongestRetry)
	}
	return tries, last
}
