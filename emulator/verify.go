package emulator

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/journal"
)

// Verification asks whether a webhook would pass the handshake.
type Verification struct {
	Dialect     *dialect.Dialect // one with a handshake; its limit counts
	URL         string           // the notification URL, whose host must be a target that is allowed
	ClientState string           // sent along where the dialect does so
	Token       string           // in the place of the dialect's own

	// Sending and Answered, if set, are called before each request and after its answer.
	Sending  func(Request)
	Answered func(Request, diagnosis.HandshakeAnswer)
}

// Request is one request of a verification.
type Request struct {
	Probe  Probe
	Method string
	URL    string // with the token; what is secret in it is masked
}

// Probe is what a request of a verification is for.
type Probe string

// The requests: the handshake itself, and those that look for the cause when it failed.
const (
	ProbeHandshake      Probe = "handshake"
	ProbeAgain          Probe = "again"          // the same once more
	ProbeOtherParameter Probe = "otherParameter" // the parameter's name in the other case
	ProbeGET            Probe = "get"            // GET instead of POST
	ProbeOtherLoopback  Probe = "otherLoopback"  // the other loopback address
	ProbeHTTPS          Probe = "https"          // https instead of http, at the same port
)

// Verified is how it went.
type Verified struct {
	Answer    diagnosis.HandshakeAnswer // with what further requests showed
	Diagnoses []diagnosis.Diagnosis     // the primary cause first; there may be warnings when it went well
	Exchange  journal.Exchange          // of the handshake itself, masked
}

// Verify plays the handshake with a webhook as the service does before it keeps a subscription, and keeps none. Where it fails, up to
// two further requests to the same URL find out more: they never make a bad webhook good. The journal has an entry for each request.
//
// The error says why nothing was sent; a webhook that can't be reached is a diagnosis.
func (s *Server) Verify(ctx context.Context, v Verification) (Verified, error) {
	u, err := s.checked(v)
	if err != nil {
		return Verified{}, err
	}
	first := s.ask(ctx, v, ProbeHandshake)
	answer := first.Answer
	for _, probe := range probesFor(&answer, u) {
		s.probe(ctx, v, &answer.Probes, probe)
	}
	if err := ctx.Err(); err != nil {
		return Verified{}, err
	}
	return Verified{Answer: answer, Diagnoses: diagnosis.Handshake(answer, s.config.Mode), Exchange: s.exchange(first.Entry)}, nil
}

// Ask makes the handshake of a verification once, and looks for no cause: for who varies it, and judges the answer by another one.
func (s *Server) Ask(ctx context.Context, v Verification) (diagnosis.HandshakeAnswer, error) {
	if _, err := s.checked(v); err != nil {
		return diagnosis.HandshakeAnswer{}, err
	}
	answer := s.ask(ctx, v, ProbeHandshake).Answer
	return answer, ctx.Err()
}

// checked is a verification's URL, if it makes sense and may be sent to.
func (s *Server) checked(v Verification) (*url.URL, error) {
	if v.Dialect == nil || v.Dialect.Handshake == nil {
		return nil, errors.New("verify webhook: the dialect has no handshake")
	}
	u, err := url.Parse(v.URL)
	if err != nil {
		return nil, errors.New("verify webhook: the URL is malformed") // url's own error would quote the query
	}
	return u, s.targets.Check(u)
}

// ask makes one request of a verification, with a token of its own.
func (s *Server) ask(ctx context.Context, v Verification, probe Probe) delivery.HandshakeResult {
	h := delivery.HandshakeRequest{
		Dialect: v.Dialect, URL: v.URL, ClientState: v.ClientState, Token: v.Token, Method: http.MethodPost, RequestID: uuid.NewString(),
	}
	switch probe {
	case ProbeGET:
		h.Method = http.MethodGet
	case ProbeOtherParameter:
		h.Dialect = v.Dialect.With(func(d *dialect.Dialect) { d.Handshake.Parameter = otherSpelling(d.Handshake.Parameter) })
	case ProbeOtherLoopback:
		h.URL = otherLoopback(v.URL)
	case ProbeHTTPS:
		h.URL = overHTTPS(v.URL)
	case ProbeHandshake, ProbeAgain:
	}
	rules := h.Dialect.Handshake
	request := Request{probe, h.Method, journal.MaskHandshake(rules.URL(h.URL, cmp.Or(h.Token, rules.Token(h.RequestID))))}
	if v.Sending != nil {
		v.Sending(request)
	}
	result := s.engine.Handshake(ctx, h)
	result.Answer.DuringCreate = false
	if v.Answered != nil && ctx.Err() == nil {
		v.Answered(request, result.Answer)
	}
	return result
}

