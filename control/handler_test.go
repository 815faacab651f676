package control_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/notify"
)

type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends one request to the handler of a backend.
func ask(t *testing.T, b control.Backend, method, uri, media, body string) answer {
	t.Helper()
	r := httptest.NewRequest(method, uri, strings.NewReader(body))
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	w := httptest.NewRecorder()
	control.NewHandler(b).ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// bare is a backend with no part at all.
type bare struct{}

func (bare) Status(context.Context) (control.Status, error) {
	return control.Status{Kind: control.Receiver}, nil
}

func TestRefusals(t *testing.T) {
	const json = "application/json"
	for _, test := range []struct {
		name, method, uri, media, body string
		status                         int
		code, message, hint            string
	}{
		{"an unknown path", "GET", "/subscription", "", "", 404, "notFound", "there is no /subscription here", "did you mean /subscriptions?"},
		{"a path like none", "GET", "/", "", "", 404, "notFound", "there is no / here", "GET /openapi.json lists what there is"},
		{"two slashes", "GET", "//status", "", "", 404, "notFound", "there is no //status here", "did you mean /status?"},
		{"a wrong method", "POST", "/serve", json, "{}", 405, "methodNotAllowed", "/serve does not take POST", "it takes GET, HEAD, PUT"},
		{"an unknown parameter", "DELETE", "/subscriptions?mailbx=ann", "", "", 400, "badRequest", `read query: unknown parameter "mailbx"`, "did you mean mailbox?"},
		{"a parameter like none", "DELETE", "/subscriptions?q=ann", "", "", 400, "badRequest", `read query: unknown parameter "q"`, "this call takes app, mailbox, subscription, url"},
		{"a parameter where none is", "GET", "/status?q=ann", "", "", 400, "badRequest", `read query: unknown parameter "q"`, "this call takes none"},
		{"a parameter twice", "GET", "/journal?since=1&since=2", "", "", 400, "badRequest", "read query: since is given 2 times", "give it once"},
		{"a parameter that is no number", "GET", "/journal?since=-1", "", "", 400, "badRequest", `read query: since: "-1" is no whole number from 0 on`, ""},
		{"a limit that is no number", "GET", "/journal?limit=many", "", "", 400, "badRequest", `read query: limit: "many" is no whole number from 0 on`, ""},
		{"a switch that is neither", "GET", "/journal?follow=maybe", "", "", 400, "badRequest", `read query: follow: "maybe" is neither 1 nor 0`, ""},
		{"too large a page", "GET", "/journal?limit=10001", "", "", 400, "badRequest", "read a page: limit is 10001", "it can be 1 to 10000"},
		{"too large a page of subscriptions", "GET", "/subscriptions?limit=10001", "", "", 400, "badRequest", "read a page: limit is 10001", "it can be 1 to 10000"},
		{"an unknown kind", "GET", "/journal?kind=Delivery", "", "", 400, "badRequest", `read the journal: kind can't be "Delivery"`, "did you mean delivery?"},

		{"no JSON", "POST", "/reset", json, `{"where":`, 400, "badRequest", "read body: it is not JSON: line 1, column 9: the document ends too early", ""},
		{"a list", "POST", "/reset", json, `[]`, 400, "badRequest", "read body: the document is an array, an object is needed", ""},
		{"a misspelled member", "POST", "/changes", json, `{"Change":"created"}`, 400, "badRequest", `read body: the document has an unknown member "Change"`, "did you mean change?"},
		{"a misspelled member further in", "POST", "/reset", json, `{"where":{"user":"ann"}}`, 400, "badRequest", `read body: where has an unknown member "user"`, "it has app, mailbox, subscription, url"},
		{"a member twice", "POST", "/clock/advance", json, `{"by":"1h","by":"2h"}`, 400, "badRequest", `read body: the document has "by" twice`, "which one is meant?"},
		{"a member of another type", "POST", "/changes", json, `{"count":"two"}`, 400, "badRequest", "read body: count is a string, which it can't be", ""},
		{"a duration without a unit", "POST", "/clock/advance", json, `{"by":"72"}`, 400, "badRequest", `read body: read duration "72": write it as 72h or 1m30s`, ""},
		{"two documents", "POST", "/reset", json, `{} {}`, 400, "badRequest", "read body: it is not JSON: line 1, column 4: invalid character '{' after top-level value", ""},
		{"a form", "POST", "/clock/advance", "application/x-www-form-urlencoded", `by=1h`, 415, "unsupportedMedia",
			"the body is application/x-www-form-urlencoded, which is not understood", "send it with Content-Type: application/json"},
		{"a body that is too large", "POST", "/changes", json, `{"mailbox":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "tooLarge", "read body: it has more than 1048576 bytes", ""},

		{"no change", "POST", "/changes", json, `{}`, 400, "badRequest", "raise change: change is missing", "it is one of created, updated, deleted"},
		{"an unknown change", "POST", "/changes", json, `{"change":"create"}`, 400, "badRequest", `raise change: change can't be "create"`, "did you mean created?"},
		{"no collection", "POST", "/changes", json, `{"change":"created"}`, 400, "badRequest", "raise change: collection is missing", "it is one of message, event, contact, task"},
		{"an unknown collection", "POST", "/changes", json, `{"change":"created","collection":"messages"}`, 400, "badRequest", `raise change: collection can't be "messages"`, "did you mean message?"},
		{"too many changes", "POST", "/changes", json, `{"change":"created","collection":"message","count":100001}`, 400, "badRequest", "raise change: count is 100001", "it can be 1 to 100000"},
		{"fewer than no changes", "POST", "/changes", json, `{"change":"created","collection":"message","count":-1}`, 400, "badRequest", "raise change: count is -1", "it can be 1 to 100000"},
		{"a new item with an id", "POST", "/changes", json, `{"change":"created","collection":"message","item":"1"}`, 400, "badRequest", "raise change: a new item can't be given an id", "leave item out, or ask for updated"},
		{"a deletion that sets", "POST", "/changes", json, `{"change":"deleted","collection":"message","set":{"subject":"x"}}`, 400, "badRequest", "raise change: set does not go with deleted", "leave it out, or ask for updated"},
		{"time going back", "POST", "/clock/advance", json, `{"by":"-1s"}`, 400, "badRequest", "advance the clock: time does not go back", "POST /reset begins anew"},
		{"time standing still", "POST", "/clock/scale", json, `{"scale":0}`, 400, "badRequest", "set the scale of time: it has to be more than 0", "1 is real time, 60 a minute for a second"},
		{"no base path", "PUT", "/serve", json, `{"path":"api","dialect":"outlook-final"}`, 400, "badRequest", `serve a dialect: "api" is no base path`, "path is such as /api/beta"},
		{"the root as base path", "PUT", "/serve", json, `{"path":"/","dialect":"outlook-final"}`, 400, "badRequest", `serve a dialect: "/" is no base path`, "path is such as /api/beta"},
		{"no dialect", "PUT", "/serve", json, `{"path":"/api"}`, 400, "badRequest", "serve a dialect: dialect is missing", "it is such as outlook-interim"},
		{"an application's token for a user", "POST", "/tokens", json, `{"appOnly":true,"user":"ann@contoso.com"}`, 400, "badRequest", "issue a token: an application's own token is no user's", "leave appOnly out, or user and admin"},
		{"a token that never was", "POST", "/tokens", json, `{"lifetime":"-1s"}`, 400, "badRequest", "issue a token: its lifetime is negative", "ask for an expired one with expired"},
		{"an unknown event", "POST", "/lifecycle", json, `{"event":"subscriptionremoved"}`, 400, "badRequest", `raise a lifecycle event: event can't be "subscriptionremoved"`, "did you mean subscriptionRemoved?"},
		{"no faults", "POST", "/faults", json, `{"faults":[]}`, 400, "badRequest", "add faults: there are none", "give at least one, such as duplicate:next=1"},
		{"a fault that is no number", "DELETE", "/faults?id=drop", "", "", 400, "badRequest", `read query: id: "drop" is no whole number from 0 on`, ""},
		{"a wait for less than nothing", "POST", "/journal/wait", json, `{"count":-1}`, 400, "badRequest", "wait: count is -1", "it can be 1 to 10000"},
		{"a wait without an end", "POST", "/journal/wait", json, `{"within":"11m"}`, 400, "badRequest", "wait: within is 11m", "it can be up to 10m"},
		{"a wait for an unknown kind", "POST", "/journal/wait", json, `{"kinds":["retrys"]}`, 400, "badRequest", `read the journal: kind can't be "retrys"`, "did you mean retry?"},
		{"a wait for too many notifications", "GET", "/handled?count=10001", "", "", 400, "badRequest", "wait: count is 10001", "it can be 1 to 10000"},
		{"a wait for a notification without an end", "GET", "/handled?within=11m", "", "", 400, "badRequest", "wait: within is 11m", "it can be up to 10m"},
		{"a wait for an unknown change", "GET", "/handled?change=create", "", "", 400, "badRequest", `wait: change can't be "create"`, "did you mean created?"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake()
			got := ask(t, f, test.method, test.uri, test.media, test.body)
			if got.status != test.status {
				t.Errorf("status is %d, want %d", got.status, test.status)
			}
			if diff := cmp.Diff(envelope(test.code, test.message, test.hint), got.body); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if media := got.header.Get("Content-Type"); media != "application/json" {
				t.Errorf("Content-Type is %q", media)
			}
			if asked := f.take(); len(asked) > 0 {
				t.Errorf("the backend was asked %v", asked)
			}
			if allow := got.header.Get("Allow"); (test.status == http.StatusMethodNotAllowed) != (allow == "GET, HEAD, PUT") {
				t.Errorf("Allow is %q", allow)
			}
		})
	}
}

func envelope(code, message, hint string) string {
	quote := func(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }
	if hint != "" {
		hint = `,"hint":` + quote(hint)
	}
	return `{"error":{"code":` + quote(code) + `,"message":` + quote(message) + hint + "}}\n"
}

func TestARouteWithoutItsPartSaysSo(t *testing.T) {
	for _, test := range []struct{ method, uri, what string }{
		{"POST", "/changes", "mailbox"},
		{"GET", "/clock", "clock of its own"},
		{"POST", "/clock/advance", "clock of its own"},
		{"POST", "/clock/scale", "clock of its own"},
		{"GET", "/serve", "base path to serve dialects under"},
		{"PUT", "/serve", "base path to serve dialects under"},
		{"GET", "/subscriptions", "subscription store"},
		{"DELETE", "/subscriptions", "subscription store"},
		{"POST", "/subscriptions/import", "subscription store"},
		{"GET", "/journal", "journal"},
		{"POST", "/journal/wait", "journal"},
		{"GET", "/handled", "webhook that is notified from"},
		{"POST", "/lifecycle", "subscription store"},
		{"POST", "/tokens", "sign-in of its own"},
		{"GET", "/faults", "fault to be had"},
		{"POST", "/faults", "fault to be had"},
		{"DELETE", "/faults", "fault to be had"},
		{"POST", "/reset", "state to reset"},
		{"POST", "/stop", "way to stop the process"},
	} {
		got := ask(t, bare{}, test.method, test.uri, "", "")
		want := envelope("notServed", "there is no "+test.what+" here", "GET /status says what this is; an emulator has all of the API, a receiver a part")
		if got.status != http.StatusNotImplemented || got.body != want {
			t.Errorf("%s %s: got %d, %s", test.method, test.uri, got.status, got.body)
		}
	}
	for _, uri := range []string{"/livez", "/readyz", "/status", "/openapi.json"} {
		if got := ask(t, bare{}, http.MethodGet, uri, "", ""); got.status != http.StatusOK {
			t.Errorf("GET %s: got %d, %s", uri, got.status, got.body)
		}
	}
}

func TestErrorsOfTheBackend(t *testing.T) {
	for _, test := range []struct {
		name   string
		err    error
		status int
		body   string
	}{
		{"ours", control.Blocked("delivery to https://a for 3s", "delivery to https://b for 1s"), 409,
			envelope("blocked", "advance the clock: still in flight: delivery to https://a for 3s; delivery to https://b for 1s",
				"let the webhook answer first: a handler that advances the clock waits for itself. Answer, then advance, as from the test's own goroutine")},
		{"not found", control.NotFound("no such item", ""), 404, envelope("notFound", "no such item", "")},
		{"the words' own", &notify.Error{Status: 404, Code: "ErrorItemNotFound", Message: "it is gone", Hint: "make another"}, 404, envelope("notFound", "it is gone", "make another")},
		{"the words' own, bad", &notify.Error{Status: 422, Message: "odd"}, 422, envelope("badRequest", "odd", "")},
		{"one that is part of a notification, and no answer", &notify.Error{Code: "Expired", Message: "it ran out"}, 500, envelope("internal", "Expired: it ran out", "this is a fault of outlocal's own; please report it")},
		{"any other", errors.New("disk on fire"), 500, envelope("internal", "disk on fire", "this is a fault of outlocal's own; please report it")},
		{"given up", context.Canceled, 503, envelope("unavailable", "the call was given up: context canceled", "")},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake()
			f.refuse = test.err
			got := ask(t, f, http.MethodDelete, "/subscriptions", "", "")
			want := strings.TrimSuffix(test.body, "}\n") + `,"partial":{"removed":4}}` + "\n"
			if diff := cmp.Diff(want, got.body); diff != "" || got.status != test.status {
				t.Errorf("status is %d, want %d; answer (-want +got):\n%s", got.status, test.status, diff)
			}
		})
	}
}

