package diagnosis

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type receivedRow struct {
	name  string
	rules string
	judge func() []Diagnosis
	want  []string
}

// posted is a well-formed POST with the given body.
func posted(body string) ReceivedBody {
	return ReceivedBody{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		Body: []byte(body), Dialect: "graph-v1.0",
	}
}

func receivedRows() []receivedRow {
	post := func(body string, changes ...func(*ReceivedBody)) func() []Diagnosis {
		return func() []Diagnosis {
			b := posted(body)
			for _, change := range changes {
				change(&b)
			}
			return Body(b, Faithful)
		}
	}
	kind := func(contentType string) func(*ReceivedBody) {
		return func(b *ReceivedBody) { b.Header.Set("Content-Type", contentType) }
	}
	strange := func(b *ReceivedBody) { b.Dialect = "" }
	return []receivedRow{
		{"good", "W4.1-08 W4.8-01", post(`{"value":[{"subscriptionId":"1"}],"validationTokens":null}`), nil},
		{"good without charset", "W4.1-07", post(`{"value":[{}]}`, kind("application/json")), nil},
		{"get", "", post("", func(b *ReceivedBody) { b.Method = http.MethodGet }), []string{"receiver-method"}},
		{"empty", "", post(""), []string{"receiver-empty-body"}},
		{"blank", "", post(" \n"), []string{"receiver-empty-body"}},
		{"bad gzip", "", post("", func(b *ReceivedBody) { b.Encoding = errors.New("gzip: invalid header") }), []string{"receiver-encoding"}},
		{"not utf-8", "", post("\xff\xfe{\x00"), []string{"receiver-encoding"}},
		{"byte order mark", "", post("\ufeff{}"), []string{"receiver-encoding"}},
		{"too large", "", post("{", func(b *ReceivedBody) { b.TooLarge, b.Limit = true, 1 }), []string{"receiver-too-large"}},
		{"form", "", post(`{"value":[{}]}`, kind("application/x-www-form-urlencoded")), []string{"warning receiver-wrong-content-type"}},
		{"no type", "", post(`{"value":[{}]}`, func(b *ReceivedBody) { b.Header = nil }), []string{"warning receiver-wrong-content-type"}},
		{"unquoted names", "", post(`{value:[]}`), []string{"receiver-not-json"}},
		{"something after it", "", post(`{"value":[{}]} x`), []string{"receiver-not-json"}},
		{"list", "W4.8-01", post(`[{}]`), []string{"receiver-no-value"}},
		{"bare item", "W4.8-01", post(`{"subscriptionId":"1"}`), []string{"receiver-no-value"}},
		{"value in another case", "W4.8-01", post(`{"Value":[{}]}`), []string{"receiver-no-value"}},
		{"value that is no list", "W4.8-01", post(`{"value":{}}`), []string{"receiver-no-value"}},
		{"value that is null", "W4.8-01", post(`{"value":null}`), []string{"receiver-no-value"}},
		{"nothing in value", "", post(`{"value":[]}`), []string{"receiver-no-value/empty"}},
		{"null among others", "", post(`{"value":[{},null,{}]}`), []string{"receiver-null-entry"}},
		{"only a null", "", post(`{"value":[null]}`, strange), []string{"receiver-null-entry"}},
		{"no dialect", "", post(`{"value":[{"SubscriptionID":"1"}]}`, strange), []string{"receiver-unknown-dialect"}},
	}
}

func itemRows() []receivedRow {
	item := func(i ReceivedItem, mode Mode) func() []Diagnosis {
		return func() []Diagnosis { return Item(i, mode) }
	}
	everything := ReceivedItem{
		Registration: RegistrationUnknown, ClientState: ClientStateWrong, Missing: 2, Repeated: true, Age: time.Hour,
	}
	return []receivedRow{
		{"nothing known", "", item(ReceivedItem{}, Strict), nil},
		{"all well", "", item(ReceivedItem{Registration: RegistrationKnown, ClientState: ClientStateRight, Age: time.Minute}, Strict), nil},
		{"unknown subscription", "", item(ReceivedItem{Registration: RegistrationUnknown}, Faithful), []string{"warning receiver-unknown-subscription"}},
		{"wrong client state", "", item(ReceivedItem{ClientState: ClientStateWrong}, Faithful), []string{"receiver-client-state"}},
		{"no client state", "", item(ReceivedItem{ClientState: ClientStateMissing}, Faithful), []string{"receiver-client-state-missing"}},
		{"gap", "W3.3-04", item(ReceivedItem{Missing: 3}, Faithful), []string{"warning receiver-sequence-gap"}},
		{"duplicate", "W4.8-03", item(ReceivedItem{Repeated: true}, Strict), []string{"warning receiver-duplicate"}},
		{"late", "W4.8-05", item(ReceivedItem{Age: 3*time.Minute + time.Second}, Faithful), []string{"warning receiver-late"}},
		{"not late yet", "W4.8-05", item(ReceivedItem{Age: 3 * time.Minute}, Faithful), nil},
		{"late by a delay of one's own", "", item(ReceivedItem{Age: time.Minute, UsualDelay: time.Second}, Faithful), []string{"warning receiver-late"}},
		{"everything, failures first", "", item(everything, Faithful), []string{
			"receiver-client-state", "warning receiver-unknown-subscription", "warning receiver-duplicate",
			"warning receiver-sequence-gap", "warning receiver-late",
		}},
	}
}

func TestReceived(t *testing.T) {
	for _, row := range append(receivedRows(), itemRows()...) {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, names(row.judge())); diff != "" {
				t.Errorf("findings by the rules %q (-want +got):\n%s", row.rules, diff)
			}
		})
	}
}

func TestBodyNamesThePlace(t *testing.T) {
	tests := []struct{ name, body, at, detail string }{
		{"byte of the syntax error", `{"value":[}`, "body, byte 11", "invalid character"},
		{"number of the null", `{"value":[{},{},null]}`, "value[2]", "entry 2 of 3 is null"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Body(posted(tt.body), Faithful)[0]
			if got.At != tt.at || !strings.Contains(got.Detail, tt.detail) {
				t.Errorf("at %q, %q; want %q, %q", got.At, got.Detail, tt.at, tt.detail)
			}
		})
	}
}

// A batch of nulls is one mistake, told per entry and no further.
func TestBodyBearsManyNulls(t *testing.T) {
	const entries = 100_000
	body := fmt.Sprintf(`{"value":[%snull]}`, strings.Repeat("null,", entries-1))
	if got := Body(posted(body), Faithful); len(got) > maxEntries+1 {
		t.Errorf("%d diagnoses of one body, want at most %d", len(got), maxEntries+1)
	}
}
