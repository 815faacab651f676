package api

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// batching is what a request is called that brings several.
const batching = "batch"

// batchPath is where they are sent, as routes have it: escaped.
const batchPath = "/%24batch"

// batch is several requests that came in one. Each is a call of its own, to the same handlers, as if it had come alone.
type batch struct {
	requests []batched
	done     []*part
	entry    uint64   // of the journal: what all that comes of it has as its cause
	after    []func() // what follows once the client has its answer
}

// runBatch does what a batch asks for, one after the other, in the order of the list; but what depends on others comes after them (W7.4-15).
// The service may do several at once, and answer in any order.
func (c *call) runBatch() (*answer, *notify.Error) {
	if c.within != nil {
		return nil, refuseBatch(c.d, "A batch can't hold a batch.", "send the requests of the inner one by themselves")
	}
	requests, refusal := readBatch(c.d, c.body)
	if refusal != nil {
		return nil, refusal
	}
	b := &batch{requests: requests, done: make([]*part, len(requests))}
	b.entry = c.noteBatch(requests)
	a := &answer{status: http.StatusOK, after: func(uint64) {
		_ = http.NewResponseController(c.w).Flush() // where it can't be done, what follows may come first
		for _, f := range b.after {
			f()
		}
	}}
	for i := range requests {
		if !c.runPart(b, i) {
			c.w = unheard{make(http.Header)} // the connection is gone, and nobody waits for the rest
			return a, nil
		}
	}
	a.body = b.answer()
	return a, nil
}

// noteBatch journals what came, without what may be secret in it.
func (c *call) noteBatch(requests []batched) uint64 {
	var words []string
	for _, r := range requests {
		path, _, _ := strings.Cut(r.url, "?")
		words = append(words, r.method+" "+headerText(path))
	}
	return c.Journal.Append(journal.Entry{
		Kind: journal.Batch, At: c.Clock.Now(), Wall: c.Clock.Wall(), Dialect: c.d.String(), App: c.who.app,
		Note: fmt.Sprintf("%d in one: %s", len(requests), strings.Join(words, ", ")),
	})
}

// runPart does one request, after those that it depends on; ok is false if the connection broke.
func (c *call) runPart(b *batch, i int) (ok bool) {
	if b.done[i] != nil { // unbroken: after that, nothing more is done
		return true
	}
	failed := -1
	for _, need := range b.requests[i].needs {
		if !c.runPart(b, need) {
			return false
		}
		if b.done[need].status >= http.StatusBadRequest {
			failed = need
		}
	}
	p := &part{header: make(http.Header), whole: c.w}
	b.done[i] = p
	inner := c.inner(b, i, p)
	switch {
	case failed >= 0:
		inner.who = c.who
		e := inner.d.Refuse(dialect.FailedDependency)
		e.Hint = fmt.Sprintf("it depends on request %s, which was answered %d", b.requests[failed].id, b.done[failed].status)
		inner.refuse(e)
	case strings.Contains(b.requests[i].url, "://"):
		inner.who = c.who
		e := inner.d.Refuse(dialect.BadQuery)
		e.Hint = "in a batch url begins below " + c.mount + ", such as /me/messages"
		inner.refuse(e)
	default:
		path, _, _ := strings.Cut(strings.TrimPrefix(b.requests[i].url, "/"), "?")
		c.router.ServeHTTP(p, inner.onCanonicalPath("/"+path))
	}
	return !p.broken
}

// inner is a request of a batch as a call. It has the batch's token, and other headers of its own.
func (c *call) inner(b *batch, i int, p *part) *call {
	asked := &b.requests[i]
	header := asked.header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	header["Authorization"] = c.r.Header["Authorization"]
	if header.Get("client-request-id") == "" {
		header.Set("client-request-id", c.trace.Client)
	}
	_, query, _ := strings.Cut(asked.url, "?")
	r := (&http.Request{
		Method: asked.method, URL: &url.URL{RawQuery: query}, Proto: c.r.Proto, ProtoMajor: c.r.ProtoMajor, ProtoMinor: c.r.ProtoMinor,
		Header: header, Body: io.NopCloser(bytes.NewReader(asked.body)), ContentLength: int64(len(asked.body)),
		Host: c.r.Host, RemoteAddr: c.r.RemoteAddr, TLS: c.r.TLS,
	}).WithContext(c.r.Context())
	inner := &call{
		Service: c.Service, w: p, r: r, d: c.d, mount: c.mount, router: c.router, uri: c.mount + "/" + strings.TrimPrefix(asked.url, "/"),
		started: c.Clock.Wall(), within: b, name: asked.id,
	}
	inner.identifyRequest()
	inner.origin = c.origin
	return inner
}

// answer is what all the answers make together.
func (b *batch) answer() []byte {
	type response struct {
		ID      string            `json:"id"`
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers,omitempty"`
		Body    any               `json:"body"`
	}
	all := make([]response, len(b.done))
	for i, p := range b.done {
		all[i] = response{b.requests[i].id, p.status, p.headers(), p.content()}
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)                         // as it was written
	_ = enc.Encode(map[string]any{"responses": all}) // of texts, numbers and JSON: never fails
	return bytes.TrimSpace(text.Bytes())
}

// part is what one request of a batch is answered.
type part struct {
	header http.Header
	status int
	body   bytes.Buffer
	whole  http.ResponseWriter // the batch's
	broken bool                // the connection was taken away
}

func (p *part) Header() http.Header { return p.header }

func (p *part) WriteHeader(status int) { p.status = status }

func (p *part) Write(b []byte) (int, error) { return p.body.Write(b) }

// Flush does nothing: there is no answer before all are.
func (p *part) Flush() {}

// Hijack takes the batch's connection: one request's can't be broken without.
func (p *part) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rest, err := http.NewResponseController(p.whole).Hijack()
	p.broken = err == nil
	if err != nil {
		return nil, nil, fmt.Errorf("take the connection of a batch: %w", err)
	}
	return conn, rest, nil
}

// headersOfAll are those that only the whole has.
var headersOfAll = []string{"Content-Length", "Date", "Strict-Transport-Security", "x-ms-ags-diagnostic"}

func (p *part) headers() map[string]string {
	headers := make(map[string]string)
	for name, values := range p.header {
		if !slices.Contains(headersOfAll, name) {
			headers[name] = strings.Join(values, ", ")
		}
	}
	return headers
}

// content is JSON as it is, null for nothing, and all else in base64.
func (p *part) content() any {
	switch {
	case p.body.Len() == 0:
		return nil
	case strings.HasPrefix(p.header.Get("Content-Type"), plainJSON):
		return json.RawMessage(p.body.Bytes())
	}
	return base64.StdEncoding.EncodeToString(p.body.Bytes())
}

// causeOf is what something comes of that a request leads to: an entry of its own, else the batch that the request came in.
func (c *call) causeOf(own uint64) uint64 {
	if own == 0 && c.within != nil {
		return c.within.entry
	}
	return own
}
