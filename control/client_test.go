package control_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/control"
)

func everything() control.Selector {
	return control.Selector{App: "app 1", Mailbox: "ann@contoso.com", Subscription: "QUI=", URL: "https://hook.example/cb?a=1&b=2"}
}

func handledQuery() control.HandledQuery {
	return control.HandledQuery{Count: 3, Within: control.Duration(time.Minute), Since: 4, Change: []string{"created", "missed"}, Read: true, Where: everything()}
}

// calls are all of a client's calls but those about the journal: each with what has to reach the backend and what has to come back.
func calls() []struct {
	name  string
	call  func(context.Context, *control.Client) (any, error)
	asked []any
	want  any
} {
	change := control.Change{
		Change: "updated", Collection: "event", Mailbox: "ann@contoso.com", Folder: "calendar", Item: "AAMk=", Count: 2,
		Set: map[string]any{"subject": "<b>", "isAllDay": true},
	}
	return []struct {
		name  string
		call  func(context.Context, *control.Client) (any, error)
		asked []any
		want  any
	}{
		{"status", func(ctx context.Context, c *control.Client) (any, error) { return c.Status(ctx) }, []any{"status"}, oneStatus()},
		{"ready", func(ctx context.Context, c *control.Client) (any, error) { return nil, c.Ready(ctx) }, []any{"ready"}, nil},
		{"change", func(ctx context.Context, c *control.Client) (any, error) { return c.RaiseChange(ctx, change) }, []any{change}, oneRaised()},
		{"a change with what is left out", func(ctx context.Context, c *control.Client) (any, error) {
			return c.RaiseChange(ctx, control.Change{Change: "created", Collection: "message"})
		}, []any{control.Change{Change: "created", Collection: "message", Count: 1}}, oneRaised()},
		{"clock", func(ctx context.Context, c *control.Client) (any, error) { return c.Clock(ctx) }, []any{"clock"}, oneClock()},
		{"advance", func(ctx context.Context, c *control.Client) (any, error) {
			return c.Advance(ctx, 72*time.Hour+time.Millisecond)
		},
			[]any{72*time.Hour + time.Millisecond}, oneAdvanced()},
		{"scale", func(ctx context.Context, c *control.Client) (any, error) { return c.SetScale(ctx, 0.5) }, []any{0.5}, oneClock()},
		{"mounts", func(ctx context.Context, c *control.Client) (any, error) { return c.Mounts(ctx) }, []any{"mounts"}, mounts()},
		{"mount", func(ctx context.Context, c *control.Client) (any, error) { return nil, c.Mount(ctx, mounts()[0]) }, []any{mounts()[0], "mounts"}, nil},
		{"subscriptions", func(ctx context.Context, c *control.Client) (any, error) {
			return c.Subscriptions(ctx, control.SubscriptionQuery{Where: everything(), After: "16", Limit: 5})
		}, []any{control.SubscriptionQuery{Where: everything(), After: "16", Limit: 5}}, onePage()},
		{"subscriptions with what is left out", func(ctx context.Context, c *control.Client) (any, error) {
			return c.Subscriptions(ctx, control.SubscriptionQuery{})
		}, []any{control.SubscriptionQuery{Limit: 1000}}, onePage()},
		{"removal", func(ctx context.Context, c *control.Client) (any, error) {
			return c.RemoveSubscriptions(ctx, everything())
		},
			[]any{everything()}, control.Removed{Removed: 4}},
		{"import", func(ctx context.Context, c *control.Client) (any, error) {
			return c.Import(ctx, slices.Values(rows(2)))
		},
			[]any{rows(2)[0], rows(2)[1]}, control.Imported{Count: 2, IDs: []string{"id-of-r1", "id-of-r2"}}},
		{"handled", func(ctx context.Context, c *control.Client) (any, error) { return c.Handled(ctx, handledQuery()) }, []any{handledQuery()}, oneHandled()},
		{"handled, with what is left out", func(ctx context.Context, c *control.Client) (any, error) {
			return c.Handled(ctx, control.HandledQuery{})
		}, []any{control.HandledQuery{Count: 1, Within: control.Duration(5 * time.Second)}}, oneHandled()},
		{"lifecycle", func(ctx context.Context, c *control.Client) (any, error) {
			return c.RaiseLifecycle(ctx, control.LifecycleEvent{Event: "missed", Where: everything()})
		}, []any{control.LifecycleEvent{Event: "missed", Where: everything()}}, control.LifecycleRaised{Matched: 3, Raised: 2, Entry: 8, Note: "one has no lifecycle URL"}},
		{"faults", func(ctx context.Context, c *control.Client) (any, error) { return c.Faults(ctx, everything()) },
			[]any{everything()}, oneFaultList()},
		{"new faults", func(ctx context.Context, c *control.Client) (any, error) {
			return c.AddFaults(ctx, everything(), "drop:next=1", "delay")
		}, []any{control.NewFaults{Faults: []string{"drop:next=1", "delay"}, Where: everything()}}, oneFaultList()},
		{"removal of faults", func(ctx context.Context, c *control.Client) (any, error) {
			return c.RemoveFaults(ctx, control.FaultQuery{ID: 3, Where: everything()})
		}, []any{control.FaultQuery{ID: 3, Where: everything()}}, control.Removed{Removed: 2}},
		{"token", func(ctx context.Context, c *control.Client) (any, error) {
			return c.IssueToken(ctx, oneOrder())
		}, []any{oneOrder()}, oneToken()},
		{"reset", func(ctx context.Context, c *control.Client) (any, error) { return c.Reset(ctx, everything()) },
			[]any{everything()}, control.ResetReport{Subscriptions: 1, Items: 2, Entries: 3, Note: "fresh"}},
	}
}

