package subscriber

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/outlocal/outlocal/dialect"
)

// desk is what a keeper knows. What is to be done follows from it alone, so that a start after a crash is no special case.
type desk struct {
	dialect     *dialect.Dialect
	certificate string // the id of what content is encrypted for; empty where the dialect encrypts none
	wanted      []Watch
	at          Endpoint
	leaving     bool // what can't be deleted is left to end by itself

	records   map[string]Record
	bookmarks map[string]Bookmark // by resource
	unsaved   map[string]bool     // keys of records that are not in the store as they are here
	inherited map[string]bool     // keys of records that a start before left and of which the service was not yet asked

	unsure bool      // the service may have other subscriptions of ours than the records say
	looked time.Time // when it was last asked for them
	unlist bool      // it refuses to list them

	challenged map[string]time.Time // by key: when the service asked for a reauthorization
	unmovable  map[string]bool      // by key: the service refuses to change its URL
	conflicted map[Watch]bool       // another subscription was in the way of its creation
	lost       map[Watch]bool       // there was one before
	unmarked   map[string]error     // by resource: why it can't be followed

	held        map[slot]refusal
	failures    int // in a row
	pausedUntil time.Time
	trouble     error // the last of them
}

// verb is a kind of step; of two that are due, the lower one goes first.
type verb uint8

const (
	save   verb = iota // write down what could not be written
	look               // ask the service what there is
	forget             // a record of something that is no more
	end                // delete a subscription
	reauthorize
	renew
	repoint
	create
	resync // find out what was missed
	mark   // remember where a resource stands
	unmark
)

// step is one thing to do.
type step struct {
	slot
	due time.Time
}

// slot is what a step is about: what was refused to one is refused to that.
type slot struct {
	verb  verb
	key   string // of a record
	watch Watch
}

// refusal is a step that must wait.
type refusal struct {
	until time.Time // zero: until told to try again
	err   error
}

const (
	// calm is how far a renewal and a reauthorization of one subscription are kept apart: the service wants one of them, not both within ten
	// minutes (W5-02). It counts from when the first was sent, and is longer by what that may have taken.
	calm = 10*time.Minute + requestLimit
	// settle is how long after a request that got no answer the service may still come to create something: two handshakes of ten seconds
	// each (W2.1-06), and as much again.
	settle = time.Minute
)

func newDesk(c Config) desk {
	d := desk{
		dialect: c.Client.Dialect, wanted: slices.Clone(c.Watches), at: c.At,
		records: map[string]Record{}, bookmarks: map[string]Bookmark{}, unsaved: map[string]bool{}, inherited: map[string]bool{},
		challenged: map[string]time.Time{}, unmovable: map[string]bool{}, conflicted: map[Watch]bool{}, lost: map[Watch]bool{},
		unmarked: map[string]error{}, held: map[slot]refusal{},
	}
	if c.Client.encrypts() {
		d.certificate = c.Certificate.ID
	}
	return d
}

// steps are all that is to be done, now or later, in order.
func (d *desk) steps(now time.Time) []step {
	all := d.saves(now)
	if d.unsure { // what there is decides about all else
		return d.arrange(append(all, step{slot{verb: look}, now}), now)
	}
	serving := map[Watch]string{}
	for _, w := range d.wanted {
		serving[w] = d.serving(w, now)
	}
	for _, r := range d.sorted() {
		all = append(all, d.about(r, serving, now)...)
	}
	for _, w := range d.wanted {
		r, served := d.records[serving[w]]
		switch {
		case d.at.URL == "":
		case !served:
			all = append(all, step{slot{verb: create, watch: w}, now})
		case d.dialect.Operations.Renew == dialect.RenewNever: // another takes its place (W1.3-18)
			all = append(all, step{slot{verb: create, watch: w}, r.Due})
		}
	}
	return d.arrange(append(all, d.reading(serving, now)...), now)
}

func (d *desk) saves(now time.Time) (steps []step) {
	for key := range d.unsaved {
		steps = append(steps, step{slot{verb: save, key: key}, now})
	}
	return steps
}

// about is what one record calls for.
func (d *desk) about(r Record, serving map[Watch]string, now time.Time) []step {
	of := func(v verb, due time.Time) step { return step{slot{verb: v, key: r.Key}, due} }
	key, wanted := serving[r.Watch]
	switch {
	case r.ID == "" && d.leaving && !d.lists(): // there is nothing to be found out about it now
		return nil
	case r.ID == "":
		return []step{d.doubt(r)}
	case !r.Expires.After(now) && !d.looked.Before(r.Expires):
		return []step{of(forget, now)}
	case !r.Expires.After(now):
		return []step{{slot{verb: look}, now}}
	case key == r.Key:
		return append(d.upkeep(r, now), step{slot{verb: look}, r.Expires})
	case d.leaving && d.dialect.Operations.Delete:
		return []step{of(end, now)}
	case d.leaving:
		return nil
	case !d.dialect.Operations.Delete || wanted && key == "" && !d.dialect.RefuseDuplicates:
		// It is left to run out, or serves until another does.
		return []step{{slot{verb: look}, r.Expires}}
	}
	return []step{of(end, now), {slot{verb: look}, r.Expires}}
}

// doubt is what a creation calls for that got no answer.
func (d *desk) doubt(r Record) step {
	settled := r.Intended.Add(settle)
	switch {
	case !d.lists():
		return step{slot{verb: forget, key: r.Key}, r.Intended.Add(d.dialect.Lifetime.Max)}
	case d.looked.Before(settled):
		return step{slot{verb: look}, settled}
	}
	return step{slot{verb: forget, key: r.Key}, settled}
}

