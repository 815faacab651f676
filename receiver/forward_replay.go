package receiver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/outlocal/outlocal/journal"
)

// Why a request can't be replayed.
var (
	ErrNoTarget = errors.New("there is no local webhook that it could go to")
	ErrNotKept  = errors.New("the journal holds no request of that number that was passed on")
)

// Replay sends a request that was passed on once more to the target; seq is the number of its entry. What it returns is the entry of the
// new attempt, whose cause is that of the request: of a webhook that fails again it tells, and is no error. The body goes as the journal
// keeps it, with its content coding undone. The entry holds secrets: show what its Masked returns.
func (f *Forwarder) Replay(ctx context.Context, seq uint64) (journal.Entry, error) {
	p, err := f.recall(seq)
	if err != nil {
		return journal.Entry{}, fmt.Errorf("replay request %d: %w", seq, err)
	}
	p.run(ctx)
	if p.gone {
		return p.attempt, fmt.Errorf("replay request %d: %w", seq, ctx.Err())
	}
	return p.attempt, nil
}

// recall makes a passage of a request that had one.
func (f *Forwarder) recall(seq uint64) (*passage, error) {
	if f.target == nil {
		return nil, ErrNoTarget
	}
	kept := f.receiver.journal
	request, _ := kept.Since(seq-1, func(e *journal.Entry) bool { return e.Seq == seq }, 1)
	passed, _ := kept.Since(seq, func(e *journal.Entry) bool { return e.Kind == journal.Attempt && e.Cause == seq }, 1)
	if len(request) == 0 || len(passed) == 0 {
		return nil, ErrNotKept
	}
	entry := request[0]
	_, query, _ := strings.Cut(entry.URL, "?")
	p := &passage{
		forwarder: f, w: nowhere{}, replay: true, entry: entry,
		header: entry.Exchange.RequestHeader, query: query, body: entry.Exchange.RequestBody,
	}
	if entry.Kind == journal.Handshake {
		p.token, _ = f.receiver.token(query) // one that can't be read is passed on all the same
	}
	return p, nil
}

// nowhere is where the answer to a replay goes: it is in the journal.
type nowhere http.Header

func (n nowhere) Header() http.Header         { return http.Header(n) }
func (n nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n nowhere) WriteHeader(int)             {}
