package verify

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
)

// flaw is a webhook that is wrong in one way, or in none.
type flaw struct {
	name   string
	thread string // where somebody met it; empty where it is one of ours
	want   string // the id of its own finding, and behind a slash the case of it where that matters; empty for a right one
	depth  Depth  // how deep one has to look
	// looks is what it looks like to who sees the wire alone, where that can't be told apart: to an app, all of that is a stranger's.
	looks  string
	in     []*dialect.Dialect
	limit  time.Duration // time for an answer; ample if 0
	strict bool

	hook  func() http.Handler
	place func(*testing.T, http.Handler) place // where it stands; a server of plain http if nil
	app   func(*app)                           // what is wrong with the app, in the place of hook
}

// place is where a webhook can be reached.
type place struct {
	address string
	roots   *x509.CertPool // that its certificate is judged by
}

// flaws are all that are known, each by the file that tells about its kind.
func flaws() []flaw {
	return slices.Concat(wrongEchoes(), wrongAnswers(), wrongConnections(), wrongNotifications(), wrongBodies(), slowWebhooks(), wrongApps(), rightWebhooks())
}

// families are the dialects that a flaw shows in, if it doesn't say: Graph's of today and Outlook's last.
func families() []*dialect.Dialect { return []*dialect.Dialect{dialect.GraphV1, dialect.OutlookFinal} }

// atOnce is how many webhooks are judged at a time: most of what they cost is waiting.
const atOnce = 32

// TestWrongWebhooks is the table of confusion: each webhook has its own finding and no other. It is judged as deep as it takes; where one
// looks less deep, nothing may be found but that.
func TestWrongWebhooks(t *testing.T) {
	rows := flaws()
	got := make([][]verdict, len(rows))
	lanes := make(chan struct{}, atOnce)
	var judging sync.WaitGroup
	for i, row := range slices.Backward(rows) { // those that take long stand at the end
		for _, c := range row.courses() {
			got[i] = append(got[i], verdict{course: c})
		}
		for k := range got[i] {
			judging.Go(func() {
				lanes <- struct{}{}
				defer func() { <-lanes }()
				judge(t, &row, &got[i][k])
			})
		}
	}
	judging.Wait()
	for i, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for _, v := range got[i] {
				v.compare(t, row.wanted(v.depth))
			}
		})
	}
	t.Log("\n" + matrix(rows, got))
}

// wanted is the finding that a look so deep may come to.
func (f *flaw) wanted(depth Depth) string {
	if depth == Wire && f.looks != "" {
		return f.looks
	}
	return f.want
}

// course is one way to look at a webhook.
type course struct {
	dialect *dialect.Dialect
	depth   Depth
}

// courses are all dialects that a flaw shows in, as deep as it takes, and the first of them from the surface as well.
func (f *flaw) courses() []course {
	spoken := f.in
	if spoken == nil {
		spoken = families()
	}
	var all []course
	for _, d := range spoken {
		all = append(all, course{d, f.depth})
	}
	if f.depth == Believed {
		all = append(all, course{spoken[0], Wire})
	}
	return all
}

// verdict is what was found that way.
type verdict struct {
	course
	found  []Finding
	column Column
	needed Depth
}

func (v *verdict) String() string { return fmt.Sprintf("%s, %s", v.dialect, v.depth) }

// compare holds a verdict against the one finding that is wanted, or less than that where one can't look deep enough.
func (v *verdict) compare(t *testing.T, want string) {
	t.Helper()
	var wanted []string
	if want != "" && (v.depth == v.needed || len(v.found) > 0) {
		wanted = []string{want}
	}
	var got []string
	for _, f := range v.found {
		id := f.ID
		if strings.Contains(want, "/") {
			id += "/" + f.Case
		}
		got = append(got, id)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("%s: findings (-want +got):\n%s%s", v, diff, story(v))
	}
}

// story tells what checks came to that are not good.
func story(v *verdict) string {
	var told strings.Builder
	for _, r := range v.column.Results {
		if r.Outcome == Hurts || r.Outcome == Fails {
			fmt.Fprintf(&told, "\t%s: %s, sent %s; %s\n", r.Check.ID, r.Found[0].ID, r.Found[0].Sent, r.Found[0].Detail)
		}
	}
	return told.String()
}

