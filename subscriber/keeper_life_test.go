package subscriber_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

// apart fails the test if a renewal and a reauthorization of one subscription were sent within ten minutes.
func apart(t interface{ Errorf(string, ...any) }, s *script) {
	const calm = 10 * time.Minute
	isRenewal := func(r sent) bool {
		return strings.HasPrefix(r.What, "PATCH") && strings.Contains(r.Body, "expirationDateTime")
	}
	for _, renewal := range s.of("PATCH") {
		for _, other := range s.of("POST") {
			id, isReauthorization := strings.CutSuffix(other.What, "/reauthorize")
			id = id[strings.LastIndexByte(id, '/')+1:]
			if isReauthorization && isRenewal(renewal) && strings.HasSuffix(renewal.What, id) && other.At.Sub(renewal.At).Abs() < calm {
				t.Errorf("%s at %v, and %s at %v", renewal.What, renewal.At, other.What, other.At)
			}
		}
	}
}

// rules: W5-02
func TestChallenged(t *testing.T) {
	for _, test := range []struct {
		name      string
		after     time.Duration // of the creation
		want      string        // what is sent at once
		then      string        // what is sent within a quarter of an hour
		untouched bool          // nothing is sent at once
	}{
		{name: "in the middle of a life", after: time.Hour, want: "reauthorized"},
		{name: "at once", want: "reauthorized"},
		{name: "shortly before a renewal", after: 16*time.Hour + 40*time.Minute, want: "renewed"},
		{name: "shortly after a renewal", after: 17 * time.Hour, untouched: true, then: "reauthorized"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, dialect.GraphV1)
			var s script
			k := w.start(w.scripted(&s), func(c *subscriber.Config) { c.Watches[0].Changes = notify.Created })
			due := k.Status()[0].Next
			switch { // the renewal itself is left to chance, to the minute
			case test.after > 16*time.Hour && !test.untouched:
				w.advance(due.Sub(w.Now()) - 5*time.Minute)
			case test.untouched:
				w.advance(due.Sub(w.Now()) + 2*time.Minute)
			default:
				w.advance(test.after)
			}
			before := len(k.events.kinds())
			w.lifecycle(notify.ReauthorizationRequired)
			want := " challenged"
			if !test.untouched {
				want += " " + test.want
			}
			if got := k.events.kinds()[before:]; got != want {
				t.Errorf("it did%s, want%s", got, want)
			}
			w.advance(15 * time.Minute)
			if got := k.events.kinds()[before+len(want):]; strings.TrimSpace(got) != test.then {
				t.Errorf("then it did %s, want %s", got, test.then)
			}
			apart(t, &s)
		})
	}
}

// A challenge that comes again and again, as with tokens of an hour, is answered each time, for days.
//
// rules: W5-02
func TestChallengedForDays(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	var s script
	k := w.start(w.scripted(&s), func(c *subscriber.Config) { c.Life = time.Hour })
	for range 3 * 24 * 6 {
		w.advance(10 * time.Minute)
		w.lifecycle(notify.ReauthorizationRequired)
		if len(w.there()) != 1 {
			t.Fatalf("there is %v", w.there())
		}
	}
	if len(k.events.of(subscriber.Lost)) > 0 || len(k.events.of(subscriber.Reauthorized)) < 72 || len(k.events.of(subscriber.Renewed)) < 72 {
		t.Errorf("%d reauthorizations, %d renewals", len(k.events.of(subscriber.Reauthorized)), len(k.events.of(subscriber.Renewed)))
	}
	apart(t, &s)
}

// A notification may overtake the answer to the creation of its subscription.
func TestLearnsWhatIsBeingCreated(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	type lesson struct {
		state string
		ok    bool
	}
	learnt := make(chan lesson, 1)
	var (
		s script
		k *run
	)
	k = w.keeper(w.scripted(&s))
	s.answers(func(r *http.Request) *http.Response {
		if r.Method != http.MethodPost {
			return nil
		}
		made, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Error(err)
			return nil
		}
		id := w.Journal().Last() // the creation's
		entries, _ := w.Journal().Since(id-1, nil, 0)
		if _, ok := k.Known(entries[0].Subscription); ok {
			t.Error("it is known before its creation was answered")
		}
		over, end := context.WithCancel(t.Context())
		end()
		if _, ok := k.Learn(over, entries[0].Subscription); ok {
			t.Error("who does not wait learns of it")
		}
		asked := make(chan struct{})
		go func() {
			close(asked)
			state, ok := k.Learn(t.Context(), entries[0].Subscription)
			learnt <- lesson{state, ok}
		}()
		<-asked
		return made
	})
	k.begin()
	t.Cleanup(k.stop)
	w.Settle()
	if l := <-learnt; !l.ok || len(l.state) != 32 {
		t.Errorf("learnt %+v", l)
	}
	if _, ok := k.Learn(t.Context(), "unknown"); ok {
		t.Error("learnt of one that is not there")
	}
}

