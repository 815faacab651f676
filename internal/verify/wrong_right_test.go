package verify

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/receiver"
)

// rightWebhooks differ as much as right ones may: nothing is found about any of them.
func rightWebhooks() []flaw {
	every := []*dialect.Dialect{
		dialect.GraphV1, dialect.GraphBeta, dialect.GraphPreview, dialect.OutlookFinal, dialect.OutlookInterim, dialect.OutlookLegacy,
	}
	status := func(status int) func() http.Handler {
		return broken(func(h *webhook) {
			h.accept = func(w http.ResponseWriter, s int) {
				if s == http.StatusAccepted {
					s = status
				}
				w.WriteHeader(s)
			}
		})
	}
	refusing := func(status int) func() http.Handler {
		return broken(func(h *webhook) {
			h.take = func(r *http.Request, items []*item) int {
				for _, it := range items {
					if believes(r, it) {
						return http.StatusAccepted
					}
				}
				return status
			}
		})
	}
	return []flaw{
		{name: "right: answers 202", depth: Believed, in: every, hook: status(http.StatusAccepted)},
		{name: "right: answers 200", depth: Believed, hook: status(http.StatusOK)},
		{name: "right: answers 204", depth: Believed, hook: status(http.StatusNoContent)},
		{
			name: "right: answers 200 with a document", depth: Believed,
			hook: broken(func(h *webhook) {
				h.accept = func(w http.ResponseWriter, _ int) {
					answerWith(http.StatusOK, "application/json", `{"ok":true}`)(w, nil)
				}
			}),
		},
		{name: "right: refuses strangers with 401", depth: Believed, in: every, hook: refusing(http.StatusUnauthorized)},
		{name: "right: refuses strangers with 403", depth: Believed, hook: refusing(http.StatusForbidden)},
		{name: "right: refuses strangers with 404", depth: Believed, hook: refusing(http.StatusNotFound)},
		{
			name: "right: shows a page to a browser", depth: Believed,
			hook: broken(func(h *webhook) {
				h.other = func(w http.ResponseWriter, r *http.Request) {
					answerWith(http.StatusOK, "text/html", "<!doctype html><html><body>A webhook lives here.</body></html>")(w, r)
				}
			}),
		},
		{
			name: "right: answers before it reads the items", depth: Believed,
			hook: broken(func(h *webhook) {
				h.read = func(r *http.Request) ([]*item, error) { _, err := io.Copy(io.Discard, r.Body); return nil, err }
			}),
		},
		{
			name: "right: takes a moment", depth: Believed,
			hook: before(func(_ http.ResponseWriter, r *http.Request) bool {
				delayed(r.Context(), 5*time.Millisecond)
				return false
			}),
		},
		{
			name: "right: stands behind TLS", depth: Believed, hook: broken(func(*webhook) {}),
			place: func(t *testing.T, hook http.Handler) place { return secure(t, hook, func(*certified) {}) },
		},
		{
			name: "right: outlocal's own receiver", depth: Believed, in: every,
			hook: func() http.Handler {
				r, err := receiver.New(receiver.Config{ClientState: believed})
				if err != nil {
					panic(err)
				}
				return r
			},
		},
		{name: "right: an app that does all it should", depth: CallsBack, in: []*dialect.Dialect{dialect.GraphV1, dialect.GraphBeta, dialect.OutlookFinal}, app: func(*app) {}},
		{
			name: "right: an app that renews when asked to reauthorize", depth: CallsBack, in: graphOnly(),
			app: func(a *app) { a.onReauthorize = a.renew },
		},
		{
			name: "right: an app without a lifecycle URL, which nobody tells", depth: CallsBack, in: graphOnly(),
			app: func(a *app) { a.untold, a.onRemoved = true, func(context.Context, *item) {} },
		},
		{
			name: "right: an app that catches up by delta", depth: CallsBack, in: graphOnly(),
			app: func(a *app) {
				a.onMissed = func(ctx context.Context, _ *item) { _, _, _ = a.client.Mark(ctx, "me/mailFolders('inbox')/messages") }
			},
		},
	}
}
