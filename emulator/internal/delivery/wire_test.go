package delivery

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// rawHook listens on loopback, hands out each request byte for byte, and answers all alike.
func rawHook(t *testing.T, answer string) (host string, requests <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	got := make(chan string, 16)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveRaw(conn, answer, got)
		}
	}()
	return l.Addr().String(), got
}

func serveRaw(conn net.Conn, answer string, got chan<- string) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		var head strings.Builder
		length := 0
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			head.WriteString(line)
			_, _ = fmt.Sscanf(line, "Content-Length: %d", &length)
			if line == "\r\n" {
				break
			}
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		got <- head.String() + string(body)
		if _, err := io.WriteString(conn, answer); err != nil {
			return
		}
	}
}

const accepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"

// expires is a date whose form tells dialects apart.
var expires = time.Date(2126, 8, 12, 10, 0, 0, 500_000_000, time.UTC)

// notificationsOnTheWire are requests byte for byte: what follows the request line and Host. IDs are written as {outlook} and {graph}.
var notificationsOnTheWire = []struct {
	name    string
	dialect *dialect.Dialect
	state   string
	rules   string
	head    []string
	body    string
}{
	{
		"legacy", dialect.OutlookLegacy, "s3cret", "rules: W4.1-01 W4.1-02 W4.1-06 W4.1-07 W4.1-09 W4.8-01 W4.2-01 W3.3-01",
		[]string{"Content-Type: application/json", "OData-Version: 4.0", "x-ClientState: s3cret"},
		`{"value":[{"@odata.type":"#Microsoft.OutlookServices.Notification","Id":null,"SubscriptionId":"{outlook}","SubscriptionExpirationTime":"2126-08-12T10:00:00.5Z","SequenceNumber":1,"ChangeType":"Created","Entity":{"@odata.type":"#Microsoft.OutlookServices.Message","@odata.id":"http://localhost:3650/api/beta/Users('ann@contoso.com')/Messages('AAMk1')","@odata.etag":"W/\"CQAAABYAAA\"","Id":"AAMk1"}}]}`,
	},
	{
		"interim", dialect.OutlookInterim, "s3cret", "rules: W4.1-01 W4.1-03 W4.1-06 W4.1-07 W4.1-09 W4.3-01 W3.3-01",
		[]string{"Content-Type: application/json", "OData-Version: 4.0", "x-context: s3cret"},
		`{"value":[{"@odata.type":"#Microsoft.OutlookServices.Notification","Id":null,"subscriptionId":"{outlook}","subscriptionExpirationDateTime":"2126-08-12T10:00:00.5Z","sequenceNumber":1,"changeType":"Created","resource":"http://localhost:3650/api/beta/Users('ann@contoso.com')/Messages('AAMk1')","resourceData":{"@odata.type":"#Microsoft.OutlookServices.Message","@odata.id":"http://localhost:3650/api/beta/Users('ann@contoso.com')/Messages('AAMk1')","@odata.etag":"W/\"CQAAABYAAA\"","Id":"AAMk1"}}]}`,
	},
	{
		"final", dialect.OutlookFinal, "s3cret", "rules: W4.1-01 W4.1-04 W4.1-06 W4.1-07 W4.1-09 W4.4-01 W3.3-01",
		[]string{"ClientState: s3cret", "Content-Type: application/json", "OData-Version: 4.0"},
		`{"value":[{"@odata.type":"#Microsoft.OutlookServices.Notification","Id":null,"SubscriptionId":"{outlook}","SubscriptionExpirationDateTime":"2126-08-12T10:00:00.5Z","SequenceNumber":1,"ChangeType":"Created","Resource":"http://localhost:3650/api/v2.0/Users('6c4d1a6e-0000-4000-8000-000000000001@65a1b2c3-0000-4000-8000-000000000002')/Messages('AAMk1')","ResourceData":{"@odata.type":"#Microsoft.OutlookServices.Message","@odata.id":"http://localhost:3650/api/v2.0/Users('6c4d1a6e-0000-4000-8000-000000000001@65a1b2c3-0000-4000-8000-000000000002')/Messages('AAMk1')","@odata.etag":"W/\"CQAAABYAAA\"","Id":"AAMk1"}}]}`,
	},
	{
		"final without a client state", dialect.OutlookFinal, "", "rules: W4.1-04",
		[]string{"Content-Type: application/json", "OData-Version: 4.0"},
		`{"value":[{"@odata.type":"#Microsoft.OutlookServices.Notification","Id":null,"SubscriptionId":"{outlook}","SubscriptionExpirationDateTime":"2126-08-12T10:00:00.5Z","SequenceNumber":1,"ChangeType":"Created","Resource":"http://localhost:3650/api/v2.0/Users('6c4d1a6e-0000-4000-8000-000000000001@65a1b2c3-0000-4000-8000-000000000002')/Messages('AAMk1')","ResourceData":{"@odata.type":"#Microsoft.OutlookServices.Message","@odata.id":"http://localhost:3650/api/v2.0/Users('6c4d1a6e-0000-4000-8000-000000000001@65a1b2c3-0000-4000-8000-000000000002')/Messages('AAMk1')","@odata.etag":"W/\"CQAAABYAAA\"","Id":"AAMk1"}}]}`,
	},
	{
		"preview", dialect.GraphPreview, "s3cret", "rules: W4.1-01 W4.1-05 W4.1-06 W4.1-07 W4.5-01 W3.3-03",
		[]string{"Content-Type: application/json"},
		`{"value":[{"subscriptionId":"{graph}","subscriptionExpirationDateTime":"2126-08-12T10:00:00.5Z","clientState":"s3cret","changeType":"Created","resource":"Users/6c4d1a6e-0000-4000-8000-000000000001@65a1b2c3-0000-4000-8000-000000000002/messages/AAMk1","resourceData":{"@odata.type":"#Microsoft.Graph.Message","@odata.id":"Users/6c4d1a6e-0000-4000-8000-000000000001@65a1b2c3-0000-4000-8000-000000000002/messages/AAMk1","@odata.etag":"W/\"CQAAABYAAA\"","Id":"AAMk1"}}]}`,
	},
	{
		"graph", dialect.GraphV1, "s3cret", "rules: W4.1-01 W4.1-05 W4.1-06 W4.1-08 W4.6-01 W3.3-03 R28",
		[]string{"Content-Type: application/json; charset=utf-8"},
		`{"value":[{"subscriptionId":"{graph}","subscriptionExpirationDateTime":"2126-08-12T10:00:00.5+00:00","changeType":"created","resource":"Users/6c4d1a6e-0000-4000-8000-000000000001/Messages/AAMk1","resourceData":{"@odata.type":"#Microsoft.Graph.Message","@odata.id":"Users/6c4d1a6e-0000-4000-8000-000000000001/Messages/AAMk1","@odata.etag":"W/\"CQAAABYAAA\"","id":"AAMk1"},"clientState":"s3cret","tenantId":"65a1b2c3-0000-4000-8000-000000000002"}]}`,
	},
}

