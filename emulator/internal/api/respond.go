package api

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

const (
	// largestBody is what the service itself takes in one request.
	largestBody = 4 << 20

	// jsonType is the media type of every answer with a body (W1.3-23, R13).
	jsonType = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

	// plainJSON is what most clients call what they send.
	plainJSON = "application/json"

	// diagnostic names the machine that answered, as Graph's front ends do (W1.3-23).
	diagnostic = `{"ServerInfo":{"DataCenter":"Local","Slice":"E","Ring":"0","ScaleUnit":"000","RoleInstance":"OUTLOCAL"}}`

	// HintHeader carries what a developer should do about a refusal: the envelope itself stays the service's own.
	HintHeader = "X-Outlocal-Hint"
)

// readBody reads what came, unzipped (R9), and checks that it can be JSON.
func (c *call) readBody() *notify.Error {
	if c.r.Body == nil || c.r.Method == http.MethodGet || c.r.Method == http.MethodDelete {
		return nil // a GET or DELETE may name a media type without having a body
	}
	body := io.Reader(http.MaxBytesReader(c.w, c.r.Body, largestBody))
	switch encoding := strings.ToLower(c.r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return c.unreadableBody(err)
		}
		body = unzipped
	default:
		e := c.d.Refuse(dialect.UnsupportedEncoding, encoding)
		e.Hint = "send the body as it is, or with Content-Encoding: gzip"
		return e
	}
	read, err := io.ReadAll(io.LimitReader(body, largestBody+1))
	if err != nil {
		return c.unreadableBody(err)
	}
	if len(read) > largestBody {
		return c.d.Refuse(dialect.TooLarge, largestBody)
	}
	if c.Lenient {
		read = odata.QuoteNames(read)
	}
	c.body = read
	return c.checkMedia()
}

func (c *call) unreadableBody(err error) *notify.Error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return c.d.Refuse(dialect.TooLarge, largestBody)
	}
	e := c.d.Refuse(dialect.BadPayload, "it ends too early or is not what its Content-Encoding says")
	e.Hint = "read the request body: " + err.Error()
	return e
}

func (c *call) checkMedia() *notify.Error {
	sent := c.r.Header.Get("Content-Type")
	if sent == "" || sent == plainJSON || len(c.body) == 0 {
		return nil
	}
	media, _, err := mime.ParseMediaType(sent)
	if err != nil || media != plainJSON && !strings.HasSuffix(media, "+json") {
		e := c.d.Refuse(dialect.UnsupportedMedia, sent)
		e.Hint = "send Content-Type: " + plainJSON
		return e
	}
	return nil
}

// say writes an answer and its entry.
func (c *call) say(a *answer) {
	c.writeHeader(a.status, len(a.body))
	if len(a.body) > 0 {
		c.w.Write(a.body) // a client that is gone needs no answer
	}
	var seq uint64
	if a.entry.Kind != "" {
		seq = c.record(a.entry, a.status, a.body, "")
	}
	switch {
	case a.after == nil:
	case c.within != nil:
		c.within.after = append(c.within.after, func() { a.after(seq) })
	default:
		a.after(seq)
	}
}

// refuse renders an error in the dialect's envelope: the one place where that is done.
func (c *call) refuse(e *notify.Error) {
	c.trace.Date = c.Clock.Now().UTC().Format("2006-01-02T15:04:05")
	body := c.d.AppendError(nil, e, c.trace)
	for name, value := range e.Header {
		c.w.Header()[name] = []string{value}
	}
	if e.Hint != "" {
		c.w.Header()[HintHeader] = []string{headerText(e.Hint)}
	}
	c.writeHeader(e.Status, len(body))
	c.w.Write(body)
	note := e.Message
	if e.Hint != "" {
		note += " Hint: " + e.Hint
	}
	c.record(journal.Entry{Kind: journal.Refused, Cause: c.cause, Mailbox: c.concerned(), Note: note, Data: map[string]string{"code": e.Code, "property": e.Property, "hint": e.Hint}}, e.Status, body, e.Code)
}

// concerned is the address of the mailbox that a request is about: the one that its path names, else the caller's; empty if nobody knows
// who calls.
func (c *call) concerned() string {
	if c.who.user == "" {
		return ""
	}
	box, refusal := c.resolve(c.vars("user"))
	if refusal != nil {
		return ""
	}
	return box.Address
}

// writeHeader sets what every answer carries (W1.3-23, W1.3-24, W6.1-06, W6.1-07).
func (c *call) writeHeader(status, length int) {
	h := c.w.Header()
	h["request-id"] = []string{c.trace.Request}
	h["Date"] = []string{c.Clock.Now().UTC().Format(http.TimeFormat)}
	if length > 0 {
		h.Set("Content-Type", jsonType)
		h["OData-Version"] = []string{"4.0"}
	}
	if status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(length))
	}
	if c.d.Family == dialect.Graph {
		h["client-request-id"] = []string{c.trace.Client}
		h["x-ms-ags-diagnostic"] = []string{diagnostic}
		h["Cache-Control"] = []string{"no-store"}
		if c.r.TLS == nil || !serve.IsLoopback(c.r.Host) { // a browser would want https of all that listens on localhost, for a year
			h["Strict-Transport-Security"] = []string{"max-age=31536000"}
		}
	} else if sent := c.r.Header.Get("client-request-id"); sent != "" && strings.EqualFold(c.r.Header.Get("return-client-request-id"), "true") {
		h["client-request-id"] = []string{sent}
	}
	c.w.WriteHeader(status)
}

// record journals a request with its answer.
func (c *call) record(e journal.Entry, status int, body []byte, finding string) uint64 {
	wall := c.Clock.Wall()
	e.At, e.Wall, e.Dialect, e.App = c.Clock.Now(), wall, c.d.String(), c.who.app
	if c.within != nil {
		e.Cause = c.causeOf(e.Cause)
		e.Note = strings.TrimSuffix(fmt.Sprintf("request %q of the batch: %s", c.name, e.Note), ": ")
	}
	e.Exchange = &journal.Exchange{
		Method: c.r.Method, URL: c.origin + c.uri, RequestHeader: c.r.Header, RequestBody: c.body,
		Status: status, ResponseHeader: c.w.Header().Clone(), ResponseBody: body,
		Started: c.started, Took: wall.Sub(c.started), Finding: finding,
	}
	return c.Journal.Append(e)
}

// headerText makes a text fit for a header: one line, ASCII.
func headerText(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '…':
			return '.'
		case r > unicode.MaxASCII || unicode.IsControl(r):
			return ' '
		}
		return r
	}, text)
}
