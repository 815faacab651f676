package diagnosis

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every finding can be looked up and found again: it has a command, and each
// of its sentences, whole, leads back to it.
func TestGuidesLeadBack(t *testing.T) {
	for _, f := range Catalog() {
		t.Run(f.ID, func(t *testing.T) {
			g := f.Guide()
			if !strings.HasPrefix(g.Command, "outlocal ") {
				t.Errorf("command %q", g.Command)
			}
			if f.Says != "" && len(g.Sentences) == 0 {
				t.Error("the catalogue has a sentence, the guide has none")
			}
			for _, s := range g.Sentences {
				if s.Service == "" {
					t.Errorf("nobody says %q", s.Text)
				}
				text := strings.NewReplacer("{url}", "https://x.example/h", "{status}", "Conflict", "{host}", "x.example", "{limit}", "4230",
					"{value}", "x", "{reason}", "invalid", "{property}", "resource", "{options}", "$x", "{id}", "1f2e", "{scheme}", "http").Replace(s.Text)
				if strings.Contains(text, "{") {
					t.Errorf("the place in %q is not known to this test", s.Text)
				}
				if f.Kind == KindStatus && statuses()[f.ID] != nil {
					text = strings.ReplaceAll(text, "Conflict", StatusName(statuses()[f.ID][0]))
				}
				if !slices.Contains(diagnosed(Explain(text)), f.ID) {
					t.Errorf("%q does not lead back", text)
				}
			}
		})
	}
}

// What tells findings apart names findings that there are, two at least.
func TestConfusionsNameFindings(t *testing.T) {
	for _, c := range confusions() {
		if len(c.IDs) < 2 || len(slices.Compact(slices.Sorted(slices.Values(c.IDs)))) != len(c.IDs) {
			t.Errorf("%q is about %q", c.Tells, c.IDs)
		}
		for _, id := range c.IDs {
			if _, ok := Lookup(id); !ok {
				t.Errorf("%q is no finding", id)
			}
		}
	}
	for id := range furtherSentences() {
		if _, ok := Lookup(id); !ok {
			t.Errorf("%q has sentences and is no finding", id)
		}
	}
	for id := range commands() {
		if _, ok := Lookup(id); !ok {
			t.Errorf("%q has a command and is no finding", id)
		}
	}
	for name := range statuses() {
		id, caseName, _ := strings.Cut(name, "/")
		f, ok := Lookup(id)
		if !ok || caseName != "" && !slices.ContainsFunc(f.Cases, func(c Case) bool { return c.Name == caseName }) {
			t.Errorf("%q has statuses and is no finding or case", name)
		}
	}
	for _, id := range commonest() {
		if _, ok := Lookup(id); !ok {
			t.Errorf("%q is common and is no finding", id)
		}
	}
}

// The wrong half of an example is what its page says, and its right half is
// good. Those of subscriptions are played to an emulator elsewhere.
func TestExamplesAreTrue(t *testing.T) {
	for id, e := range examples() {
		t.Run(id, func(t *testing.T) {
			f, ok := Lookup(id)
			if !ok {
				t.Fatal("there is no such finding")
			}
			var judge func(t *testing.T, text string) []Diagnosis
			switch f.Group() {
			case "handshake":
				judge = judgeHandshake
			case "delivery":
				judge = judgeDelivery
			case "receiver":
				judge = judgeReceived
			case "subscribe":
				return
			default:
				t.Fatalf("nobody judges examples of %s", f.Group())
			}
			if found := diagnosed(judge(t, e.Wrong)); !slices.Equal(found, []string{id}) {
				t.Errorf("the wrong one is judged %q", found)
			}
			if found := diagnosed(judge(t, e.Right)); len(found) > 0 {
				t.Errorf("the right one is judged %q", found)
			}
		})
	}
}

func judgeHandshake(t *testing.T, text string) []Diagnosis {
	return Handshake(HandshakeAnswer{
		Style: StyleGraph, URL: "https://example.com/hook", Parameter: "validationToken",
		Token: exampleToken, TokenEncoded: exampleEncoded, Answer: answerOf(t, text),
	}, Faithful)
}

func judgeDelivery(t *testing.T, text string) []Diagnosis {
	_, found := Delivery(DeliveryAnswer{URL: "https://example.com/hook", Answer: answerOf(t, text)}, Faithful)
	return found
}

func judgeReceived(t *testing.T, text string) []Diagnosis {
	head, body, _ := strings.Cut(text, "\n\n")
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return Body(ReceivedBody{Method: r.Method, Header: r.Header, Body: []byte(body), Dialect: "graph-v1.0"}, Faithful)
}

// answerOf reads an answer as it is written in an example, without the carriage
// returns of HTTP.
func answerOf(t *testing.T, text string) Answer {
	head, body, _ := strings.Cut(text, "\n\n")
	wire := strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body
	r, err := http.ReadResponse(bufio.NewReader(strings.NewReader(wire)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	got, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{Status: r.StatusCode, Header: r.Header, Body: bytes.Clone(got), Took: 20 * time.Millisecond}
}

func diagnosed(diagnoses []Diagnosis) []string {
	var all []string
	for _, d := range diagnoses {
		all = append(all, d.ID)
	}
	return all
}

// An id that was published once is found for ever: people's CI, issues and search engines hold it.
func TestIDsNeverVanish(t *testing.T) {
	published, err := os.ReadFile("../docs/findings/ids.txt")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for id := range strings.Lines(string(published)) {
		if id = strings.TrimSpace(id); strings.HasPrefix(id, "#") {
			continue
		}
		count++
		if _, ok := Lookup(id); !ok {
			t.Errorf("%s was published and is no finding any more", id)
		}
	}
	if count < 100 {
		t.Errorf("only %d ids were published", count)
	}
}
