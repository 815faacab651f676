package dialect

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/notify"
)

// bodies are good creations, by dialect.
var bodies = map[*Dialect]string{
	OutlookLegacy:    `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","ResourceURL":"R","CallbackURL":"U","ChangeType":"Created","ClientState":"s","ExpirationTime":"2015-10-24T18:40:00Z"}`,
	OutlookInterim:   `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","resource":"R","notificationURL":"U","changeType":"Created","context":"s","subscriptionExpirationDateTime":"2015-10-24T18:40:00Z"}`,
	OutlookFinal:     `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","Resource":"R","NotificationURL":"U","ChangeType":"Created","ClientState":"s","SubscriptionExpirationDateTime":"2015-10-24T18:40:00Z"}`,
	OutlookFinal2015: `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","Resource":"R","NotificationURL":"U","ChangeType":"Created","ClientState":"s","SubscriptionExpirationDateTime":"2015-10-24T18:40:00Z"}`,
	GraphPreview:     `{"resource":"R","notificationUrl":"U","changeType":"Created","clientState":"s"}`,
	GraphV1:          `{"resource":"R","notificationUrl":"U","changeType":"created","clientState":"s","expirationDateTime":"2015-10-24T18:40:00Z"}`,
	GraphBeta:        `{"resource":"R","notificationUrl":"U","changeType":"created","clientState":"s","expirationDateTime":"2015-10-24T18:40:00Z"}`,
}

// A body of one dialect is understood by that dialect, and refused by all whose names differ, with the name of the one that has them.
//
// rules: W1.2-01 W1.2-03 W1.2-04 W1.2-05 W1.2-06 W1.2-08 W1.3-10 W10-47
func TestCreateIsReadInItsOwnDialectOnly(t *testing.T) {
	for from, body := range bodies {
		for _, to := range All() {
			t.Run(fmt.Sprintf("%s read as %s", from, to), func(t *testing.T) {
				r, refusal := to.ReadCreate([]byte(body))
				if same := from.Name == to.Name || from.NameOf(PropExpires) == expiresToday && to.NameOf(PropExpires) == expiresToday; !same {
					if refusal == nil {
						t.Fatal("was accepted")
					}
					if refusal.Property == "" || refusal.Hint == "" {
						t.Errorf("refusal names no property or cure: %+v", refusal)
					}
					return
				}
				if refusal != nil {
					t.Fatalf("%v (%s)", refusal, refusal.Hint)
				}
				if r.Resource != "R" || r.NotificationURL != "U" || r.ClientState != "s" || r.Changes != notify.Created {
					t.Errorf("read %+v", r.Subscription)
				}
			})
		}
	}
}

// expiresToday is what Graph has called an expiry since v1.0.
const expiresToday = "expirationDateTime"

