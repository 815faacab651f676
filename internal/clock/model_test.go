package clock_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outlocal/outlocal/internal/clock"
)

// model is what a Clock is, said in the slowest and plainest way: it goes through all timers to find the next.
type model struct {
	now      time.Duration
	scale    float64
	timers   []*modelTimer // in the order of their creation
	unparked int
	fired    []string
}

type modelTimer struct {
	name  string
	due   time.Duration
	child time.Duration // set when it fires, if positive
}

func (m *model) set(name string, due, child time.Duration) {
	m.timers = append(m.timers, &modelTimer{name, due, child})
}

func (m *model) stop(name string) bool {
	n := len(m.timers)
	m.timers = slices.DeleteFunc(m.timers, func(t *modelTimer) bool { return t.name == name })
	return len(m.timers) < n
}

func (m *model) rate() float64 {
	if m.unparked > 0 {
		return 1
	}
	return m.scale
}

// goTo fires all that falls due up to a moment, and says how many.
func (m *model) goTo(moment time.Duration) (fired int) {
	for {
		var next *modelTimer
		for _, t := range m.timers {
			if t.due <= moment && (next == nil || t.due < next.due) {
				next = t
			}
		}
		if next == nil {
			m.now = max(m.now, moment)
			return fired
		}
		m.now = max(m.now, next.due)
		m.timers = slices.DeleteFunc(m.timers, func(t *modelTimer) bool { return t == next })
		m.fired = append(m.fired, fmt.Sprintf("%s @%s", next.name, m.now))
		fired++
		if next.child > 0 {
			m.set(next.name+"'", m.now+next.child, 0)
		}
	}
}

// pair is a clock and its model, which are told the same.
type pair struct {
	clock   *clock.Clock
	model   model
	zero    time.Time
	log     *log
	flights []*clock.Flight
	unparks map[*clock.Flight]func()

	timers   map[string]*clock.Timer
	children map[string]time.Duration // of timers
}

// unit divides all durations and is divided by all scales without a remainder, so that the two agree to the nanosecond.
const unit = 8 * time.Millisecond

var scales = []float64{1, 0, 0.5, 2, 4}

func TestClockIsItsModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// rapid asks for the test's deadline, which a bubble has not.
		rapid.Check(struct{ rapid.TB }{t}, func(t *rapid.T) {
			c := clock.New()
			defer c.Close()
			p := &pair{
				clock: c, model: model{scale: 1}, zero: c.Now(), log: newLog(c),
				unparks: map[*clock.Flight]func(){},
				timers:  map[string]*clock.Timer{}, children: map[string]time.Duration{},
			}
			t.Repeat(map[string]func(*rapid.T){
				"set timer": p.setTimer,
				"stop":      p.stop,
				"reset":     p.reset,
				"set scale": p.setScale,
				"begin":     p.begin,
				"end":       p.end,
				"park":      p.park,
				"unpark":    p.unpark,
				"pass":      p.pass,
				"advance":   p.advance,
				"":          p.compare,
			})
		})
	})
}

func (p *pair) setTimer(t *rapid.T) {
	name := fmt.Sprint("t", len(p.timers))
	d, child := units(-2, 40).Draw(t, "delay"), units(0, 20).Draw(t, "child's delay")
	f := func() {
		p.log.note(name)()
		if child > 0 {
			p.clock.AfterFunc(child, p.log.note(name+"'"))
		}
	}
	if rapid.Bool().Draw(t, "at a moment") {
		p.timers[name] = p.clock.At(p.clock.Now().Add(d), f)
	} else {
		p.timers[name] = p.clock.AfterFunc(d, f)
	}
	p.children[name] = child
	p.model.set(name, p.model.now+d, child)
	p.fireDue()
}

func (p *pair) stop(t *rapid.T) {
	name := p.anyTimer(t)
	if got, want := p.timers[name].Stop(), p.model.stop(name); got != want {
		t.Fatalf("stop %s: %v, want %v", name, got, want)
	}
}

func (p *pair) reset(t *rapid.T) {
	name, d := p.anyTimer(t), units(-2, 40).Draw(t, "delay")
	p.timers[name].Reset(d)
	p.model.stop(name)
	p.model.set(name, p.model.now+d, p.children[name])
	p.fireDue()
}

func (p *pair) setScale(t *rapid.T) {
	p.model.scale = rapid.SampledFrom(scales).Draw(t, "scale")
	if err := p.clock.SetScale(p.model.scale); err != nil {
		t.Fatal(err)
	}
}

func (p *pair) begin(t *rapid.T) {
	p.flights = append(p.flights, p.clock.Begin("a flight"))
	p.model.unparked++
}

func (p *pair) end(t *rapid.T) {
	f := p.anyFlight(t)
	p.flights = slices.DeleteFunc(p.flights, func(g *clock.Flight) bool { return g == f })
	f.End()
	if unpark := p.unparks[f]; unpark != nil {
		unpark()
		return
	}
	p.model.unparked--
}

func (p *pair) park(t *rapid.T) {
	f := p.anyFlight(t)
	if p.unparks[f] != nil {
		t.Skip("it is parked")
	}
	p.unparks[f] = f.Park()
	p.model.unparked--
}

func (p *pair) unpark(t *rapid.T) {
	f := p.anyFlight(t)
	if p.unparks[f] == nil {
		t.Skip("it is not parked")
	}
	p.unparks[f]()
	delete(p.unparks, f)
	p.model.unparked++
}

func (p *pair) pass(t *rapid.T) {
	d := units(0, 30).Draw(t, "of the wall")
	time.Sleep(d)
	p.flow(d)
}

func (p *pair) advance(t *rapid.T) {
	d := units(0, 100).Draw(t, "by")
	report, err := p.clock.Advance(t.Context(), d)
	if p.model.unparked > 0 {
		var blocked *clock.BlockedError
		if !errors.As(err, &blocked) {
			t.Fatalf("advance with a flight in progress: %v, want a *BlockedError", err)
		}
		p.flow(time.Second)
		return
	}
	from := p.model.now
	fired := p.model.goTo(from + d)
	want := clock.Report{From: p.zero.Add(from), To: p.zero.Add(from + d), Fired: fired}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Fatalf("report (-want +got):\n%s", diff)
	}
}

// flow lets d of the wall pass for the model, as it has for the clock.
func (p *pair) flow(d time.Duration) {
	p.model.goTo(p.model.now + time.Duration(float64(d)*p.model.rate()))
}

// fireDue lets both fire what is due already.
func (p *pair) fireDue() {
	synctest.Wait()
	p.model.goTo(p.model.now)
}

func (p *pair) compare(t *rapid.T) {
	synctest.Wait()
	if got := p.clock.Now().Sub(p.zero); got != p.model.now {
		t.Fatalf("it is %v, want %v", got, p.model.now)
	}
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	if diff := cmp.Diff(p.model.fired, p.log.lines); diff != "" {
		t.Fatalf("fired (-want +got):\n%s", diff)
	}
}

func (p *pair) anyTimer(t *rapid.T) string {
	if len(p.timers) == 0 {
		t.Skip("no timers")
	}
	names := make([]string, 0, len(p.timers))
	for name := range p.timers {
		names = append(names, name)
	}
	slices.Sort(names)
	return rapid.SampledFrom(names).Draw(t, "timer")
}

func (p *pair) anyFlight(t *rapid.T) *clock.Flight {
	if len(p.flights) == 0 {
		t.Skip("no flights")
	}
	return rapid.SampledFrom(p.flights).Draw(t, "flight")
}

func units(from, to int) *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.IntRange(from, to).Draw(t, "units")) * unit
	})
}