// What a start before left is known before anything is asked: its notifications come as soon as there is a webhook.
func TestLoads(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	k := w.start()
	k.stop()
	next := w.keeper()
	if err := next.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := k.Status()[0].ID
	before, _ := k.Known(id)
	if after, ok := next.Known(id); !ok || after != before {
		t.Errorf("%s is known: %t", id, ok)
	}
}

// Who does not know the client state has no say.
func TestForgedLifecycle(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	k := w.start()
	id := k.Status()[0].ID
	for _, state := range []string{"", "wrong"} {
		k.Notified(notify.Notification{Subscription: id, ClientState: state, Lifecycle: notify.SubscriptionRemoved})
		k.Notified(notify.Notification{Subscription: "unknown", ClientState: state, Lifecycle: notify.SubscriptionRemoved})
	}
	w.Settle()
	if k.Status()[0].ID != id || k.events.kinds() != "created" {
		t.Errorf("it did %s", k.events.kinds())
	}
	if state, ok := k.Known(id); !ok || len(state) != 32 {
		t.Errorf("known by %q, %t", state, ok)
	}
	if _, ok := k.Known(""); ok {
		t.Error("no id is known")
	}
}

// deltas plays the part of a service that has delta queries.
func deltas(s *script, base string, changes *string) {
	s.answers(func(r *http.Request) *http.Response {
		query := r.URL.Query()
		switch {
		case r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "delta"):
			return nil
		case query.Get("$deltatoken") == "":
			return answered(200, `{"value":[],"@odata.deltaLink":"`+base+`/v1.0/delta?$deltatoken=1"}`)
		case *changes == "forgotten":
			return refusal(410, "syncStateNotFound", "gone")
		}
		return answered(200, `{"value":[`+*changes+`],"@odata.deltaLink":"`+base+`/v1.0/delta?$deltatoken=2"}`)
	})
}

// rules: W5-03 W5-04
func TestMissed(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	var s script
	changes := `{"id":"a","subject":"hello"},{"id":"b","@removed":{"reason":"deleted"}}`
	deltas(&s, w.URL, &changes)
	k := w.start(w.scripted(&s))
	w.lifecycle(notify.Missed)
	resynced := k.events.of(subscriber.Resynced)
	if len(resynced) != 1 || resynced[0].Covers == "" {
		t.Fatalf("it did %s", k.events.kinds())
	}
	want := []subscriber.Changed{{ID: "a", Item: []byte(`{"id":"a","subject":"hello"}`)}, {ID: "b", Removed: true, Item: []byte(`{"id":"b","@removed":{"reason":"deleted"}}`)}}
	if diff := cmp.Diff(want, resynced[0].Delta.Changes); diff != "" {
		t.Errorf("missed (-want +got):\n%s", diff)
	}
	_, bookmarks, _ := w.store.Load(context.Background())
	if len(bookmarks) != 1 || !strings.HasSuffix(bookmarks[0].Link, "=2") || bookmarks[0].Behind {
		t.Errorf("the store has %+v", bookmarks)
	}

	w.lifecycle(notify.SubscriptionRemoved)
	if len(k.events.of(subscriber.Recreated)) != 1 || len(k.events.of(subscriber.Resynced)) != 2 {
		t.Errorf("after a removal it did %s", k.events.kinds())
	}

	changes = "forgotten"
	w.lifecycle(notify.Missed)
	var lost *subscriber.LostError
	if unsynced := k.events.of(subscriber.Unsynced); len(unsynced) != 1 || !errors.As(unsynced[0].Err, &lost) {
		t.Errorf("with a link that is forgotten it did %s", k.events.kinds())
	}
	changes = `{"id":"c"}`
	w.lifecycle(notify.Missed)
	if resynced := k.events.of(subscriber.Resynced); len(resynced) != 3 || resynced[2].Delta.Changes[0].ID != "c" {
		t.Errorf("from a new link on it did %s", k.events.kinds())
	}
}

