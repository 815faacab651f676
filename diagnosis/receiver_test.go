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
		{name: "good", rules: "W4.8-01", judge: post(`{"value":[{"subscriptionId":"1"}],"validationTokens":null}`)},
		{name: "good without charset", judge: post(`{"value":[{}]}`, kind("application/json"))},
		{name: "get", judge: post("", func(b *ReceivedBody) { b.Method = http.MethodGet }), want: []string{"receiver-method"}},
		{name: "empty", judge: post(""), want: []string{"receiver-empty-body"}},
		{name: "blank", judge: post(" \n"), want: []string{"receiver-empty-body"}},
		{name: "bad gzip", judge: post("", func(b *ReceivedBody) { b.Encoding = errors.New("gzip: invalid header") }), want: []string{"receiver-encoding"}},
		{name: "not utf-8", judge: post("\xff\xfe{\x00"), want: []string{"receiver-encoding"}},
		{name: "byte order mark", judge: post("\ufeff{}"), want: []string{"receiver-encoding"}},
		{name: "too large", judge: post("{", func(b *ReceivedBody) { b.TooLarge, b.Limit = true, 1 }), want: []string{"receiver-too-large"}},
		{name: "form", judge: post(`{"value":[{}]}`, kind("application/x-www-form-urlencoded")), want: []string{"warning receiver-wrong-content-type"}},
		{name: "no type", judge: post(`{"value":[{}]}`, func(b *ReceivedBody) { b.Header = nil }), want: []string{"warning receiver-wrong-content-type"}},
		{name: "unquoted names", judge: post(`{value:[]}`), want: []string{"receiver-not-json"}},
		{name: "something after it", judge: post(`{"value":[{}]} x`), want: []string{"receiver-not-json"}},
		{name: "list", rules: "W4.8-01", judge: post(`[{}]`), want: []string{"receiver-no-value"}},
		{name: "bare item", rules: "W4.8-01", judge: post(`{"subscriptionId":"1"}`), want: []string{"receiver-no-value"}},
		{name: "value in another case", rules: "W4.8-01", judge: post(`{"Value":[{}]}`), want: []string{"receiver-no-value"}},
		{name: "value that is no list", rules: "W4.8-01", judge: post(`{"value":{}}`), want: []string{"receiver-no-value"}},
		{name: "value that is null", rules: "W4.8-01", judge: post(`{"value":null}`), want: []string{"receiver-no-value"}},
		{name: "nothing in value", judge: post(`{"value":[]}`), want: []string{"receiver-no-value/empty"}},
		{name: "null among others", judge: post(`{"value":[{},null,{}]}`), want: []string{"receiver-null-entry"}},
		{name: "only a null", judge: post(`{"value":[null]}`, strange), want: []string{"receiver-null-entry"}},
		{name: "no dialect", judge: post(`{"value":[{"SubscriptionID":"1"}]}`, strange), want: []string{"receiver-unknown-dialect"}},
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
		{name: "nothing known", judge: item(ReceivedItem{}, Strict)},
		{name: "all well", judge: item(ReceivedItem{Registration: RegistrationKnown, ClientState: ClientStateRight, Age: time.Minute}, Strict)},
		{
			name: "unknown subscription", judge: item(ReceivedItem{Registration: RegistrationUnknown}, Faithful),
			want: []string{"warning receiver-unknown-subscription"},
		},
		{name: "wrong client state", judge: item(ReceivedItem{ClientState: ClientStateWrong}, Faithful), want: []string{"receiver-client-state"}},
		{name: "no client state", judge: item(ReceivedItem{ClientState: ClientStateMissing}, Faithful), want: []string{"receiver-client-state-missing"}},
		{name: "gap", rules: "W3.3-04", judge: item(ReceivedItem{Missing: 3}, Faithful), want: []string{"warning receiver-sequence-gap"}},
		{name: "duplicate", rules: "W4.8-03", judge: item(ReceivedItem{Repeated: true}, Strict), want: []string{"warning receiver-duplicate"}},
		{name: "late", judge: item(ReceivedItem{Age: 3*time.Minute + time.Second}, Faithful), want: []string{"warning receiver-late"}},
		{name: "not late yet", judge: item(ReceivedItem{Age: 3 * time.Minute}, Faithful)},
		{
			name: "late by a delay of one's own", judge: item(ReceivedItem{Age: time.Minute, UsualDelay: time.Second}, Faithful),
			want: []string{"warning receiver-late"},
		},
		{
			name: "everything, failures first", judge: item(everything, Faithful),
			want: []string{
				"receiver-client-state", "warning receiver-unknown-subscription", "warning receiver-duplicate",
				"warning receiver-sequence-gap", "warning receiver-late",
			},
		},
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
		{"a text", `{"value":["s3cret"]}`, "value[0]", "entry 0 of 1 is a text"},
		{"a list", `{"value":[["s3cret"]]}`, "value[0]", "entry 0 of 1 is a list"},
		{"a truth value", `{"value":[false]}`, "value[0]", "entry 0 of 1 is a truth value"},
		{"a number", `{"value":[-1]}`, "value[0]", "entry 0 of 1 is a number"},
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

// A body may hold a client state, which is nobody's to read.
func TestBodyShowsNothingOfTheBody(t *testing.T) {
	bodies := []string{
		`{"value":[{"clientState":"s3cret"}]`, `{"value":[{"clientState":"s3cret"}]}`, `["s3cret"]`, `{"value":["s3cret"]}`,
		`{"clientState":"s3cret"}`, "\ufeff{\"clientState\":\"s3cret\"}",
	}
	for _, body := range bodies {
		b := posted(body)
		b.Dialect = ""
		found := Body(b, Faithful)
		if len(found) == 0 {
			t.Errorf("%s has no finding", body)
		}
		for _, d := range found {
			if strings.Contains(fmt.Sprint(d), "s3cret") {
				t.Errorf("%s shows the body: %+v", d.ID, d)
			}
		}
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
