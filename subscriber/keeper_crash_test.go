package subscriber_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// fuse ends a keeper as a kill does: at one of the points where what it knows and what is so come apart, before and after each request and
// each write. From then on nothing that it does has an effect.
type fuse struct {
	mu     sync.Mutex
	points int // so far
	at     int // the one at which it burns; negative for none
	burnt  bool
	kill   func()
}

var errKilled = errors.New("killed")

func (f *fuse) point() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.points++; f.points-1 == f.at {
		f.burnt = true
		f.kill()
	}
	if f.burnt {
		return errKilled
	}
	return nil
}

func (f *fuse) dead() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.burnt
}

// RoundTrip asks the service, unless killed before; the answer comes, unless killed after.
func (f *fuse) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := f.point(); err != nil {
		return nil, err
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if err := f.point(); err != nil {
		response.Body.Close()
		return nil, err
	}
	return response, nil
}

// mortal is a store on a fuse.
type mortal struct {
	subscriber.Store
	fuse *fuse
}

func (m mortal) write(f func() error) error {
	if err := m.fuse.point(); err != nil {
		return err
	}
	return errors.Join(f(), m.fuse.point())
}

func (m mortal) SaveRecord(ctx context.Context, r subscriber.Record) error {
	return m.write(func() error { return m.Store.SaveRecord(ctx, r) })
}

func (m mortal) RemoveRecord(ctx context.Context, key string) error {
	return m.write(func() error { return m.Store.RemoveRecord(ctx, key) })
}

func (m mortal) SaveBookmark(ctx context.Context, b subscriber.Bookmark) error {
	return m.write(func() error { return m.Store.SaveBookmark(ctx, b) })
}

func (m mortal) RemoveBookmark(ctx context.Context, b subscriber.Bookmark) error {
	return m.write(func() error { return m.Store.RemoveBookmark(ctx, b) })
}

// onFuse is a keeper of messages and contacts that can be killed.
func (w *world) onFuse(f *fuse) *run {
	r := w.keeper(func(c *subscriber.Config) {
		c.Watches = append(c.Watches, contacts())
		c.At, c.Store = at("/first"), mortal{w.store, f}
		c.Client.HTTP = &http.Client{Transport: f}
	})
	f.kill = func() { r.cancel() }
	return r
}

// live lets a keeper do all that a keeper does, for as long as it lives.
func (w *world) live(f *fuse) {
	r := w.onFuse(f)
	r.begin()
	for _, act := range []func(){
		w.Settle,
		func() { w.advance(20 * time.Hour) }, // renewals
		func() { r.Repoint(at("/second")); w.Settle() },
		func() { w.happen(notify.ReauthorizationRequired) },
		func() { w.happen(notify.Missed) },
		func() { w.happen(notify.SubscriptionRemoved) },
	} {
		if act(); f.dead() {
			break
		}
	}
	r.stop()
	if !f.dead() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		f.mu.Lock()
		f.kill = cancel
		f.mu.Unlock()
		r.Leave(ctx)
	}
}

// happen raises an event in the life of what there is, if the dialect has it.
func (w *world) happen(event notify.Lifecycle) {
	if _, err := w.Control.RaiseLifecycle(context.Background(), control.LifecycleEvent{Event: string(event)}); err != nil {
		w.t.Fatalf("%v", err)
	}
	w.Settle()
}

// Wherever a keeper is killed, the next one has exactly what is wanted, and leaves nothing.
//
// rules: W5-03
func TestKilledAnywhere(t *testing.T) {
	for _, d := range []*dialect.Dialect{dialect.GraphV1, dialect.OutlookFinal, dialect.OutlookLegacy} {
		t.Run(d.String(), func(t *testing.T) {
			whole := &fuse{at: -1}
			newWorld(t, d).live(whole)
			if whole.points < 40 {
				t.Fatalf("a whole life has %d points only", whole.points)
			}
			for point := range whole.points {
				t.Run(fmt.Sprint(point), func(t *testing.T) { killedAt(t, d, point) })
			}
		})
	}
}

func killedAt(t *testing.T, d *dialect.Dialect, point int) {
	w := newWorld(t, d)
	f := &fuse{at: point}
	w.live(f)
	if !f.dead() {
		t.Fatal("it was not killed")
	}
	next := w.start(func(c *subscriber.Config) {
		c.Watches, c.At = append(c.Watches, contacts()), at("/third")
	})
	if !d.Operations.List { // what nobody knows of is found when it notifies
		w.change("message")
		w.change("contact")
	}
	if diff := cmp.Diff([]string{"me/contacts created,updated /third", "me/messages created /third"}, w.there()); diff != "" {
		t.Errorf("after the next start (-want +got):\n%s\n%s", diff, next.events.kinds())
	}
	w.advance(3 * time.Minute) // nothing comes of what got no answer
	for _, left := range next.leave() {
		if left.ID != "" || d.Operations.List { // without a list nobody can tell whether a creation without an answer made something
			t.Errorf("%+v is left", left)
		}
	}
	if there := w.there(); len(there) > 0 {
		t.Errorf("left are %v", there)
	}
	records, bookmarks, err := w.store.Load(context.Background())
	for _, r := range records {
		if r.ID != "" || d.Operations.List {
			t.Errorf("the store keeps %+v", r)
		}
	}
	if len(bookmarks) > 0 || err != nil {
		t.Errorf("the store keeps %+v, %v", bookmarks, err)
	}
}