// Where there are no delta queries, that is said.
func TestMissedWithoutDelta(t *testing.T) {
	for _, d := range []*dialect.Dialect{dialect.GraphV1, dialect.OutlookFinal} {
		t.Run(d.String(), func(t *testing.T) {
			w := newWorld(t, d)
			var s script
			s.answers(func(r *http.Request) *http.Response {
				if strings.Contains(r.URL.Path, "delta") {
					return refusal(501, "NotImplemented", "not here")
				}
				return nil
			})
			k := w.start(w.scripted(&s))
			w.lifecycle(notify.Missed)
			unsynced := k.events.of(subscriber.Unsynced)
			if len(unsynced) != 1 || unsynced[0].Err == nil || !strings.HasPrefix(unsynced[0].Err.Error(), "find out what was missed: ") {
				t.Errorf("it did %s: %+v", k.events.kinds(), unsynced)
			}
		})
	}
}

func TestRepoint(t *testing.T) {
	silent := func(c *subscriber.Config) { c.Watches[0].Lifecycle = false }
	noPatch := func(s *script) {
		s.answers(func(r *http.Request) *http.Response {
			if r.Method == http.MethodPatch {
				return refusal(400, "BadRequest", "not this property")
			}
			return nil
		})
	}
	for _, test := range []struct {
		name      string
		dialect   *dialect.Dialect
		configure func(*subscriber.Config)
		script    func(*script)
		same      bool // the same subscription leads there
		did       string
		rules     string
	}{
		{"the URL is changed", dialect.GraphV1, silent, nil, true, "re-pointed", "rules: W1.4-03"},
		{"a lifecycle URL can't be", dialect.GraphV1, nil, nil, false, "deleted re-created unsynced", ""},
		{"the service refuses", dialect.GraphV1, silent, noPatch, false, "deleted re-created unsynced", ""},
		{"the dialect has no way, and bears two for a moment", dialect.OutlookFinal, nil, nil, false, "created deleted", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.dialect)
			var s script
			if test.script != nil {
				test.script(&s)
			}
			configure := test.configure
			if configure == nil {
				configure = func(*subscriber.Config) {}
			}
			k := w.start(w.scripted(&s), configure)
			before, id := len(k.events.kinds()), k.Status()[0].ID
			k.Repoint(at("/elsewhere"))
			w.Settle()
			if diff := cmp.Diff([]string{"me/messages created /elsewhere"}, w.there()); diff != "" {
				t.Errorf("there is (-want +got):\n%s", diff)
			}
			if same := k.Status()[0].ID == id; same != test.same {
				t.Errorf("the same subscription: %t", same)
			}
			if did := strings.TrimSpace(k.events.kinds()[before:]); did != test.did {
				t.Errorf("it did %s, want %s", did, test.did)
			}
		})
	}
}

// A webhook that is not there yet is no reason to delete what leads elsewhere.
func TestRepointToNowhere(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	k := w.start(func(c *subscriber.Config) { c.Watches[0].Lifecycle = false })
	id := k.Status()[0].ID
	w.hook.set(func(h *hook) { h.broken = true })
	k.Repoint(at("/elsewhere"))
	w.Settle()
	w.advance(30 * time.Hour) // it is renewed all the same
	if got := k.Status()[0]; got.ID != id || len(k.events.of(subscriber.Refused)) != 1 {
		t.Fatalf("it did %s", k.events.kinds())
	}
	w.hook.set(func(h *hook) { h.broken = false })
	k.Retry()
	w.Settle()
	if diff := cmp.Diff([]string{"me/messages created /elsewhere"}, w.there()); diff != "" || k.Status()[0].ID != id {
		t.Errorf("there is (-want +got):\n%s", diff)
	}

	k.Repoint(subscriber.Endpoint{}) // the tunnel is down
	w.advance(30 * time.Hour)
	if got := k.Status()[0]; got.ID != id || got.State != subscriber.Alive {
		t.Errorf("without a URL it did %s", k.events.kinds())
	}
}

