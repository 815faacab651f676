package control

import (
	"context"
	"fmt"
	"net/http"

	"github.com/outlocal/outlocal/journal"
)

// ReplayRequest says what is to be sent once more.
type ReplayRequest struct {
	Seq  uint64 `json:"seq,omitempty" doc:"of the journal entry of a request that was passed on, or of one that came of it"`
	Last int    `json:"last,omitempty" doc:"the last so many requests with notifications, in their order; 1 if seq is left out too"`
}

// Replayed tells what came of it.
type Replayed struct {
	Entries []journal.Entry `json:"entries" doc:"the new attempts, masked; the cause of each is its request"`
}

// replayLimit bounds the requests of one call: they are sent one after the other before it answers.
const replayLimit = 1000

// Replay sends what came in to the local webhook once more. It returns when that has answered.
func (c *Client) Replay(ctx context.Context, r ReplayRequest) (Replayed, error) {
	return call[Replayed](ctx, c, http.MethodPost, "/replay", nil, r)
}

func serveReplay(r *http.Request, b Replayer, _ nothing, q ReplayRequest) (Replayed, error) {
	switch {
	case q.Seq > 0 && q.Last != 0:
		return Replayed{}, BadRequest("replay: it says both seq and last", "leave one of them out")
	case q.Last < 0 || q.Last > replayLimit:
		return Replayed{}, BadRequest(fmt.Sprintf("replay: last is %d", q.Last), fmt.Sprintf("it can be 1 to %d", replayLimit))
	case q.Seq == 0 && q.Last == 0:
		q.Last = 1
	}
	replayed, err := b.Replay(r.Context(), q)
	masked := make([]journal.Entry, len(replayed.Entries))
	for i := range replayed.Entries {
		masked[i] = replayed.Entries[i].Masked()
	}
	return Replayed{masked}, err
}
