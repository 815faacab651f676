package delivery

import (
	"sync/atomic"
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

// Stats counts notifications since the start, or since [Engine.Forget]; Requests counts what they went out in.
type Stats struct {
	Raised     int64 // by changes
	Delivered  int64 // late ones included
	Late       int64
	Retried    int64 // each time that an attempt is to be made again
	Lost       int64 // given up for want of a good answer
	Dropped    int64 // given up for any other reason
	Overflowed int64 // of these, for want of room
	Requests   int64
}

type counters struct {
	raised, delivered, late, retried, lost, dropped, overflowed, requests atomic.Int64
}

// Stats counts everything now.
func (e *Engine) Stats() Stats {
	c := &e.counts
	return Stats{
		Raised: c.raised.Load(), Delivered: c.delivered.Load(), Late: c.late.Load(), Retried: c.retried.Load(),
		Lost: c.lost.Load(), Dropped: c.dropped.Load(), Overflowed: c.overflowed.Load(), Requests: c.requests.Load(),
	}
}
