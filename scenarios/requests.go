package scenarios

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/outlocal/outlocal/journal"
)

// call makes any request of the app's.
func (p *play) call(ctx context.Context, step *Step) error {
	c := step.Call
	address, err := p.scope.text(c.URL)
	if err != nil {
		return err
	}
	way := http.RoundTripper(&p.app)
	if c.URL == "" {
		path, err := p.scope.text(c.Path)
		if err != nil {
			return err
		}
		address = p.service + path
		if !strings.HasPrefix(path, "/") { // what notifications and changes point with
			address = p.service + p.mount + "/" + path
		}
	}
	ours := address == p.service || strings.HasPrefix(address, p.service+"/")
	if !ours {
		way = &recorder{next: p.outside, agent: runnerAgent}
	}
	method := c.Method
	if method == "" {
		method = http.MethodGet
	}
	request, err := p.newRequest(ctx, method, address, c.Headers, c.Body)
	if err == nil && !ours {
		err = p.targets.Check(request.URL)
	}
	if err != nil {
		return err
	}
	if ours && request.Header.Get("Authorization") == "" && !hasHeader(c.Headers, "Authorization") {
		request.Header.Set("Authorization", "Bearer "+p.token)
	}
	said, err := exchange(way, request)
	if said != nil {
		p.app.take()
		p.hear(said)
		p.named = answerValues(said)
		p.show(said)
		if step.As != "" {
			p.calls[step.As] = said
		}
	}
	if c.Unanswered {
		return p.outcome("call", Hope{Unanswered: true}, err)
	}
	return err
}

// send makes any request to the webhook.
func (p *play) send(ctx context.Context, step *Step) error {
	s := step.Send
	address, err := p.scope.text(s.Path)
	if err != nil {
		return err
	}
	if address, err = beside(p.hookURL, address); err != nil {
		return err
	}
	method := s.Method
	if method == "" {
		method = http.MethodPost
	}
	request, err := p.newRequest(ctx, method, address, s.Headers, s.Body)
	if err != nil {
		return err
	}
	next := http.RoundTripper(p.outside)
	if p.local() {
		next = inProcess{p.handler}
	}
	x := &journal.Exchange{Method: method, URL: address, RequestHeader: request.Header, Started: time.Now()}
	if request.Body != nil {
		if x.RequestBody, err = io.ReadAll(request.Body); err != nil {
			return err
		}
		request.Body = io.NopCloser(bytes.NewReader(x.RequestBody))
		if s.Pace != nil {
			wait := func() error { return p.sleep(ctx, s.Pace.Every.std()) }
			request.Body = io.NopCloser(&pacedBody{rest: x.RequestBody, size: s.Pace.Bytes, wait: wait})
		}
	}
	response, err := next.RoundTrip(request)
	x.Took = time.Since(x.Started)
	if err != nil {
		x.Error = err.Error()
	} else {
		x.Status, x.ResponseHeader = response.StatusCode, response.Header
		x.ResponseBody, err = io.ReadAll(io.LimitReader(response.Body, largestAnswer))
		response.Body.Close()
	}
	p.shown, p.named = []*journal.Exchange{x}, answerValues(x)
	p.show(x)
	if step.As != "" {
		p.calls[step.As] = x
	}
	return err
}

// newRequest makes a request of what a file says.
func (p *play) newRequest(ctx context.Context, method, address string, headers map[string]string, body any) (*http.Request, error) {
	filled, err := p.scope.any(body)
	if err != nil {
		return nil, err
	}
	sent, err := bodyOf(filled)
	if err != nil {
		return nil, err
	}
	reader := io.Reader(nil)
	if sent != nil {
		reader = bytes.NewReader(sent)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, reader)
	if err != nil {
		return nil, err
	}
	if sent != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range headers {
		text, err := p.scope.text(value)
		if err != nil {
			return nil, err
		}
		if text == "" {
			request.Header.Del(name)
			continue
		}
		request.Header.Set(name, text)
	}
	return request, nil
}

// hasHeader tells whether a file names a header, be it to leave it out.
func hasHeader(headers map[string]string, wanted string) bool {
	for name := range headers {
		if strings.EqualFold(name, wanted) {
			return true
		}
	}
	return false
}

// exchange makes a request and tells of it.
func exchange(way http.RoundTripper, request *http.Request) (*journal.Exchange, error) {
	response, err := way.RoundTrip(request)
	if response != nil {
		response.Body.Close()
	}
	var said *journal.Exchange
	if r, ok := way.(*recorder); ok {
		said = r.take()
	}
	return said, err
}

// beside is an address at the webhook: path and query, or a query that is added to its own.
func beside(hook, place string) (string, error) {
	u, err := url.Parse(hook)
	if err != nil {
		return "", err
	}
	switch query, added := strings.CutPrefix(place, "?"); {
	case place == "":
	case added && u.RawQuery != "":
		u.RawQuery += "&" + query
	case added:
		u.RawQuery = query
	default:
		other, err := url.Parse(place)
		if err != nil {
			return "", err
		}
		u.Path, u.RawPath, u.RawQuery = other.Path, other.RawPath, other.RawQuery
	}
	return u.String(), nil
}

// tell hands the service's new time to the app.
func (p *play) tell(ctx context.Context, a *Advance) error {
	address, err := p.scope.text(a.Tell)
	if err != nil {
		return err
	}
	body := map[string]any{"now": p.clock().UTC().Format(time.RFC3339Nano), "advanced": a.By.std().String()}
	request, err := p.newRequest(ctx, http.MethodPost, address, nil, body)
	if err == nil {
		err = p.targets.Check(request.URL)
	}
	if err != nil {
		return err
	}
	said, err := exchange(&recorder{next: p.outside, agent: runnerAgent}, request)
	p.show(said)
	if err == nil && (said.Status < http.StatusOK || said.Status >= http.StatusMultipleChoices) {
		p.now.problem("the app answers %d to the new time", said.Status)
	}
	return err
}

// answerValues are what can be asked of an answer.
func answerValues(x *journal.Exchange) map[string]any {
	return map[string]any{"status": float64(x.Status), "header": headerValues(x.ResponseHeader), "body": jsonOf(x.ResponseBody)}
}

// jsonOf is a body as JSON, or as the text that it is.
func jsonOf(body []byte) any {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return string(body)
	}
	return value
}