// The next start has another key: what there is gets its certificate.
//
// rules: W1.4-10
func TestRichGetsTheNextKey(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	certificate := func(id string) func(*subscriber.Config) {
		key, err := receiver.NewKey(id)
		if err != nil {
			t.Fatal(err)
		}
		return func(c *subscriber.Config) {
			c.Watches = []subscriber.Watch{{Resource: "me/messages?$select=subject", Changes: notify.Created, Rich: true}}
			c.Certificate = subscriber.Certificate{DER: key.EncryptionCertificate(), ID: id}
		}
	}
	k := w.start(certificate("first"))
	id := k.Status()[0].ID
	k.stop()
	k = w.start(certificate("second"))
	got, err := w.Subscriber(w.d).Get(t.Context(), id)
	if err != nil || got.CertificateID != "second" || !got.IncludeData || got.Expires.Sub(w.Now()) > 24*time.Hour {
		t.Errorf("the subscription is %s, %v", got.Raw, err)
	}
	if k.events.kinds() != "adopted renewed" {
		t.Errorf("it did %s", k.events.kinds())
	}
	k.stop()

	// A reauthorization shortly before keeps even that away for ten minutes (W5-02).
	records, _, _ := w.store.Load(t.Context())
	records[0].Reauthorized = w.Now().Add(-time.Minute)
	if err := w.store.SaveRecord(t.Context(), records[0]); err != nil {
		t.Fatal(err)
	}
	k = w.start(certificate("third"))
	w.advance(8 * time.Minute)
	early := k.events.kinds()
	w.advance(3 * time.Minute)
	if late := k.events.kinds(); early != "adopted" || late != "adopted renewed" {
		t.Errorf("it did %q, and then %q", early, late)
	}
}

// What leads to us without our knowing of it is deleted, what leads elsewhere is not touched.
func TestStrays(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	client := w.Subscriber(w.d)
	for _, resource := range []string{"me/events", "me/contacts"} {
		if _, err := client.Create(t.Context(), subscriber.Request{Resource: resource, Changes: notify.Created, NotificationURL: at("/ours/" + resource[3:]).URL}); err != nil {
			t.Fatal(err)
		}
	}
	k := w.start(func(c *subscriber.Config) {
		c.Owns = func(url string) bool { return strings.HasSuffix(url, "/ours/events") }
	})
	if diff := cmp.Diff([]string{"me/contacts created /contacts", "me/messages created /notifications"}, w.there()); diff != "" {
		t.Errorf("there is (-want +got):\n%s\n%s", diff, k.events.kinds())
	}
}

// Another service's subscriptions, and another user's, are nobody's business.
func TestOthersAreLeftAlone(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	others := []subscriber.Record{
		{Key: "1", Service: "https://graph.microsoft.com/v1.0", Dialect: "graph-v1.0", Mailbox: "me", ID: "x"},
		{Key: "2", Service: w.URL + "/v1.0", Dialect: "graph-v1.0", Mailbox: "ann", ID: "y"},
		{Key: "3", Service: w.URL + "/v1.0", Dialect: "graph-beta", Mailbox: "me", ID: "z"},
	}
	for _, r := range others {
		if err := w.store.SaveRecord(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	k := w.start()
	k.leave()
	records, _, _ := w.store.Load(t.Context())
	if diff := cmp.Diff(others, records); diff != "" {
		t.Errorf("the store has (-want +got):\n%s", diff)
	}
}

// What would be sent is told without sending it.
func TestPlan(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	k := w.start()
	k.stop()
	id := k.Status()[0].ID
	requests := w.requests()
	next := w.keeper(func(c *subscriber.Config) {
		c.Watches = append(c.Watches, contacts())
		c.At = subscriber.Endpoint{URL: "https://webhook.test/next?code=s3cret"}
	})
	steps, err := next.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, s := range steps {
		path, _, _ := strings.Cut(strings.TrimPrefix(s.URL, w.URL), "?")
		why, until, _ := strings.Cut(s.Why, "until ")
		if until != "" {
			why += "until EXPIRY"
		}
		told = append(told, s.Method+" "+path+": "+why)
		if strings.Contains(s.Body+s.URL, "s3cret") {
			t.Errorf("the plan shows a secret: %+v", s)
		}
	}
	want := []string{
		"GET /v1.0/subscriptions: find what a start before left",
		"DELETE /v1.0/subscriptions/" + id + ": me/messages is to be notified elsewhere, for which another takes its place",
		"POST /v1.0/subscriptions: me/messages is to be watched",
		"POST /v1.0/subscriptions: me/contacts is to be watched",
		"GET /v1.0/me/mailFolders/inbox/messages/delta: remember where me/messages stands, should something be missed",
		"GET /v1.0/me/contacts/delta: remember where me/contacts stands, should something be missed",
		"PATCH /v1.0/subscriptions/ID: me/messages is watched until EXPIRY",
		"PATCH /v1.0/subscriptions/ID: me/contacts is watched until EXPIRY",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("the plan (-want +got):\n%s", diff)
	}
	if !strings.Contains(steps[2].Body, `"notificationUrl":"https://webhook.test/next?code=…"`) || !strings.Contains(steps[2].Body, `"clientState":"…"`) {
		t.Errorf("the body is %s", steps[2].Body)
	}
	if w.requests() != requests {
		t.Error("something was sent")
	}
}

// requests are how many the emulator got.
func (w *world) requests() int64 {
	status, err := w.Control.Status(context.Background())
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	return status.Counters["requests"]
}

func TestKeepersThatMakeNoSense(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	rich := subscriber.Watch{Resource: "me/messages?$select=subject", Changes: notify.Created, Rich: true}
	for _, test := range []struct {
		name      string
		configure func(*subscriber.Config)
		says      string
	}{
		{"no dialect", func(c *subscriber.Config) { c.Client.Dialect = nil }, "the client has no dialect"},
		{"no service", func(c *subscriber.Config) { c.Client.BaseURL = "graph" }, `base URL "graph" is not of the form`},
		{"no resource", func(c *subscriber.Config) { c.Watches[0].Resource = "" }, "there is none; use one such as me/messages"},
		{"no changes", func(c *subscriber.Config) { c.Watches[0].Changes = 0 }, "watch me/messages: write change types: there are none"},
		{"the same twice", func(c *subscriber.Config) { c.Watches = append(c.Watches, c.Watches[0]) }, "watch me/messages: it is watched for the same changes already"},
		{"rich without a certificate", func(c *subscriber.Config) { c.Watches[0] = rich }, "there is no certificate for it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := w.config()
			test.configure(&c)
			if _, err := subscriber.New(c); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got the error %v", err)
			}
		})
	}
}

