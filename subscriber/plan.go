package subscriber

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/outlocal/outlocal/journal"
)

// Step is a request that a keeper would send.
type Step struct {
	At     time.Time // when; the service's time, as far as it is known
	Method string
	URL    string
	Body   string // empty for none
	Why    string
}

// Plan tells what Run would send now and, for what there is, later, if the service has what the [Store] says. Nothing is sent, nobody signs
// in, and nothing is written down. The client state is not in it: it is made when it is needed.
func (k *Keeper) Plan(ctx context.Context) ([]Step, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.loaded {
		if err := k.load(ctx); err != nil {
			return nil, fmt.Errorf("plan: %w", err)
		}
	}
	now := k.now()
	d := k.desk
	d.records = maps.Clone(d.records)
	p := planner{keeper: k, desk: &d}
	if d.unsure {
		p.note(ctx, step{slot{verb: look}, now})
		for key, r := range d.records {
			if r.ID == "" { // nobody knows whether it is there
				delete(d.records, key)
			}
		}
		d.unsure, d.looked = false, now
	}
	for _, s := range d.steps(now) {
		p.note(ctx, s)
	}
	return p.steps, nil
}

// planner lets a client write requests that go nowhere.
type planner struct {
	keeper *Keeper
	desk   *desk
	steps  []Step
	step   Step // the one that is being written
}

// note writes down the requests of a step.
func (p *planner) note(ctx context.Context, s step) {
	c := p.keeper.client
	c.Token, c.HTTP, c.Now = "", &http.Client{Transport: p}, func() time.Time { return s.due }
	r := p.desk.records[s.key]
	life := Renewal{For: p.keeper.life(r.Watch)}
	p.step = Step{At: s.due}
	why := func(format string, args ...any) { p.step.Why = fmt.Sprintf(format, args...) }
	var err error
	switch s.verb {
	case look:
		p.look(ctx, &c)
	case end:
		why("nobody watches %s any more", r.Watch.Resource)
		err = c.Delete(ctx, r.ID)
	case reauthorize:
		why("the service wants to know whether %s may still be watched", r.Watch.Resource)
		err = c.Reauthorize(ctx, r.ID)
	case renew:
		why("%s is watched until %s", r.Watch.Resource, r.Expires.UTC().Format(time.RFC3339))
		_, err = c.Renew(ctx, r.ID, life)
	case repoint:
		why("%s is notified to another URL", r.Watch.Resource)
		_, err = c.Repoint(ctx, r.ID, p.desk.at.URL)
	case create:
		why("%s is to be watched", s.watch.Resource)
		_, err = c.Create(ctx, p.keeper.request(s.watch, p.desk.at, "…"))
	case resync:
		why("something of %s was missed", s.watch.Resource)
		_, err = c.Since(ctx, p.desk.bookmarks[s.watch.Resource].Link)
	case mark:
		why("remember where %s stands", s.watch.Resource)
		_, _, err = c.Mark(ctx, s.watch.Resource)
	}
	_ = err // of the transport: it sends nothing
}

// look notes how the service is asked for what there is.
func (p *planner) look(ctx context.Context, c *Client) {
	if p.desk.lists() {
		p.step.Why = "find what a start before left"
		_, _ = c.List(ctx)
		return
	}
	for _, r := range p.desk.sorted() {
		if r.ID != "" {
			p.step.Why = "is " + r.Watch.Resource + " still watched?"
			_, _ = c.Get(ctx, r.ID)
		}
	}
}

var errPlanned = errors.New("it is only planned")

// RoundTrip implements [http.RoundTripper].
func (p *planner) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s := p.step
	s.Method, s.URL, s.Body = r.Method, journal.MaskRequest(r.URL.String()), string(body)
	for _, secret := range []string{p.desk.at.URL, p.desk.at.LifecycleURL} {
		if secret != "" {
			s.Body = strings.ReplaceAll(s.Body, secret, journal.MaskURL(secret))
		}
	}
	p.steps = append(p.steps, s)
	return nil, errPlanned
}
