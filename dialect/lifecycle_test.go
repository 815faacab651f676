package dialect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/notify"
)

// The documented code, played from the moment at which a token is given until it ends.
//
// rules: W5-06
func TestChallenges(t *testing.T) {
	a := GraphV1.Authorization
	for _, tt := range []struct {
		life time.Duration
		want []time.Duration // before the end
	}{
		{24 * time.Hour, []time.Duration{12 * time.Hour, 6 * time.Hour, 3 * time.Hour}},
		{12 * time.Hour, []time.Duration{12 * time.Hour, 6 * time.Hour, 3 * time.Hour}},
		{12*time.Hour - time.Minute, []time.Duration{12*time.Hour - time.Minute, 6*time.Hour - 30*time.Second, 3*time.Hour - 15*time.Second}},
		{4 * time.Hour, []time.Duration{4 * time.Hour, 2 * time.Hour, 105 * time.Minute}},
		{3 * time.Hour, []time.Duration{3 * time.Hour, 165 * time.Minute, 150 * time.Minute}},
		{75 * time.Minute, []time.Duration{75 * time.Minute, 60 * time.Minute, 45 * time.Minute, 30 * time.Minute, 15 * time.Minute}},
		{15 * time.Minute, []time.Duration{15 * time.Minute}},
		{time.Minute, []time.Duration{time.Minute}},
	} {
		left := tt.life - a.FirstChallenge(tt.life)
		var got []time.Duration
		for ; left > 0; left -= a.NextChallenge(left) {
			got = append(got, left)
		}
		if len(got) > len(tt.want) && tt.life > 75*time.Minute { // then every 15 minutes, as the shorter ones show
			got = got[:len(tt.want)]
		}
		if diff := cmp.Diff(fmt.Sprint(tt.want), fmt.Sprint(got)); diff != "" {
			t.Errorf("a token of %s (-want +got)\n%s", tt.life, diff)
		}
	}
}

// The observed forms have golden files of their own, in the folder of the dialect whose form they are not by default.
//
// rules: W5-07 W5-08 W5-09 W5-10 W10-20 W10-41
func TestLifecycleForms(t *testing.T) {
	for _, name := range LifecycleForms() {
		turn, err := LifecycleForm(name)
		if err != nil {
			t.Fatal(err)
		}
		d := GraphV1.With(turn)
		if got := d.LifecycleForm(); got != name {
			t.Errorf("the form %s is called %s", name, got)
		}
		for _, event := range d.Notification.Events {
			file := "lifecycle-" + string(event) + ".json"
			if name != documentedForm {
				file = filepath.Join(name, file)
			}
			want, err := os.ReadFile(filepath.Join("testdata", "graph-v1.0", file))
			if err != nil {
				t.Fatal(err)
			}
			g := goldenOf(GraphV1)
			head := g.ours()
			head.Expires = date("2026-10-20T11:00:00.079729Z")
			body := d.AppendLifecycle(d.OpenBody(nil, g.base, notify.Messages), head, event, nil)
			if d.Notification.LifecycleTokens {
				body = d.CloseRichBody(body, []string{"e30.e30.AA"})
			} else {
				body = d.CloseBody(body)
			}
			if diff := cmp.Diff(lines(file, want), lines(file, body)); diff != "" {
				t.Errorf("%s (-golden +ours):\n%s", file, diff)
			}
			readsAsLifecycle(t, file, want, event)
		}
	}
}

// readsAsLifecycle reads a golden body as any receiver of ours does, whichever form it expects.
func readsAsLifecycle(t *testing.T, file string, body []byte, event notify.Lifecycle) {
	t.Helper()
	got, err := Read(http.Header{}, body)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	item := got.Items[0]
	want := notify.Notification{
		Subscription: guid.String(), Expires: date("2026-10-20T11:00:00.079729Z"), ClientState: "s3cret", HasClientState: true,
		Tenant: user.Tenant, Lifecycle: event,
	}
	if observed := strings.Contains(file, "observed"); observed { // its own subscription in an item's place
		want.Resource = "Subscriptions/" + guid.String()
		want.Data = &notify.Data{Type: graphSubscription, URL: "subscriptions/" + guid.String(), ID: guid.String()}
	}
	if diff := cmp.Diff(want, item.Notification); diff != "" || got.Dialect != GraphV1 || len(item.Problems) > 0 {
		t.Errorf("%s: read as %s with problems %v (-want +got)\n%s", file, got.Dialect, item.Problems, diff)
	}
	if tokens := strings.Contains(file, "2023"); (len(got.Tokens) > 0) != tokens {
		t.Errorf("%s: read %d tokens", file, len(got.Tokens))
	}
}

// Every golden file of a form is one that the test above reads, and documented items say nothing of changes or items.
//
// rules: R30 W5-09
func TestLifecycleFiles(t *testing.T) {
	for _, form := range LifecycleForms()[1:] {
		files, err := os.ReadDir(filepath.Join("testdata", "graph-v1.0", form))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != len(GraphV1.Notification.Events) {
			t.Errorf("%s has %d files", form, len(files))
		}
	}
	read := func(path ...string) map[string]json.RawMessage {
		text, err := os.ReadFile(filepath.Join(append([]string{"testdata", "graph-v1.0"}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		var body struct {
			Value []map[string]json.RawMessage `json:"value"`
		}
		if err := json.NewDecoder(bytes.NewReader(text)).Decode(&body); err != nil {
			t.Fatal(err)
		}
		return body.Value[0]
	}
	for _, tt := range []struct {
		path   []string
		absent []string
	}{
		{[]string{"lifecycle-missed.json"}, []string{"changeType", "resource", "resourceData", "organizationId"}},
		{[]string{"observed-2023", "lifecycle-missed.json"}, []string{"changeType", "tenantId", "resourceChangeType"}},
		{[]string{"observed-2026", "lifecycle-missed.json"}, []string{"changeType", "tenantId", "sequence"}},
	} {
		item := read(tt.path...)
		for name := range item {
			if slices.Contains(tt.absent, name) {
				t.Errorf("%v has %s", tt.path, name)
			}
		}
	}
}

func TestUnknownLifecycleForm(t *testing.T) {
	if _, err := LifecycleForm("observed"); err == nil || !strings.Contains(err.Error(), "observed-2026") {
		t.Errorf("an unknown form: %v", err)
	}
	turn, err := LifecycleForm("observed-2026")
	if err != nil {
		t.Fatal(err)
	}
	if d := OutlookFinal.With(turn); len(Diff(OutlookFinal, d)) > 0 || d.LifecycleForm() != "" {
		t.Error("a form of Graph's turns Outlook")
	}
}

// What becomes of changes without authorization is a matter of years, and a knob.
//
// rules: W10-37
func TestHoldingOverTheYears(t *testing.T) {
	for d, want := range map[*Dialect]time.Duration{
		GraphV1: 4 * time.Hour, GraphBeta: 4 * time.Hour, GraphV1Of2021: 0, GraphV1Of2023: 0, GraphV1.With(LoseUnauthorized): 0,
	} {
		if got := d.Authorization.HoldFor; got != want || d.Authorization.First == 0 {
			t.Errorf("%s holds for %s, want %s; challenges: %+v", d, got, want, d.Authorization)
		}
	}
	for _, d := range []*Dialect{GraphV1Of2016, GraphPreview, OutlookFinal} {
		if d.Authorization != (Authorization{}) {
			t.Errorf("%s asks for authorization: %+v", d, d.Authorization)
		}
	}
}