func TestNotificationOnTheWire(t *testing.T) {
	ids := strings.NewReplacer(
		"{outlook}", "MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxXzQ1MTU4OEJFLTczQzQtNDBFOS1BN0E1LUYyOTdENkEzM0NBMQ==",
		"{graph}", "00000000-0000-4000-8000-000000000001",
	)
	for _, tt := range notificationsOnTheWire {
		t.Run(tt.name, func(t *testing.T) {
			host, requests := rawHook(t, accepted)
			r := newRig(t)
			r.subscribe(tt.dialect, "http://"+host+"/cb?code=k%2Fy&b", func(rec *store.Record) {
				rec.ClientState, rec.Expires = tt.state, expires
			})
			if n := r.create("AAMk1"); n != 1 {
				t.Fatalf("Raise planned %d notifications, want 1", n)
			}
			body := ids.Replace(tt.body)
			want := "POST /cb?code=k%2Fy&b HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n" +
				strings.Join(tt.head, "\r\n") + "\r\n\r\n" + body
			if diff := cmp.Diff(want, <-requests); diff != "" {
				t.Errorf("request (-want +got)\n%s", diff)
			}
			r.settle()
			if got := r.Stats(); got.Delivered != 1 || got.Requests != 1 {
				t.Errorf("stats %+v", got)
			}
		})
	}
}

