package receiver

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
)

// DefaultPatience is how long a local webhook is waited for when nothing else is said: three times what the service bears (W10-06), so
// that a late answer is seen and told as that.
const DefaultPatience = 30 * time.Second

// Forward says at which paths a Forwarder is found, and where it leads. The zero value leads to the receiver itself, at new paths.
type Forward struct {
	// Target is the one URL that all goes to, http or https. Empty: the receiver answers.
	Target string
	Paths  Paths // the zero value for new ones

	Patience    time.Duration         // how long the target has for its whole answer; 0 for DefaultPatience
	Environment diagnosis.Environment // where this runs, for diagnoses

	// TLS is how an https target is spoken to. Nil: any certificate will do on this machine, elsewhere one that the system trusts. The
	// service never sees it, so that it says nothing of what the service thinks.
	TLS *tls.Config
	// Dial connects to the target, for a network other than the system's.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Paths are all that can be called from outside. Nobody guesses them; keep them with a URL that is kept.
type Paths struct {
	Notification string
	Lifecycle    string // the same to the webhook; a service asks each URL for a handshake of its own (W2.1-13)
}

// pathBytes is how much chance is in a path: nobody tries 2^128 of them.
const pathBytes = 16

// NewPaths makes paths that were never there before.
func NewPaths() Paths { return Paths{newPath(), newPath()} }

func newPath() string {
	var segment [pathBytes]byte
	_, _ = rand.Read(segment[:]) // it never fails
	return "/" + hex.EncodeToString(segment[:])
}

// unguessable is the form of a path that NewPaths makes. A word that somebody thought of is not taken for one.
var unguessable = regexp.MustCompile(fmt.Sprintf(`^/[0-9a-f]{%d}$`, hex.EncodedLen(pathBytes)))

// Forwarder stands behind a public URL, in front of a local webhook: it is the only thing of outlocal that may be reached from outside.
//
// A POST at one of its [Paths], spelled just so, is passed to the target as it came, with its query, and the answer goes back as it is; a
// redirect, too, is followed by nobody. The receiver's journal holds the request, judged like all that the receiver gets, then as its
// effect an entry of kind journal.Attempt, whose Data is a [*Forwarded]: what the service makes of the answer. Anything else is answered
// 404 and reaches nothing. A target that gives no answer is answered for with 502, and with 504 when it is past its time.
//
// It is to be served by an http.Server of its own, and needs to be closed. It does not serve WebSockets, and takes whatever the
// X-Forwarded headers say on the word of who sent them.
type Forwarder struct {
	receiver    *Receiver
	paths       Paths
	target      *url.URL // nil: the receiver answers
	patience    time.Duration
	environment diagnosis.Environment
	transport   *http.Transport
	silent      *log.Logger // for what the journal tells
	strays      atomic.Int64
}

var _ http.Handler = (*Forwarder)(nil)

// NewForwarder returns a forwarder whose requests r judges and keeps.
func NewForwarder(r *Receiver, config Forward) (*Forwarder, error) {
	f := &Forwarder{
		receiver: r, paths: config.Paths, patience: config.Patience, environment: config.Environment,
		silent: log.New(io.Discard, "", 0),
	}
	if f.paths == (Paths{}) {
		f.paths = NewPaths()
	}
	if f.patience == 0 {
		f.patience = DefaultPatience
	}
	switch {
	case !unguessable.MatchString(f.paths.Notification) || !unguessable.MatchString(f.paths.Lifecycle):
		return nil, errors.New("make forwarder: the paths can be guessed: want two that NewPaths made")
	case f.paths.Notification == f.paths.Lifecycle:
		return nil, errors.New("make forwarder: the paths are the same: want two that NewPaths made")
	case f.patience < 0:
		return nil, fmt.Errorf("make forwarder: the patience is %s: want a positive one, or 0 for the default", f.patience)
	}
	if config.Target == "" {
		return f, nil
	}
	target, err := parseTarget(config.Target)
	if err != nil {
		return nil, fmt.Errorf("make forwarder: %w", err)
	}
	f.target = target
	f.transport = transportTo(target, config)
	return f, nil
}

// Paths are where the forwarder is found.
func (f *Forwarder) Paths() Paths { return f.paths }

// Strays is how many requests came for something else. They are counted and not kept: a public name is scanned all day long.
func (f *Forwarder) Strays() int64 { return f.strays.Load() }

// Close closes the connections to the target that no request uses.
func (f *Forwarder) Close() {
	if f.transport != nil {
		f.transport.CloseIdleConnections()
	}
}

// ServeHTTP passes on what comes at one of the paths.
func (f *Forwarder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if !f.finds(req.RequestURI) {
		f.strays.Add(1)
		notFound.write(w)
		return
	}
	c := &call{w: w, req: req, pass: f.deny}
	var p *passage
	if body, ok := f.read(c); ok {
		c.pass = nil
		if f.target != nil {
			p = &passage{forwarder: f, w: w, header: req.Header, query: req.URL.RawQuery, body: body}
			c.pass = p.pass
		}
	}
	f.receiver.take(c)
	if p != nil && p.cut {
		panic(http.ErrAbortHandler) // so that half an answer is not taken for one
	}
}

// finds tells whether a request is for one of the paths by the very bytes that were sent: what needs to be decoded, cleaned or resolved
// first is none.
func (f *Forwarder) finds(sent string) bool {
	path, _, _ := strings.Cut(sent, "?")
	return path == f.paths.Notification || path == f.paths.Lifecycle
}

// read reads the body of a request that may be passed on. It leaves to the request what was read, for the receiver to read again, or
// what makes the receiver say what was wrong.
func (f *Forwarder) read(c *call) (body []byte, ok bool) {
	limit := f.receiver.config.BodyLimit
	if c.req.Method != http.MethodPost || c.req.ContentLength > limit {
		return nil, false
	}
	body, err := readAll(http.MaxBytesReader(c.w, c.req.Body, limit), c.req.ContentLength, limit)
	again := *c.req
	again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	switch {
	case errors.Is(err, errTooLarge):
		again.ContentLength = limit + 1 // at least
	case err != nil:
		again.Body, again.ContentLength = io.NopCloser(io.MultiReader(bytes.NewReader(body), broken{errors.Unwrap(err)})), -1
	}
	c.req = &again
	return body, err == nil
}

// broken is the end of a body that broke off.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// deny lets the receiver keep what it says of a request, and says nothing itself.
func (f *Forwarder) deny(c *call) uint64 {
	c.pass = nil
	return f.receiver.answer(c, 0, notFound.reply())
}

// silence is an answer that tells nothing.
type silence int

const notFound silence = http.StatusNotFound

func (s silence) reply() reply {
	return reply{status: int(s), header: http.Header{"Content-Length": {"0"}, "Cache-Control": {"no-store"}}}
}

func (s silence) write(w http.ResponseWriter) {
	for name, values := range s.reply().header {
		w.Header()[name] = values
	}
	w.WriteHeader(int(s))
}

// parseTarget reads a target. Its errors show no more than the host: the rest may hold a key.
func parseTarget(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, errors.New("the target is not of the form http://HOST:PORT/PATH")
	case u.User != nil:
		return nil, fmt.Errorf("the target at %s has a user name: the service would send none", u.Host)
	case u.Fragment != "":
		return nil, fmt.Errorf("the target at %s has a fragment, which is never sent", u.Host)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

const (
	// idleConnections is how many connections to the webhook wait for the next burst.
	idleConnections = 64
	// idleTimeout is a second less than the shortest time that common servers keep an idle connection (Node's 5 s): one that is just
	// being closed is not the webhook's fault.
	idleTimeout = 4 * time.Second
	// longestHeader is how long an answer's header may be: some four times what servers bear of a request's.
	longestHeader = 64 << 10
)

// transportTo returns a transport that leads to the target and nowhere else, whatever it is asked for: it dials that host and port only,
// by no proxy, and asks for no coding that the sender did not ask for.
func transportTo(target *url.URL, config Forward) *http.Transport {
	dial := config.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	port := target.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[target.Scheme]
	}
	addr := net.JoinHostPort(target.Hostname(), port)
	secure := config.TLS
	if secure == nil {
		secure = &tls.Config{InsecureSkipVerify: serve.IsLoopback(target.Hostname())} // nobody stands between us and this machine
	}
	return &http.Transport{
		DialContext:            func(ctx context.Context, network, _ string) (net.Conn, error) { return dial(ctx, network, addr) },
		TLSClientConfig:        secure,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: longestHeader,
	}
}

// masked is the target as it may be shown.
func (f *Forwarder) masked() string { return journal.MaskURL(f.target.String()) }