func TestCallsReachTheBackendAndComeBack(t *testing.T) {
	server := func(h http.Handler, t *testing.T) *control.Client {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		c, err := control.NewClient(s.URL+"/", control.ClientConfig{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	inProcess := func(h http.Handler, _ *testing.T) *control.Client { return control.InProcess(h) }
	for way, connect := range map[string]func(http.Handler, *testing.T) *control.Client{"over HTTP": server, "in process": inProcess} {
		for _, test := range calls() {
			t.Run(way+"/"+test.name, func(t *testing.T) {
				f := newFake()
				got, err := test.call(t.Context(), connect(control.NewHandler(f), t))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.asked, f.take()); diff != "" {
					t.Errorf("the backend was asked (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("answer (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestARefusalComesBackWithWhatWasDone(t *testing.T) {
	for _, test := range calls() {
		t.Run(test.name, func(t *testing.T) {
			f, c := start(t)
			f.refuse = fmt.Errorf("the store: %w", control.Conflict("someone else is at it", "wait a little"))
			got, err := test.call(t.Context(), c)
			var refusal *control.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("got the error %v, want an *Error", err)
			}
			want := &control.Error{Status: http.StatusConflict, Code: control.CodeConflict, Message: "someone else is at it", Hint: "wait a little"}
			switch test.name {
			case "ready": // has words of its own
				want = &control.Error{Status: http.StatusServiceUnavailable, Code: control.CodeUnavailable, Message: "not ready: the store: someone else is at it", Hint: "ask again"}
			case "import":
				want.Message = "import subscription 1: someone else is at it"
			}
			if diff := cmp.Diff(want, refusal); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if test.name == "advance" {
				if diff := cmp.Diff(any(oneAdvanced()), got); diff != "" {
					t.Errorf("what was done before it (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestStopAnswersFirst(t *testing.T) {
	f, c := start(t)
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-f.stopped
}

func TestClientAddresses(t *testing.T) {
	for _, test := range []struct {
		address string
		good    bool
	}{
		{"http://127.0.0.1:3652", true},
		{"https://control.example/below/", true},
		{"127.0.0.1:3652", false},
		{"localhost:3652", false},
		{"", false},
		{"ftp://127.0.0.1", false},
		{"http://127.0.0.1:3652?token=hunter2", false},
		{"http://ann:hunter2@127.0.0.1:3652", false},
		{"http://%zz", false},
	} {
		_, err := control.NewClient(test.address, control.ClientConfig{})
		if (err == nil) != test.good {
			t.Errorf("%q: got the error %v", test.address, err)
		}
		if strings.Contains(fmt.Sprint(err), "hunter2") {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}

func TestClientSendsItsTokenAndStaysWhereItIs(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("another port got %q", r.Header.Get("Authorization"))
	}))
	defer other.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer hunter2" {
			t.Errorf("Authorization is %q", got)
		}
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	defer s.Close()
	c, err := control.NewClient(s.URL, control.ClientConfig{Token: "hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Status(t.Context())
	var refusal *control.Error
	if !errors.As(err, &refusal) || refusal.Status != http.StatusTemporaryRedirect || !strings.Contains(refusal.Hint, "no control API") {
		t.Errorf("got the error %#v", err)
	}
}

func TestWhatIsNoControlAPI(t *testing.T) {
	for _, test := range []struct {
		name, media, body string
		status            int
		says              string
	}{
		{"a page", "text/html", "<html>", http.StatusBadGateway, "GET /status is answered 502 Bad Gateway"},
		{"an envelope of Graph's, without its text", "application/json", `{"error":{"code":"x"}}`, http.StatusNotFound, "GET /status is answered 404 Not Found"},
		{"a good page", "text/html", "<html>", http.StatusOK, "read the answer of GET http"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.media)
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			defer s.Close()
			c, err := control.NewClient(s.URL, control.ClientConfig{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got the error %v, want one that says %q", err, test.says)
			}
		})
	}
}

func TestErrorsHideASelectorsURL(t *testing.T) {
	c, err := control.NewClient("http://127.0.0.1:1", control.ClientConfig{Transport: broken{}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.RemoveSubscriptions(t.Context(), control.Selector{URL: "https://hook.example/?code=hunter2"})
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "DELETE http://127.0.0.1:1/subscriptions: line cut") {
		t.Errorf("got the error %v", err)
	}
}

type broken struct{}

func (broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("line cut") }
