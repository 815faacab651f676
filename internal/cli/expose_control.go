package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/internal/clock"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

// steeredExposure is an exposure as it is steered from outside the process.
type steeredExposure struct {
	*receiver.Receiver
	x *exposure
}

var (
	_ control.ExposureBackend = steeredExposure{}
	_ control.Stopper         = steeredExposure{}
	_ control.Timekeeper      = virtualExposure{}
)

// steered is what is steered: time too, where it is an emulator's.
func (x *exposure) steered() control.Backend {
	s := steeredExposure{x.receiver, x}
	if x.clock != nil {
		return virtualExposure{s, x.clock}
	}
	return s
}

// Stop implements [control.Stopper].
func (s steeredExposure) Stop() { s.x.house.stop() }

// Status implements [control.Backend].
func (s steeredExposure) Status(ctx context.Context) (control.Status, error) {
	status, err := s.Receiver.Status(ctx)
	x := s.x
	status.Kind, status.Name, status.Version = control.Exposure, x.running.Name, x.app.process.Version
	status.Webhook, status.Control, status.Tunnel = x.at(x.endpoint.URL()).URL, x.running.Control, string(x.endpoint.State())
	if x.plan.target != nil {
		status.Target = x.plan.target.masked()
	}
	status.PID, status.Started = os.Getpid(), x.running.Started
	status.Counters["strays"] = x.forwarder.Strays()
	for _, standing := range x.keeper.Status() {
		if standing.State == subscriber.Alive {
			status.Subscriptions++
		}
	}
	return status, err
}

// Subscriptions implements [control.SubscriptionLister]. There are too few for pages.
func (s steeredExposure) Subscriptions(_ context.Context, q control.SubscriptionQuery) (page control.SubscriptionPage, err error) {
	for _, standing := range s.x.keeper.Status() {
		row := control.Subscription{
			ID: standing.ID, Mount: s.x.plan.host.base.Path, Dialect: s.x.plan.host.dialect.String(), Resource: standing.Watch.Resource,
			ChangeType: standing.Watch.Changes.String(), NotificationURL: standing.URL, Expires: standing.Expires, HasClientState: true, Rich: standing.Watch.Rich,
		}
		if standing.ID != "" && (q.Where.IsZero() || q.Where.Subscription == standing.ID) {
			page.Subscriptions = append(page.Subscriptions, row)
		}
	}
	return page, nil
}

// Replay implements [control.Replayer].
func (s steeredExposure) Replay(ctx context.Context, r control.ReplayRequest) (control.Replayed, error) {
	seqs, err := s.replayed(r)
	if err != nil {
		return control.Replayed{}, err
	}
	var done control.Replayed
	for _, seq := range seqs {
		e, err := s.x.forwarder.Replay(ctx, seq)
		switch {
		case errors.Is(err, receiver.ErrNoTarget):
			return done, control.Conflict("replay: "+receiver.ErrNoTarget.Error(), "start outlocal expose with your webhook's address")
		case errors.Is(err, receiver.ErrNotKept):
			return done, control.NotFound(fmt.Sprintf("replay request %d: %s", seq, receiver.ErrNotKept), "outlocal journal --expose "+s.x.running.Name+" shows those that there are")
		case err != nil:
			return done, err
		}
		done.Entries = append(done.Entries, e)
	}
	return done, nil
}

// replayed are the numbers of the requests that are meant.
func (s steeredExposure) replayed(r control.ReplayRequest) ([]uint64, error) {
	kept := s.Journal()
	if r.Seq > 0 { // of the request itself, or of what came of it
		found, _ := kept.Since(r.Seq-1, func(e *journal.Entry) bool { return e.Seq == r.Seq }, 1)
		for len(found) > 0 && found[0].Cause != 0 && found[0].Kind != journal.Received && found[0].Kind != journal.Handshake {
			cause := found[0].Cause
			found, _ = kept.Since(cause-1, func(e *journal.Entry) bool { return e.Seq == cause }, 1)
		}
		if len(found) > 0 {
			return []uint64{found[0].Seq}, nil
		}
		return []uint64{r.Seq}, nil
	}
	requests := map[uint64]bool{}
	all, _ := kept.Since(0, func(e *journal.Entry) bool {
		if e.Kind == journal.Received {
			requests[e.Seq] = true
		}
		forwarded, ok := e.Data.(*receiver.Forwarded)
		return ok && !forwarded.Replay && requests[e.Cause]
	}, 0)
	if len(all) == 0 {
		return nil, control.NotFound("replay: nothing was passed on to your webhook yet", "let something be notified first")
	}
	var seqs []uint64
	for _, e := range all[max(len(all)-r.Last, 0):] {
		seqs = append(seqs, e.Cause)
	}
	return slices.Compact(seqs), nil
}

// virtualExposure is one whose time can be advanced, as the emulator's can that it speaks to.
type virtualExposure struct {
	steeredExposure
	clock *clock.Clock
}

// Clock implements [control.Timekeeper].
func (v virtualExposure) Clock(context.Context) (control.Clock, error) {
	return control.Clock{Now: v.clock.Now(), Wall: v.clock.Wall(), Scale: v.clock.Scale()}, nil
}

// SetScale implements [control.Timekeeper].
func (v virtualExposure) SetScale(ctx context.Context, scale float64) (control.Clock, error) {
	if err := v.clock.SetScale(scale); err != nil {
		return control.Clock{}, control.BadRequest(err.Error(), "1 is real time")
	}
	return v.Clock(ctx)
}

// Advance implements [control.Timekeeper].
func (v virtualExposure) Advance(ctx context.Context, by time.Duration) (control.Advanced, error) {
	seq := v.Journal().Last()
	report, err := v.clock.Advance(ctx, by)
	var inside *clock.InsideFlightError
	var blocked *clock.BlockedError
	switch {
	case errors.As(err, &inside):
		return control.Advanced{}, control.Blocked(inside.Flight)
	case errors.As(err, &blocked):
		return control.Advanced{}, control.Blocked(blocked.Flights...)
	case err != nil:
		return control.Advanced{}, fmt.Errorf("advance the clock: %w", err)
	}
	if by > 0 {
		v.x.record(journal.Entry{Kind: journal.Clock, Note: "advanced by " + span(by)})
	}
	return control.Advanced{From: report.From, To: report.To, Fired: report.Fired, After: seq}, nil
}
