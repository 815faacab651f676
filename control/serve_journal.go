package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
)

const (
	pageSize  = 1000    // entries or subscriptions on a page, unless asked for otherwise: some hundred kilobytes
	pageLimit = 10_000  // and at most, so that a page fits into memory a few times over
	pageBytes = 8 << 20 // of bodies, headers and texts, for the same reason: a page with more has fewer entries

	waitDefault = 5 * time.Second  // far more than a webhook on the same machine needs
	waitLimit   = 10 * time.Minute // what is waited for longer is waited for again

	lines = "application/x-ndjson"
)

func reading() operation {
	return operation{
		query: reflect.TypeFor[journalParams](), body: reflect.TypeFor[nothing](), answer: reflect.TypeFor[JournalPage](), answerMedia: lines,
		serve: func(h *handler, w http.ResponseWriter, r *http.Request) error {
			keeper, err := partOf[JournalKeeper](h, partJournal)
			if err != nil {
				return err
			}
			var q journalParams
			if err := decodeQuery(r.URL.Query(), &q); err != nil {
				return err
			}
			if err := checkKinds(q.Kinds); err != nil {
				return err
			}
			if q.Follow && r.Method != http.MethodHead {
				return followJournal(w, r, keeper.Journal(), q.JournalQuery)
			}
			page, err := readJournal(keeper.Journal(), q.JournalQuery)
			if err != nil {
				return err
			}
			return writeJSON(w, http.StatusOK, page)
		},
	}
}

func readJournal(j *journal.Journal, q JournalQuery) (JournalPage, error) {
	limit, err := sizeOfPage(q.Limit)
	if err != nil {
		return JournalPage{}, err
	}
	next, matches := q.Since, matching(q.Kinds, q.Where)
	size, full := int64(0), false
	entries, dropped := j.Since(q.Since, func(e *journal.Entry) bool {
		taken := !full && matches(e)
		if taken && size > 0 && size+e.Size() > pageBytes {
			full, taken = true, false
		}
		if full { // this one and those that follow are for the next page
			return false
		}
		next = e.Seq // the last one that was looked at, whether it matched or not
		if taken {
			size += e.Size()
		}
		return taken
	}, limit)
	return JournalPage{Entries: masked(entries), Next: next, Dropped: dropped}, nil
}

// followJournal writes entries as they come, until the client or the server goes.
func followJournal(w http.ResponseWriter, r *http.Request, j *journal.Journal, q JournalQuery) error {
	ctx, cancel := untilClosing(r.Context())
	defer cancel()
	writeHeader(w, http.StatusOK, lines)
	encoder, controller := json.NewEncoder(w), http.NewResponseController(w)
	encoder.SetEscapeHTML(false)
	if controller.Flush() != nil {
		return nil
	}
	count := 0
	for e, missed := range j.Follow(ctx, q.Since, matching(q.Kinds, q.Where)) {
		if missed > 0 && encoder.Encode(gapLine{missed}) != nil {
			return nil
		}
		if encoder.Encode(e.Masked()) != nil || controller.Flush() != nil {
			return nil
		}
		if count++; count == q.Limit {
			return nil
		}
	}
	return nil
}

func serveWait(r *http.Request, b JournalKeeper, _ nothing, q WaitRequest) (waitAnswer, error) {
	if err := checkWait(&q.Count, &q.Within); err != nil {
		return waitAnswer{}, err
	}
	if err := checkKinds(q.Kinds); err != nil {
		return waitAnswer{}, err
	}
	ctx, cancel := withinOrClosing(r.Context(), q.Within)
	defer cancel()
	entries, err := b.Journal().Wait(ctx, q.Since, q.Count, matching(q.Kinds, q.Where))
	answer := waitAnswer{Entries: masked(entries)}
	switch {
	case err == nil:
		return answer, nil
	case isLate(err):
		return answer, &Error{
			http.StatusConflict, CodeTooFew,
			fmt.Sprintf("wait for %s: %d matched within %s", entriesWord(q.Count), len(entries), q.Within),
			"GET /journal shows what happened instead; what the service waits for needs POST /clock/advance",
		}
	}
	return answer, fmt.Errorf("wait for %s: %w", entriesWord(q.Count), context.Cause(ctx))
}

// checkWait fills in what was left out of a wait, and refuses one without an end.
func checkWait(count *int, within *Duration) error {
	if *count == 0 {
		*count = 1
	}
	if *within == 0 {
		*within = Duration(waitDefault)
	}
	switch {
	case *count < 0 || *count > pageLimit:
		return BadRequest(fmt.Sprintf("wait: count is %d", *count), fmt.Sprintf("it can be 1 to %d", pageLimit))
	case *within < 0 || within.Std() > waitLimit:
		return BadRequest(fmt.Sprintf("wait: within is %s", *within), fmt.Sprintf("it can be up to %s", Duration(waitLimit)))
	}
	return nil
}

// isLate tells whether a wait ended by its own deadline, or that of a caller who is gone.
func isLate(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

func entriesWord(n int) string {
	if n == 1 {
		return "1 journal entry"
	}
	return fmt.Sprintf("%d journal entries", n)
}

func matching(kinds []journal.Kind, where Selector) func(*journal.Entry) bool {
	return func(e *journal.Entry) bool {
		return (len(kinds) == 0 || slices.Contains(kinds, e.Kind)) && where.Matches(e)
	}
}

func checkKinds(kinds []journal.Kind) error {
	known := kindNames()
	for _, kind := range kinds {
		if err := oneOf("read the journal: kind", string(kind), known); err != nil {
			return err
		}
	}
	return nil
}

func kindNames() []string {
	var names []string
	for _, k := range journal.Kinds() {
		names = append(names, string(k))
	}
	return names
}

// masked is never nil, so that it is a list in JSON.
func masked(entries []journal.Entry) []journal.Entry {
	shown := make([]journal.Entry, len(entries))
	for i, e := range entries {
		shown[i] = e.Masked()
	}
	return shown
}

func sizeOfPage(limit int) (int, error) {
	switch {
	case limit == 0:
		return pageSize, nil
	case limit < 0 || limit > pageLimit:
		return 0, BadRequest(fmt.Sprintf("read a page: limit is %d", limit), fmt.Sprintf("it can be 1 to %d", pageLimit))
	}
	return limit, nil
}

// withinOrClosing is untilClosing for at most so long.
func withinOrClosing(ctx context.Context, within Duration) (context.Context, context.CancelFunc) {
	closing, cancel := untilClosing(ctx)
	limited, cancelTimeout := context.WithTimeout(closing, within.Std())
	return limited, func() {
		cancelTimeout()
		cancel()
	}
}

// untilClosing ends with ctx, or when the server that it belongs to shuts down: that waits for its requests.
func untilClosing(ctx context.Context) (context.Context, context.CancelFunc) {
	derived, cancel := context.WithCancel(ctx)
	if closing := serve.Closing(ctx); closing != nil {
		go func() {
			select {
			case <-closing:
				cancel()
			case <-derived.Done():
			}
		}()
	}
	return derived, cancel
}
