package emulator_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/journal"
)

// throttling is a Config that keeps the quota, with limits that a test can meet.
func throttling(t dialect.Throttling) func(*emulatortest.Config) {
	return func(c *emulatortest.Config) {
		c.Quota = emulator.QuotaService
		c.Tune = append(c.Tune, func(d *dialect.Dialect) { d.Throttling = t })
	}
}

// The numbers are the service's; years of which no number is known have none.
//
// rules: W1.7-03 W1.7-04
func TestWhatTheServiceTakes(t *testing.T) {
	const within = 20 * time.Second
	mailbox := dialect.Throttling{
		Mailbox: dialect.Limit{Most: 10_000, Within: 10 * time.Minute}, AtOnce: 4, Upload: dialect.Limit{Most: 15 << 20, Within: 30 * time.Second},
	}
	graph := mailbox
	graph.Writes, graph.Reads = dialect.Limit{Most: 2000, Within: within}, dialect.Limit{Most: 10_000, Within: within}
	graph.TenantWrites, graph.TenantReads = dialect.Limit{Most: 1000, Within: within}, dialect.Limit{Most: 5000, Within: within}
	for d, want := range map[*dialect.Dialect]dialect.Throttling{
		dialect.GraphV1: graph, dialect.GraphBeta: graph, dialect.GraphV1Of2023: graph, dialect.GraphV1Of2021: graph, dialect.OutlookFinal: mailbox,
		dialect.GraphV1Of2016: {}, dialect.OutlookFinal2015: {}, dialect.OutlookInterim: {},
	} {
		if diff := cmp.Diff(want, d.Throttling); diff != "" {
			t.Errorf("%s (-want +got):\n%s", d, diff)
		}
	}
}

// Who sends a mailbox too many requests is refused, in the schema's words, until enough of them are long ago. Others are not.
//
// rules: W1.7-03 W6.1-08 W6.2-09 W6.3-18 R12
func TestTooManyRequestsToAMailbox(t *testing.T) {
	const most = 5
	for _, tt := range []struct{ base, code string }{
		{"/v1.0", "TooManyRequests"}, {"/beta", "TooManyRequests"}, {"/api/v2.0", "ErrorTooManyRequests"},
	} {
		t.Run(tt.base, func(t *testing.T) {
			w := newWorld(t, throttling(dialect.Throttling{Mailbox: dialect.Limit{Most: most, Within: 10 * time.Minute}}))
			item := w.raise("message.created").Items[0].ID
			path := tt.base + "/me/messages/" + item
			for range most - 1 {
				w.must(http.StatusOK, "GET", path, "")
			}
			w.must(http.StatusNotImplemented, "GET", tt.base+"/users/"+emulator.DefaultUserID+"/messages", "") // the same mailbox by another name
			over := w.must(http.StatusTooManyRequests, "GET", path, "")
			if over.code() != tt.code || over.header.Get("Retry-After") == "" {
				t.Errorf("refused with %s, Retry-After %q", over.body, over.header.Get("Retry-After"))
			}
			for _, part := range []string{"app " + emulator.DefaultApp, "may send 5 requests", emulator.DefaultUser, "within 10m", "has sent 6: 5 item, 1 other", "--quota off"} {
				if hint := over.header["X-Outlocal-Hint"][0]; !strings.Contains(hint, part) {
					t.Errorf("the hint %q lacks %q", hint, part)
				}
			}
			if refused := w.entries(journal.Refused); len(refused) != 2 || refused[1].Exchange.Status != http.StatusTooManyRequests {
				t.Errorf("told: %+v", refused)
			}
			if other := w.do("GET", tt.base+"/users/ann@contoso.com/messages/"+item, ""); other.status == http.StatusTooManyRequests {
				t.Errorf("another mailbox is refused: %s", other.body)
			}
			w.must(http.StatusOK, "GET", path, "", "Authorization", "Bearer "+token(`{"appid":"another"}`))

			wait, err := time.ParseDuration(over.header.Get("Retry-After") + "s")
			if err != nil || wait < 10*time.Minute-time.Second || wait > 11*time.Minute {
				t.Errorf("Retry-After %q", over.header.Get("Retry-After"))
			}
			w.advance(wait)
			w.must(http.StatusOK, "GET", path, "")
		})
	}
}

// Who goes on all the same is not let through when who waited would have been.
func TestGoingOnAllTheSame(t *testing.T) {
	w := newWorld(t, throttling(dialect.Throttling{Mailbox: dialect.Limit{Most: 2, Within: time.Minute}}))
	const path = "/v1.0/me/messages"
	for range 2 {
		w.must(http.StatusNotImplemented, "GET", path, "")
	}
	w.advance(40 * time.Second)
	w.must(http.StatusTooManyRequests, "GET", path, "")
	w.must(http.StatusTooManyRequests, "GET", path, "")
	w.advance(40 * time.Second)
	w.must(http.StatusTooManyRequests, "GET", path, "")
	w.advance(80 * time.Second)
	w.must(http.StatusNotImplemented, "GET", path, "")
}

