package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// wrongNotifications bring handlers down that are right about the handshake.
func wrongNotifications() []flaw {
	return []flaw{
		{
			name: "reads the resource of lifecycle events", thread: "microsoftgraph/nodejs-webhooks-sample#504", want: "lifecycle-missed", depth: Believed,
			hook: broken(each(func(it *item) int {
				_ = strings.Split(it.Resource, "/")[1] // as it has none there
				return http.StatusAccepted
			})),
		},
		{
			name: "refuses lifecycle events", thread: "NousResearch/hermes-agent#68799", want: "lifecycle-missed", depth: Believed,
			hook: broken(each(func(it *item) int {
				if event(it) != "" {
					return http.StatusForbidden
				}
				return http.StatusAccepted
			})),
		},
		{
			name: "knows no event but two", want: "lifecycle-removed", depth: Believed,
			hook: broken(each(func(it *item) int {
				switch event(it) {
				case "", "missed", "reauthorizationRequired":
					return http.StatusAccepted
				}
				panic("unknown event")
			})),
		},
		{
			name: "knows no reauthorization", thread: "microsoftgraph/microsoft-graph-docs-contrib#2166", want: "lifecycle-reauthorization", depth: Believed, in: graphOnly(),
			hook: broken(each(func(it *item) int {
				if event(it) == "reauthorizationRequired" {
					return http.StatusBadRequest
				}
				return http.StatusAccepted
			})),
		},
		{
			name: "refuses a request for one wrong client state in it", thread: "PipedreamHQ/pipedream#19820", want: "notification-bad-item", depth: Believed, in: graphOnly(),
			hook: broken(func(h *webhook) {
				h.take = func(r *http.Request, items []*item) int {
					for _, it := range items {
						if !believes(r, it) {
							return http.StatusUnauthorized
						}
					}
					return http.StatusAccepted
				}
			}),
		},
		{
			name: "crashes on null in the list", want: "notification-null-entry", depth: Believed,
			hook: broken(func(h *webhook) {
				h.take = func(r *http.Request, items []*item) int {
					for _, it := range items {
						_ = stateOf(r, &item{ClientState: it.ClientState})
					}
					return http.StatusAccepted
				}
			}),
		},
		{
			name: "refuses properties that it doesn't know", want: "notification-unknown-properties", depth: Believed,
			hook: broken(func(h *webhook) {
				h.read = func(r *http.Request) ([]*item, error) {
					body, err := io.ReadAll(r.Body)
					if err != nil || bytes.Contains(body, []byte("future")) { // stands for a model that forbids them
						return nil, errNoNotification
					}
					r.Body = io.NopCloser(bytes.NewReader(body))
					return readItems(r)
				}
				h.refusal = http.StatusUnprocessableEntity
			}),
		},
		{
			name: "answers a duplicate with 409", want: "notification-duplicate", depth: Believed,
			hook: func() http.Handler {
				var seen sync.Map
				return broken(each(func(it *item) int {
					key := [2]string{it.SubscriptionID, it.ResourceData.ID}
					if _, twice := seen.LoadOrStore(key, true); twice && event(it) == "" {
						return http.StatusConflict
					}
					return http.StatusAccepted
				}))()
			},
		},
		{
			name: "refuses what is not next in order", want: "notification-disorder", depth: Believed, in: outlookOnly(),
			hook: func() http.Handler {
				var mu sync.Mutex
				last := map[string]int{}
				return broken(each(func(it *item) int {
					mu.Lock()
					defer mu.Unlock()
					if it.SequenceNumber > last[it.SubscriptionID]+1 {
						return http.StatusBadRequest
					}
					last[it.SubscriptionID] = max(last[it.SubscriptionID], it.SequenceNumber)
					return http.StatusAccepted
				}))()
			},
		},
		{
			name: "takes one subscription in a request", want: "notification-mixed", depth: Believed,
			hook: broken(func(h *webhook) {
				h.take = func(r *http.Request, items []*item) int {
					for _, it := range items {
						if believes(r, it) && it.SubscriptionID != items[len(items)-1].SubscriptionID {
							return http.StatusBadRequest
						}
					}
					return http.StatusAccepted
				}
			}),
		},
		{
			name: "takes 50 notifications in a request", want: "notification-batch", depth: Believed,
			hook: broken(func(h *webhook) {
				h.take = func(_ *http.Request, items []*item) int {
					if len(items) > 50 {
						return http.StatusRequestEntityTooLarge
					}
					return http.StatusAccepted
				}
			}),
		},
		{
			name: "crashes on a wrong client state", thread: "mayurrawte/teamsly#86", want: "notification-wrong-client-state", depth: Believed,
			looks: "delivery-error",
			hook: broken(func(h *webhook) {
				h.take = func(r *http.Request, items []*item) int {
					for _, it := range items {
						if it != nil && stateOf(r, it) != believed {
							panic("someone else's")
						}
					}
					return http.StatusAccepted
				}
			}),
		},
		{
			name: "crashes where there is no client state", want: "notification-no-client-state", depth: Believed,
			hook: broken(func(h *webhook) {
				h.take = func(r *http.Request, items []*item) int {
					for _, it := range items {
						if it != nil {
							_ = stateOf(r, it)[0]
						}
					}
					return http.StatusAccepted
				}
			}),
		},
		{
			name: "takes eight requests at once", want: "notification-burst", depth: Believed,
			hook: func() http.Handler {
				var busy atomic.Int32
				return before(func(w http.ResponseWriter, r *http.Request) bool {
					if !notified(r) {
						return false
					}
					defer busy.Add(-1)
					if busy.Add(1) > 8 {
						return answerWith(http.StatusTooManyRequests, "text/plain", "Too Many Requests")(w, r)
					}
					delayed(r.Context(), 60*time.Millisecond)
					return false
				})()
			},
		},
		{
			name: "lets nobody post without a login", thread: "microsoft/dev-tunnels#446", want: "delivery-unauthorized", depth: Believed,
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				return notified(r) && answerWith(http.StatusUnauthorized, "application/json", `{"message":"Unauthorized"}`)(w, r)
			}),
		},
		{
			name: "wants a CSRF token with notifications", want: "delivery-unauthorized",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				return notified(r) && answerWith(http.StatusForbidden, "text/html", "<html><body><p>CSRF verification failed. Request aborted.</p></body></html>")(w, r)
			}),
		},
		{
			name: "looks for the client state in the body only", thread: "microsoftgraph/microsoft-graph-docs#2330", want: "delivery-unauthorized", depth: Believed, in: outlookOnly(),
			hook: broken(func(h *webhook) {
				h.take = func(_ *http.Request, items []*item) int {
					if items[0] == nil || items[0].ClientState != believed {
						return http.StatusForbidden
					}
					return http.StatusAccepted
				}
			}),
		},
		{
			name: "sends notifications to a login", want: "delivery-login-redirect",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				if notified(r) {
					http.Redirect(w, r, "/account/login?ReturnUrl=hook", http.StatusFound)
				}
				return notified(r)
			}),
		},
		{
			name: "redirects notifications", want: "delivery-redirect",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				if notified(r) {
					http.Redirect(w, r, "/v2/hook", http.StatusPermanentRedirect)
				}
				return notified(r)
			}),
		},
		{
			name: "allows no POST without a token", want: "delivery-method",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				return notified(r) && answerWith(http.StatusMethodNotAllowed, "text/plain", "Method Not Allowed")(w, r)
			}),
		},
		{
			name: "has had too many requests already", want: "delivery-throttled",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				return notified(r) && answerWith(http.StatusTooManyRequests, "text/plain", "Too Many Requests")(w, r)
			}),
		},
		{
			name: "answers notifications with a page", want: "delivery-html",
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				return notified(r) && answerWith(http.StatusOK, "text/html", "<!doctype html><html><body>Thanks!</body></html>")(w, r)
			}),
		},
		{
			name: "fails on any notification", want: "delivery-error",
			hook: broken(func(h *webhook) { h.take = func(*http.Request, []*item) int { panic("no database") } }),
		},
		{
			name: "fails on all but the handshake", want: "delivery-error",
			hook: broken(func(h *webhook) {
				h.take = func(*http.Request, []*item) int { panic("no database") }
				h.other = func(http.ResponseWriter, *http.Request) { panic("no database") }
			}),
		},
		{
			name: "hangs up on notifications", want: "delivery-reset",
			hook: broken(func(h *webhook) { h.take = func(*http.Request, []*item) int { panic(http.ErrAbortHandler) } }),
		},
		{
			name: "has the handshake at one route, and no other", want: "delivery-not-found", depth: Believed,
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				return notified(r) && answerWith(http.StatusNotFound, "text/plain", "Cannot POST /hook")(w, r)
			}),
		},
	}
}