// Two can't do the work of one.
func TestRunsOnce(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	k := w.start()
	if err := k.Run(t.Context()); err == nil {
		t.Error("it ran twice at a time")
	}
	if _, err := k.Leave(t.Context()); err == nil {
		t.Error("it left while it ran")
	}
}

// A change that a creation without an answer raises tells of the subscription, where there is no list.
func TestFoundByItsNotification(t *testing.T) {
	w := newWorld(t, dialect.OutlookFinal)
	f := &fuse{at: 3} // the service has made it, and the answer does not come
	k := w.onFuse(f)
	k.begin()
	w.Settle()
	k.stop()
	if len(w.there()) != 1 {
		t.Fatalf("there is %v", w.there())
	}
	next := w.start()
	if len(w.there()) != 2 {
		t.Fatalf("nobody could know, but there is %v", w.there())
	}
	w.change("message")
	if len(w.there()) != 1 || !strings.Contains(next.events.kinds(), "adopted deleted") {
		t.Errorf("there is %v after %s", w.there(), next.events.kinds())
	}
}

// Where there is a list, it is found and taken over at the next start, as it is.
//
// rules: W1.4-16
func TestAdopts(t *testing.T) {
	w := newWorld(t, dialect.GraphV1)
	f := &fuse{at: 3} // the service has made it, and the answer does not come
	k := w.onFuse(f)
	k.begin()
	w.Settle()
	k.stop()
	there, err := w.Subscriber(w.d).List(t.Context())
	if err != nil || len(there) != 1 {
		t.Fatalf("there is %v, %v", there, err)
	}
	next := w.start(func(c *subscriber.Config) { c.At = at("/first") })
	s := next.Status()[0]
	state, _ := next.Known(s.ID)
	got, err := w.Subscriber(w.d).Get(t.Context(), s.ID)
	if err != nil || s.ID != there[0].ID || state != got.ClientState || next.events.kinds() != "adopted" {
		t.Errorf("it did %s: %+v with %v", next.events.kinds(), s, err)
	}
}

// What a start before left is told once the service has said that it is still there, and only of what is still wanted.
func TestTellsWhatItTakesOver(t *testing.T) {
	for _, row := range []struct {
		name      string
		meanwhile func(c *subscriber.Client, id string) error
		configure []func(*subscriber.Config)
		want      string
	}{
		{name: "it is there", want: "adopted"},
		{name: "it is gone", meanwhile: func(c *subscriber.Client, id string) error { return c.Delete(t.Context(), id) }, want: "lost re-created unsynced"},
		{name: "something else is wanted", configure: []func(*subscriber.Config){func(c *subscriber.Config) {
			c.Watches = []subscriber.Watch{{Resource: "me/events", Changes: notify.Created}}
		}}, want: "deleted created"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, dialect.GraphV1)
			k := w.start()
			id := k.Status()[0].ID
			k.stop()
			if row.meanwhile != nil {
				if err := row.meanwhile(w.Subscriber(w.d), id); err != nil {
					t.Fatal(err)
				}
			}
			next := w.start(row.configure...)
			w.advance(time.Minute)
			if got := next.events.kinds(); got != row.want {
				t.Errorf("it did %q, want %q", got, row.want)
			}
		})
	}
}
