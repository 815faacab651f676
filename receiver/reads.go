package receiver

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

const (
	// lanes is how many items are read at once: enough to hide a service's latency, too few to be throttled (Outlook allows four
	// concurrent requests for a mailbox).
	lanes = 4
	// maxWaiting is how many items may wait to be read; a burst of some batches.
	maxWaiting = 1024
	// readLimit ends the reading of an item from a service that hangs.
	readLimit = 30 * time.Second
)

var errReadsFull = errors.New("not read: too many items wait to be read")

// reads reads the items that were notified of, beside the requests: a service may take its time.
type reads struct {
	waiting chan read
	cancel  context.CancelFunc
	readers sync.WaitGroup
}

// read is an item to be read, and the entry to write about it.
type read struct {
	resource string
	entry    journal.Entry
}

func startReads(r *Receiver) *reads {
	ctx, cancel := context.WithCancel(context.Background())
	q := &reads{waiting: make(chan read, maxWaiting), cancel: cancel}
	for range lanes {
		q.readers.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case next := <-q.waiting:
					next.do(ctx, r)
				}
			}
		})
	}
	return q
}

func (q *reads) close() {
	q.cancel()
	q.readers.Wait()
}

// add lets an item be read when its turn comes. The legacy schema has no resource, but the item's URL (W4.2-01).
func (q *reads) add(r *Receiver, n notify.Notification, entry journal.Entry) {
	next := read{resource: n.Resource, entry: entry}
	if next.resource == "" && n.Data != nil {
		next.resource = n.Data.URL
	}
	next.entry.Kind = journal.Read
	select {
	case q.waiting <- next:
	default:
		next.write(r, &journal.Exchange{Method: http.MethodGet, URL: next.resource, Error: errReadsFull.Error()})
	}
}

func (next read) do(ctx context.Context, r *Receiver) {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	x := &journal.Exchange{Method: http.MethodGet, URL: next.resource, Started: time.Now()}
	body, err := r.config.Fetch.Fetch(ctx, next.resource)
	x.Took = time.Since(x.Started)
	if err != nil {
		x.Error = err.Error()
	} else {
		x.Status, x.ResponseBody = http.StatusOK, body
	}
	next.write(r, x)
}

func (next read) write(r *Receiver, x *journal.Exchange) {
	next.entry.At, next.entry.Wall, next.entry.Exchange = r.config.Now(), time.Now(), x
	r.journal.Append(next.entry)
}
