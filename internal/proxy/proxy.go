// Package proxy is a forward proxy that answers for the hosts of Outlook and Microsoft Graph itself, so that a program needs no change to
// talk to the emulator: its variables HTTP_PROXY and HTTPS_PROXY are enough, and every link in an answer has the name that it asked for.
//
// A [Proxy] is an [http.Handler] for the listener that programs name as their proxy. What they send to the hosts that it answers for
// arrives at [Config.Handler] if it is plain, and on the listener [Proxy.Answered] if it is TLS, for a server with certificates for those
// names: that one is served like any other, HTTP/2 included. Hosts that the user named are passed on to, by way of the proxy that was
// there before, see [Environment]; all others are refused, as a proxy on a developer's machine must not lead strangers anywhere.
//
// It reads no traffic that it passes on, changes nothing in it, and knows no SOCKS. It does not check from where it is asked: beyond
// loopback it wants a [Config.Token].
package proxy

import (
	"bytes"
	"net"
	"net/http"
	"strings"

	"github.com/elazarl/goproxy"
)

// Hosts are the names that the services have had: what a proxy answers for unless told otherwise.
func Hosts() []string {
	return []string{"graph.microsoft.com", "outlook.office.com", "outlook.office365.com", "login.microsoftonline.com"}
}

// Config is what a proxy is made of. Only Handler is needed.
type Config struct {
	Handler http.Handler // answers what is asked of Hosts without TLS
	Hosts   []string     // what it answers for; [Hosts] if empty

	// Pass are the hosts that are passed on to: HOST, HOST:PORT, *.HOST for all names below it, or [All]. A host of Hosts that stands
	// here by its name is not answered for but passed on to.
	Pass []string
	// Upstream tells by which proxy a URL is passed on to, nil for none; see [Environment]. If it is nil, all are reached directly.
	Upstream Upstream

	// Token has to be shown by who asks, if it is set: as the password of a proxy's user, whose name does not matter.
	Token string

	// Refused is told of each host that was asked for and refused; may be nil. It is called while the client waits.
	Refused func(Refusal)
}

// All passes everything on.
const All = "all"

// Refusal is a request for a host that is neither answered for nor passed on to.
type Refusal struct {
	Method string // CONNECT for everything with TLS
	Host   string // HOST:PORT
	Status int
	Code   string
	Reason string
	Hint   string
}

// Proxy is a forward proxy. Close ends it.
type Proxy struct {
	handler http.Handler
	answers map[string]bool
	passes  passes
	token   token
	refused func(Refusal)

	onward   *goproxy.ProxyHttpServer
	ways     *ways
	answered *intake
}

// New makes a proxy. The error names what is wrong in the Config.
func New(c Config) (*Proxy, error) {
	if len(c.Hosts) == 0 {
		c.Hosts = Hosts()
	}
	passes, err := parsePasses(c.Pass)
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		handler: c.Handler, answers: make(map[string]bool), passes: passes, token: newToken(c.Token), refused: c.Refused,
		ways: newWays(), answered: newIntake(),
	}
	for _, host := range c.Hosts {
		p.answers[strings.ToLower(host)] = true
	}
	p.onward = p.newOnward(c.Upstream)
	return p, nil
}

// Answered is where the connections arrive that clients opened to the hosts it answers for, TLS and all.
func (p *Proxy) Answered() net.Listener { return p.answered }

// Close ends what is passed on, and the listener of Answered. Whoever serves the proxy has stopped before.
func (p *Proxy) Close() {
	p.answered.Close()
	p.ways.close()
}

// ServeHTTP answers, passes on or refuses.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		if to, refusal := p.judge(r); refusal == nil && to.answered {
			p.hand(w)
			return
		}
		p.onward.ServeHTTP(w, r) // which asks connect what to do
		return
	}
	if !r.URL.IsAbs() {
		p.say(w, r, &Refusal{
			Status: http.StatusBadRequest, Code: "notProxied", Reason: "this is a forward proxy, which takes whole URLs",
			Hint: "name it as a proxy: HTTPS_PROXY and HTTP_PROXY; the API has ports of its own",
		})
		return
	}
	switch to, refusal := p.judge(r); {
	case refusal != nil:
		p.say(w, r, refusal)
	case to.answered:
		p.handler.ServeHTTP(w, asAsked(r))
	default:
		p.onward.ServeHTTP(w, r)
	}
}

// connect is what becomes of a CONNECT that is not answered.
func (p *Proxy) connect(host string, ctx *goproxy.ProxyCtx) (*goproxy.ConnectAction, string) {
	to, refusal := p.judge(ctx.Req)
	if refusal != nil {
		p.tell(ctx.Req, refusal)
		ctx.Resp = refusal.response() //nolint:bodyclose // it is memory
		return &goproxy.ConnectAction{Action: goproxy.ConnectReject}, host
	}
	return &goproxy.ConnectAction{Action: goproxy.ConnectAccept}, to.String()
}

// hand hands a client's connection over to who serves what is answered, with what the client has said already: some don't wait.
func (p *Proxy) hand(w http.ResponseWriter) {
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this connection can't be made a tunnel", http.StatusHTTPVersionNotSupported)
		return
	}
	if _, err := client.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		client.Close()
		return
	}
	said, err := buffered.Reader.Peek(buffered.Reader.Buffered())
	if err == nil && len(said) > 0 {
		client = &begun{client, bytes.NewReader(said)}
	}
	p.answered.take(client)
}

// begun is a connection of which some was read already.
type begun struct {
	net.Conn
	said *bytes.Reader
}

// Read implements [net.Conn].
func (b *begun) Read(into []byte) (int, error) {
	if b.said.Len() > 0 {
		return b.said.Read(into)
	}
	return b.Conn.Read(into)
}

// asAsked is a request for a whole URL in the form in which the host itself would get it.
func asAsked(r *http.Request) *http.Request {
	local := r.Clone(r.Context())
	if r.URL.Scheme == "https" { // some clients leave TLS to their proxy, and want its links nevertheless
		local.Header.Set("X-Forwarded-Proto", "https")
	}
	local.URL.Scheme, local.URL.Host = "", ""
	local.RequestURI = local.URL.RequestURI()
	local.Header.Del("Proxy-Authorization")
	local.Header.Del("Proxy-Connection")
	return local
}