// A mailbox takes four requests at a time from one application, and a fifth when one of them is answered.
//
// rules: W1.7-03 W6.3-19 W6.2-09
func TestTooManyRequestsAtOnce(t *testing.T) {
	const most = 4
	for _, base := range []string{"/v1.0", "/api/v2.0"} {
		t.Run(base, func(t *testing.T) {
			w := newWorld(t, throttling(dialect.Throttling{AtOnce: most}), func(c *emulatortest.Config) {
				c.Faults = parsed(t, "latency:for=1h,mailbox="+emulator.DefaultUser)
			})
			path := base + "/me/messages/x"
			var under sync.WaitGroup
			for range most {
				under.Go(func() { w.do("GET", path, "") })
			}
			w.wait(journal.Fault, most) // all of them are held up
			over := w.must(http.StatusTooManyRequests, "GET", path, "")
			if over.code() != "ApplicationThrottled" || over.message() != "Application is over its MailboxConcurrency limit." || over.header.Get("Retry-After") != "1" {
				t.Errorf("refused with %s, Retry-After %q", over.body, over.header.Get("Retry-After"))
			}
			if hint := over.header["X-Outlocal-Hint"][0]; !strings.Contains(hint, "4: 4 item") {
				t.Errorf("the hint is %q", hint)
			}
			if other := w.do("GET", base+"/users/ann@contoso.com/messages/x", ""); other.status == http.StatusTooManyRequests {
				t.Errorf("another mailbox is refused: %s", other.body)
			}
			finished := make(chan struct{})
			go func() { under.Wait(); close(finished) }()
			for done := false; !done; {
				w.advance(time.Hour)
				select {
				case <-finished:
					done = true
				default:
				}
			}
			if _, err := w.Control.RemoveFaults(context.Background(), control.FaultQuery{}); err != nil {
				t.Fatal(err)
			}
			if again := w.do("GET", path, ""); again.status == http.StatusTooManyRequests {
				t.Errorf("there is no room after all were answered: %s", again.body)
			}
		})
	}
}

// rules: W1.7-03
func TestTooMuchAtOnce(t *testing.T) {
	w := newWorld(t, func(c *emulatortest.Config) { c.Quota = emulator.QuotaService })
	body := `{"message":"` + strings.Repeat("x", 4<<20-100) + `"}`
	for range 3 {
		w.must(http.StatusNotImplemented, "POST", "/v1.0/me/sendMail", body)
	}
	over := w.must(http.StatusTooManyRequests, "POST", "/v1.0/me/sendMail", body)
	if hint := over.header["X-Outlocal-Hint"][0]; !strings.Contains(hint, "15728640 bytes to the mailbox of "+emulator.DefaultUser+" within 30s") {
		t.Errorf("the hint is %q", hint)
	}
	w.advance(34 * time.Second)
	w.must(http.StatusNotImplemented, "POST", "/v1.0/me/sendMail", body)
}

// Subscriptions at the root are limited by application, and by its use of one tenant; writes and reads are apart.
//
// rules: W1.7-04
func TestTooManyRequestsForSubscriptions(t *testing.T) {
	second := func(most int) dialect.Limit { return dialect.Limit{Most: most, Within: 20 * time.Second} }
	limits := dialect.Throttling{Writes: second(5), TenantWrites: second(3), Reads: second(6), TenantReads: second(4)}
	as := func(app, tenant string) string {
		return "Bearer " + token(fmt.Sprintf(`{"appid":%q,"tid":%q}`, app, tenant))
	}
	here, there, another := as("app", "here"), as("app", "there"), as("another", "here")
	const refused, over = http.StatusNotFound, http.StatusTooManyRequests // there is no subscription to be written
	for _, tt := range []struct {
		name   string
		method string
		tokens []string
		want   []int
		limit  string
	}{
		{"writes in a tenant", "PATCH", []string{here, here, here, here, another, there}, []int{refused, refused, refused, over, refused, refused}, "3 writes of subscriptions in tenant here"},
		{"writes", "PATCH", []string{here, here, here, there, there, there}, []int{refused, refused, refused, refused, refused, over}, "5 writes of subscriptions within"},
		{"deletions are writes", "DELETE", []string{here, here, here, here}, []int{refused, refused, refused, over}, "3 writes of subscriptions in tenant here"},
		{"reads in a tenant", "GET", []string{here, here, here, here, here}, []int{refused, refused, refused, refused, over}, "4 reads of subscriptions in tenant here"},
		{"reads", "GET", []string{here, here, here, there, there, there, there}, []int{refused, refused, refused, refused, refused, refused, over}, "6 reads of subscriptions within"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, throttling(limits))
			for i, who := range tt.tokens {
				got := w.must(tt.want[i], tt.method, "/v1.0/subscriptions/7f105c7d-2dc5-4530-97cd-4e7ae6534c07", "", "Authorization", who)
				if got.status != over {
					continue
				}
				if hint := got.header["X-Outlocal-Hint"][0]; !strings.Contains(hint, tt.limit) {
					t.Errorf("request %d: the hint is %q", i, hint)
				}
				if after := got.header.Get("Retry-After"); after != "20" && after != "21" && after != "22" {
					t.Errorf("request %d: Retry-After is %q", i, after)
				}
			}
			other := map[string]string{"GET": "DELETE"}[tt.method]
			if other == "" {
				other = "GET"
			}
			w.must(refused, other, "/v1.0/subscriptions/7f105c7d-2dc5-4530-97cd-4e7ae6534c07", "", "Authorization", here)
			w.advance(22 * time.Second)
			w.must(refused, tt.method, "/v1.0/subscriptions/7f105c7d-2dc5-4530-97cd-4e7ae6534c07", "", "Authorization", here)
		})
	}
}

