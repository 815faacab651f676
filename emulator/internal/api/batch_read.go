package api

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/notify"
)

// mostInBatch is how many requests a batch may hold (W7.4-15).
const mostInBatch = 20

// What the service says of a batch that it does not take; for other mistakes nobody published its words.
const (
	badBatch      = "Invalid batch payload format."
	longBatch     = "Number of requests inside batch exceed the limit."
	sameID        = "Request Id %s has to be unique in a batch."
	bareWrite     = "Write request id : %s does not contain Content-Type header or body."
	unknownNeeded = "Request Id %s depends on %s, which is not in the batch."
	circularNeed  = "Request Id %s depends on itself."
)

// batched is one request of a batch.
type batched struct {
	id, method, url string
	header          http.Header
	body            []byte
	needs           []int // the requests that it depends on
	waits           []string
}

// readBatch reads the requests of a batch, and refuses one that is not sound as a whole: then none of them is done.
func readBatch(d *dialect.Dialect, body []byte) ([]batched, *notify.Error) {
	doc, err := odata.Parse(body)
	if err != nil {
		return nil, refuseBatch(d, badBatch, "the body is not JSON: "+err.Error())
	}
	list, _ := doc.Member("requests")
	switch n := list.Len(); {
	case !list.IsArray() || n == 0:
		return nil, refuseBatch(d, badBatch, `a batch is an object with a list of requests in it: {"requests":[{"id":"1","method":"GET","url":"/me"}]}`)
	case n > mostInBatch:
		return nil, refuseBatch(d, longBatch, fmt.Sprintf("%d requests came, and a batch may hold %d", n, mostInBatch))
	}
	var all []batched
	for v := range list.Elements {
		one, wrong := readBatched(v)
		if wrong != "" {
			return nil, refuseBatch(d, badBatch, fmt.Sprintf("request %d of the list: %s", len(all)+1, wrong))
		}
		if slices.ContainsFunc(all, func(other batched) bool { return other.id == one.id }) {
			return nil, refuseBatch(d, fmt.Sprintf(sameID, one.id), "by its id a response is told from others: give each request one of its own")
		}
		if one.writes() && (len(one.body) == 0 || one.header.Get("Content-Type") == "") {
			return nil, refuseBatch(d, fmt.Sprintf(bareWrite, one.id),
				`in a batch the service wants both of every POST, PATCH and PUT, also where it needs no body otherwise: "headers":{"Content-Type":"application/json"},"body":{}`)
		}
		all = append(all, one)
	}
	return all, resolveNeeds(d, all)
}

func refuseBatch(d *dialect.Dialect, message, hint string) *notify.Error {
	e := d.Refuse(dialect.BadBatch, message)
	e.Hint = hint
	return e
}

// writes tells whether it is one of those that the service wants a body of.
func (b *batched) writes() bool {
	return b.method == http.MethodPost || b.method == http.MethodPatch || b.method == http.MethodPut
}

// readBatched reads one request, and tells what is wrong with it.
func readBatched(v odata.Value) (b batched, wrong string) {
	if !v.IsObject() {
		return b, "it is " + v.Kind() + ", but an object is needed"
	}
	var body odata.Value
	seen := make(map[string]bool)
	for m := range v.Members {
		if seen[m.Name] {
			return b, m.Name + " stands in it twice"
		}
		seen[m.Name] = true
		ok := true
		switch {
		case m.Name == "id":
			b.id, ok = m.Value.Text()
		case m.Name == "method":
			b.method, ok = m.Value.Text()
			b.method = strings.ToUpper(b.method)
			ok = ok && !strings.ContainsFunc(b.method, func(r rune) bool { return r < 'A' || r > 'Z' })
		case m.Name == "url":
			b.url, ok = m.Value.Text()
		case m.Name == "headers":
			b.header, ok = readHeaders(m.Value)
		case m.Name == "dependsOn":
			b.waits, ok = readTexts(m.Value)
		case m.Name == "body":
			body = m.Value
		case !strings.Contains(m.Name, "@"): // annotations say nothing to the service
			return b, fmt.Sprintf("%q is none of id, method, url, headers, body and dependsOn", m.Name)
		}
		if !ok {
			return b, m.Name + " is " + m.Value.Kind() + ", or holds something that it can't"
		}
	}
	for _, needed := range []struct{ name, value string }{{"id", b.id}, {"method", b.method}, {"url", b.url}} {
		if needed.value == "" {
			return b, needed.name + " is needed, and is not there or is empty"
		}
	}
	b.body, wrong = readBatchedBody(body, b.header.Get("Content-Type"))
	return b, wrong
}

// readHeaders reads an object of texts; null is none.
func readHeaders(v odata.Value) (http.Header, bool) {
	header := make(http.Header)
	for m := range v.Members {
		value, ok := m.Value.Text()
		if !ok || m.Name == "" {
			return nil, false
		}
		header.Set(m.Name, value)
	}
	return header, v.IsObject() || v.IsNull()
}

// readTexts reads a list of texts; null is none.
func readTexts(v odata.Value) (texts []string, ok bool) {
	for element := range v.Elements {
		text, ok := element.Text()
		if !ok {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, v.IsArray() || v.IsNull()
}

// readBatchedBody takes JSON as it stands, and all else in base64, of either alphabet, padded or not.
func readBatchedBody(v odata.Value, media string) (body []byte, wrong string) {
	text, isText := v.Text()
	if len(v.Raw) == 0 || v.IsNull() {
		return nil, ""
	}
	if strings.Contains(strings.ToLower(media), "json") || media == "" {
		return v.Raw, ""
	}
	if isText {
		text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
		if plain, err := base64.RawStdEncoding.DecodeString(text); err == nil {
			return plain, ""
		}
	}
	return nil, "its body is " + v.Kind() + ": one of the type " + media + " is given as a text in base64"
}

// resolveNeeds finds the requests that others depend on.
func resolveNeeds(d *dialect.Dialect, all []batched) *notify.Error {
	for i := range all {
		for _, id := range all[i].waits {
			need := slices.IndexFunc(all, func(other batched) bool { return other.id == id })
			if need < 0 {
				return refuseBatch(d, fmt.Sprintf(unknownNeeded, all[i].id, id), "dependsOn holds ids of requests of the same batch")
			}
			all[i].needs = append(all[i].needs, need)
		}
	}
	for i := range all {
		if reaches(all, i, i, make([]bool, len(all))) {
			return refuseBatch(d, fmt.Sprintf(circularNeed, all[i].id), "directly or by others, so that none of them could be done first")
		}
	}
	return nil
}

// reaches tells whether a request depends on a goal.
func reaches(all []batched, from, goal int, seen []bool) bool {
	for _, need := range all[from].needs {
		if need == goal {
			return true
		}
		if !seen[need] {
			seen[need] = true
			if reaches(all, need, goal, seen) {
				return true
			}
		}
	}
	return false
}
