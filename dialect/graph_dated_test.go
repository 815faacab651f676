package dialect

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/notify"
)

// creation2016 is a request as of spring 2016, with what is beside the four properties that have to be there.
func creation2016(beside string) string {
	return `{"changeType":"created","notificationUrl":"https://h/","resource":"me/messages","expirationDateTime":"2016-11-20T18:23:45Z"` + beside + `}`
}

// What a request may hold has grown over the years.
func TestReadCreateInEarlierYears(t *testing.T) {
	for _, tt := range []struct {
		name, rules string
		d           *Dialect
		body        string
		refused     string // the property; empty if it is read
	}{
		{"2016, four properties", "rules: W1.3-19", GraphV1Of2016, creation2016(""), ""},
		{"2016, an expiry is needed", "rules: W1.3-19", GraphV1Of2016, strings.Replace(creation2016(""), `,"expirationDateTime":"2016-11-20T18:23:45Z"`, "", 1), "expirationDateTime"},
		{"2016, 255 characters of client state", "rules: W1.3-25", GraphV1Of2016, creation2016(`,"clientState":"` + strings.Repeat("s", 255) + `"`), ""},
		{"2016, 256 characters of client state", "rules: W1.3-25", GraphV1Of2016, creation2016(`,"clientState":"` + strings.Repeat("s", 256) + `"`), "clientState"},
		{"2016, no lifecycle yet", "rules: W1.3-25", GraphV1Of2016, creation2016(`,"lifecycleNotificationUrl":"https://h/"`), "lifecycleNotificationUrl"},
		{"2016, as a page of that time spells it", "rules: W1.3-25", GraphV1Of2016, strings.Replace(creation2016(""), "notificationUrl", "notificationURL", 1), ""},
		{"2021, lifecycle", "", GraphV1Of2021, creation2016(`,"lifecycleNotificationUrl":"https://h/"`), ""},
		{"2021, 128 characters of client state", "rules: W10-13", GraphV1Of2021, creation2016(`,"clientState":"` + strings.Repeat("s", 128) + `"`), ""},
		{"2021, 129 characters of client state", "rules: W10-13", GraphV1Of2021, creation2016(`,"clientState":"` + strings.Repeat("s", 129) + `"`), "clientState"},
		{"2021, no app to sign for yet", "rules: W1.4-19", GraphV1Of2021, creation2016(`,"notificationUrlAppId":"a"`), "notificationUrlAppId"},
		{"2023, an app to sign for", "", GraphV1Of2023, creation2016(`,"notificationUrlAppId":"a"`), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, refusal := tt.d.ReadCreate([]byte(tt.body))
			switch {
			case refusal == nil && tt.refused != "":
				t.Errorf("%s is read", tt.refused)
			case refusal != nil && refusal.Property != tt.refused:
				t.Errorf("refused for %q, want %q: %v", refusal.Property, tt.refused, refusal)
			}
		})
	}
}

// rules: W1.6-06 W1.6-07 W1.6-08
func TestLifetimeOverTheYears(t *testing.T) {
	now := time.Date(2016, 4, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		d           *Dialect
		basic, rich time.Duration
	}{
		{GraphV1Of2016, 4230 * time.Minute, 4230 * time.Minute},
		{GraphV1Of2021, 4230 * time.Minute, 1440 * time.Minute},
		{GraphV1Of2023, 4230 * time.Minute, 1440 * time.Minute},
		{GraphV1, 10070 * time.Minute, 1440 * time.Minute},
	} {
		for wealth, limit := range map[Wealth]time.Duration{Basic: tt.basic, Rich: tt.rich} {
			if e := tt.d.Lifetime.Resolve(now, now.Add(limit), wealth); e.TooFar || !e.At.Equal(now.Add(limit)) {
				t.Errorf("%s, wealth %d: %s from now became %+v", tt.d, wealth, limit, e)
			}
			if e := tt.d.Lifetime.Resolve(now, now.Add(limit+time.Second), wealth); !e.TooFar || e.Limit != limit {
				t.Errorf("%s, wealth %d: a second over %s became %+v", tt.d, wealth, limit, e)
			}
		}
	}
}

