package diagnosis

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// conformanceRow is something that was sent otherwise than usual, what came back, and what it has to come to.
type conformanceRow struct {
	name  string
	rules string
	found []Diagnosis
	want  []string
}

// asked is what a webhook answered to a token.
func asked(token string, a Answer) HandshakeAnswer {
	if a.Header == nil {
		a.Header = http.Header{"Content-Type": {"text/plain"}}
	}
	return HandshakeAnswer{Style: StyleGraph, URL: "https://hooks.example.com/hook", Parameter: "validationToken", Token: token, TokenEncoded: token, Answer: a}
}

// tried is an attempt to deliver, judged as the engine judges it.
func tried(a Answer) Taken {
	_, found := Delivery(DeliveryAnswer{URL: hookURL, Answer: a}, Faithful)
	return Taken{Answer: a, Diagnoses: found}
}

func conformanceRows() []conformanceRow {
	echo := func(token string) Answer { return Answer{Status: 200, Body: []byte(token)} }
	page := http.Header{"Content-Type": {"text/html; charset=utf-8"}}
	const token, script = "a+b 100%25", "<script>1</script>"
	handshake := func(finding, token string, a Answer) []Diagnosis {
		return VariedHandshake(HandshakeVariation{Finding: finding, Answer: asked(token, a)}, Faithful)
	}
	odd := func(token string, a Answer) []Diagnosis {
		return VariedHandshake(HandshakeVariation{Finding: "handshake-odd-token", Token: true, Answer: asked(token, a)}, Faithful)
	}
	varied := func(finding string, taken ...Taken) []Diagnosis {
		return Varied(Variation{Finding: finding, Answers: taken}, Faithful)
	}
	foreign := func(finding string, taken ...Taken) []Diagnosis {
		return Varied(Variation{Finding: finding, Foreign: true, Answers: taken}, Faithful)
	}
	stranger := func(a Answer) []Diagnosis {
		found, _ := Stranger(tried(a))
		return found
	}
	crash, fine := tried(Answer{Status: 500}), tried(Answer{Status: 202})
	rows := []conformanceRow{
		{name: "echoed", found: handshake("handshake-again", token, echo(token))},
		{name: "another token", rules: "W2.1-10", found: handshake("handshake-again", token, echo("earlier")), want: []string{"handshake-again"}},
		{name: "mixed up", found: handshake("handshake-at-once", token, echo("another's")), want: []string{"handshake-at-once"}},
		{name: "the first parameter", rules: "W2.1-07", found: handshake("handshake-query", token, echo("verify")), want: []string{"warning handshake-query"}},
		{name: "refused for its form", found: odd(token, Answer{Status: 400}), want: []string{"warning handshake-odd-token"}},
		{name: "its shape tells", found: odd(token, echo("a b 100%")), want: []string{"handshake-double-decoded"}},
		{name: "escaped where that is feared", found: VariedHandshake(HandshakeVariation{Finding: "handshake-odd-token", Escaped: true, Answer: asked(script, echo("&lt;script&gt;1&lt;/script&gt;"))}, Faithful)},
		{name: "as a page, which was known", found: handshake("handshake-again", token, Answer{Status: 200, Header: page, Body: []byte(token)})},
		{name: "cut by a limit on URLs", found: handshake("handshake-long-token", token, Answer{Status: 414}), want: []string{"warning handshake-long-token"}},
		{name: "no connection any more", found: handshake("handshake-again", token, Answer{Err: io.ErrUnexpectedEOF}), want: []string{"handshake-again"}},

		{name: "a script as a page", rules: "W10-25 R23", found: Reflected(asked(script, Answer{Status: 200, Header: page, Body: []byte(script)}), Faithful), want: []string{"warning handshake-reflected"}},
		{name: "a script in a page that refuses it", found: Reflected(asked(script, Answer{Status: 400, Header: page, Body: []byte("no: " + script)}), Strict), want: []string{"handshake-reflected"}},
		{name: "a script as text", found: Reflected(asked(script, echo(script)), Faithful)},
		{name: "a script escaped", found: Reflected(asked(script, Answer{Status: 200, Header: page, Body: []byte("&lt;script&gt;")}), Faithful)},
		{name: "a GET refused", found: Probed("GET", Answer{Status: 405}, Faithful)},
		{name: "a GET not implemented", found: Probed("GET", Answer{Status: 501}, Faithful)},
		{name: "a GET that crashes", found: Probed("GET", Answer{Status: 500, Body: []byte("TypeError")}, Faithful), want: []string{"warning handshake-probe"}},
		{name: "a HEAD without an answer", found: Probed("HEAD", Answer{Err: io.EOF}, Faithful), want: []string{"warning handshake-probe"}},

		{name: "taken", found: varied("notification-burst", fine, fine)},
		{name: "one of many refused", found: varied("notification-burst", fine, tried(Answer{Status: 429}), crash), want: []string{"notification-burst"}},
		{name: "one of many late", found: varied("notification-burst", fine, tried(Answer{Status: 202, Took: 4 * time.Second})), want: []string{"notification-burst"}},
		{name: "refused, though it was the webhook's", found: varied("notification-null-entry", tried(Answer{Status: 400})), want: []string{"warning notification-null-entry"}},
		{name: "a stranger's, refused", found: foreign("notification-wrong-client-state", tried(Answer{Status: 403}))},
		{name: "a stranger's, taken", found: foreign("notification-wrong-client-state", fine)},
		{name: "a stranger's, that crashes", found: foreign("notification-wrong-client-state", crash), want: []string{"warning notification-wrong-client-state"}},
		{name: "died", rules: "R29", found: Died("garbage", tried(Answer{Err: io.EOF}), Faithful), want: []string{"webhook-died"}},

		{name: "taken from a stranger", found: stranger(Answer{Status: 202})},
		{name: "refused to a stranger", found: stranger(Answer{Status: 403})},
		{name: "no route for POST, whoever comes", found: stranger(Answer{Status: 405}), want: []string{"delivery-method"}},
		{name: "a redirect, whoever comes", found: stranger(Answer{Status: 302, Header: http.Header{"Location": {"/login"}}}), want: []string{"delivery-login-redirect"}},
		{name: "forged forms are feared, whoever comes", found: stranger(Answer{Status: 403, Body: []byte("CSRF verification failed. Request aborted.")}), want: []string{"delivery-unauthorized"}},
		{name: "a crash, whoever comes", found: stranger(Answer{Status: 500}), want: []string{"delivery-error"}},
		{name: "a page, whoever comes", found: stranger(Answer{Status: 200, Header: page, Body: []byte("<!doctype html><html></html>")}), want: []string{"warning delivery-html"}},
	}
	for _, id := range establishedOnly() {
		f, _ := Lookup(id)
		want := id
		if f.Severity == SeverityWarning {
			want = "warning " + id
		}
		rows = append(rows, conformanceRow{name: id, found: Established(id, Faithful, Evidence{Detail: "seen"}), want: []string{want}})
	}
	return rows
}

