package control

import (
	"fmt"
	"math"
	"net/http"
	"reflect"
	"strings"

	"github.com/outlocal/outlocal/notify"
)

// route is one line of the API, from which both the handler and the document are made.
type route struct {
	method, path string
	id           string // name of the operation
	doc          string
	operation
}

// operation is what a route does, and with which types.
type operation struct {
	query, body, answer reflect.Type
	bodyMedia           string // a further type of body: lines of JSON, of stream's type
	answerMedia         string // a further type of answer
	serve               func(h *handler, w http.ResponseWriter, r *http.Request) error
}

// What is said to be missing where a backend has no such part.
const (
	partJournal       = "journal"
	partMailboxes     = "mailbox"
	partClock         = "clock of its own"
	partMounts        = "base path to serve dialects under"
	partSubscriptions = "subscription store"
	partFaults        = "fault to be had"
	partDeliveries    = "webhook that is notified from"
	partTokens        = "sign-in of its own"
	partTarget        = "local webhook to replay to"
	partReset         = "state to reset"
	partStop          = "way to stop the process"
)

func routes() []route {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []route{
		{get, "/livez", "live", "Tells that something answers.", served("", serveLive)},
		{get, "/readyz", "ready", "Tells whether it can be used.", served("", serveReady)},
		{get, "/openapi.json", "openapi", "This document.", describing()},
		{get, "/status", "status", "How it is doing.", served("", serveStatus)},
		{post, "/changes", "raiseChange", "Makes something happen in a mailbox, so that subscriptions are notified of it. Returns before any notification is delivered.", served(partMailboxes, serveChange)},
		{get, "/clock", "clock", "What time it is.", served(partClock, serveClock)},
		{post, "/clock/advance", "advance", "Lets virtual time go on, and returns when all that fell due on the way is done.", served(partClock, serveAdvance)},
		{post, "/clock/scale", "setScale", "Lets virtual time pass at a multiple of real time, as long as nothing is in flight.", served(partClock, serveScale)},
		{get, "/serve", "mounts", "Which dialect each base path speaks.", served(partMounts, serveMounts)},
		{put, "/serve", "mount", "Lets a base path speak a dialect from now on, for the subscriptions that there are as well.", served(partMounts, serveMount)},
		{get, "/subscriptions", "subscriptions", "Lists subscriptions, page by page.", served(partSubscriptions, serveSubscriptions)},
		{del, "/subscriptions", "removeSubscriptions", "Removes subscriptions: those selected, or all.", served(partSubscriptions, serveRemoval)},
		{post, "/subscriptions/import", "import", "Puts subscriptions in, without a handshake and beyond any quota. Rows are taken in their order until one is refused.", importing()},
		{get, "/journal", "journal", "Reads or follows the journal.", reading()},
		{post, "/journal/wait", "wait", "Waits until so many entries match. Too few in time is an error; those that did match stand beside it.", served(partJournal, serveWait)},
		{get, "/handled", "handled", "Waits until webhooks have handled so many notifications, and tells which. Too few in time is an error that says what was there instead; those that were handled stand beside it.", served(partDeliveries, serveHandled)},
		{post, "/lifecycle", "raiseLifecycle", "Makes lifecycle notifications due.", served(partSubscriptions, serveLifecycle)},
		{get, "/faults", "faults", "Lists the rules by which things go wrong.", served(partFaults, serveFaults)},
		{post, "/faults", "addFaults", "Lets things go wrong: puts rules in force, all or none.", served(partFaults, serveNewFaults)},
		{del, "/faults", "removeFaults", "Takes rules away: those selected, or all.", served(partFaults, serveFaultRemoval)},
		{post, "/tokens", "issueToken", "Issues an access token without a sign-in, whatever it is to say.", served(partTokens, serveToken)},
		{post, "/replay", "replay", "Sends what came in through a tunnel to the local webhook once more, and returns when it has answered.", served(partTarget, serveReplay)},
		{post, "/reset", "reset", "Forgets what is selected, or everything.", served(partReset, serveReset)},
		{post, "/stop", "stop", "Ends the process.", stopping()},
	}
}

func serveLive(*http.Request, Backend, nothing, nothing) (Ok, error) { return Ok{OK: true}, nil }

func serveReady(r *http.Request, b Backend, _, _ nothing) (Ok, error) {
	if readier, ok := b.(Readier); ok {
		if err := readier.Ready(r.Context()); err != nil {
			return Ok{}, &Error{http.StatusServiceUnavailable, CodeUnavailable, "not ready: " + err.Error(), "ask again"}
		}
	}
	return Ok{OK: true}, nil
}

func describing() operation {
	return operation{query: reflect.TypeFor[nothing](), body: reflect.TypeFor[nothing](), answer: reflect.TypeFor[object](), serve: serveDocument}
}