// How long a webhook could take, which answers counted, and what became of an endpoint.
func TestDeliveryOverTheYears(t *testing.T) {
	for _, tt := range []struct {
		d                *Dialect
		rules            string
		good, limit      time.Duration
		slow, drop       time.Duration
		accepts, refuses []int
		states           string
	}{
		{GraphV1Of2016, "rules: W4.9-01 W10-33", 30 * time.Second, 30 * time.Second, 30 * time.Second, 30 * time.Second, []int{200, 204}, []int{201, 202, 422, 500}, "none"},
		{GraphV1Of2021, "rules: W4.9-02", 30 * time.Second, 30 * time.Second, 30 * time.Second, 30 * time.Second, []int{200, 202, 204, 299}, []int{302, 422}, "over 10 and 20"},
		{GraphV1Of2023, "rules: W4.9-03", 3 * time.Second, 3 * time.Second, 2900 * time.Millisecond, 2900 * time.Millisecond, []int{200, 202, 204}, []int{422}, "from 10 and 15"},
		{GraphV1, "rules: W4.9-05 W4.9-06", 3 * time.Second, 10 * time.Second, 3 * time.Second, 10 * time.Second, []int{200, 202, 204}, []int{422}, "over 10 and 15"},
	} {
		d := &tt.d.Delivery
		if d.Good != tt.good || d.Limit != tt.limit || d.SlowAfter() != tt.slow || d.DropAfter() != tt.drop {
			t.Errorf("%s: good %s, limit %s, slow after %s, drop after %s", tt.d, d.Good, d.Limit, d.SlowAfter(), d.DropAfter())
		}
		for _, status := range tt.accepts {
			if !d.Accepts(status) {
				t.Errorf("%s does not accept %d", tt.d, status)
			}
		}
		for _, status := range tt.refuses {
			if d.Accepts(status) {
				t.Errorf("%s accepts %d", tt.d, status)
			}
		}
		states := "none"
		if d.States {
			states = fmt.Sprintf("%s %d and %d", map[bool]string{false: "over", true: "from"}[d.Reached], d.SlowPercent, d.DropPercent)
		}
		if states != tt.states {
			t.Errorf("%s: states %s, want %s", tt.d, states, tt.states)
		}
		if removes := tt.d == GraphV1Of2016; (d.Removes == 422) != removes {
			t.Errorf("%s: %d ends a subscription", tt.d, d.Removes)
		}
	}
}

// The client's own id of its request came into errors in September 2020.
//
// rules: W6.1-02 W2.4-05
func TestErrorsOverTheYears(t *testing.T) {
	trace := Trace{Request: "r", Client: "c", Date: "2016-04-15T17:19:59"}
	for d, want := range map[*Dialect]string{
		GraphPreview:  `{"error":{"code":"","message":"An error has occurred.","innerError":{"date":"2016-04-15T17:19:59","request-id":"r"}}}`,
		GraphV1Of2016: `{"error":{"code":"InvalidRequest","message":"no","innerError":{"date":"2016-04-15T17:19:59","request-id":"r"}}}`,
		GraphV1Of2021: `{"error":{"code":"InvalidRequest","message":"no","innerError":{"date":"2016-04-15T17:19:59","request-id":"r","client-request-id":"c"}}}`,
		GraphV1Of2023: `{"error":{"code":"InvalidRequest","message":"no","innerError":{"date":"2016-04-15T17:19:59","request-id":"r","client-request-id":"c"}}}`,
		GraphV1:       `{"error":{"code":"ValidationError","message":"no","innerError":{"date":"2016-04-15T17:19:59","request-id":"r","client-request-id":"c"}}}`,
	} {
		if got := string(d.AppendError(nil, d.Refuse(HandshakeFailed, "no"), trace)); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", d, got, want)
		}
	}
}

// Duplicates are refused, subscriptions counted, lists, batches and reauthorization offered, since their years.
//
// rules: W10-24 W1.7-01
func TestServiceOverTheYears(t *testing.T) {
	for d, want := range map[*Dialect]string{
		GraphV1Of2016: "duplicates true, quota 0, list false, reauthorize false, batch false",
		GraphV1Of2021: "duplicates true, quota 1000, list true, reauthorize false, batch true",
		GraphV1Of2023: "duplicates false, quota 1000, list true, reauthorize true, batch true",
		GraphV1:       "duplicates false, quota 1000, list true, reauthorize true, batch true",
	} {
		got := fmt.Sprintf("duplicates %t, quota %d, list %t, reauthorize %t, batch %t", !d.RefuseDuplicates, d.Quota, d.Operations.List, d.Operations.Reauthorize, d.Operations.Batch)
		if got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
		if tells := d.Tells(notify.Missed); tells != (d != GraphV1Of2016) {
			t.Errorf("%s: tells of what is missed: %t", d, tells)
		}
	}
}