// establishedOnly are the findings that take no judge of an answer: who sends sees them, or calls another judge by their names.
func establishedOnly() []string {
	return []string{
		"https-tls12", "https-old-tls", "https-expires-soon",
		"notification-batch", "notification-mixed", "notification-bad-item", "notification-unknown-properties", "notification-duplicate",
		"notification-disorder", "notification-large-body", "notification-no-client-state", "notification-unknown-subscription",
		"notification-early", "notification-garbage", "notification-empty-body", "notification-slow-body",
		"lifecycle-missed", "lifecycle-reauthorization", "lifecycle-removed",
		"client-state-unchecked", "notification-first-only", "notification-twice", "lifecycle-not-reauthorized", "lifecycle-not-recreated",
		"lifecycle-not-resynced", "lifecycle-renewed-only",
	}
}

func TestConformance(t *testing.T) {
	for _, row := range conformanceRows() {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			for _, d := range row.found {
				if d.Severity == SeverityWarning {
					got = append(got, "warning "+d.ID)
				} else {
					got = append(got, d.ID)
				}
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStrangerLeavesOpenWhatRestsOnBelief(t *testing.T) {
	for status, want := range map[int]bool{202: true, 400: true, 401: true, 403: true, 404: true, 422: true, 405: false, 413: false, 415: false, 429: false, 500: false, 302: false} {
		if _, open := Stranger(tried(Answer{Status: status})); open != want {
			t.Errorf("an answer of %d is left open: %t, want %t", status, open, want)
		}
	}
	if found := Established("handshake-nonsense", Faithful, Evidence{}); found != nil {
		t.Errorf("a finding that is not there was established: %v", found)
	}
}