func serveDocument(h *handler, w http.ResponseWriter, r *http.Request) error {
	if err := decodeQuery(r.URL.Query(), &nothing{}); err != nil {
		return err
	}
	writeHeader(w, http.StatusOK, "application/json")
	_, _ = w.Write(h.document()) // a client that is gone needs no answer
	return nil
}

func serveStatus(r *http.Request, b Backend, _, _ nothing) (Status, error) {
	return b.Status(r.Context())
}

// changeLimit bounds the changes of one call: they are made before it answers, and each one's notifications are queued.
const changeLimit = 100_000

func serveChange(r *http.Request, b ChangeRaiser, _ nothing, c Change) (Raised, error) {
	change, _, err := c.Words()
	if err != nil {
		return Raised{}, err
	}
	switch {
	case c.Count == 0:
		c.Count = 1
	case c.Count < 0 || c.Count > changeLimit:
		return Raised{}, BadRequest(fmt.Sprintf("raise change: count is %d", c.Count), fmt.Sprintf("it can be 1 to %d", changeLimit))
	}
	switch {
	case change == notify.Created && c.Item != "":
		return Raised{}, BadRequest("raise change: a new item can't be given an id", "leave item out, or ask for updated")
	case change == notify.Deleted && len(c.Set) > 0:
		return Raised{}, BadRequest("raise change: set does not go with deleted", "leave it out, or ask for updated")
	}
	return b.RaiseChange(r.Context(), c)
}

func serveClock(r *http.Request, b Timekeeper, _, _ nothing) (Clock, error) {
	return b.Clock(r.Context())
}

func serveAdvance(r *http.Request, b Timekeeper, _ nothing, a advanceRequest) (Advanced, error) {
	if a.By < 0 {
		return Advanced{}, BadRequest("advance the clock: time does not go back", "POST /reset begins anew")
	}
	return b.Advance(r.Context(), a.By.Std())
}

func serveScale(r *http.Request, b Timekeeper, _ nothing, s scaleRequest) (Clock, error) {
	if !(s.Scale > 0) || math.IsInf(s.Scale, 0) {
		return Clock{}, BadRequest("set the scale of time: it has to be more than 0", "1 is real time, 60 a minute for a second")
	}
	return b.SetScale(r.Context(), s.Scale)
}

func serveMounts(r *http.Request, b Mounter, _, _ nothing) (mountList, error) {
	mounts, err := b.Mounts(r.Context())
	return mountList{mounts}, err
}

func serveMount(r *http.Request, b Mounter, _ nothing, m Mount) (mountList, error) {
	switch {
	case !strings.HasPrefix(m.Path, "/") || len(m.Path) < 2:
		return mountList{}, BadRequest(fmt.Sprintf("serve a dialect: %q is no base path", m.Path), "path is such as /api/beta")
	case m.Dialect == "":
		return mountList{}, BadRequest("serve a dialect: dialect is missing", "it is such as outlook-interim")
	}
	if err := b.Mount(r.Context(), m); err != nil {
		return mountList{}, err
	}
	return serveMounts(r, b, nothing{}, nothing{})
}

// lifecycleEvents are the words that an event can be (rules W5-01, W5-03, W5-04).
var lifecycleEvents = []string{string(notify.Missed), string(notify.ReauthorizationRequired), string(notify.SubscriptionRemoved)}

func serveLifecycle(r *http.Request, b LifecycleRaiser, _ nothing, e LifecycleEvent) (LifecycleRaised, error) {
	if err := oneOf("raise a lifecycle event: event", e.Event, lifecycleEvents); err != nil {
		return LifecycleRaised{}, err
	}
	if e.Lapse && e.Event != string(notify.ReauthorizationRequired) {
		return LifecycleRaised{}, BadRequest("raise a lifecycle event: lapse does not go with "+e.Event, "leave it out, or ask for "+string(notify.ReauthorizationRequired))
	}
	return b.RaiseLifecycle(r.Context(), e)
}

func serveReset(r *http.Request, b Resetter, _ nothing, q resetRequest) (ResetReport, error) {
	return b.Reset(r.Context(), q.Where)
}

// stopping answers first: the process may be gone a moment later.
func stopping() operation {
	op := served(partStop, func(*http.Request, Stopper, nothing, nothing) (Ok, error) { return Ok{OK: true}, nil })
	answer := op.serve
	op.serve = func(h *handler, w http.ResponseWriter, r *http.Request) error {
		if err := answer(h, w, r); err != nil {
			return err
		}
		_ = http.NewResponseController(w).Flush() // a client that is gone needs no answer
		h.backend.(Stopper).Stop()
		return nil
	}
	return op
}

// oneOf refuses a word that is none of those known.
func oneOf(what, word string, known []string) error {
	for _, k := range known {
		if word == k {
			return nil
		}
	}
	if word == "" {
		return BadRequest(what+" is missing", "it is one of "+strings.Join(known, ", "))
	}
	return BadRequest(fmt.Sprintf("%s can't be %q", what, word), hintNear("it is one of", word, known))
}