// What is in the header and in a URL's query is nobody's business but the webhook's.
func TestJournalShowsNoSecret(t *testing.T) {
	host, _ := rawHook(t, accepted)
	r := newRig(t)
	r.subscribe(dialect.OutlookFinal, "http://"+host+"/cb?code=k3y")
	r.create("AAMk1")
	r.settle()
	attempts := r.entries(journal.Attempt)
	if len(attempts) != 1 {
		t.Fatalf("%d attempts in the journal, want 1", len(attempts))
	}
	if x := attempts[0].Exchange; x.RequestHeader["ClientState"][0] != "s3cret" || x.Status != http.StatusAccepted || len(x.RequestHeader) != 3 {
		t.Errorf("the journal has %+v", x)
	}
	shown := fmt.Sprintf("%+v %+v", attempts[0].Masked(), attempts[0].Masked().Exchange)
	if strings.Contains(shown, "s3cret") || strings.Contains(shown, "k3y") {
		t.Errorf("a secret is shown: %s", shown)
	}
}

// rules: W4.9-08
func TestRedirectIsAFailure(t *testing.T) {
	elsewhere, arrived := rawHook(t, accepted)
	host, requests := rawHook(t, "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://"+elsewhere+"/\r\nContent-Length: 0\r\n\r\n")
	r := newRig(t)
	r.subscribe(dialect.GraphV1, "http://"+host+"/cb")
	r.create("AAMk1")
	<-requests
	r.settle()
	select {
	case q := <-arrived:
		t.Errorf("the redirect was followed: %s", q)
	default:
	}
	if got := r.Stats(); got.Delivered != 0 || got.Retried != 1 {
		t.Errorf("stats %+v, want one retry", got)
	}
}

// A route changes where a request goes, not what the webhook sees of its own name.
func TestRouteKeepsTheHost(t *testing.T) {
	host, requests := rawHook(t, accepted)
	r := newRig(t)
	if err := r.Targets.Route("https://hooks.example.com", "http://"+host+"/local"); err != nil {
		t.Fatal(err)
	}
	r.subscribe(dialect.GraphV1, "https://hooks.example.com/cb?x=1")
	r.create("AAMk1")
	got := <-requests
	if !strings.HasPrefix(got, "POST /local/cb?x=1 HTTP/1.1\r\nHost: hooks.example.com\r\n") {
		t.Errorf("request begins %.120q", got)
	}
	r.settle()
	if e := r.Endpoints(); len(e) != 1 || e[0].Endpoint != "https://hooks.example.com" {
		t.Errorf("endpoints %+v", e)
	}
}

// What was not allowed is not called, whoever asks for it.
func TestForeignTargetIsNotDialled(t *testing.T) {
	r := newRig(t)
	r.subscribe(dialect.GraphV1, "http://192.0.2.1/cb")
	r.create("AAMk1")
	r.settle()
	attempts := r.entries(journal.Attempt)
	if len(attempts) != 1 || !strings.Contains(attempts[0].Exchange.Error, "refuse to send to 192.0.2.1:80") {
		t.Errorf("attempts %+v", attempts)
	}
}

