package proxy

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// CodeNotPassed is the code of a host that the user did not name.
const CodeNotPassed = "notPassed"

// HintHeader carries what helps, as in the answers of the API.
const HintHeader = "X-Outlocal-Hint"

// say answers a request with a refusal.
func (p *Proxy) say(w http.ResponseWriter, r *http.Request, refusal *Refusal) {
	p.tell(r, refusal)
	header, body := refusal.words()
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(refusal.Status)
	w.Write(body)
}

// tell tells whoever wants to know of a host that was refused.
func (p *Proxy) tell(r *http.Request, refusal *Refusal) {
	if p.refused == nil || refusal.Code != CodeNotPassed {
		return
	}
	told := *refusal
	told.Method = r.Method
	if to, err := destinationOf(r); err == nil {
		told.Host = to.String()
	}
	p.refused(told)
}

// response is the answer to CONNECT. Programs show little of one: most show no more than the text behind its status, so that says what is
// the matter.
func (f *Refusal) response() *http.Response {
	header, body := f.words()
	return &http.Response{
		StatusCode: f.Status, Status: strconv.Itoa(f.Status) + " " + f.Reason,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Close: true, // as the library does
		Header: header, ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}
}

// words are the answer's header and body.
func (f *Refusal) words() (http.Header, []byte) {
	var body bytes.Buffer
	_ = json.NewEncoder(&body).Encode(map[string]any{ // a buffer takes everything
		"error": map[string]string{"code": f.Code, "message": f.Reason, "hint": f.Hint},
	})
	header := http.Header{
		"Content-Type":           {"application/json"},
		"X-Content-Type-Options": {"nosniff"}, // it repeats what was asked for
		"Content-Length":         {strconv.Itoa(body.Len())},
		HintHeader:               {f.Hint},
	}
	if f.Status == http.StatusProxyAuthRequired {
		header.Set("Proxy-Authenticate", `Basic realm="outlocal"`)
	}
	return header, body.Bytes()
}
