package delivery

import (
	"slices"
	"sync"
	"time"

	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/internal/clock"
)

const (
	// batchLanes is how many requests one URL gets at once where notifications share requests: more would only make smaller
	// batches (measured: 4 to 16 are best).
	batchLanes = 16

	// retryShare of the lanes are there for retries, beside the others, so that a retry holds no first attempt back (W10-46).
	retryShare = 4
)

// endpoint is one scheme, host and port with what waits for it. Every subscription with something to send has a queue; queues whose
// turn it is stand in the group that their first notification belongs to; lanes take from one group at a time.
//
// Nothing of an endpoint runs while nothing is due: a lane that finds nothing ends. What waits for a lane needs no flight of its own,
// as it only waits while requests are in flight, each with one; time that must not jump over those doesn't jump over it either, and
// where it may (their handlers wait on the clock) it may for both.
type endpoint struct {
	engine *Engine
	name   string
	what   string // names its flights

	mu       sync.Mutex
	closed   bool
	queues   map[store.Handle]*queue
	groups   map[groupKey]*group
	ready    []*group // with queues whose turn it is
	delayed  []*queue // until their first notification is due, earliest first
	wakeup   *clock.Timer
	due      []*batch            // retries whose time has come
	later    map[*batch]struct{} // retries whose time has not
	waiting  int                 // notifications that are queued, delayed or to be tried again
	lanes    int                 // running
	retrying int                 // lanes for retries, running
	unused   bool                // nothing came since it was forgotten
	health   health
}

// queue is a subscription's notifications in order. While a lane has some, the others wait (W10-46).
type queue struct {
	handle     store.Handle
	head, tail *item
	busy       bool
}

// group is what may share a request, see groupKey.
type group struct {
	groupKey
	bent   *fault.Plan // of one notification that shares its request with none
	ready  []*queue
	lanes  int
	users  int  // notifications, queued or in a lane
	stands bool // in its endpoint's ready list
}

// batch is what goes out in one request.
type batch struct {
	group  *group
	items  []*item
	queues []*queue // that wait for it; none wait for a retry
	flight *clock.Flight
	taken  int       // notifications when it was taken
	tries  int       // before this one
	first  time.Time // virtual, of the first attempt
	timer  *clock.Timer
	cause  uint64 // of a retry: its journal entry
	era    int64  // of the engine, when it was taken first
}

func newEndpoint(e *Engine, name string) *endpoint {
	return &endpoint{
		engine: e, name: name, what: "delivery to " + name,
		queues: make(map[store.Handle]*queue), groups: make(map[groupKey]*group), later: make(map[*batch]struct{}),
		health: health{state: Good},
	}
}

// enqueue takes in what was planned and lets lanes go. It returns what it does not take, by reason.
func (p *endpoint) enqueue(plans []planned) (refused refusals) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return refused
	}
	p.unused = false
	for i := range plans {
		it, d := plans[i].item, plans[i].key.dialect
		if it.numbered(d) {
			n, alive := p.engine.Store.NextSequence(it.handle)
			if !alive {
				refused.ended = append(refused.ended, it)
				continue
			}
			it.head.Sequence = n
		}
		if it.kind == ofChange && d.Delivery.States && p.health.state == Drop {
			refused.unwell = append(refused.unwell, it)
			continue
		}
		if it.kind == ofChange && p.waiting >= p.engine.QueueLimit {
			refused.overflow = append(refused.overflow, it)
			continue
		}
		if it.kind == ofChange && d.Delivery.States && p.health.state == Slow {
			it.due = p.engine.Clock.Now().Add(d.Delivery.SlowDelay)
		}
		if it.plan != nil {
			p.bend(it, plans[i].key, &refused)
			continue
		}
		p.put(it, plans[i].key)
	}
	p.dispatch()
	return refused
}

// put appends a notification to the queue of its subscription.
func (p *endpoint) put(it *item, key groupKey) {
	p.waiting++
	q := p.queues[it.handle]
	if q == nil {
		q = &queue{handle: it.handle}
		p.queues[it.handle] = q
	}
	switch {
	case it.alone:
		it.group = &group{groupKey: key, bent: it.plan}
	case q.tail != nil && q.tail.group.bent == nil && q.tail.group.groupKey == key:
		it.group = q.tail.group
	default:
		it.group = p.groupOf(key)
	}
	it.group.users++
	if q.tail != nil && q.tail.held && q.waits(p.engine.Clock.Now()) {
		p.overtake(q, it)
		return
	}
	if q.tail != nil {
		q.tail.next, q.tail = it, it
		return
	}
	q.head, q.tail = it, it
	if !q.busy {
		p.offer(q)
	}
}

func (p *endpoint) groupOf(key groupKey) *group {
	g := p.groups[key]
	if g == nil {
		g = &group{groupKey: key}
		p.groups[key] = g
	}
	return g
}

// offer puts a queue where it belongs: out of the way if it is empty, among the delayed, or into its group.
func (p *endpoint) offer(q *queue) {
	switch {
	case q.head == nil:
		delete(p.queues, q.handle)
	case !q.head.due.IsZero() && q.head.due.After(p.engine.Clock.Now()):
		p.delay(q)
	default:
		q.head.group.ready = append(q.head.group.ready, q)
		p.stand(q.head.group)
	}
}

// stand puts a group into the ready list if a lane could take it.
func (p *endpoint) stand(g *group) {
	if !g.stands && len(g.ready) > 0 && g.lanes < p.lanesOf() {
		g.stands = true
		p.ready = append(p.ready, g)
	}
}

func (p *endpoint) lanesOf() int {
	if p.engine.MaxBatch == 1 {
		return p.engine.Lanes
	}
	return min(batchLanes, p.engine.Lanes)
}

// delay keeps a queue until its first notification is due. Others of the same endpoint are delayed by as much, so it mostly goes last.
func (p *endpoint) delay(q *queue) {
	at, _ := slices.BinarySearchFunc(p.delayed, q.head.due, func(other *queue, due time.Time) int {
		if other.head.due.After(due) {
			return 1
		}
		return -1
	})
	p.delayed = slices.Insert(p.delayed, at, q)
	if at == 0 {
		p.wake()
	}
}

// wake sets the timer for the first of the delayed.
func (p *endpoint) wake() {
	if p.wakeup != nil {
		p.wakeup.Stop()
		p.wakeup = nil
	}
	if len(p.delayed) > 0 && !p.closed {
		p.wakeup = p.engine.Clock.At(p.delayed[0].head.due, p.undelay)
	}
}

// undelay lets go what is due now.
func (p *endpoint) undelay() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.engine.Clock.Now()
	for len(p.delayed) > 0 && !p.delayed[0].head.due.After(now) {
		q := p.delayed[0]
		p.delayed = p.delayed[1:]
		p.offer(q)
	}
	p.wake()
	p.dispatch()
}