func TestReadCreateRefuses(t *testing.T) {
	final, graph := bodies[OutlookFinal], bodies[GraphV1]
	for _, tt := range []struct {
		name, rules string
		d           *Dialect
		body        string
		code        string
		message     string // a part of it
		hint        string // a part of it
	}{
		{"an interim name", "rules: W10-47", OutlookFinal, strings.Replace(final, `"NotificationURL"`, `"notificationURL"`, 1), "ErrorInvalidParameter", "notificationURL", "outlook-final spells it NotificationURL"},
		{"a legacy name", "rules: W10-47", OutlookFinal, strings.Replace(final, `"NotificationURL"`, `"CallbackURL"`, 1), "ErrorInvalidParameter", "CallbackURL", "CallbackURL is outlook-legacy's name; outlook-final calls it NotificationURL"},
		{"no type tag", "rules: W1.2-01 W1.3-10", OutlookFinal, strings.Replace(final, `"@odata.type":"#Microsoft.OutlookServices.PushSubscription",`, "", 1), "ErrorInvalidParameter", "'@odata.type' is required", "PushSubscription"},
		{"another type tag", "rules: W1.2-01", OutlookFinal, strings.Replace(final, "PushSubscription", "StreamingSubscription", 1), "ErrorInvalidParameter", "StreamingSubscription", "PushSubscription"},
		{"no resource", "rules: W1.3-10", OutlookFinal, strings.Replace(final, `"Resource":"R",`, "", 1), "ErrorInvalidParameter", "'Resource' is required", "add Resource"},
		{"a property twice", "", OutlookFinal, strings.Replace(final, `"Resource":"R",`, `"Resource":"R","Resource":"Q",`, 1), "ErrorInvalidParameter", "twice", "which one"},
		{"a number for a string", "", OutlookFinal, strings.Replace(final, `"Resource":"R"`, `"Resource":5`, 1), "ErrorInvalidParameter", "wrong type", "a number"},
		{"256 characters of client state", "rules: W10-13", OutlookFinal, strings.Replace(final, `"s"`, `"`+strings.Repeat("é", 256)+`"`, 1), "ErrorInvalidParameter", "255", "256"},
		{"a line break in what travels in a header", "rules: W10-47", OutlookFinal, strings.Replace(final, `"s"`, `"a\r\nX-Evil: 1"`, 1), "ErrorInvalidParameter", "header", "line breaks"},
		{"blanks at the ends of what travels in a header", "", OutlookFinal, strings.Replace(final, `"s"`, `" s "`, 1), "ErrorInvalidParameter", "header", "blanks"},
		{"bytes that are no text", "rules: W6.3-01", GraphV1, strings.Replace(graph, `"s"`, "\"a\xff\"", 1), "InvalidRequest", "Could not process", "UTF-8"},
		{"a byte order mark", "rules: W6.3-01", GraphV1, "\ufeff" + graph, "InvalidRequest", "Could not process", "byte order mark"},
		{"a date without zone", "", OutlookFinal, strings.Replace(final, "18:40:00Z", "18:40:00", 1), "ErrorInvalidParameter", "time zone", "2015-10-24T18:40:00"},
		{"a kind of change that is none", "", OutlookFinal, strings.Replace(final, `"Created"`, `"Changed"`, 1), "ErrorInvalidParameter", "Changed", "created, updated, deleted"},
		{"no JSON", "", OutlookFinal, "{\n Resource: 1}", "ErrorInvalidParameter", "line 2, column 2", "line 2"},
		{"an array", "", OutlookFinal, "[]", "ErrorInvalidParameter", "an array", "an object"},

		{"no expiry", "rules: W1.4-07 W6.3-02", GraphV1, strings.Replace(graph, `,"expirationDateTime":"2015-10-24T18:40:00Z"`, "", 1), "InvalidRequest", "expirationDateTime is a required property for subscription creation.", "add"},
		{"no change type", "rules: W1.4-02 W6.3-02", GraphV1, strings.Replace(graph, `"changeType":"created",`, "", 1), "InvalidRequest", "changeType is a required property", ""},
		{"no URL", "rules: W1.4-03 W6.3-02", GraphV1, strings.Replace(graph, `"notificationUrl":"U",`, "", 1), "InvalidRequest", "notificationUrl is a required property", ""},
		{"no resource", "rules: W1.4-06 W6.3-02", GraphV1, strings.Replace(graph, `"resource":"R",`, "", 1), "InvalidRequest", "resource is a required property", ""},
		{"an empty resource", "rules: W1.4-06", GraphV1, strings.Replace(graph, `"R"`, `""`, 1), "InvalidRequest", "resource is a required property", ""},
		{"a capital", "rules: W6.3-01", GraphV1, strings.Replace(graph, `"changeType"`, `"ChangeType"`, 1), "InvalidRequest", "Could not process subscription creation payload. Are all property names spelled and camelCased properly?", "graph-v1.0 spells it changeType"},
		{"the preview's name", "rules: W6.3-01", GraphV1, strings.Replace(graph, `"notificationUrl"`, `"notificationURL"`, 1), "InvalidRequest", "Could not process", "notificationUrl"},
		{"a date without zone", "rules: W1.6-11 W6.3-01", GraphV1, strings.Replace(graph, "18:40:00Z", "18:40:00", 1), "InvalidRequest", "DateTimeOffset", "with a zone"},
		{"bad JSON", "rules: W6.3-01", GraphV1, "{", "InvalidRequest", "Could not process", "line 1"},
		{"an unknown kind of change", "rules: W6.3-09", GraphV1, strings.Replace(graph, `"created"`, `"moved"`, 1), "BadRequest", "Invalid 'changeType' attribute: 'moved'.", "created"},
		{"Outlook's own kind of change", "rules: W1.4-02", GraphV1, strings.Replace(graph, `"created"`, `"created,missed"`, 1), "BadRequest", "Invalid 'changeType'", ""},
		{"129 characters of client state", "rules: W10-13", GraphV1, strings.Replace(graph, `"s"`, `"`+strings.Repeat("x", 129)+`"`, 1), "InvalidRequest", "128", "129"},
		{"129 characters of certificate id", "rules: W1.4-10", GraphV1, strings.Replace(graph, `"s"`, `"s","encryptionCertificateId":"`+strings.Repeat("x", 129)+`"`, 1), "InvalidRequest", "128", "129"},
		{"Web Push", "rules: W1.4-15", GraphV1, strings.Replace(graph, `"s"`, `"s","webPushEncryptionSecret":"x"`, 1), "BadRequest", "webPushEncryptionSecret", "Web Push"},
		{"a TLS version that is none", "rules: W1.4-11", GraphV1, strings.Replace(graph, `"s"`, `"s","latestSupportedTlsVersion":"1.2"`, 1), "InvalidRequest", "Could not process", "v1_3"},
		{"today's name in the preview", "rules: W1.2-06", GraphPreview, graph, "InvalidRequest", "Could not process", "subscriptionExpirationDateTime"},
	} {
		t.Run(tt.name+" in "+tt.d.String(), func(t *testing.T) {
			r, refusal := tt.d.ReadCreate([]byte(tt.body))
			if refusal == nil {
				t.Fatalf("was accepted: %+v", r)
			}
			if refusal.Status != 400 || refusal.Code != tt.code || !strings.Contains(refusal.Message, tt.message) || !strings.Contains(refusal.Hint, tt.hint) {
				t.Errorf("refused with %d %s\nmessage %q, want %q\nhint %q, want %q", refusal.Status, refusal.Code, refusal.Message, tt.message, refusal.Hint, tt.hint)
			}
		})
	}
}