// wrongBodies are bodies that handlers don't expect.
func wrongBodies() []flaw {
	return []flaw{
		{
			name: "parses bodies of 100 KB at most", want: "notification-large-body", depth: Believed,
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				return r.ContentLength > 100<<10 && answerWith(http.StatusRequestEntityTooLarge, "text/plain", "PayloadTooLargeError: request entity too large")(w, r)
			}),
		},
		{
			name: "wants application/json and no charset", want: "delivery-body-parser", in: graphOnly(),
			hook: before(func(w http.ResponseWriter, r *http.Request) bool {
				return notified(r) && r.Header.Get("Content-Type") != "application/json" && answerWith(http.StatusUnsupportedMediaType, "text/plain", "Unsupported Media Type")(w, r)
			}),
		},
		{
			name: "fails on a body that is no JSON", want: "notification-garbage",
			hook: broken(func(h *webhook) {
				h.read = func(r *http.Request) ([]*item, error) {
					var body struct{ Value []*item }
					if err := json.NewDecoder(r.Body).Decode(&body); err != nil && !errors.Is(err, io.EOF) {
						panic(err)
					}
					return body.Value, nil
				}
			}),
		},
		{
			name: "catches no error of its parser", thread: "Nine-Minds/alga-psa#972", want: "notification-garbage",
			hook: broken(func(h *webhook) {
				h.read = func(r *http.Request) ([]*item, error) {
					items, err := readItems(r)
					if err != nil {
						panic(err)
					}
					return items, nil
				}
			}),
		},
		{
			name: "dies of null in the list, once it has answered", want: diedID, depth: Believed,
			hook: diesAfter(func(items []*item) bool { return slices.Contains(items, nil) }),
		},
		{
			name: "dies of a lifecycle event, once it has answered", want: diedID, depth: Believed,
			hook: diesAfter(func(items []*item) bool {
				return slices.ContainsFunc(items, func(it *item) bool { return it != nil && event(it) != "" })
			}),
		},
		{
			name: "gives up on a slow sender", want: "notification-slow-body", depth: Believed,
			hook: broken(func(h *webhook) {
				h.read = func(r *http.Request) ([]*item, error) {
					started := time.Now()
					items, err := readItems(r)
					if time.Since(started) > slowly/2 && r.ContentLength < largeBody/2 {
						return nil, errNoNotification
					}
					return items, err
				}
				h.refusal = http.StatusRequestTimeout
			}),
		},
		{
			name: "fails on an empty body", want: "notification-empty-body",
			hook: broken(func(h *webhook) {
				h.read = func(r *http.Request) ([]*item, error) {
					if r.ContentLength == 0 {
						panic("value of undefined")
					}
					return readItems(r)
				}
			}),
		},
		{
			name: "dies of a body that is no JSON", want: diedID,
			hook: func() http.Handler {
				var dead atomic.Bool
				return before(func(_ http.ResponseWriter, r *http.Request) bool {
					if dead.Load() {
						panic(http.ErrAbortHandler)
					}
					body, _ := io.ReadAll(r.Body)
					if len(body) > 0 && !json.Valid(body) {
						dead.Store(true)
						panic(http.ErrAbortHandler)
					}
					r.Body = io.NopCloser(bytes.NewReader(body))
					return false
				})()
			},
		},
		{
			name: "parses the piece of the body that is there", want: "notification-slow-body", depth: Believed,
			hook: broken(func(h *webhook) {
				h.read = func(r *http.Request) ([]*item, error) {
					piece := make([]byte, 64<<10)
					n, _ := r.Body.Read(piece)
					r.Body = io.NopCloser(bytes.NewReader(piece[:n]))
					return readItems(r)
				}
			}),
		},
	}
}

