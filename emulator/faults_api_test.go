package emulator_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/journal"
)

func asError[E error](err error, target *E) bool { return errors.As(err, target) }

func TestFaultsOfTheHandshake(t *testing.T) {
	for _, row := range []struct {
		name, spec string
		body       []string
		handshakes int
	}{
		{"not asked", "never-sent", nil, 0},
		{"asked twice", "sent-twice", nil, 2},
		{"asked five times", "sent-twice:times=5", nil, 5},
		{"the other URL's only", "sent-twice:on=lifecycle", []string{"lifecycleNotificationUrl", `"` + emulatortest.WebhookURL + `/life"`}, 3},
		{"once in two", "never-sent:nth=1", []string{"lifecycleNotificationUrl", `"` + emulatortest.WebhookURL + `/life"`}, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := faulty(t, row.spec)
			w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody(row.body...))
			if got := len(w.hook.handshakes()); got != row.handshakes {
				t.Errorf("the webhook was asked %d times, want %d", got, row.handshakes)
			}
		})
	}
}

// An odd token has all that is often decoded wrongly. Who decodes it passes, who does not is refused.
// rules: W2.2-01 R21
func TestOddTokens(t *testing.T) {
	raw := func(rw http.ResponseWriter, r *http.Request) bool {
		_, query, _ := strings.Cut(r.URL.RawQuery, "=")
		io.WriteString(rw, query)
		return true
	}
	half := func(rw http.ResponseWriter, r *http.Request) bool { // as who splits at & by hand
		_, query, _ := strings.Cut(r.URL.RawQuery, "=")
		text, _ := url.PathUnescape(query) // leaves + alone
		io.WriteString(rw, text)
		return true
	}
	for _, row := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request) bool
		status int
	}{{"decoded", nil, 201}, {"as it came", raw, 400}, {"without its blanks", half, 400}} {
		t.Run(row.name, func(t *testing.T) {
			w := faulty(t, "odd-token")
			w.hook.answers(row.answer)
			w.must(row.status, "POST", "/v1.0/subscriptions", w.graphBody())
			token := w.hook.handshakes()[0].URL.Query().Get("validationToken")
			for _, odd := range []string{"%", "+", "&", "<", " ", "é", "漢", "🙂"} {
				if !strings.Contains(token, odd) {
					t.Errorf("the token %q has no %q", token, odd)
				}
			}
		})
	}
	w := faulty(t, "odd-token:text=a b")
	w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody())
	if got := w.hook.handshakes()[0].URL.RawQuery; got != "validationToken=a+b" {
		t.Errorf("the query is %q", got)
	}
}

// A fault speaks in the schema's own words.
// rules: W6.1-08 W6.2-09 W6.3-18 W6.3-20
func TestFaultsOfTheAPI(t *testing.T) {
	for _, row := range []struct {
		spec, path  string
		status      int
		code, after string
	}{
		{"throttle", "/v1.0/subscriptions", 429, "TooManyRequests", "10"},
		{"throttle:retry-after=3", "/api/v2.0/me/messages/x", 429, "ErrorTooManyRequests", "3"},
		{"throttle:status=503", "/api/beta/me/messages/x", 503, "ErrorServerBusy", "10"},
		{"outage", "/v1.0/subscriptions", 503, "ServiceUnavailable", ""},
		{"outage:status=504,retry-after=2", "/beta/subscriptions", 504, "InternalServerError", "2"},
		{"outage:status=500", "/api/v2.0/me/messages/x", 500, "ErrorInternalServerError", ""},
		{"outage:status=500", "/v1.0/subscriptions", 500, "ExtensionError", ""},
		{"outage:on=create", "/v1.0/subscriptions", 200, "", ""},
		{"outage:on=list", "/v1.0/subscriptions", 503, "ServiceUnavailable", ""},
		{"outage:app=somebody-else", "/v1.0/subscriptions", 200, "", ""},
		{"outage:mailbox=user@contoso.com", "/v1.0/subscriptions", 503, "ServiceUnavailable", ""},
		{"outage:mailbox=ann@contoso.com", "/api/v2.0/users/ann@contoso.com/messages/x", 503, "ErrorServerBusy", ""},
	} {
		t.Run(row.spec+" "+row.path, func(t *testing.T) {
			w := faulty(t, row.spec)
			got := w.must(row.status, "GET", row.path, "")
			if got.code() != row.code || got.header.Get("Retry-After") != row.after {
				t.Errorf("got the code %q, Retry-After %q: %s", got.code(), got.header.Get("Retry-After"), got.body)
			}
			strikes, refused := w.strikes(), w.entries(journal.Refused)
			if row.code == "" {
				if len(strikes) != 0 {
					t.Errorf("told: %+v", strikes)
				}
				return
			}
			if len(strikes) != 1 || len(refused) != 1 || refused[0].Cause != strikes[0].Seq {
				t.Errorf("told: %+v, %+v", strikes, refused)
			}
		})
	}
}

