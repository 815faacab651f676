package receiver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
)

// answerKept is how much of an answer is kept and judged: pages are smaller, and a webhook has nothing to say. The rest is passed on
// unseen.
const answerKept = 1 << 20

var (
	errSwitched = errors.New("the webhook wants to speak another protocol: it answered 101")
	errSilent   = errors.New("the local webhook gave no answer")
)

// passage is one request on its way to the target and back.
type passage struct {
	forwarder *Forwarder
	w         http.ResponseWriter
	header    http.Header // as it came
	query     string
	body      []byte

	entry  journal.Entry // of the request that came in
	token  token         // of a handshake
	replay bool          // the request came in before, and has its entry

	sent    http.Header // to the target
	url     *url.URL    // with the query
	started time.Time
	answer  diagnosis.Answer
	gone    bool // the sender gave up first
	cut     bool // the answer broke off after it had begun
	attempt journal.Entry
}

// pass takes the place of the receiver's own answer.
func (p *passage) pass(c *call) uint64 {
	p.entry, p.token = c.entry, c.token
	p.run(c.req.Context())
	// What follows takes its time without keeping the sender waiting: the answer is complete by its length.
	_ = http.NewResponseController(c.w).Flush()
	return p.entry.Seq
}

// run sends the request and writes the answer, with the entries in between: whoever has the answer finds them in the journal.
func (p *passage) run(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, p.forwarder.patience)
	defer cancel()
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler: // by the proxy, for us to do when all else is done
			p.cut = true
		default:
			panic(v)
		}
	}()
	in := (&http.Request{
		Method: http.MethodPost, URL: &url.URL{Path: "/"}, Header: p.header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(p.body)), ContentLength: int64(len(p.body)),
	}).WithContext(ctx)
	// What was agreed between the sender and us is no matter of the webhook's. The proxy knows the other headers of this kind, but makes
	// exceptions for these.
	for _, name := range []string{"Expect", "Te", "Upgrade"} {
		in.Header.Del(name)
	}
	proxy := httputil.ReverseProxy{
		Rewrite: p.rewrite, Transport: p.forwarder.transport, ModifyResponse: p.answered, ErrorHandler: p.failed,
		ErrorLog: p.forwarder.silent,
	}
	p.started = time.Now()
	proxy.ServeHTTP(p.w, in)
}

// rewrite makes the request one to the target.
func (p *passage) rewrite(r *httputil.ProxyRequest) {
	target := *p.forwarder.target
	switch {
	case target.RawQuery == "":
		target.RawQuery = p.query
	case p.query != "": // the token comes after what the URL has already (W2.1-07)
		target.RawQuery += "&" + p.query
	}
	r.Out.URL, r.Out.Host = &target, target.Host
	if len(p.body) > 0 { // in a form that is sent at once with the header, and again if the connection was just being closed
		r.Out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p.body)), nil }
		r.Out.Body, _ = r.Out.GetBody()
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} { // which the proxy takes away
		if values, ok := p.header[name]; ok {
			r.Out.Header[name] = values
		}
	}
	p.url, p.sent = &target, r.Out.Header.Clone()
}

// answered keeps and judges an answer before it goes back as it is.
func (p *passage) answered(response *http.Response) error {
	p.answer.Status, p.answer.Header = response.StatusCode, response.Header.Clone()
	if response.StatusCode == http.StatusSwitchingProtocols {
		return errSwitched
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, answerKept+1))
	p.answer.Took = time.Since(p.started)
	p.answer.BodyTruncated = len(body) > answerKept
	p.answer.Body = body[:min(len(body), answerKept)]
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	p.record(reply{response.StatusCode, p.answer.Header, p.answer.Body})

	if !p.answer.BodyTruncated && len(response.Trailer) == 0 && hasBody(response.StatusCode) {
		response.ContentLength = int64(len(body)) // so that the sender knows where it ends before we are done
		response.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), response.Body), response.Body}
	for _, name := range []string{"Content-Type", "Date"} { // net/http makes one up where there is none, and the service would never know
		if _, ok := response.Header[name]; !ok {
			p.w.Header()[name] = nil
		}
	}
	return nil
}

func hasBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// failed answers for a webhook that did not.
func (p *passage) failed(w http.ResponseWriter, out *http.Request, err error) {
	p.answer.Took, p.answer.Err = time.Since(p.started), err
	status := http.StatusBadGateway
	switch ended := out.Context().Err(); {
	case errors.Is(ended, context.DeadlineExceeded):
		status, p.answer.Err = http.StatusGatewayTimeout, ended
	case ended != nil:
		p.gone = true
		p.record(reply{})
		return // there is nobody to answer
	}
	p.record(textReply(status, plainText, []byte(errSilent.Error())))
	answer := p.entry.Exchange
	maps.Copy(w.Header(), answer.ResponseHeader)
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.ResponseBody)
}

// record writes the entries: of the request with the answer that it gets, and of the one that was made of it.
func (p *passage) record(a reply) {
	r := p.forwarder.receiver
	if !p.replay {
		x := p.entry.Exchange
		x.Took = time.Since(x.Started)
		x.Status, x.ResponseHeader, x.ResponseBody = a.status, a.header, a.body
		switch {
		case p.gone:
			x.Error = "the sender gave up before it was answered"
		case p.answer.Err != nil:
			x.Error = errSilent.Error()
		}
		p.entry.Seq = r.journal.Append(p.entry)
	}
	result := p.judge()
	if p.entry.Exchange.RequestHeader.Get("Content-Encoding") == "" { // the body that is kept can be read
		p.sent.Del("Content-Encoding")
	}
	x := &journal.Exchange{
		Method: http.MethodPost, URL: p.url.String(), RequestHeader: p.sent, RequestBody: p.entry.Exchange.RequestBody,
		Status: p.answer.Status, ResponseHeader: p.answer.Header, ResponseBody: p.answer.Body, Started: p.started, Took: p.answer.Took,
	}
	if p.answer.Err != nil {
		x.Error = reason(p.answer.Err)
	}
	if len(result.Diagnoses) > 0 {
		x.Finding = result.Diagnoses[0].ID
	}
	p.attempt = journal.Entry{
		At: r.config.Now(), Wall: time.Now(), Kind: journal.Attempt, Cause: p.entry.Seq, Dialect: p.entry.Dialect,
		URL: p.url.String(), Note: result.note(), Exchange: x, Data: result,
	}
	p.attempt.Seq = r.journal.Append(p.attempt)
}

// reason words an error without the URL, whose query may be secret.
func reason(err error) string {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	return err.Error()
}