// diesAfter is a webhook whose process ends by what it does after it has answered some request, as Node does of a rejection that nobody
// handles.
func diesAfter(of func([]*item) bool) func() http.Handler {
	return func() http.Handler {
		var dead atomic.Bool
		h := newWebhook()
		h.take = func(_ *http.Request, items []*item) int {
			if of(items) {
				dead.Store(true)
			}
			return http.StatusAccepted
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if dead.Load() {
				panic(http.ErrAbortHandler)
			}
			h.ServeHTTP(w, r)
		})
	}
}

// slowWebhooks take too long, for some reason or other.
func slowWebhooks() []flaw {
	const limit = 2400 * time.Millisecond // what takes half of that is late: far more than any right answer, even on a busy machine
	const late = 1600 * time.Millisecond
	return []flaw{
		{
			name: "never answers the handshake", thread: "microsoftgraph/nodejs-webhooks-sample#350", want: "handshake-timeout", limit: limit,
			hook: answering(func(_ http.ResponseWriter, r *http.Request, _ string) { hang(r) }),
		},
		{
			name: "takes its time for the handshake", thread: "pnp/Microsoft365-Analytics-Insights#273", want: "handshake-slow",
			hook: answering(func(w http.ResponseWriter, r *http.Request, token string) {
				delayed(r.Context(), 3200*time.Millisecond) // more than notifications have (W10-06)
				echoToken(w, r, token)
			}),
		},
		{
			name: "never ends its answer to the handshake", want: "handshake-late/body", limit: limit,
			hook: answering(func(w http.ResponseWriter, r *http.Request, token string) {
				echoToken(w, r, token)
				_ = http.NewResponseController(w).Flush()
				hang(r)
			}),
		},
		{
			name: "has to be woken up", thread: "microsoftgraph/microsoft-graph-docs#5554", want: "handshake-cold-start", limit: limit,
			hook: func() http.Handler {
				var warm atomic.Bool
				return before(func(_ http.ResponseWriter, r *http.Request) bool {
					if !warm.Swap(true) {
						hang(r)
					}
					return false
				})()
			},
		},
		{
			name: "works before it answers, for 4 s", thread: "microsoftgraph/microsoft-graph-docs#4841", want: "delivery-late", limit: limit,
			hook: before(func(_ http.ResponseWriter, r *http.Request) bool {
				if notified(r) {
					delayed(r.Context(), late)
				}
				return false
			}),
		},
		{
			name: "works before it answers, for ever", thread: "microsoftgraph/microsoft-graph-docs#4949", want: "delivery-timeout", limit: limit,
			hook: before(func(_ http.ResponseWriter, r *http.Request) bool {
				if notified(r) {
					hang(r)
				}
				return false
			}),
		},
		{
			name: "answers the handshake and nothing else", want: "delivery-timeout", limit: limit,
			hook: before(func(_ http.ResponseWriter, r *http.Request) bool {
				if _, ok := findToken(r); !ok {
					hang(r)
				}
				return false
			}),
		},
		{
			name: "works on each of a request before it answers", want: "notification-batch", depth: Believed, limit: limit, in: graphOnly(),
			hook: broken(func(h *webhook) {
				h.take = func(r *http.Request, items []*item) int {
					delayed(r.Context(), time.Duration(len(items))*late/largestBatch)
					return http.StatusAccepted
				}
			}),
		},
		{
			name: "works on one request at a time", want: "notification-burst", depth: Believed, limit: limit,
			hook: func() http.Handler {
				var one sync.Mutex
				return before(func(_ http.ResponseWriter, r *http.Request) bool {
					if notified(r) {
						one.Lock()
						defer one.Unlock()
						delayed(r.Context(), late/burst)
					}
					return false
				})()
			},
		},
		{
			name: "has work for seconds after a burst", want: "notification-burst", depth: Believed, limit: limit, in: graphOnly(),
			hook: func() http.Handler {
				var one sync.Mutex
				var queued atomic.Int32
				return before(func(_ http.ResponseWriter, r *http.Request) bool {
					if !notified(r) {
						return false
					}
					behind := queued.Add(1)
					one.Lock()
					defer one.Unlock()
					defer queued.Add(-1)
					work := 20 * time.Millisecond
					if behind > 1 {
						work = 4 * late / burst
					}
					delayed(context.Background(), work) // whether somebody waits or not
					return false
				})()
			},
		},
		{
			name: "waits for a body that never comes", want: "notification-empty-body", limit: limit,
			hook: before(func(_ http.ResponseWriter, r *http.Request) bool {
				if notified(r) && r.ContentLength == 0 {
					hang(r)
				}
				return false
			}),
		},
	}
}