// rules: W3.1-01 W3.1-02 W3.1-03 W3.1-04 W3.1-05 W3.3-01
func TestAcknowledgement(t *testing.T) {
	const id = "MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxXzQ1MTU4OEJFLTczQzQtNDBFOS1BN0E1LUYyOTdENkEzM0NBMQ=="
	for _, tt := range []struct {
		name    string
		dialect *dialect.Dialect
		header  string
		want    string
	}{
		{"legacy", dialect.OutlookLegacy, "\r\nx-ClientState: s3cret\r\n", `{"value":[{"@odata.type":"#Microsoft.OutlookServices.Notification","Id":null,"SubscriptionId":"` + id + `","SubscriptionExpirationTime":"2126-08-12T10:00:00.5Z","SequenceNumber":0,"ChangeType":"Acknowledgment"}]}`},
		{"interim", dialect.OutlookInterim, "\r\nx-context: s3cret\r\n", `{"value":[{"@odata.type":"#Microsoft.OutlookServices.Notification","Id":null,"subscriptionId":"` + id + `","subscriptionExpirationDateTime":"2126-08-12T10:00:00.5Z","sequenceNumber":0,"changeType":"Acknowledgment"}]}`},
		{"final has none", dialect.OutlookFinal, "", ""},
		{"preview has none", dialect.GraphPreview, "", ""},
		{"graph has none", dialect.GraphV1, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			host, requests := rawHook(t, accepted)
			r := newRig(t)
			rec := r.subscribe(tt.dialect, "http://"+host+"/cb", func(rec *store.Record) { rec.Expires = expires })
			r.Acknowledge(rec, 0)
			r.settle()
			if tt.want == "" {
				if got := r.Stats(); got.Requests != 0 {
					t.Fatalf("%d requests, want none", got.Requests)
				}
				return
			}
			head, body, _ := strings.Cut(<-requests, "\r\n\r\n")
			if diff := cmp.Diff(tt.want, body); diff != "" {
				t.Errorf("body (-want +got)\n%s", diff)
			}
			if !strings.Contains(head+"\r\n", tt.header) {
				t.Errorf("header %q lacks %q", head, tt.header)
			}
			r.create("AAMk1") // the first change is 1
			if next := <-requests; !strings.Contains(strings.ToLower(next), `"sequencenumber":1,`) {
				t.Errorf("the first change is not number 1: %s", next)
			}
		})
	}
}