// judge puts all checks to a webhook.
func judge(t *testing.T, f *flaw, v *verdict) {
	v.needed = f.depth
	s := &Session{Dialect: f.hurry(v.dialect), Mode: diagnosis.Faithful}
	if f.strict {
		s.Mode = diagnosis.Strict
	}
	if v.depth == Believed {
		s.ClientState = believed
	}
	var a *app
	var hook http.Handler
	if f.app != nil {
		a = newApp(s.Dialect, f.app)
		defer a.close()
		hook = a
	} else {
		hook = f.hook()
	}
	stand := f.place
	if stand == nil {
		stand = plainly
	}
	at := stand(t, hook)
	var err error
	if s.URL, err = url.Parse(at.address); err != nil {
		t.Error(err)
		return
	}
	s.Checks = Checks()
	if s.URL.Scheme == "http" && f.want != "handshake-http-url" {
		s.Checks = Choose(nil, []string{"https-url"}) // it stands where everybody develops
	}
	if s.Server, err = emulator.New(s.Prepare(emulator.Config{Roots: at.roots})); err != nil {
		t.Error(err)
		return
	}
	defer s.Server.Close()
	if a != nil {
		if err := a.join(s); err != nil {
			t.Errorf("%s: %v", f.name, err)
			return
		}
	}
	if v.column, err = s.Run(context.Background()); err != nil {
		t.Errorf("%s, %s: %v", f.name, v, err)
	}
	v.found = Findings([]Column{v.column})
}

// ample is a limit that no webhook gets near to that doesn't mean to, however busy the machine is.
const ample = 30 * time.Second

// hurry lets a dialect wait as long as the flaw says, and call late what takes half of that.
func (f *flaw) hurry(d *dialect.Dialect) *dialect.Dialect {
	limit := f.limit
	if limit == 0 {
		limit = ample
	}
	return d.With(func(d *dialect.Dialect) {
		if d.Handshake != nil {
			d.Handshake.Limit = limit
		}
		d.Delivery.Limit, d.Delivery.Good = limit, limit/2
	})
}

// plainly lets a webhook stand on this machine as in development.
func plainly(t *testing.T, hook http.Handler) place {
	server := httptest.NewUnstartedServer(hook)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // some are to break
	server.Start()
	t.Cleanup(server.Close)
	return place{address: server.URL + "/hook"}
}

// matrix is the table as text: a line for each webhook, a column for each finding. ● is found as wanted, ○ is wanted and not found, ✗ is
// found and not wanted.
func matrix(rows []flaw, got [][]verdict) string {
	var columns []string
	for _, row := range rows {
		columns = append(columns, wantedID(row.want))
	}
	for _, verdicts := range got {
		for _, v := range verdicts {
			for _, f := range v.found {
				columns = append(columns, f.ID)
			}
		}
	}
	columns = unique(columns)
	var text strings.Builder
	for i, id := range columns {
		fmt.Fprintf(&text, "%3d %s\n", i+1, id)
	}
	for _, digit := range []func(int) int{func(n int) int { return n / 10 }, func(n int) int { return n % 10 }} {
		text.WriteString(strings.Repeat(" ", nameWidth+1))
		for i := range columns {
			fmt.Fprintf(&text, "%d", digit(i+1))
		}
		text.WriteByte('\n')
	}
	for i, row := range rows {
		fmt.Fprintf(&text, "%-*s ", nameWidth, row.name)
		for _, id := range columns {
			text.WriteString(cell(got[i], id, &row))
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// nameWidth is the width of a webhook's name in the table.
const nameWidth = 58

func wantedID(want string) string { id, _, _ := strings.Cut(want, "/"); return id }

// unique keeps the first of each, and nothing that is empty.
func unique(words []string) []string {
	var seen []string
	for _, w := range words {
		if w != "" && !slices.Contains(seen, w) {
			seen = append(seen, w)
		}
	}
	return seen
}

func cell(verdicts []verdict, id string, row *flaw) string {
	sign := "·"
	for _, v := range verdicts {
		wanted := id == wantedID(row.wanted(v.depth))
		found := slices.ContainsFunc(v.found, func(f Finding) bool { return f.ID == id })
		switch {
		case found && !wanted:
			return "✗"
		case wanted && !found && v.depth == v.needed:
			return "○"
		case found:
			sign = "●"
		}
	}
	return sign
}

// TestWrongWebhooksAreMany: each has a name of its own, a finding that exists, and a name that fits the table.
func TestWrongWebhooksAreMany(t *testing.T) {
	const least, leastRight = 30, 5
	names, right := map[string]bool{}, 0
	for _, row := range flaws() {
		if names[row.name] {
			t.Errorf("there are two %q", row.name)
		}
		if names[row.name] = true; len(row.name) > nameWidth {
			t.Errorf("the name %q is longer than %d", row.name, nameWidth)
		}
		if row.want == "" {
			right++
		} else if _, known := diagnosis.Lookup(wantedID(row.want)); !known {
			t.Errorf("%s: there is no finding %s", row.name, row.want)
		}
	}
	if wrong := len(names) - right; wrong < least || right < leastRight {
		t.Errorf("there are %d wrong webhooks and %d right ones, want at least %d and %d", wrong, right, least, leastRight)
	}
}
