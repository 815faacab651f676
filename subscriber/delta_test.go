package subscriber_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/subscriber"
)

// Where the first round begins (W7.3-01, W7.3-04).
func TestMark(t *testing.T) {
	const arrivals = "?$filter=receivedDateTime ge 2015-10-24T18:40:00Z&$select=subject,receivedDateTime"
	for _, test := range []struct {
		name     string
		dialect  *dialect.Dialect
		user     string
		resource string
		want     string // path and query, decoded; empty where there is no delta query
	}{
		{"messages", dialect.GraphV1, "", "me/messages", "/v1.0/me/mailFolders/inbox/messages/delta" + arrivals},
		{"of another user", dialect.GraphV1, "ann@contoso.com", "/me/messages?$filter=isRead eq false", "/v1.0/users/ann@contoso.com/mailFolders/inbox/messages/delta" + arrivals},
		{"of a user by name", dialect.GraphBeta, "", "users/8f3c/Messages", "/beta/users/8f3c/mailFolders/inbox/messages/delta" + arrivals},
		{"of a folder", dialect.GraphV1, "", "me/mailFolders('Inbox')/messages", "/v1.0/me/mailFolders/Inbox/messages/delta" + arrivals},
		{"of a folder by id", dialect.GraphV1, "", "me/mailfolders/AAMk=/messages", "/v1.0/me/mailFolders/AAMk=/messages/delta" + arrivals},
		{"events", dialect.GraphV1, "", "me/events", "/v1.0/me/calendarView/delta?endDateTime=2016-10-23T18:40:00Z&startDateTime=2015-09-24T18:40:00Z"},
		{"contacts", dialect.GraphV1, "", "me/contacts", "/v1.0/me/contacts/delta"},
		{"of a folder of contacts", dialect.GraphV1, "", "me/contactFolders/AAMk=/contacts", "/v1.0/me/contactFolders/AAMk=/contacts/delta"},
		{"of another calendar", dialect.GraphV1, "", "me/calendars/AAMk=/events", ""},
		{"tasks", dialect.GraphV1, "", "me/todo/lists/1/tasks", ""},
		{"somebody else's", dialect.GraphV1, "", "groups/1/events", ""},
		{"nothing", dialect.GraphV1, "", "me", ""},
		{"Outlook's own way is not followed", dialect.OutlookFinal, "", "me/messages", ""},
		{"the preview", dialect.GraphPreview, "", "me/messages", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, answering(200, `{"value":[],"@odata.deltaLink":"the link"}`))
			c := s.client(test.dialect)
			c.User = test.user
			link, covers, err := c.Mark(t.Context(), test.resource)
			if test.want == "" {
				if !errors.Is(err, errors.ErrUnsupported) || len(s.requests) > 0 {
					t.Errorf("got %q, %v after %v", link, err, s.requests)
				}
				return
			}
			if err != nil || link != "the link" || covers == "" {
				t.Fatalf("got %q, %q, %v", link, covers, err)
			}
			if got, err := url.QueryUnescape(s.requests[0].URI); got != test.want || err != nil {
				t.Errorf("asked for %s\nwant %s", got, test.want)
			}
		})
	}
}

// Pages lead to a link, an item may come twice, and the last time counts (W7.3-02, W7.3-06, W7.3-08).
func TestSince(t *testing.T) {
	var s *service
	s = start(t, func(w http.ResponseWriter, r *http.Request) {
		page := map[string]string{
			"$deltatoken=1": `{"value":[{"id":"a","subject":"first"},{"id":"b"}],"@odata.nextLink":"BASE/v1.0/x?$skiptoken=2"}`,
			"$skiptoken=2":  `{"value":[],"@odata.nextLink":"BASE/v1.0/x?$skiptoken=3"}`,
			"$skiptoken=3":  `{"value":[{"id":"b","@removed":{"reason":"deleted"}},{"id":"a","subject":"last"},{"id":"c"}],"@odata.deltaLink":"BASE/v1.0/x?$deltatoken=4"}`,
		}[r.URL.RawQuery]
		_, _ = io.WriteString(w, strings.ReplaceAll(page, "BASE", s.URL))
	})
	got, err := s.client(dialect.GraphV1).Since(t.Context(), s.URL+"/v1.0/x?$deltatoken=1")
	want := subscriber.Delta{Total: 3, Link: s.URL + "/v1.0/x?$deltatoken=4", Changes: []subscriber.Changed{
		{ID: "a", Item: []byte(`{"id":"a","subject":"last"}`)}, {ID: "b", Removed: true, Item: []byte(`{"id":"b","@removed":{"reason":"deleted"}}`)}, {ID: "c", Item: []byte(`{"id":"c"}`)},
	}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v; delta (-want +got):\n%s", err, diff)
	}
}

func TestSinceKeepsWhatCanBeRead(t *testing.T) {
	var page strings.Builder
	for i := range subscriber.MostChanges + 50 {
		fmt.Fprintf(&page, `{"id":"%d"},`, i)
	}
	s := start(t, answering(200, `{"value":[`+page.String()+`{"id":"0","@removed":{}}],"@odata.deltaLink":"l"}`))
	got, err := s.client(dialect.GraphV1).Since(t.Context(), "me/contacts/delta")
	if err != nil || len(got.Changes) != subscriber.MostChanges || got.Total != subscriber.MostChanges+50 || !got.Changes[0].Removed {
		t.Errorf("got %d changes of %d, %v", len(got.Changes), got.Total, err)
	}
}

// A link that is forgotten is told from other trouble (W7.3-07).
func TestSinceFails(t *testing.T) {
	for _, test := range []struct {
		name, answer string
		status       int
		lost         bool
		says         string
	}{
		{"gone", `{"error":{"code":"x","message":"m"}}`, 410, true, "the service has forgotten the delta link: "},
		{"not found", `{"error":{"code":"SyncStateNotFound","message":"m"}}`, 400, true, "SyncStateNotFound"},
		{"resync", `{"error":{"code":"resyncRequired","message":"m"}}`, 400, true, "resyncRequired"},
		{"another refusal", `{"error":{"code":"ErrorAccessDenied","message":"m"}}`, 403, false, "follow resource: 403"},
		{"no list", `{}`, 200, false, "no list named value"},
		{"no end", `{"value":[]}`, 200, false, "neither a next link nor a delta link"},
		{"no JSON", `<html>`, 200, false, "read the answer"},
		{"another host", `{"value":[],"@odata.nextLink":"https://evil.example/x?a=hunter2"}`, 200, false, "which alone gets the token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, answering(test.status, test.answer))
			_, err := s.client(dialect.GraphV1).Since(context.Background(), "me/contacts/delta")
			var lost *subscriber.LostError
			if err == nil || errors.As(err, &lost) != test.lost || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got the error %v", err)
			}
		})
	}
}
