package control

import (
	"fmt"
	"net/http"
	"reflect"

	"github.com/outlocal/outlocal/journal"
)

const (
	importPortion = 1000   // rows handed over at a time
	idsLimit      = 10_000 // ids that an answer lists: the answer to a million would be larger than most requests
)

func serveSubscriptions(r *http.Request, b SubscriptionLister, q SubscriptionQuery, _ nothing) (SubscriptionPage, error) {
	limit, err := sizeOfPage(q.Limit)
	if err != nil {
		return SubscriptionPage{}, err
	}
	q.Limit = limit
	page, err := b.Subscriptions(r.Context(), q)
	if err != nil {
		return SubscriptionPage{}, err
	}
	shown := make([]Subscription, len(page.Subscriptions))
	for i, s := range page.Subscriptions {
		s.NotificationURL, s.LifecycleURL = journal.MaskURL(s.NotificationURL), journal.MaskURL(s.LifecycleURL)
		shown[i] = s
	}
	page.Subscriptions = shown
	return page, nil
}

func serveRemoval(r *http.Request, b SubscriptionKeeper, where Selector, _ nothing) (Removed, error) {
	return b.RemoveSubscriptions(r.Context(), where)
}

func importing() operation {
	return operation{
		query: reflect.TypeFor[nothing](), body: reflect.TypeFor[importRequest](), answer: reflect.TypeFor[Imported](), bodyMedia: lines,
		serve: func(h *handler, w http.ResponseWriter, r *http.Request) error {
			keeper, err := partOf[SubscriptionKeeper](h, partSubscriptions)
			if err != nil {
				return err
			}
			if err := decodeQuery(r.URL.Query(), &nothing{}); err != nil {
				return err
			}
			imported, err := importFrom(r, keeper)
			if len(imported.IDs) > idsLimit {
				imported.IDs = nil
			}
			if err != nil {
				return &partial{err, imported}
			}
			return writeJSON(w, http.StatusOK, imported)
		},
	}
}

// importFrom hands rows over in portions. What was taken before an error stays.
func importFrom(r *http.Request, keeper SubscriptionKeeper) (Imported, error) {
	var imported Imported
	portion := make([]NewSubscription, 0, importPortion)
	hand := func() error {
		ids, err := keeper.Import(r.Context(), portion)
		imported.Count += len(ids)
		imported.IDs = append(imported.IDs, ids...)
		portion = portion[:0]
		if err != nil {
			return refuseRow(imported.Count, err)
		}
		return nil
	}
	rows := newRowReader(r)
	for row, err := range rows.all {
		if err != nil {
			// The rows before it are fine, and the client is told how many there are of them.
			if handed := hand(); handed != nil {
				return imported, handed
			}
			return imported, refuseRow(imported.Count, err)
		}
		if portion = append(portion, row); len(portion) == importPortion {
			if err := hand(); err != nil {
				return imported, err
			}
		}
	}
	if len(portion) == 0 {
		return imported, nil
	}
	return imported, hand()
}

// refuseRow says which row it was: the one after those that were taken.
func refuseRow(taken int, err error) error {
	refusal := *asError(err)
	refusal.Message = fmt.Sprintf("import subscription %d: %s", taken+1, refusal.Message)
	if taken > 0 {
		stay := fmt.Sprintf("imported before it: %d", taken)
		if refusal.Hint != "" {
			stay = refusal.Hint + "; " + stay
		}
		refusal.Hint = stay
	}
	return &refusal
}

// check refuses a row that lacks what every dialect needs.
func (n NewSubscription) check() error {
	for _, needed := range []struct{ name, value string }{
		{"mount", n.Mount}, {"resource", n.Resource}, {"changeType", n.ChangeType}, {"notificationUrl", n.NotificationURL},
	} {
		if needed.value == "" {
			return BadRequest(needed.name+" is missing", "")
		}
	}
	return nil
}