func (w *world) entries(kind journal.Kind) []journal.Entry {
	found, _ := w.Journal().Since(0, func(e *journal.Entry) bool { return e.Kind == kind }, 0)
	return found
}

func (w *world) strikes() []journal.Entry { return w.entries(journal.Fault) }

// rules: W6.3-18
func TestThrottledGraphSaysSoTwice(t *testing.T) {
	w := faulty(t, "throttle")
	got := w.must(http.StatusTooManyRequests, "GET", "/v1.0/subscriptions", "")
	var body struct {
		Error struct {
			Message    string
			InnerError map[string]string
		}
	}
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatal(err)
	}
	inner := body.Error.InnerError
	if body.Error.Message != "Please retry again later." || inner["code"] != "429" || inner["message"] != "Please retry after" || inner["status"] != "429" {
		t.Errorf("got %s", got.body)
	}
}

// A client that repeats three times, as SDKs do, makes four requests, and a rule counts each.
// rules: R16
func TestRepetitionsOfAnSDKCount(t *testing.T) {
	for _, row := range []struct {
		spec   string
		status int
	}{{"throttle:next=3", 201}, {"throttle:next=4", 429}, {"outage:next=3", 201}, {"outage:next=4", 503}} {
		t.Run(row.spec, func(t *testing.T) {
			w := faulty(t, row.spec)
			status, requests := 0, 0
			for range 4 {
				status = w.do("POST", "/v1.0/subscriptions", w.graphBody()).status
				if requests++; status != 429 && status != 503 {
					break
				}
			}
			if status != row.status || requests != 4 {
				t.Errorf("after %d requests: %d, want %d after 4", requests, status, row.status)
			}
		})
	}
}

// Requests wait on the emulator's clock.
func TestLatency(t *testing.T) {
	w := faulty(t, "latency:for=1h,next=1")
	done := make(chan int, 1)
	go func() { done <- w.do("GET", "/v1.0/subscriptions", "").status }()
	w.wait(journal.Fault, 1)
	// The strike is told before the wait begins: go on until it is over.
	for status := 0; status == 0; {
		w.advance(time.Hour)
		select {
		case status = <-done:
			if status != http.StatusOK {
				t.Errorf("answered %d", status)
			}
		default:
		}
	}
	w.must(http.StatusOK, "GET", "/v1.0/subscriptions", "")
}

// A reset before anything is done leaves nothing behind; one in place of the answer leaves a subscription that nobody knows of.
func TestResets(t *testing.T) {
	for _, row := range []struct {
		spec string
		left int
	}{{"reset:on=create", 0}, {"reset:on=create,answer=true", 1}} {
		t.Run(row.spec, func(t *testing.T) {
			w := faulty(t, row.spec)
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			create, err := http.NewRequest(http.MethodPost, w.URL+"/v1.0/subscriptions", strings.NewReader(w.graphBody()))
			if err != nil {
				t.Fatal(err)
			}
			create.Header.Set("Authorization", "Bearer any")
			answer, err := client.Do(create)
			if err == nil {
				t.Fatalf("answered %d: %s", answer.StatusCode, bodyOf(t, answer))
			}
			if errors.Is(err, io.EOF) {
				t.Errorf("the connection was closed, and not reset: %v", err)
			}
			list := w.must(http.StatusOK, "GET", "/v1.0/subscriptions", "")
			if got := len(list.fields["value"].([]any)); got != row.left {
				t.Errorf("%d subscriptions are left, want %d", got, row.left)
			}
			if told := w.strikes(); len(told) != 1 {
				t.Errorf("told: %+v", told)
			}
		})
	}
}

