package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"

	"github.com/outlocal/outlocal/journal"
)

// GapError tells that entries of a followed journal were overwritten before they could be read.
type GapError struct {
	Dropped uint64 // how many
}

func (e *GapError) Error() string {
	return fmt.Sprintf("%d journal entries were overwritten before they could be read", e.Dropped)
}

// sent is how many rows one request of an import carries: enough to make a request's cost vanish, few enough for their ids to be listed.
const sent = 5000

func (c *Client) importRows(ctx context.Context, rows iter.Seq[NewSubscription]) (Imported, error) {
	var all Imported
	var body bytes.Buffer
	encoder, pending := json.NewEncoder(&body), 0
	send := func() error {
		imported, err := send[Imported](ctx, c, http.MethodPost, "/subscriptions/import", nil, lines, body.Bytes())
		before := all.Count
		all.Count += imported.Count
		all.IDs = append(all.IDs, imported.IDs...)
		body.Reset()
		pending = 0
		if err != nil && before > 0 {
			return fmt.Errorf("after %d subscriptions: %w", before, err)
		}
		return err
	}
	for row := range rows {
		if err := encoder.Encode(row); err != nil {
			return all, fmt.Errorf("encode subscription %d: %w", all.Count+pending+1, err)
		}
		if pending++; pending == sent {
			if err := send(); err != nil {
				return all, err
			}
		}
	}
	if pending == 0 {
		return all, nil
	}
	return all, send()
}

func (c *Client) follow(ctx context.Context, q JournalQuery) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		query := encodeQuery(journalParams{JournalQuery: q, Follow: true})
		response, err := c.open(ctx, http.MethodGet, "/journal", query, "", nil)
		if err != nil {
			if ctx.Err() == nil {
				yield(journal.Entry{}, err)
			}
			return
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			yield(journal.Entry{}, readError(response, nil))
			return
		}
		decoder := json.NewDecoder(response.Body)
		for {
			var line struct {
				journal.Entry
				gapLine
			}
			err := decoder.Decode(&line)
			switch {
			case errors.Is(err, io.EOF) || ctx.Err() != nil:
				return
			case err != nil:
				yield(journal.Entry{}, fmt.Errorf("follow the journal: %w", err))
				return
			case line.Dropped > 0:
				err = &GapError{line.Dropped}
			}
			if !yield(line.Entry, err) {
				return
			}
		}
	}
}

func (c *Client) wait(ctx context.Context, w WaitRequest) ([]journal.Entry, error) {
	answer, err := call[waitAnswer](ctx, c, http.MethodPost, "/journal/wait", nil, w)
	return answer.Entries, err
}
