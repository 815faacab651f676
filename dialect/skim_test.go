package dialect

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// skimmed is what a reader that skims keeps of an item.
func skimmed(items []Item) []Item {
	quoted := func(text string) []byte {
		if text == "" {
			return nil
		}
		return []byte(strconv.Quote(text))
	}
	for i := range items {
		items[i].Resource = ""
		if data := items[i].Data; data != nil {
			items[i].Marks = Marks{HasData: true, ID: quoted(data.ID), ETag: quoted(data.ETag)}
			items[i].Data = nil
		}
	}
	return items
}

// Skimming finds what reading finds, but for what it says it leaves out, in every dialect and in entries that are not as they should be;
// and ReadItem finds that too.
func TestSkimAgreesWithRead(t *testing.T) {
	entry := func(more string) string {
		return `{"subscriptionId":"s","subscriptionExpirationDateTime":"2026-01-15T18:00:00Z","clientState":"c","tenantId":"t","changeType":"created"` + more + `}`
	}
	one := func(entries string) string { return `{"value":[` + entries + `]}` }
	bodies := map[string]string{
		"rich data":         one(entry(`,"resource":"a","resourceData":{"@odata.type":"#T","@odata.id":"u","@odata.etag":"W/\"e\"","id":"i","subject":"hello"}`)),
		"numbers":           one(entry(`,"resource":1,"resourceData":{"id":2}`)),
		"null":              one(entry(`,"resource":null,"resourceData":null`)),
		"no objects beside": one(entry(`,"resource":"a"`) + `,null,7,` + entry(`,"resource":{}`)),
	}
	for _, d := range All() {
		body, err := os.ReadFile(filepath.Join("testdata", d.String(), "notification.json"))
		if err != nil {
			t.Fatal(err)
		}
		bodies[d.String()] = string(body)
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Clientstate": {"c"}}
			want, err := Read(header, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			var s Skimmer
			if _, err := s.Skim(nil, []byte(`{"value":[`+strings.Repeat(entry("")+",", 9)+`0]}`)); err != nil { // leaves traces in its memory
				t.Fatal(err)
			}
			got, err := s.Skim(header, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			for i := range got.Items {
				if diff := cmp.Diff(want.Items[i], got.Dialect.ReadItem(header, got.Items[i].Raw)); diff != "" {
					t.Errorf("item %d, read again (-want +got):\n%s", i, diff)
				}
			}
			if diff := cmp.Diff(skimmed(want.Items), got.Items); diff != "" || got.Dialect != want.Dialect {
				t.Errorf("%s instead of %s (-want +got):\n%s", got.Dialect, want.Dialect, diff)
			}
		})
	}
}

// What can't be read can't be skimmed, for the same reason.
func TestSkimRefusesLikeRead(t *testing.T) {
	for _, body := range []string{"", " ", "{", `{"value":1}`, `{"Value":[]}`, `{"value":[{"a":1}]}`} {
		_, want := Read(nil, []byte(body))
		if _, got := new(Skimmer).Skim(nil, []byte(body)); want == nil || got == nil || got.Error() != want.Error() {
			t.Errorf("%q: %v, want %v", body, got, want)
		}
	}
}

// A state is the same however it is spelled, and no state is told without an etag.
func TestStateOfAnItem(t *testing.T) {
	for _, tt := range []struct{ name, id, etag, want string }{
		{"plain", `"AAMk"`, `"W/\"CQ\""`, "before W/\"CQ\"\x00AAMk"},
		{"spelled with other escapes", `"\u0041AMk"`, `"W\/\u0022CQ\u0022"`, "before W/\"CQ\"\x00AAMk"},
		{"no id", "", `"1"`, "before 1\x00"},
		{"no etag", `"AAMk"`, "", ""},
		{"an empty etag", `"AAMk"`, `""`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := Marks{ID: []byte(tt.id), ETag: []byte(tt.etag)}
			state, ok := m.AppendState([]byte("before "))
			if ok != (tt.want != "") || ok && string(state) != tt.want {
				t.Errorf("the state is %q (%t), want %q", state, ok, tt.want)
			}
		})
	}
}