// rules: W3.2-01 W3.2-02 W3.4-01 W5-05 W5-07
func TestLifecycle(t *testing.T) {
	const outlookID = "MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxXzQ1MTU4OEJFLTczQzQtNDBFOS1BN0E1LUYyOTdENkEzM0NBMQ=="
	removed := &notify.Error{Code: "AccountStateChanged", Message: "Account state change 'AccountDisabled' has happened."}
	for _, tt := range []struct {
		name      string
		dialect   *dialect.Dialect
		event     notify.Lifecycle
		lifecycle string // path of the lifecycle URL
		path      string // where it arrives; empty for nowhere
		want      string
	}{
		{"outlook missed", dialect.OutlookFinal, notify.Missed, "", "/cb", `{"value":[{"@odata.type":"#Microsoft.OutlookServices.Notification","Id":null,"SubscriptionId":"` + outlookID + `","SubscriptionExpirationDateTime":"2126-08-12T10:00:00.5Z","SequenceNumber":1,"ChangeType":"Missed"}]}`},
		{"outlook removed", dialect.OutlookFinal, notify.SubscriptionRemoved, "", "/cb", `{"value":[{"SubscriptionId":"` + outlookID + `","SubscriptionExpirationDateTime":"2126-08-12T10:00:00.5Z","ChangeType":"SubscriptionRemoved","Error":{"Message":"Account state change 'AccountDisabled' has happened.","Code":"AccountStateChanged"}}]}`},
		{"outlook has no reauthorization", dialect.OutlookFinal, notify.ReauthorizationRequired, "", "", ""},
		{"graph missed", dialect.GraphV1, notify.Missed, "/life", "/life", `{"value":[{"subscriptionId":"00000000-0000-4000-8000-000000000001","subscriptionExpirationDateTime":"2126-08-12T10:00:00.5000000Z","tenantId":"65a1b2c3-0000-4000-8000-000000000002","clientState":"s3cret","lifecycleEvent":"missed"}]}`},
		{"graph removed", dialect.GraphV1, notify.SubscriptionRemoved, "/life", "/life", `{"value":[{"subscriptionId":"00000000-0000-4000-8000-000000000001","subscriptionExpirationDateTime":"2126-08-12T10:00:00.5000000Z","tenantId":"65a1b2c3-0000-4000-8000-000000000002","clientState":"s3cret","lifecycleEvent":"subscriptionRemoved"}]}`},
		{"graph without a lifecycle URL", dialect.GraphV1, notify.Missed, "", "", ""},
		{"the preview has none", dialect.GraphPreview, notify.Missed, "/life", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			host, requests := rawHook(t, accepted)
			r := newRig(t)
			rec := r.subscribe(tt.dialect, "http://"+host+"/cb", func(rec *store.Record) {
				rec.Expires = expires
				if tt.lifecycle != "" {
					rec.LifecycleURL = "http://" + host + tt.lifecycle
				}
			})
			if tt.event == notify.SubscriptionRemoved {
				r.Store.Remove(rec.Handle) // it goes out though nothing is left of its subscription
			}
			planned := r.Lifecycle(rec, tt.event, removed, 0)
			r.settle()
			if planned != (tt.path != "") {
				t.Fatalf("Lifecycle = %v", planned)
			}
			if !planned {
				if got := r.Stats(); got.Requests != 0 {
					t.Errorf("%d requests, want none", got.Requests)
				}
				return
			}
			head, body, _ := strings.Cut(<-requests, "\r\n\r\n")
			if !strings.HasPrefix(head, "POST "+tt.path+" ") {
				t.Errorf("request %q, want one to %s", head, tt.path)
			}
			if diff := cmp.Diff(tt.want, body); diff != "" {
				t.Errorf("body (-want +got)\n%s", diff)
			}
		})
	}
}

// Each request of a lane has its own time, be it the first or a later one.
//
// rules: W10-06 R29
func TestSilentWebhookOverTheNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(c *Config) { c.MaxBatch = 1 })
		calls := 0
		r.serveInMemory(t, func(w http.ResponseWriter, q *http.Request) {
			_, _ = io.ReadAll(q.Body)
			if calls++; calls == 1 {
				pause(q, 8*time.Second)
			} else {
				pause(q, time.Hour)
			}
			w.WriteHeader(http.StatusAccepted)
		})
		r.subscribe(dialect.GraphV1, "http://hook.localhost/cb")
		r.create("AAMk1")
		r.create("AAMk2") // the same lane goes on with it
		time.Sleep(19 * time.Second)
		var got []string
		for _, e := range r.entries(journal.Attempt) {
			got = append(got, fmt.Sprint(e.Exchange.Took, " ", e.Exchange.Status, " ", e.Exchange.Finding, " ", e.Exchange.Error))
		}
		if diff := cmp.Diff([]string{"8s 202 delivery-late ", "10s 0 delivery-timeout context deadline exceeded"}, got); diff != "" {
			t.Errorf("attempts (-want +got)\n%s", diff)
		}
	})
}

// A certificate that nobody vouches for is borne on loopback, and refused where one asks for strictness.
//
// rules: R20
func TestDeliveryCertificates(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // a refused certificate is what is tested
	s.StartTLS()
	defer s.Close()
	for mode, want := range map[diagnosis.Mode]string{diagnosis.Faithful: "200 ", diagnosis.Strict: "0 delivery-tls"} {
		r := newRig(t, func(c *Config) { c.Mode = mode })
		r.subscribe(dialect.GraphV1, s.URL+"/cb")
		r.create("AAMk1")
		r.settle()
		x := r.entries(journal.Attempt)[0].Exchange
		if got := fmt.Sprint(x.Status, " ", x.Finding); got != want {
			t.Errorf("%s: %s, want %s", mode, got, want)
		}
	}
}