func TestHeadersOfAnswers(t *testing.T) {
	got := ask(t, newFake(), http.MethodGet, "/status", "", "")
	for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
		if value := got.header.Get(name); value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
}

func TestNullIsWhatIsLeftOut(t *testing.T) {
	f := newFake()
	if got := ask(t, f, http.MethodPost, "/reset", "application/json", `{"where":null}`); got.status != http.StatusOK {
		t.Errorf("got %d, %s", got.status, got.body)
	}
}

// flushed is a backend that looks, when it is stopped, whether the answer is on its way.
type flushed struct {
	*fake
	answer *httptest.ResponseRecorder
	first  *bool
}

func (f flushed) Stop() { *f.first = f.answer.Flushed }

func TestTheAnswerToStopIsSentBefore(t *testing.T) {
	var first bool
	w := httptest.NewRecorder()
	control.NewHandler(flushed{newFake(), w, &first}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/stop", nil))
	if !first || w.Body.String() != `{"ok":true}`+"\n" {
		t.Errorf("sent %v, %s", first, w.Body)
	}
}

func TestHealthChecksMayAskForTheHeadOnly(t *testing.T) {
	if got := ask(t, newFake(), http.MethodHead, "/livez", "", ""); got.status != http.StatusOK {
		t.Errorf("got %d", got.status)
	}
}

// leaky is a backend that masks nothing.
type leaky struct{ *fake }

func (leaky) Subscriptions(context.Context, control.SubscriptionQuery) (control.SubscriptionPage, error) {
	return control.SubscriptionPage{Subscriptions: []control.Subscription{
		{ID: "1", NotificationURL: "https://hook.example/cb?code=hunter2&sig=hunter2", LifecycleURL: "https://ann:hunter2@hook.example/life"},
	}}, nil
}

func TestSubscriptionsAreMasked(t *testing.T) {
	got := ask(t, leaky{newFake()}, http.MethodGet, "/subscriptions", "", "")
	if strings.Contains(got.body, "hunter2") || !strings.Contains(got.body, `"https://hook.example/cb?code=…&sig=…"`) {
		t.Errorf("got %s", got.body)
	}
}

func TestAnEmptyListIsAList(t *testing.T) {
	for uri, want := range map[string]string{"/subscriptions": `{"subscriptions":[]}`, "/journal": `{"entries":[],"next":0}`} {
		if got := ask(t, empty{newFake()}, http.MethodGet, uri, "", ""); got.body != want+"\n" {
			t.Errorf("%s: got %s", uri, got.body)
		}
	}
}

type empty struct{ *fake }

func (empty) Subscriptions(context.Context, control.SubscriptionQuery) (control.SubscriptionPage, error) {
	return control.SubscriptionPage{}, nil
}
