package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/internal/clock"
	"github.com/outlocal/outlocal/internal/span"
	"github.com/outlocal/outlocal/journal"
)

// Advance takes time ahead and returns when all that fell due is done. It never jumps over a webhook that is answering.
func (s *Server) Advance(ctx context.Context, by time.Duration) (control.Advanced, error) {
	if by < 0 {
		return control.Advanced{}, control.BadRequest(fmt.Sprintf("advance the clock by %s: time only goes forward", span.Text(by)), "give a positive duration such as 72h")
	}
	seq := s.journal.Last()
	if by > 0 { // else nothing happens: somebody waits until all is done
		seq = s.record(journal.Entry{Kind: journal.Clock, Note: "advanced by " + span.Text(by)})
	}
	report, err := s.clock.Advance(ctx, by)
	if err != nil && by > 0 {
		s.record(journal.Entry{Kind: journal.Clock, Note: "not advanced by " + span.Text(by) + ", as was asked for"})
	}
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
	advanced := control.Advanced{From: report.From, To: report.To, Fired: report.Fired, After: seq}
	s.reckon(&advanced)
	return advanced, nil
}

// shownDue is how many things that fell due are told one by one.
const shownDue = 20

// reckon sums up what came of an advance: a row for each webhook, however often it was called, and a line for anything else.
func (s *Server) reckon(a *control.Advanced) {
	entries, _ := s.journal.Since(a.After, nil, 0)
	webhooks := map[string]*control.AdvancedWebhook{}
	var order []string
	of := func(url string) *control.AdvancedWebhook {
		if webhooks[url] == nil {
			webhooks[url] = &control.AdvancedWebhook{URL: url, Answers: map[string]int{}}
			order = append(order, url)
		}
		return webhooks[url]
	}
	for _, e := range entries {
		switch e.Kind {
		case journal.Attempt:
			reckonAttempt(of(journal.MaskURL(e.URL)), &e)
		case journal.Dropped:
			w, given := of(journal.MaskURL(e.URL)), e.Data.(*delivery.Given)
			if given.Reason == delivery.Lost || given.Reason == delivery.Unauthorized {
				w.Lost += given.Count
				a.Lost += given.Count
			} else {
				w.Dropped += given.Count
			}
		case journal.Expired:
			a.Expired++
			fallthrough
		case journal.EndpointState, journal.Missed, journal.Lifecycle, journal.Lapsed, journal.Removed:
			if len(a.Due) == shownDue {
				a.More++
				continue
			}
			a.Due = append(a.Due, strings.Join(strings.Fields(string(e.Kind)+" "+e.Subscription+" "+e.Masked().Note), " "))
		}
	}
	for _, url := range order {
		a.Webhooks = append(a.Webhooks, *webhooks[url])
	}
}

// noAnswer stands for the status of a request that got none.
const noAnswer = "none"

func reckonAttempt(w *control.AdvancedWebhook, e *journal.Entry) {
	attempt := e.Data.(*delivery.Attempt)
	w.Attempts++
	status := noAnswer
	if e.Exchange.Status >= http.StatusContinue {
		status = strconv.Itoa(e.Exchange.Status)
	}
	w.Answers[status]++
	if attempt.Delivered {
		w.Delivered += len(attempt.Items)
	}
}