// The webhook is notified before the client knows that it has subscribed.
func TestBefore201(t *testing.T) {
	for _, changes := range []string{"created", "updated", "deleted"} {
		t.Run(changes, func(t *testing.T) {
			w := faulty(t, "before-201:next=1")
			var answered atomic.Bool
			early := 0
			w.hook.answers(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.URL.RawQuery == "" && !answered.Load() {
					early++
				}
				return false
			})
			made := w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody("changeType", `"`+changes+`"`))
			answered.Store(true)
			w.Settle()
			got := w.hook.deliveries()
			if len(got) != 1 || early != 1 || !strings.Contains(got[0].body, made.text("id")) || !strings.Contains(got[0].body, `"changeType":"`+changes+`"`) {
				t.Errorf("%d notifications, %d of them before the answer: %v", len(got), early, got)
			}
			w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody("resource", `"me/events"`))
			if w.Settle(); len(w.hook.deliveries()) != 1 {
				t.Error("the next one was struck as well")
			}
		})
	}
	t.Run("what does not go out is not waited for", func(t *testing.T) {
		for _, other := range []string{"drop", "delay", "reorder"} {
			w := faulty(t, "before-201", other)
			began := time.Now()
			w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody())
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("with %s it took %s", other, took)
			}
		}
	})
}

func TestFaultsOfSubscriptions(t *testing.T) {
	alive := func(w *world, made reply) bool {
		return w.do("GET", "/v1.0/subscriptions/"+made.text("id"), "").status == http.StatusOK
	}
	life := []string{"lifecycleNotificationUrl", `"` + emulatortest.WebhookURL + `/life"`}
	t.Run("it ends early without a word", func(t *testing.T) {
		w := faulty(t, "expire-early:after=5m")
		made := w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody())
		w.advance(4 * time.Minute)
		renewed := w.must(http.StatusOK, "PATCH", "/v1.0/subscriptions/"+made.text("id"), `{"expirationDateTime":"`+w.in(50*time.Hour)+`"}`)
		if !alive(w, made) || renewed.text("expirationDateTime") == made.text("expirationDateTime") {
			t.Error("it ended too early, or was not renewed")
		}
		w.advance(time.Minute)
		if alive(w, made) || len(w.hook.deliveries()) != 0 {
			t.Error("it lives on, or something was sent")
		}
		if ended := w.entries(journal.Expired); len(ended) != 1 || ended[0].Cause != w.strikes()[0].Seq {
			t.Errorf("told: %+v", ended)
		}
	})
	t.Run("renewals only", func(t *testing.T) {
		w := faulty(t, "expire-early:after=5m,on=renewed")
		made := w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody())
		w.advance(10 * time.Minute)
		if !alive(w, made) {
			t.Fatal("it ended before it was renewed")
		}
		w.must(http.StatusOK, "PATCH", "/v1.0/subscriptions/"+made.text("id"), `{"expirationDateTime":"`+w.in(50*time.Hour)+`"}`)
		if w.advance(5 * time.Minute); alive(w, made) {
			t.Error("it lives on")
		}
	})
	t.Run("the service removes it", func(t *testing.T) {
		for _, after := range []string{"removed", "removed:after=30m"} {
			w := faulty(t, after)
			made := w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody(life...))
			w.advance(29 * time.Minute)
			if alive(w, made) != (after != "removed") {
				t.Errorf("%s: it is there: %v", after, alive(w, made))
			}
			w.advance(time.Minute)
			got := w.hook.deliveries()
			if alive(w, made) || len(got) != 1 || !strings.Contains(got[0].body, `"lifecycleEvent":"subscriptionRemoved"`) {
				t.Errorf("%s: got %v", after, got)
			}
		}
	})
	t.Run("it is told that something was missed", func(t *testing.T) {
		w := faulty(t, "missed:after=30m")
		made := w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody(life...))
		w.advance(30 * time.Minute)
		got := w.hook.deliveries()
		if !alive(w, made) || len(got) != 1 || !strings.Contains(got[0].body, `"lifecycleEvent":"missed"`) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("deleted before its turn", func(t *testing.T) {
		w := faulty(t, "missed:after=30m")
		made := w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody(life...))
		w.must(http.StatusNoContent, "DELETE", "/v1.0/subscriptions/"+made.text("id"), "")
		if w.advance(30 * time.Minute); len(w.hook.deliveries()) != 0 {
			t.Error("it was told all the same")
		}
	})
}

// A rule of one subscription leaves the others alone, in the API as well.
func TestFaultsOfOneSubscription(t *testing.T) {
	w := newWorld(t)
	one := w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody())
	other := w.must(http.StatusCreated, "POST", "/v1.0/subscriptions", w.graphBody("resource", `"me/events"`))
	if _, err := w.Control.AddFaults(t.Context(), control.Selector{Subscription: one.text("id")}, "outage"); err != nil {
		t.Fatal(err)
	}
	w.must(http.StatusServiceUnavailable, "GET", "/v1.0/subscriptions/"+one.text("id"), "")
	w.must(http.StatusOK, "GET", "/v1.0/subscriptions/"+other.text("id"), "")
	w.must(http.StatusOK, "GET", "/v1.0/subscriptions", "")
}
