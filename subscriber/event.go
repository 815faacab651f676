package subscriber

import (
	"time"
)

// EventKind is what happened.
type EventKind string

// What happens to what a keeper keeps.
const (
	Created      EventKind = "created"
	Recreated    EventKind = "re-created" // there was one before
	Adopted      EventKind = "adopted"    // left by a start before, and taken over
	Renewed      EventKind = "renewed"
	Reauthorized EventKind = "reauthorized"
	Repointed    EventKind = "re-pointed"
	Deleted      EventKind = "deleted"
	Lost         EventKind = "lost"  // the service has it no more: it removed it, or it ran out
	Ended        EventKind = "ended" // it ran out, after another had taken its place
	Stray        EventKind = "stray" // one that leads to us and that nobody wants; it is deleted
	Challenged   EventKind = "challenged"
	Missed       EventKind = "missed"    // the service could not deliver all
	Resynced     EventKind = "resynced"  // Delta says what was missed
	Unsynced     EventKind = "unsynced"  // what was missed can't be told; Err says why
	Waiting      EventKind = "waiting"   // something went wrong that is tried again after Wait
	Refused      EventKind = "refused"   // something is not tried again before Wait, or not at all if that is 0
	ClockOff     EventKind = "clock-off" // this machine's clock differs from the service's by Wait
)

// Event is something that happened to one subscription, or to all of them if it has no Watch.
type Event struct {
	At      time.Time // the service's time
	Kind    EventKind
	Watch   Watch
	ID      string
	Expires time.Time
	Wait    time.Duration
	Err     error
	Delta   *Delta // of Resynced
	Covers  string // of Resynced: which part of the resource Delta is about
}

// State is how a watch is doing.
type State string

// The states.
const (
	Alive   State = "alive"   // it is subscribed
	Pending State = "pending" // it is about to be
	Halted  State = "refused" // the service refuses
)

// Standing is how one watch is doing.
type Standing struct {
	Watch   Watch
	State   State
	ID      string
	URL     string // where it notifies
	Expires time.Time
	Next    time.Time // when something is to be done about it; zero: only when asked to
	Err     error     // why it is refused, or waits
}

// Status tells how each watch is doing, in the order of the Config.
func (k *Keeper) Status() []Standing {
	now := k.now()
	k.mu.Lock()
	defer k.mu.Unlock()
	d := &k.desk
	steps := d.steps(now)
	var all []Standing
	for _, w := range d.wanted {
		r := d.records[d.serving(w, now)]
		s := Standing{Watch: w, State: Pending, ID: r.ID, URL: r.Endpoint.URL, Expires: r.Expires}
		if s.ID != "" {
			s.State = Alive
		}
		for slot, held := range d.held {
			if slot.watch != w && (r.Key == "" || slot.key != r.Key) {
				continue
			}
			if s.Err = held.err; slot.verb == create {
				s.State = Halted
			}
		}
		for _, step := range steps {
			if step.watch == w || r.Key != "" && step.key == r.Key {
				s.Next = step.due
				break
			}
		}
		if s.Err == nil && d.failures > 0 {
			s.Err = d.trouble
		}
		all = append(all, s)
	}
	return all
}
