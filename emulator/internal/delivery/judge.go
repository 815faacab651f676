package delivery

import (
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/clock"
)

// verdict is what an attempt came to.
type verdict struct {
	diagnosis.Verdict
	diagnoses []diagnosis.Diagnosis
	items     int               // notifications in it
	delivered bool              // the webhook has them
	retryIn   time.Duration     // else: 0 if they are lost
	evidence  *dialect.Delivery // by whose rules the endpoint's state is judged; nil if the attempt is no evidence
	slow      bool              // it took longer than is good
	dead      bool              // nothing came within the limit, or no connection came about
	removes   bool              // the webhook ended its subscriptions by its answer
	hold      *clock.Flight     // to be ended when all that follows from the attempt has begun
}

// attempted is what judge looks at.
type attempted struct {
	diagnosis.Answer
	url      string // masked
	items    int
	tries    int           // before this one
	elapsed  time.Duration // virtual, since the first
	patience time.Duration
	env      diagnosis.Environment
	mode     diagnosis.Mode
}

// judge says what an attempt came to: a 2xx within 3 s is good, within 10 s delivered but late, all else has failed, and a failure is
// a failure whatever its kind (W4.9-08, W10-06, W10-42).
func judge(d *dialect.Delivery, a attempted) verdict {
	v := verdict{items: a.items}
	if d.States {
		v.evidence = d
	}
	if plainlyGood(d, &a.Answer) {
		v.Verdict, v.delivered = diagnosis.Verdict{Class: diagnosis.ClassGood, Next: "delivered"}, true
		return v
	}
	retryIn := backoff(d, a.tries, a.elapsed)
	v.Verdict, v.diagnoses = diagnosis.Delivery(diagnosis.DeliveryAnswer{
		Terms: diagnosis.Terms{Good: d.Good, Late: d.Limit, Success: d.Success, Removes: d.Removes},
		URL:   a.url, Answer: a.Answer, RetryIn: retryIn, Environment: a.env,
	}, a.mode)
	v.delivered = v.Class != diagnosis.ClassFailed
	v.slow = a.Took > d.SlowAfter() || a.Err != nil && a.Took >= d.Limit
	v.dead = a.Err != nil || a.Took > d.DropAfter()
	v.removes = a.Err == nil && a.Took <= d.Limit && d.Removes != 0 && a.Status == d.Removes
	if a.patience > 0 && a.Err == nil {
		v.evidence = nil
		v.delivered = d.Accepts(a.Status)
	}
	if !v.delivered && !v.removes {
		v.retryIn = retryIn
	}
	return v
}

// plainlyGood spares the usual answer, in which there is nothing to find, a diagnosis.
func plainlyGood(d *dialect.Delivery, a *diagnosis.Answer) bool {
	return a.Err == nil && a.Took <= d.Good && a.Took <= d.SlowAfter() && d.Accepts(a.Status) && len(a.Body) == 0
}

// attempt sends a batch and sees to all that follows but the release of those that wait for it.
func (e *Engine) attempt(b *batch, l *lane) verdict {
	b.taken = len(b.items)
	e.settleOwners(b)
	if len(b.items) == 0 || e.life.Err() != nil {
		return verdict{}
	}
	d := b.group.dialect
	limit := d.Delivery.Limit
	if e.Patience > 0 {
		limit = e.Patience
	}
	r := &l.request
	*r = request{
		target: b.group.target, header: e.header(b.group), body: b.body(),
		limit: limit, flight: b.flight, keep: keptAnswer, drain: drainedAnswer,
	}
	if plan := b.group.bent; plan != nil {
		r.bend(plan, b.tries)
	}
	reply := l.post(r)
	if e.life.Err() != nil || b.era != e.era.Load() { // nobody wants to know any more
		return verdict{hold: reply.hold}
	}
	a := attempted{
		Answer: reply.Answer, url: b.group.target.masked, items: len(b.items), tries: b.tries,
		patience: e.Patience, env: e.Environment, mode: e.Mode,
	}
	now := e.Clock.Now()
	if b.tries == 0 {
		b.first = now.Add(-reply.Took)
	}
	a.elapsed = now.Sub(b.first)
	v := judge(&d.Delivery, a)
	if reply.cut { // it tells nothing of the webhook
		v.diagnoses, v.evidence = nil, nil
	}
	v.hold = reply.hold
	e.timings.note(v.Class, reply.Took)
	e.settle(b, &v, e.record(b, &v, r, &reply, now))
	return v
}

// settle draws the consequences for the notifications of an attempt.
func (e *Engine) settle(b *batch, v *verdict, attempt uint64) {
	e.counts.request(b.items)
	switch {
	case v.delivered && v.Class == diagnosis.ClassLate:
		e.counts.settled(b.items, delivered, late)
		e.losses.forget(b.items)
	case v.delivered:
		e.counts.settled(b.items, delivered)
		e.losses.forget(b.items)
	case v.removes:
		e.removeOwners(b, attempt)
	case v.retryIn > 0:
		e.retry(b, v, attempt)
	default:
		e.giveUp(b.items, Lost, b.group.target, attempt)
	}
}

// body is what goes out, byte for byte the same each time.
func (b *batch) body() []byte {
	if b.group.bent != nil {
		return b.bentBody()
	}
	size := bodyFrame + b.seal()
	for _, it := range b.items {
		size += itemFrame + len(it.shared) + len(it.head.Subscription) + len(it.head.ClientState) + len(it.head.Tenant)
	}
	d := b.group.dialect
	body := d.OpenBody(make([]byte, 0, size), b.group.base, b.items[0].collection)
	var frame dialect.Frame
	for i, it := range b.items {
		if i > 0 {
			body = append(body, ',')
		}
		body = it.append(body, d, &frame)
	}
	return b.end(body)
}

// The room that a body takes beside what varies in length; a guess that saves copying.
const (
	bodyFrame = 16
	itemFrame = 224
)

// What is read of an answer: diagnosis looks at the first 16 KB, and a little more is read to keep the connection.
const (
	keptAnswer    = 16 << 10
	drainedAnswer = 256 << 10
)
