package receiver_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
)

// register is a set of subscriptions and their client states.
type register map[string]string

func (r register) Known(id string) (receiver.Expected, bool) {
	state, ok := r[id]
	return receiver.Expected{ClientState: state}, ok
}

func findings(items []*receiver.Item) []string {
	all := make([]string, len(items))
	for i, item := range items {
		var ids []string
		for _, d := range item.Findings() {
			ids = append(ids, d.ID)
		}
		all[i] = strings.Join(ids, " ")
	}
	return all
}

func TestClientStateAndSubscription(t *testing.T) {
	known := register{"with": secret, "without": ""}
	header := func(name, value string) http.Header { return http.Header{name: {value}} }
	for _, tt := range []struct {
		name   string
		config receiver.Config
		header http.Header
		body   string
		want   []string
		rules  string
	}{
		{"nothing is expected", receiver.Config{}, nil, batch(graphItem("s", "created", "i", "e", "any")), []string{""}, ""},
		{"one for all, in the body", receiver.Config{ClientState: secret}, nil,
			batch(graphItem("a", "created", "i", "e", secret), graphItem("b", "created", "i", "e", "wrong"), graphItem("c", "created", "i", "e", "")),
			[]string{"", "receiver-client-state", "receiver-client-state-missing"}, "rules: W4.1-05"},
		{"one for all, in the header", receiver.Config{ClientState: secret}, header("ClientState", secret),
			batch(outlookItem("a", "1", "Created", "i", "e"), outlookItem("b", "1", "Created", "i", "e")), []string{"", ""}, "rules: W4.1-04"},
		{"a wrong one in the header counts for every item", receiver.Config{ClientState: secret}, header("ClientState", "wrong"),
			batch(outlookItem("a", "1", "Created", "i", "e"), outlookItem("b", "1", "Created", "i", "e")), []string{"receiver-client-state", "receiver-client-state"}, ""},
		{"the header that another schema has does not count", receiver.Config{ClientState: secret}, header("x-ClientState", secret),
			batch(outlookItem("a", "1", "Created", "i", "e")), []string{"receiver-client-state-missing"}, ""},
		{"a prefix is not the whole", receiver.Config{ClientState: secret}, nil, batch(graphItem("a", "created", "i", "e", secret[:5])), []string{"receiver-client-state"}, ""},
		{"another case is another state", receiver.Config{ClientState: secret}, nil, batch(graphItem("a", "created", "i", "e", strings.ToUpper(secret))), []string{"receiver-client-state"}, ""},
		{"by subscription", receiver.Config{ClientState: "not asked", Known: known}, nil,
			batch(graphItem("with", "created", "i", "e", secret), graphItem("with", "updated", "i", "f", "without"), graphItem("without", "created", "i", "e", "any")),
			[]string{"", "receiver-client-state", ""}, ""},
		{"an unknown subscription", receiver.Config{Known: known}, nil, batch(graphItem("stranger", "created", "i", "e", "x")), []string{"receiver-unknown-subscription"}, ""},
		{"ids count in exact case", receiver.Config{Known: known}, nil, batch(graphItem("WITHOUT", "created", "i", "e", "x")), []string{"receiver-unknown-subscription"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t, tt.config)
			if response := post(t, r, tt.header, tt.body); response.StatusCode != http.StatusAccepted {
				t.Errorf("answer %d, want 202: whoever sends something forged learns nothing", response.StatusCode)
			}
			if diff := cmp.Diff(tt.want, findings(items(r))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSequenceAndRepetition(t *testing.T) {
	// Each step is one request of one item: "7 a" is number 7 with the etag a; "! 7 a" comes with a wrong client state.
	type verdict struct {
		Missing              int64
		Repeated, OutOfOrder bool
	}
	none, repeated := verdict{}, verdict{Repeated: true}
	for _, tt := range []struct {
		name  string
		steps []string
		want  []verdict
		rules string
	}{
		{"in order", []string{"1 a", "2 b", "3 c"}, []verdict{none, none, none}, ""},
		{"from where the receiver came in", []string{"41 a", "42 b"}, []verdict{none, none}, ""},
		{"a gap of one", []string{"1 a", "3 c"}, []verdict{none, {Missing: 1}}, "rules: W3.3-04"},
		{"a gap of many, then on", []string{"0 a", "1000 b", "1001 c"}, []verdict{none, {Missing: 999}, none}, "rules: W3.3-04"},
		{"the greatest number", []string{"-2147483648 a", "2147483647 b"}, []verdict{none, {Missing: 1<<32 - 2}}, ""},
		{"disorder: the late one fills the gap", []string{"1 a", "3 c", "2 b", "4 d"}, []verdict{none, {Missing: 1}, {OutOfOrder: true}, none}, "rules: W4.8-03"},
		{"a retry repeats number and item", []string{"1 a", "2 b", "2 b", "3 c"}, []verdict{none, none, repeated, none}, "rules: W4.8-03"},
		{"a retry of an older one", []string{"1 a", "2 b", "1 a"}, []verdict{none, none, repeated}, "rules: W4.8-03"},
		{"a number once more, whatever it says", []string{"1 a", "2 b", "2 z"}, []verdict{none, none, repeated}, "rules: W4.8-03"},
		{"the same change under the next number", []string{"1 a", "2 a"}, []verdict{none, repeated}, "rules: W4.8-03"},
		{"a forged one neither counts nor spoils", []string{"1 a", "! 99 z", "2 b"}, []verdict{none, none, none}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t, receiver.Config{ClientState: secret})
			for _, step := range tt.steps {
				state := secret
				if rest, forged := strings.CutPrefix(step, "! "); forged {
					step, state = rest, "wrong"
				}
				number, etag, _ := strings.Cut(step, " ")
				post(t, r, http.Header{"ClientState": {state}}, batch(outlookItem("s", number, "Updated", "i", etag)))
			}
			var got []verdict
			for _, i := range items(r) {
				got = append(got, verdict{i.Missing, i.Repeated, i.OutOfOrder})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("verdicts of %q (-want +got):\n%s", tt.steps, diff)
			}
		})
	}
}

// Gaps and repetitions are those of a subscription, wherever its items travel.
func TestSubscriptionsCountForThemselves(t *testing.T) {
	r := newReceiver(t, receiver.Config{})
	post(t, r, nil, batch(
		outlookItem("a", "1", "Created", "i", "x"), outlookItem("b", "1", "Created", "i", "x"),
		outlookItem("a", "2", "Created", "j", "y"), outlookItem("b", "4", "Created", "j", "y")))
	if diff := cmp.Diff([]string{"", "", "", "receiver-sequence-gap"}, findings(items(r))); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// Graph numbers nothing: the item, its etag and the kind of change make a repetition.
func TestRepetitionWithoutNumbers(t *testing.T) {
	r := newReceiver(t, receiver.Config{})
	post(t, r, nil, batch(
		graphItem("s", "created", "i", "e", ""),
		graphItem("s", "updated", "i", "e", ""), // another change
		graphItem("s", "updated", "i", "f", ""), // another etag
		graphItem("s", "updated", "j", "f", ""), // another item
		graphItem("t", "updated", "j", "f", ""), // another subscription
		graphItem("s", "created", "i", "e", "")))
	again := `{"subscriptionId":"s","subscriptionExpirationDateTime":"2026-10-20T11:00:00Z","tenantId":"t","clientState":null,"lifecycleEvent":"reauthorizationRequired",` +
		`"resourceData":{"@odata.type":"#microsoft.graph.subscription","@odata.id":"subscriptions/s","@odata.etag":"W/\"e\"","id":"s"}}`
	post(t, r, nil, batch(again))
	post(t, r, nil, batch(again)) // comes every 15 minutes, and is meant each time
	want := []string{"", "", "", "", "", "receiver-duplicate", "", ""}
	if diff := cmp.Diff(want, findings(items(r))); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// A change that arrives after its subscription's end is at least as old as that end.
func TestLate(t *testing.T) {
	expires := time.Date(2015, 10, 24, 18, 40, 0, 0, time.UTC) // outlookItem's
	for _, tt := range []struct {
		name    string
		arrives time.Time
		age     time.Duration
		want    string
	}{
		{"while it lives", expires.Add(-time.Second), 0, ""},
		{"soon after", expires.Add(time.Minute), time.Minute, ""},
		{"hours after", expires.Add(3 * time.Hour), 3 * time.Hour, "receiver-late"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t, receiver.Config{Now: func() time.Time { return tt.arrives }})
			post(t, r, nil, batch(outlookItem("s", "1", "Created", "i", "e")))
			all := items(r)
			if all[0].Age != tt.age {
				t.Errorf("age %s, want %s", all[0].Age, tt.age)
			}
			if diff := cmp.Diff([]string{tt.want}, findings(all)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// What is wrong with a member is told beside what could be read.
func TestProblems(t *testing.T) {
	r := newReceiver(t, receiver.Config{})
	post(t, r, nil, batch(`{"SubscriptionId":7,"SubscriptionExpirationDateTime":"tomorrow","SequenceNumber":"one","ChangeType":"Created","ResourceData":{"Id":"i"}}`))
	want := []string{
		"SubscriptionId is a number, not a string",
		"SubscriptionExpirationDateTime is tomorrow, not a date with a zone",
		`SequenceNumber is "one", not a whole number of 32 bits`,
		"the entry names no subscription",
	}
	if diff := cmp.Diff(want, items(r)[0].Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// Clients in any language read these names.
func TestItemJSON(t *testing.T) {
	r := newReceiver(t, receiver.Config{ClientState: secret, Known: register{"s": "other"}})
	post(t, r, http.Header{"ClientState": {secret}}, batch(outlookItem("s", "1", "Created", "i", "e")))
	post(t, r, nil, batch(`{"subscriptionId":"t","subscriptionExpirationDateTime":"2026-10-20T11:00:00Z","tenantId":"84bd","lifecycleEvent":"missed"}`))
	var got []map[string]any
	for _, e := range entries(r, journal.Notified) {
		encoded, err := json.Marshal(e.Masked().Data)
		if err != nil {
			t.Fatal(err)
		}
		var view map[string]any
		if err := json.Unmarshal(encoded, &view); err != nil {
			t.Fatal(err)
		}
		for _, f := range view["findings"].([]any) {
			if cure := f.(map[string]any)["cure"]; cure == "" {
				t.Errorf("finding without cure: %v", f)
			}
		}
		view["findings"] = len(view["findings"].([]any))
		got = append(got, view)
	}
	want := []map[string]any{
		{
			"index": 0.0, "subscription": "s", "expires": "2015-10-24T18:40:00Z", "sequence": 1.0, "change": "Created",
			"resource": "https://outlook.office.com/api/v2.0/Users('u')/Messages('i')",
			"data":     map[string]any{"type": "#Microsoft.OutlookServices.Message", "url": "https://outlook.office.com/api/v2.0/Users('u')/Messages('i')", "etag": `W/"e"`, "id": "i"},
			"good":     false, "registration": "known", "client": "wrong", "findings": 1,
		},
		{
			"index": 0.0, "subscription": "t", "expires": "2026-10-20T11:00:00Z", "lifecycle": "missed", "tenant": "84bd",
			"good": false, "registration": "unknown", "client": "missing", "findings": 2,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

// An item's entry names its request, and what one selects by.
func TestEntriesOfARequest(t *testing.T) {
	r := newReceiver(t, receiver.Config{})
	post(t, r, nil, batch(graphItem("a", "created", "i", "e", ""), graphItem("b", "deleted", "i", "e", "")))
	request := entries(r, journal.Received)[0]
	if request.Dialect != "graph-v1.0" || request.Note != "2 notifications" || request.Exchange.Status != http.StatusAccepted || request.Subscription != "" {
		t.Errorf("request: %+v", request)
	}
	for i, e := range entries(r, journal.Notified) {
		want := journal.Entry{
			Seq: request.Seq + 1 + uint64(i), At: arrival(), Wall: request.Wall, Kind: journal.Notified, Cause: request.Seq,
			Dialect: "graph-v1.0", Subscription: []string{"a", "b"}[i], URL: "http://hook.example/cb", Note: []string{"Created", "Deleted"}[i],
		}
		e.Data = nil
		if diff := cmp.Diff(want, e); diff != "" {
			t.Errorf("entry %d (-want +got):\n%s", i, diff)
		}
	}
}

// Many senders at once lose nothing: each item is judged once, and those that came twice are found.
func TestConcurrently(t *testing.T) {
	const senders, each = 8, 50
	r := newReceiver(t, receiver.Config{ClientState: secret, Known: register{"s": secret}})
	var sending sync.WaitGroup
	for range senders {
		sending.Go(func() {
			for i := range each {
				post(t, r, nil, batch(graphItem("s", "created", strconv.Itoa(i), "e", secret)))
			}
		})
	}
	sending.Wait()
	repeated := 0
	for _, i := range items(r) {
		if i.ClientState != diagnosis.ClientStateRight {
			t.Fatalf("client state is %s", i.ClientState)
		}
		if i.Repeated {
			repeated++
		}
	}
	if got := fmt.Sprint(len(items(r)), repeated); got != fmt.Sprint(senders*each, (senders-1)*each) {
		t.Errorf("items and repetitions: %s, want %d and %d", got, senders*each, (senders-1)*each)
	}
}