func TestReadCreateAccepts(t *testing.T) {
	for _, tt := range []struct {
		name, rules string
		d           *Dialect
		body        string
		good        func(*Request) bool
	}{
		{"read-only properties are ignored", "rules: W1.4-01", GraphV1, strings.Replace(bodies[GraphV1], `"s"`, `"s","id":"mine","applicationId":"mine","creatorId":"mine"`, 1), func(r *Request) bool { return r.ID == "" && r.App == "" && r.Creator == "" }},
		{"a type tag is tolerated", "rules: W1.2-02", GraphV1, strings.Replace(bodies[GraphV1], `"s"`, `"s","@odata.type":"#microsoft.graph.subscription"`, 1), func(r *Request) bool { return true }},
		{"the TLS version has a default", "rules: W1.4-11", GraphV1, bodies[GraphV1], func(r *Request) bool { return r.TLSVersion == "v1_2" }},
		{"128 characters of client state", "rules: W10-13 R24", GraphV1, strings.Replace(bodies[GraphV1], `"s"`, `"`+strings.Repeat("x", 128)+`"`, 1), func(r *Request) bool { return len(r.ClientState) == 128 }},
		{"no client state", "rules: W10-14", GraphV1, strings.Replace(bodies[GraphV1], `"clientState":"s",`, "", 1), func(r *Request) bool { return r.ClientState == "" }},
		{"null is as good as nothing", "", GraphV1, strings.Replace(bodies[GraphV1], `"s"`, `null`, 1), func(r *Request) bool { return r.ClientState == "" }},
		{"the rest of the properties", "rules: W1.4-12", GraphV1, strings.Replace(bodies[GraphV1], `"s"`, `"s","notificationContentType":"application/json","notificationQueryOptions":"q","notificationUrlAppId":"a"`, 1), func(r *Request) bool {
			return r.ContentType == "application/json" && r.QueryOptions == "q" && r.URLApp == "a"
		}},
		{"a blank in the list of changes", "rules: R25", GraphV1, strings.Replace(bodies[GraphV1], `"created"`, `"created, updated"`, 1), func(r *Request) bool {
			return r.Changes == notify.Created|notify.Updated && r.ChangeType == "created, updated"
		}},
		{"the preview's other spelling", "rules: W1.2-06", GraphPreview, strings.Replace(bodies[GraphPreview], `"notificationUrl"`, `"notificationURL"`, 1), func(r *Request) bool { return r.NotificationURL == "U" }},
		{"the preview ignores an expiry by its own name", "rules: W1.2-07 W1.6-05", GraphPreview, strings.Replace(bodies[GraphPreview], `"s"`, `"s","subscriptionExpirationDateTime":"2030-01-01T00:00:00Z"`, 1), func(r *Request) bool { return r.Expires.IsZero() }},
		{"no expiry in Outlook", "rules: W1.3-10 R18", OutlookFinal, strings.Replace(bodies[OutlookFinal], `,"SubscriptionExpirationDateTime":"2015-10-24T18:40:00Z"`, "", 1), func(r *Request) bool { return r.Expires.IsZero() }},
		{"Missed may be asked for", "rules: W1.3-15 R18", OutlookFinal, strings.Replace(bodies[OutlookFinal], `"Created"`, `"Created,Updated,Deleted,Missed"`, 1), func(r *Request) bool { return r.Changes.Has(notify.Gap) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, refusal := tt.d.ReadCreate([]byte(tt.body))
			if refusal != nil {
				t.Fatalf("%v (%s)", refusal, refusal.Hint)
			}
			if !tt.good(r) {
				t.Errorf("read %+v", r)
			}
		})
	}
}

