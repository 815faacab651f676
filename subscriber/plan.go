package subscriber

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
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

// Plan tells what Run would send now and, in time, next, if the service has what the [Store] says. Nothing is sent, nobody signs in, and
// nothing is written down. What only the service knows is called ID; the client state is not made before it is needed.
func (k *Keeper) Plan(ctx context.Context) ([]Step, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.working {
		return nil, errors.New("plan: it is at work already")
	}
	if err := k.load(ctx); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	now := k.now()
	d := k.desk
	d.records, d.bookmarks, d.unsaved = maps.Clone(d.records), maps.Clone(d.bookmarks), nil
	p := planner{keeper: k, desk: &d}
	if d.unsure {
		p.note(ctx, step{slot{verb: look}, now})
		d.unsure, d.looked = false, now
		maps.DeleteFunc(d.records, func(_ string, r Record) bool { return r.ID == "" }) // nobody knows whether it is there
	}
	for steps := d.steps(now); len(steps) > 0 && !steps[0].due.After(now); steps = d.steps(now) {
		p.note(ctx, steps[0])
		p.assume(steps[0], now)
	}
	for _, s := range d.steps(now) {
		if s.verb != look { // which is for when it ran out
			p.note(ctx, s)
		}
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
	p.step = Step{At: s.due, Why: p.why(s, r)}
	switch s.verb {
	case look:
		p.look(ctx, &c)
	case end:
		_ = c.Delete(ctx, r.ID)
	case reauthorize:
		_ = c.Reauthorize(ctx, r.ID)
	case renew:
		_, _ = c.Renew(ctx, r.ID, p.keeper.renewal(r))
	case repoint:
		_, _ = c.Repoint(ctx, r.ID, p.desk.at.URL)
	case create:
		_, _ = c.Create(ctx, p.keeper.request(s.watch, p.desk.at, "…"))
	case resync:
		_, _ = c.Since(ctx, p.desk.bookmarks[s.watch.Resource].Link)
	case mark:
		_, _, _ = c.Mark(ctx, s.watch.Resource)
	}
}

func (p *planner) why(s step, r Record) string {
	switch s.verb {
	case look:
		return "find what a start before left"
	case end:
		if slices.Contains(p.desk.wanted, r.Watch) {
			return r.Watch.Resource + " is to be notified elsewhere, for which another takes its place"
		}
		return "nobody watches " + cmp.Or(r.Watch.Resource, "what it is for")
	case reauthorize:
		return "the service wants to know whether " + r.Watch.Resource + " may still be watched"
	case renew:
		return r.Watch.Resource + " is watched until " + r.Expires.UTC().Format(time.RFC3339)
	case repoint:
		return r.Watch.Resource + " is to be notified elsewhere"
	case create:
		return s.watch.Resource + " is to be watched"
	case resync:
		return "something of " + s.watch.Resource + " was missed"
	case mark:
		return "remember where " + s.watch.Resource + " stands, should something be missed"
	}
	return ""
}

// assume takes a step for done.
func (p *planner) assume(s step, now time.Time) {
	d, k := p.desk, p.keeper
	r := d.records[s.key]
	switch s.verb {
	case end, forget:
		delete(d.records, s.key)
	case create:
		r = Record{Key: s.watch.Resource + s.watch.Changes.String(), Watch: s.watch, Endpoint: Endpoint{d.at.URL, d.at.lifecycle(s.watch)}, ID: "ID", CertificateID: d.certificate, Intended: now}
		r.Expires = now.Add(cmp.Or(k.life(s.watch), k.client.Dialect.Lifetime.Default))
		r.Due = k.due(r.Expires)
		d.records[r.Key] = r
	case renew:
		r.CertificateID, r.Expires = d.certificate, now.Add(k.life(r.Watch))
		r.Due = k.due(r.Expires)
		d.records[s.key] = r
	case reauthorize:
		r.Reauthorized = now
		d.records[s.key] = r
	case repoint:
		r.Endpoint.URL = d.at.URL
		d.records[s.key] = r
	case mark, resync:
		d.bookmarks[s.watch.Resource] = Bookmark{Resource: s.watch.Resource}
	case unmark:
		delete(d.bookmarks, s.key)
	}
}

// look notes how the service is asked for what there is.
func (p *planner) look(ctx context.Context, c *Client) {
	if p.desk.lists() {
		_, _ = c.List(ctx)
		return
	}
	for _, r := range p.desk.sorted() {
		if r.ID != "" {
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