// Of two limits that are met, the one that holds longer is told.
func TestTheLongerLimitIsTold(t *testing.T) {
	within := func(most int) dialect.Limit { return dialect.Limit{Most: most, Within: 20 * time.Second} }
	w := newWorld(t, throttling(dialect.Throttling{Writes: within(5), TenantWrites: within(3)}))
	write := func(status int, tenant string) reply {
		return w.must(status, "DELETE", "/v1.0/subscriptions/x", "", "Authorization", "Bearer "+token(`{"appid":"app","tid":"`+tenant+`"}`))
	}
	write(http.StatusNotFound, "there")
	write(http.StatusNotFound, "there")
	w.advance(10 * time.Second)
	for range 3 {
		write(http.StatusNotFound, "here")
	}
	over := write(http.StatusTooManyRequests, "here")
	if hint := over.header["X-Outlocal-Hint"][0]; !strings.Contains(hint, "in tenant here") {
		t.Errorf("the hint is %q", hint)
	}
	if third := write(http.StatusTooManyRequests, "elsewhere"); strings.Contains(third.header["X-Outlocal-Hint"][0], "tenant") {
		t.Errorf("the hint is %q", third.header["X-Outlocal-Hint"])
	}
	w.advance(14 * time.Second) // the first are long ago, those of this tenant are not
	write(http.StatusTooManyRequests, "here")
}

// Requests beyond the quota are told of, refused, or not counted at all.
func TestBeyondTheQuota(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		quota                emulator.Quota
		status               int
		hint                 string
		throttled, overQuota int64
	}{
		{"told", emulator.QuotaTold, http.StatusOK, "the service would have answered 429: app ", 0, 2},
		{"refused", emulator.QuotaService, http.StatusTooManyRequests, "app ", 2, 0},
		{"off", emulator.QuotaOff, http.StatusOK, "", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, throttling(dialect.Throttling{Mailbox: dialect.Limit{Most: 1, Within: time.Hour}}), func(c *emulatortest.Config) { c.Quota = tt.quota })
			path := "/v1.0/me/messages/" + w.raise("message.created").Items[0].ID
			if first := w.must(http.StatusOK, "GET", path, ""); first.header["X-Outlocal-Hint"] != nil {
				t.Errorf("the first is told %q", first.header["X-Outlocal-Hint"])
			}
			for range 2 {
				over := w.must(tt.status, "GET", path, "")
				if hint := strings.Join(over.header["X-Outlocal-Hint"], ""); !strings.HasPrefix(hint, tt.hint) || hint != "" && tt.hint == "" {
					t.Errorf("the hint is %q", hint)
				}
			}
			w.counted("throttled", tt.throttled)
			w.counted("overQuota", tt.overQuota)
			if _, err := w.Control.Reset(context.Background(), control.Selector{}); err != nil {
				t.Fatal(err)
			}
			w.counted("throttled", 0)
			w.counted("overQuota", 0)
		})
	}
}

// A reset forgets what was sent, as far as it is selected.
func TestResetForgetsWhatWasSent(t *testing.T) {
	for _, tt := range []struct {
		name      string
		where     control.Selector
		forgotten bool
		throttled int64
	}{
		{"everything", control.Selector{}, true, 0},
		{"the mailbox", control.Selector{Mailbox: emulator.DefaultUser}, true, 1},
		{"another mailbox", control.Selector{Mailbox: "ann@contoso.com"}, false, 2},
		{"the application", control.Selector{App: emulator.DefaultApp}, true, 1},
		{"another application", control.Selector{App: "another"}, false, 2},
		{"a subscription", control.Selector{Subscription: "x"}, false, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, throttling(dialect.Throttling{Mailbox: dialect.Limit{Most: 1, Within: time.Hour}}))
			w.must(http.StatusNotImplemented, "GET", "/v1.0/me/messages", "")
			w.must(http.StatusTooManyRequests, "GET", "/v1.0/me/messages", "")
			if _, err := w.Control.Reset(context.Background(), tt.where); err != nil {
				t.Fatal(err)
			}
			if got := w.do("GET", "/v1.0/me/messages", "").status; (got != http.StatusTooManyRequests) != tt.forgotten {
				t.Errorf("it is answered %d", got)
			}
			w.counted("throttled", tt.throttled)
		})
	}
}

// counted fails unless a counter of the status is so high.
func (w *world) counted(name string, want int64) {
	w.t.Helper()
	status, err := w.Control.Status(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	if got := status.Counters[name]; got != want {
		w.t.Errorf("counted %d as %s, want %d", got, name, want)
	}
}