// upkeep is what a subscription calls for that does its work.
func (d *desk) upkeep(r Record, now time.Time) (steps []step) {
	if !d.points(r) {
		steps = append(steps, step{slot{verb: repoint, key: r.Key}, now})
	}
	if d.dialect.Operations.Renew == dialect.RenewNever {
		return steps
	}
	return append(steps, d.prolong(r, now))
}

// prolong is the next renewal or reauthorization, which never come close to each other: a subscription that is challenged while its
// renewal is near is renewed, as that answers it too (W5-02).
func (d *desk) prolong(r Record, now time.Time) step {
	due := r.Due
	if d.rotates(r) {
		due = now
	}
	due = latest(due, r.Reauthorized.Add(calm))
	if challenged, ok := d.challenged[r.Key]; ok {
		at := latest(challenged, r.Renewed.Add(calm), r.Reauthorized.Add(calm))
		if d.dialect.Operations.Reauthorize && due.After(at.Add(calm)) {
			return step{slot{verb: reauthorize, key: r.Key}, at}
		}
		due = latest(challenged, r.Reauthorized.Add(calm))
	}
	return step{slot{verb: renew, key: r.Key}, due}
}

// rotates tells whether content is encrypted for a certificate that is ours no more.
func (d *desk) rotates(r Record) bool { return r.Watch.Rich && r.CertificateID != d.certificate }

// reading is what bookmarks call for.
func (d *desk) reading(serving map[Watch]string, now time.Time) (steps []step) {
	followed := map[string]bool{}
	for _, w := range d.wanted {
		b, marked := d.bookmarks[w.Resource]
		_, cannot := d.unmarked[w.Resource]
		switch {
		case followed[w.Resource]:
			continue
		case marked && b.Behind:
			steps = append(steps, step{slot{verb: resync, watch: w}, now})
		case !marked && !cannot && serving[w] != "":
			steps = append(steps, step{slot{verb: mark, watch: w}, now})
		}
		followed[w.Resource] = true
	}
	for resource := range d.bookmarks {
		if !followed[resource] {
			steps = append(steps, step{slot{verb: unmark, key: resource}, now})
		}
	}
	return steps
}

// serving is the key of the record that serves a watch, or can be made to; empty if there is none.
func (d *desk) serving(w Watch, now time.Time) string {
	best := Record{}
	for _, r := range d.sorted() {
		replaced := d.dialect.Operations.Renew == dialect.RenewNever && !now.Before(r.Due)
		if r.ID == "" || r.Watch != w || !r.Expires.After(now) || replaced || !d.points(r) && !d.movable(r) {
			continue
		}
		if best.Key == "" || d.points(r) && !d.points(best) || d.points(r) == d.points(best) && r.Expires.After(best.Expires) {
			best = r
		}
	}
	return best.Key
}

// points tells whether a subscription notifies where it should.
func (d *desk) points(r Record) bool {
	return d.at.URL == "" || r.Endpoint.URL == d.at.URL && r.Endpoint.LifecycleURL == d.at.lifecycle(r.Watch)
}

// movable tells whether it can be made to: a lifecycle URL can't be changed (W1.4-05).
func (d *desk) movable(r Record) bool {
	return patchable(d.dialect, dialect.PropURL) && !d.unmovable[r.Key] && r.Endpoint.LifecycleURL == d.at.lifecycle(r.Watch)
}

// inherit are the records of a start before that do what is wanted now, once.
func (d *desk) inherit(now time.Time) (taken []Record) {
	for _, w := range d.wanted {
		if key := d.serving(w, now); d.inherited[key] {
			taken = append(taken, d.records[key])
		}
	}
	d.inherited = nil
	return taken
}

// lists tells whether the service can be asked for all that there are.
func (d *desk) lists() bool { return d.dialect.Operations.List && !d.unlist }

// arrange heeds what was refused and what the service asked for, and puts steps in the order in which they are done.
func (d *desk) arrange(steps []step, now time.Time) []step {
	steps = slices.DeleteFunc(steps, func(s step) bool {
		held, ok := d.held[s.slot]
		return ok && held.until.IsZero()
	})
	for i, s := range steps {
		steps[i].due = latest(s.due, d.held[s.slot].until)
		if s.verb != forget {
			steps[i].due = latest(steps[i].due, d.pausedUntil)
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int {
		return cmp.Or(latest(a.due, now).Compare(latest(b.due, now)), cmp.Compare(a.verb, b.verb), cmp.Compare(a.key, b.key))
	})
	return steps
}

// sorted are the records in the order in which they were made.
func (d *desk) sorted() []Record {
	return slices.SortedFunc(maps.Values(d.records), func(a, b Record) int {
		return cmp.Or(a.Intended.Compare(b.Intended), cmp.Compare(a.Key, b.Key))
	})
}

func (d *desk) byID(id string) (Record, bool) {
	for _, r := range d.records {
		if id != "" && r.ID == id {
			return r, true
		}
	}
	return Record{}, false
}

// remove forgets a record and what is known of it.
func (d *desk) remove(key string) {
	delete(d.records, key)
	delete(d.challenged, key)
	delete(d.unmovable, key)
	maps.DeleteFunc(d.held, func(s slot, _ refusal) bool { return s.key == key && key != "" })
}

func latest(moments ...time.Time) time.Time { return slices.MaxFunc(moments, time.Time.Compare) }
