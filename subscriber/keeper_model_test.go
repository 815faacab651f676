package subscriber_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// weather is what befalls requests: each draws its fate from what the walk put in line.
type weather struct {
	script
	fates []fate
	fuse  *fuse
}

type fate string

const (
	passes      fate = "passes"
	unavailable fate = "unavailable" // the service is not asked
	throttled   fate = "throttled"
	cutBefore   fate = "cut before"
	cutAfter    fate = "cut after" // the service has done it
	fails       fate = "fails"     // the service has done it, and says 500
)

func fates() []fate { return []fate{passes, unavailable, throttled, cutBefore, cutAfter, fails} }

// next is the fate of a request.
func (w *weather) next() fate {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.fates) == 0 {
		return passes
	}
	first := w.fates[0]
	w.fates = w.fates[1:]
	return first
}

func (w *weather) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := w.fuse.point(); err != nil {
		return nil, err
	}
	fate := w.next()
	switch fate {
	case unavailable:
		return answered(503, ""), nil
	case throttled:
		return refusal(429, "TooManyRequests", "later", "Retry-After", "90"), nil
	case cutBefore:
		return nil, errors.New("cut")
	}
	response, err := w.script.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	killed := w.fuse.point()
	if killed != nil || fate == cutAfter {
		response.Body.Close()
		return nil, errors.Join(killed, errors.New("cut"))
	}
	if fate == fails {
		response.Body.Close()
		return answered(500, ""), nil
	}
	return response, nil
}

// walk is a random life: keepers come and go, the service has its moods, time passes.
type walk struct {
	*world
	*weather
	run *run
	at  subscriber.Endpoint
	n   int
}

func (w *walk) born() {
	w.fuse = &fuse{at: -1}
	f := w.fuse
	w.run = w.keeper(func(c *subscriber.Config) {
		c.Watches, c.At = append(c.Watches, contacts()), w.at
		c.Client.HTTP, c.Store, c.Seed = &http.Client{Transport: w.weather}, mortal{w.store, f}, 1
	})
	f.kill = func() { w.run.cancel() }
	w.run.begin()
	w.Settle()
}

// killed ends a keeper at its next point but so many, if it comes to that, and lets another begin.
func (w *walk) killed(after int, meanwhile func()) {
	w.fuse.mu.Lock()
	w.fuse.at = w.fuse.points + after
	w.fuse.mu.Unlock()
	meanwhile()
	w.run.stop()
	w.born()
}

func (w *walk) repoint() {
	w.n++
	w.at = at(fmt.Sprintf("/%d", w.n))
	w.run.Repoint(w.at)
	w.Settle()
}

// wanted are the subscriptions that there should be.
func (w *walk) wanted() []string {
	path := w.at.URL[strings.LastIndexByte(w.at.URL, '/'):]
	return []string{"me/contacts created,updated " + path, "me/messages created " + path}
}

// Whatever happens, and in whatever order: once the service is well, there is what is wanted and nothing else; no renewal comes close to a
// reauthorization; and in the end nothing is left.
//
// rules: W5-02 W5-03 W6.3-17
func TestAnyLife(t *testing.T) {
	for _, d := range []*dialect.Dialect{dialect.GraphV1, dialect.OutlookFinal} {
		t.Run(d.String(), func(t *testing.T) {
			rapid.Check(t, func(draw *rapid.T) { anyLife(draw, d) })
		})
	}
}

// webhookHost is the host of emulatortest.WebhookURL.
const webhookHost = "webhook.test"

func anyLife(draw *rapid.T, d *dialect.Dialect) {
	h := &hook{}
	server, err := emulator.New(emulator.Config{
		Serve: []emulator.Mount{{Path: d.Base, Dialect: d.String()}}, Handlers: map[string]http.Handler{webhookHost: h},
	})
	if err != nil {
		draw.Fatal(err)
	}
	listener := httptest.NewServer(server)
	defer listener.Close()
	defer server.Close()
	e := &emulatortest.Emulator{Server: server, URL: listener.URL, Control: server.ControlClient()}
	w := &walk{world: &world{e, draw, d, subscriber.NewMemory(), h}, weather: &weather{}, at: at("/0")}
	w.script.now = w.Now
	w.born()
	event := func(e notify.Lifecycle) func(*rapid.T) { return func(*rapid.T) { w.happen(e) } }
	draw.Repeat(map[string]func(*rapid.T){
		"time":      func(r *rapid.T) { w.advance(time.Duration(rapid.IntRange(1, 30*60).Draw(r, "minutes")) * time.Minute) },
		"moment":    func(r *rapid.T) { w.advance(time.Duration(rapid.IntRange(1, 900).Draw(r, "seconds")) * time.Second) },
		"moods":     func(r *rapid.T) { w.mood(rapid.SliceOfN(rapid.SampledFrom(fates()), 1, 6).Draw(r, "fates")) },
		"challenge": event(notify.ReauthorizationRequired),
		"removal":   event(notify.SubscriptionRemoved),
		"missed":    event(notify.Missed),
		"repoint":   func(*rapid.T) { w.repoint() },
		"killed while re-pointing": func(r *rapid.T) {
			w.killed(rapid.IntRange(0, 12).Draw(r, "points"), w.repoint)
		},
		"killed in time": func(r *rapid.T) {
			w.killed(rapid.IntRange(0, 12).Draw(r, "points"), func() { w.advance(20 * time.Hour) })
		},
		"retry": func(*rapid.T) { w.run.Retry(); w.Settle() },
	})
	w.recovers(draw)
}

func (w *walk) mood(fates []fate) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fates = append(w.fates, fates...)
}

// recovers checks that all is well once the service is.
func (w *walk) recovers(draw *rapid.T) {
	w.mu.Lock()
	w.fates = nil
	w.mu.Unlock()
	w.run.Retry()
	w.Settle()
	// Longer than any pause, and until the next renewal finds out what nobody was told of, as without a lifecycle URL (W5-05).
	w.advance(25 * time.Hour)
	if !w.d.Operations.List { // what nobody knows of is found when it notifies
		w.change("message")
		w.change("contact")
	}
	if diff := cmp.Diff(w.wanted(), w.there()); diff != "" {
		draw.Errorf("there is (-want +got):\n%s\n%s", diff, w.run.events.kinds())
	}
	apart(draw, &w.script)
	left := slices.DeleteFunc(w.run.leave(), func(l subscriber.Left) bool { return l.ID == "" && !w.d.Operations.List })
	if len(left) > 0 || len(w.there()) > 0 {
		draw.Errorf("left are %+v and %v", left, w.there())
	}
}