func TestReadRenewal(t *testing.T) {
	current := &notify.Subscription{Resource: "R", ChangeType: "created", ClientState: "s", NotificationURL: "U"}
	for _, tt := range []struct {
		name, rules string
		d           *Dialect
		body        string
		refused     string // a part of the message; empty: accepted
	}{
		{"an expiry", "rules: W1.1-14", GraphV1, `{"expirationDateTime":"2026-01-01T00:00:00Z"}`, ""},
		{"a URL", "rules: W1.4-03", GraphV1, `{"notificationUrl":"V"}`, ""},
		{"nothing", "rules: W6.3-05", GraphV1, `{}`, "Subscription must contain either the 'expirationDateTime' or 'notificationUrl' property and its value."},
		{"no body", "rules: W6.3-01", GraphV1, ``, "Could not process"},
		{"another client state", "rules: W1.4-08", GraphV1, `{"clientState":"t","expirationDateTime":"2026-01-01T00:00:00Z"}`, "'clientState' can't be updated"},
		{"the same client state, as read", "rules: W1.4-08", GraphV1, `{"clientState":"s","expirationDateTime":"2026-01-01T00:00:00Z"}`, ""},
		{"another resource", "rules: W1.4-06", GraphV1, `{"resource":"me/events"}`, "'resource' can't be updated"},
		{"other change types", "rules: W1.4-02", GraphV1, `{"changeType":"deleted"}`, "'changeType' can't be updated"},
		{"resource data", "rules: W1.4-08", GraphV1, `{"includeResourceData":true}`, "'includeResourceData' can't be updated"},
		{"a lifecycle URL", "rules: W1.4-05", GraphV1, `{"lifecycleNotificationUrl":"https://x/y"}`, "'lifecycleNotificationUrl' can't be updated"},
		{"no body in final", "rules: W1.3-09 W1.1-12", OutlookFinal, ``, ""},
		{"just the type tag in final", "rules: R18", OutlookFinal, `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription"}`, ""},
		{"an empty object in legacy", "rules: W1.1-11", OutlookLegacy, `{}`, ""},
		{"the tag and the expiry in interim", "rules: W1.3-08", OutlookInterim, `{"@odata.type":"#Microsoft.OutlookServices.PushSubscription","subscriptionExpirationDateTime":"2015-10-24T20:00:00.0Z"}`, ""},
		{"another URL in final", "", OutlookFinal, `{"NotificationURL":"V"}`, "'NotificationURL' can't be changed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, refusal := tt.d.ReadRenewal([]byte(tt.body), current)
			switch {
			case tt.refused == "" && refusal != nil:
				t.Errorf("refused: %v (%s)", refusal, refusal.Hint)
			case tt.refused != "" && (refusal == nil || !strings.Contains(refusal.Message, tt.refused)):
				t.Errorf("got %v, want %q", refusal, tt.refused)
			}
		})
	}
}

