package delivery

import (
	"sync"
	"time"
)

// EndpointState is how an endpoint is doing.
type EndpointState struct {
	Endpoint string // scheme, host and port
	State    State
	Since    time.Time // virtual; zero if the state was never another
	Queued   int       // notifications that wait for a lane, for a delay to pass, or to be tried again
	InFlight int       // requests
	Attempts int64     // notifications that were sent, since the state began
	Late     int64     // of these, arrived too late to be good
	Failed   int64     // of these, did not arrive
}

// Endpoints lists all endpoints that anything was queued for since the start, or since they were forgotten, by name.
func (e *Engine) Endpoints() []EndpointState {
	all := e.endpoints.all()
	states := make([]EndpointState, 0, len(all))
	for _, p := range all {
		p.mu.Lock()
		h := &p.health
		if !p.unused || p.lanes+p.retrying > 0 {
			states = append(states, EndpointState{
				Endpoint: p.name, State: h.state, Since: h.since, Queued: p.waiting, InFlight: p.lanes + p.retrying,
				Attempts: h.attempts, Late: h.late, Failed: h.failed,
			})
		}
		p.mu.Unlock()
	}
	return states
}

// Stats counts notifications since the start, or since [Engine.Forget], whatever they tell of; Requests counts what they went out in.
// At any moment, each of those that were raised, and of the others, has been delivered, lost or dropped, or is pending.
type Stats struct {
	Raised     int64 // by changes
	Others     int64 // acknowledgements, events in the lives of subscriptions, and copies that faults made
	Delivered  int64 // late ones included
	Late       int64
	Retried    int64 // each time that an attempt is to be made again
	Lost       int64 // given up for want of a good answer
	Dropped    int64 // given up for any other reason
	Overflowed int64 // of these, for want of room
	Pending    int64 // queued, in flight, or to be tried again
	Requests   int64
}

// Stats counts everything now.
func (e *Engine) Stats() Stats {
	c := &e.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// counters keeps the counts. Those of a notification that was raised before the counts were cleared are over.
type counters struct {
	mu    sync.Mutex
	term  int64 // how often they were cleared
	stats Stats
}

// raise counts notifications that are to be queued, and lets them know in which term that is.
func (c *counters) raise(plans []planned) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range plans {
		plans[i].term = c.term
		if plans[i].kind == ofChange {
			c.stats.Raised++
		} else {
			c.stats.Others++
		}
	}
	c.stats.Pending += int64(len(plans))
}

// copied counts copies of a notification, if that counts.
func (c *counters) copied(it *item, copies int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if it.term == c.term {
		c.stats.Others += int64(copies)
		c.stats.Pending += int64(copies)
	}
}

// settled counts what came of notifications: they are no longer pending.
func (c *counters) settled(items []*item, as ...func(*Stats) *int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.current(items)
	c.stats.Pending -= n
	for _, of := range as {
		*of(&c.stats) += n
	}
}

// again counts notifications that stay pending.
func (c *counters) again(items []*item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Retried += c.current(items)
}

// request counts one that was made, unless all that it was made for is over.
func (c *counters) request(items []*item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current(items) > 0 {
		c.stats.Requests++
	}
}

// current is how many notifications are of this term; mu is held.
func (c *counters) current(items []*item) (n int64) {
	for _, it := range items {
		if it.term == c.term {
			n++
		}
	}
	return n
}

func (c *counters) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.term++
	c.stats = Stats{}
}

// What may become of notifications.
func delivered(s *Stats) *int64  { return &s.Delivered }
func late(s *Stats) *int64       { return &s.Late }
func lost(s *Stats) *int64       { return &s.Lost }
func dropped(s *Stats) *int64    { return &s.Dropped }
func overflowed(s *Stats) *int64 { return &s.Overflowed }