func (s *Server) probe(ctx context.Context, v Verification, found *diagnosis.Probes, probe Probe) {
	answer := s.ask(ctx, v, probe).Answer
	result := &diagnosis.Probe{Token: answer.Token, Answer: answer.Answer}
	switch probe {
	case ProbeAgain:
		found.Again = result
	case ProbeOtherParameter:
		found.OtherParameter = result
	case ProbeGET:
		found.GET = result
	case ProbeOtherLoopback:
		found.OtherLoopback = result
	case ProbeHTTPS:
		found.HTTPS = result
	case ProbeHandshake:
	}
}

// probesFor chooses the requests that can tell more about an answer: none where it tells all by itself, be it good or wrong.
func probesFor(a *diagnosis.HandshakeAnswer, u *url.URL) []Probe {
	var timeout net.Error
	late := errors.As(a.Err, &timeout) && timeout.Timeout() || a.Took > a.Limit
	redirected := a.Header.Get("Location") != ""
	switch {
	case errors.Is(a.Err, context.Canceled):
		return nil
	case late && a.Status == 0:
		return []Probe{ProbeAgain}
	case late, a.Err == nil && (redirected || holdsToken(a)):
		return nil // it is known what came back, and that it was this request's
	case a.Err == nil:
		return []Probe{ProbeOtherParameter, ProbeGET}
	case hungUp(a) && overHTTPS(u.String()) != "":
		return []Probe{ProbeHTTPS}
	case otherLoopback(u.String()) != "":
		return []Probe{ProbeOtherLoopback}
	}
	return nil
}

// hungUp tells whether something took the connection and answered nothing that is HTTP: it may be a server of TLS.
func hungUp(a *diagnosis.HandshakeAnswer) bool {
	return a.Status == 0 && slices.ContainsFunc(diagnosis.Handshake(*a, diagnosis.Faithful), func(d diagnosis.Diagnosis) bool {
		return d.Kind == diagnosis.KindReset || d.Kind == diagnosis.KindProtocol
	})
}

// overHTTPS is a URL with https for http; empty where that is not the same port.
func overHTTPS(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" || u.Port() == "" {
		return ""
	}
	u.Scheme = "https"
	return u.String()
}

// holdsToken tells whether the token came back in some form: then the parameter was found, and the method is right. What it is made of
// that no escaping changes is enough.
func holdsToken(a *diagnosis.HandshakeAnswer) bool {
	words := strings.FieldsFunc(a.Token, func(r rune) bool { return strings.ContainsRune(" :+/=", r) })
	longest := ""
	for _, word := range words {
		if len(word) > len(longest) {
			longest = word
		}
	}
	return longest != "" && bytes.Contains(bytes.ToLower(a.Body), []byte(strings.ToLower(longest)))
}

// otherSpelling is the parameter's name in the case in which other schemas have it (W2.1-02, W2.1-03).
func otherSpelling(parameter string) string {
	if parameter == dialect.OutlookFinal.Handshake.Parameter {
		return dialect.GraphV1.Handshake.Parameter
	}
	return dialect.OutlookFinal.Handshake.Parameter
}

// otherLoopback is the URL with ::1 for 127.0.0.1, or the reverse; empty for any other host. A name has both addresses, and both were
// tried.
func otherLoopback(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if err != nil || !ip.IsLoopback() {
		return ""
	}
	other := "::1"
	if ip.Is6() {
		other = "127.0.0.1"
	}
	if port := u.Port(); port != "" {
		u.Host = net.JoinHostPort(other, port)
	} else if u.Host = other; other == "::1" {
		u.Host = "[::1]"
	}
	return u.String()
}

// exchange is the one of a journal entry, masked.
func (s *Server) exchange(seq uint64) journal.Exchange {
	entries, _ := s.journal.Since(seq-1, nil, 1)
	if len(entries) == 0 || entries[0].Exchange == nil {
		return journal.Exchange{}
	}
	return *entries[0].Masked().Exchange
}