func TestResolveLifetime(t *testing.T) {
	now := time.Date(2015, 11, 4, 10, 0, 0, 0, time.UTC)
	days := func(n float64) time.Time { return now.Add(time.Duration(n * 24 * float64(time.Hour))) }
	minutes := func(n int) time.Time { return now.Add(time.Duration(n) * time.Minute) }
	for _, tt := range []struct {
		name, rules string
		d           *Dialect
		asked       time.Time
		wealth      Wealth
		want        time.Time // zero: refused
	}{
		{"legacy, none asked", "rules: W1.6-01", OutlookLegacy, time.Time{}, Basic, days(3)},
		{"legacy, too long", "rules: W1.6-01", OutlookLegacy, days(5), Basic, days(3)},
		{"interim, too long", "rules: W1.6-01", OutlookInterim, days(5), Basic, days(3)},
		{"final of 2015, too long", "rules: W1.6-02", OutlookFinal2015, days(30), Basic, days(3)},
		{"final of 2015, in the past", "rules: W1.6-04", OutlookFinal2015, days(-2), Basic, days(3)},
		{"final, none asked", "rules: W1.6-03", OutlookFinal, time.Time{}, Basic, days(7)},
		{"final, too long", "rules: W1.6-03", OutlookFinal, days(8), Basic, days(7)},
		{"final, rich, too long", "rules: W1.6-03", OutlookFinal, days(8), Rich, days(1)},
		{"final, rich, none asked", "rules: W1.6-03", OutlookFinal, time.Time{}, Rich, days(1)},
		{"final, in the past", "rules: W1.6-04", OutlookFinal, days(-1), Basic, days(7)},
		{"final, as asked", "", OutlookFinal, days(2), Basic, days(2)},
		{"preview", "rules: W1.6-05", GraphPreview, time.Time{}, Basic, days(3)},
		{"graph, the observed limit", "rules: W1.6-07 W10-09 R26", GraphV1, minutes(10070), Basic, minutes(10070)},
		{"graph, over the observed limit", "rules: W1.6-07 W10-09", GraphV1, minutes(10071), Basic, time.Time{}},
		{"graph, the documented limit", "rules: W1.6-07 W10-09", GraphV1.With(DocumentedLimit), minutes(10080), Basic, minutes(10080)},
		{"graph, over the documented limit", "rules: W1.6-07 W10-09", GraphV1.With(DocumentedLimit), minutes(10081), Basic, time.Time{}},
		{"graph, rich", "rules: W1.6-08", GraphV1, minutes(1441), Rich, time.Time{}},
		{"graph, too short", "rules: W1.6-09", GraphV1, minutes(10), Basic, minutes(45)},
		{"graph, in the past", "rules: W1.6-09", GraphV1, days(-1), Basic, minutes(45)},
		{"graph, 30 days", "rules: R26", GraphV1, days(30), Basic, time.Time{}},
		{"graph, 4318 minutes", "rules: R26", GraphV1, minutes(4318), Basic, minutes(4318)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.d.Lifetime.Resolve(now, tt.asked, tt.wealth)
			if got.TooFar != tt.want.IsZero() || !got.At.Equal(tt.want) {
				t.Errorf("Resolve gave %v (too far: %t), want %v", got.At, got.TooFar, tt.want)
			}
			if differs := !tt.asked.IsZero() && !tt.asked.Equal(got.At) && !got.TooFar; differs != (got.Note != "") {
				t.Errorf("note %q, though asked for %v", got.Note, tt.asked)
			}
		})
	}
}
