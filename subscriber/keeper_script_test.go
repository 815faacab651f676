package subscriber_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/outlocal/outlocal/subscriber"
)

// script stands between a keeper and its service: it answers in the service's place where a test says so, and notes what was sent.
type script struct {
	now func() time.Time

	mu     sync.Mutex
	answer func(r *http.Request) *http.Response // nil: the service's own
	sent   []sent
}

// sent is a request.
type sent struct {
	At   time.Time
	What string // method and path
	Body string
}

// scripted lets a keeper send by a script.
func (w *world) scripted(s *script) func(*subscriber.Config) {
	s.now = w.Now
	return func(c *subscriber.Config) { c.Client.HTTP = &http.Client{Transport: s} }
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	s.sent = append(s.sent, sent{s.now(), r.Method + " " + r.URL.RequestURI(), string(body)})
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		if response := answer(r); response != nil {
			response.Request = r
			return response, nil
		}
	}
	return http.DefaultTransport.RoundTrip(r)
}

// answers changes what is answered in the service's place from now on.
func (s *script) answers(f func(r *http.Request) *http.Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

// of are the requests whose method and path begin with that.
func (s *script) of(prefix string) []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.sent), func(r sent) bool { return !strings.HasPrefix(r.What, prefix) })
}

// answered is a response.
func answered(status int, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// refusal is a response that refuses in Graph's words.
func refusal(status int, code, message string, header ...string) *http.Response {
	return answered(status, `{"error":{"code":"`+code+`","message":"`+message+`"}}`, header...)
}

// on answers requests whose method and path begin with prefix.
func on(prefix string, answer func() *http.Response) func(*http.Request) *http.Response {
	return func(r *http.Request) *http.Response {
		if strings.HasPrefix(r.Method+" "+r.URL.RequestURI(), prefix) {
			return answer()
		}
		return nil
	}
}
