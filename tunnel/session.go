//go:build !notunnel

package tunnel

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"golang.ngrok.com/ngrok/v2"
	"golang.ngrok.com/ngrok/v2/rpc"
)

const (
	connecting = "connect to ngrok"
	binding    = "open the endpoint at ngrok"

	// defaultEdge is where the agent connects by itself.
	defaultEdge = "connect.ngrok-agent.com:443"

	// goodbye is how long the service gets to hear that an endpoint or a session has ended. It finds out by itself; and the library can
	// wait for ever on a connection that is half open, or under load.
	goodbye = time.Second
)

// session is one agent of ngrok's library with one endpoint.
type session struct {
	token    Token
	agent    ngrok.Agent
	endpoint ngrok.EndpointListener
	dialer   *dialer
	cancel   context.CancelFunc
	url      string

	news    *mailbox[news] // once the first connection was made
	ended   chan error     // why Accept of the endpoint failed
	up      atomic.Bool    // the last event said so
	stopped atomic.Bool    // from afar

	// Until the first connection was made.
	onFail  func(*Error)
	opened  atomic.Bool
	failure atomic.Pointer[Error] // the last
}

// news is what the agent tells: it is up, it is not because of err, or it is over.
type news struct {
	err  error
	over bool
}

// dial connects an agent and opens its endpoint. The library takes the context of both for the session's life, and tries again for ever
// whatever the service says: so the session gets a context of its own, which is ended here when ctx is, or when the service has refused.
func (e *embedded) dial(ctx context.Context, state State) (*session, error) {
	life, cancel := context.WithCancel(context.Background())
	s := &session{
		token: e.config.Agent.Token, cancel: cancel, news: newMailbox[news](), ended: make(chan error, 1),
		onFail: func(why *Error) { e.announce(Event{State: state, Err: why}) },
	}
	untie := context.AfterFunc(ctx, cancel)
	doing, err := connecting, s.connect(life, e.config)
	if err == nil {
		doing, err = binding, s.bind(life, e.config)
	}
	if !untie() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		s.end()
		return nil, s.failed(ctx, doing, err)
	}
	go s.pump(e.backlog)
	return s, nil
}

func (s *session) connect(life context.Context, c Config) error {
	options, err := s.agentOptions(c)
	if err != nil {
		return err
	}
	if s.agent, err = ngrok.NewAgent(options...); err != nil {
		return err
	}
	return s.agent.Connect(life)
}

func (s *session) bind(life context.Context, c Config) (err error) {
	if s.endpoint, err = s.agent.Listen(life, c.endpointOptions()...); err != nil {
		return err
	}
	s.url = s.endpoint.URL().String()
	return nil
}

// failed says why there is no session: what the service or the network said last, rather than that time is up.
func (s *session) failed(ctx context.Context, doing string, err error) error {
	last := s.failure.Load()
	switch {
	case last != nil && (last.fatal || errors.Is(ctx.Err(), context.DeadlineExceeded)):
		return last
	case ctx.Err() != nil:
		return explain(doing, ctx.Err(), s.token)
	}
	return explain(doing, err, s.token)
}

func (s *session) agentOptions(c Config) ([]ngrok.AgentOption, error) {
	edge := cmp.Or(c.Agent.Edge, defaultEdge)
	host, _, err := net.SplitHostPort(edge)
	if err != nil {
		return nil, wrongUse(connecting, fmt.Sprintf("the edge %q is not of the form HOST:PORT", edge), "give --edge as HOST:PORT")
	}
	way, socks, err := c.Agent.way(edge)
	if err != nil {
		return nil, err
	}
	s.dialer = &dialer{way: way, open: make(map[*dialled]bool)}
	options := []ngrok.AgentOption{
		ngrok.WithAuthtoken(c.Agent.Token.reveal()),
		ngrok.WithAutoConnect(false), // which would take a context for the session's life once more
		ngrok.WithLogger(slog.New(slog.DiscardHandler)),
		ngrok.WithClientInfo("outlocal", cmp.Or(c.Agent.Version, "dev")),
		ngrok.WithAgentConnectURL(edge),
		ngrok.WithTLSConfig(func(t *tls.Config) { t.ServerName = host }), // the library cuts at the first colon
		ngrok.WithDialer(s.dialer),
		ngrok.WithEventHandler(s.heard),
		ngrok.WithRPCHandler(s.ordered),
	}
	if socks != nil {
		options = append(options, ngrok.WithProxyURL(socks.String()))
	}
	if c.Agent.EdgeCAs != nil {
		options = append(options, ngrok.WithAgentConnectCAs(c.Agent.EdgeCAs))
	}
	if c.Agent.Heartbeat > 0 {
		options = append(options, ngrok.WithHeartbeatInterval(c.Agent.Heartbeat))
	}
	if c.Agent.Tolerance > 0 {
		options = append(options, ngrok.WithHeartbeatTolerance(c.Agent.Tolerance))
	}
	return options, nil
}

// way is how to reach the edge: by a dialer, and through a socks proxy if that is not nil.
func (a Agent) way(edge string) (way ngrok.Dialer, socks *url.URL, err error) {
	proxy := a.Proxy
	if proxy == nil {
		proxy = http.ProxyFromEnvironment
	}
	u, err := proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: edge}})
	const cure = "let HTTPS_PROXY name a proxy as http://HOST:PORT, or name the edge's host in NO_PROXY"
	switch {
	case err != nil: // whose text may hold a password
		return nil, nil, wrongUse(connecting, "the proxy of the environment is not named as a URL", cure)
	case u == nil:
		return &net.Dialer{}, nil, nil
	case u.Scheme == "http" || u.Scheme == "https":
		return &connectProxy{u}, nil, nil
	case u.Scheme == "socks5" || u.Scheme == "socks5h":
		return &net.Dialer{}, u, nil
	}
	return nil, nil, wrongUse(connecting, "the proxy's scheme "+u.Scheme+" is not spoken here", cure)
}

func (c Config) endpointOptions() []ngrok.EndpointOption {
	options := []ngrok.EndpointOption{ngrok.WithPoolingEnabled(c.Agent.Pooling)}
	if c.URL != "" {
		options = append(options, ngrok.WithURL(c.URL))
	}
	if c.Agent.Policy != "" {
		options = append(options, ngrok.WithTrafficPolicy(c.Agent.Policy))
	}
	return options
}

// heard takes an event of the agent, which waits for it to return. A refusal before the first connection ends the attempt here and now.
func (s *session) heard(event ngrok.Event) {
	switch e := event.(type) {
	case *ngrok.EventAgentConnectSucceeded:
		s.opened.Store(true)
		s.up.Store(true)
		s.news.put(news{})
	case *ngrok.EventAgentDisconnected:
		s.up.Store(false)
		switch {
		case s.opened.Load():
			s.news.put(news{err: e.Error, over: e.Error == nil})
		case e.Error != nil && !errors.Is(e.Error, context.Canceled):
			why := explain(connecting, e.Error, s.token)
			if last := s.failure.Load(); last == nil || !last.fatal {
				s.failure.Store(why)
			}
			if why.fatal {
				s.cancel()
				return
			}
			s.onFail(why)
		}
	}
}

// ordered takes an order of the service. To stop is obeyed: the library ends the session once this returns.
func (s *session) ordered(_ context.Context, _ ngrok.AgentSession, order rpc.Request) ([]byte, error) {
	if order.Method() != rpc.StopAgentMethod {
		return nil, errors.New("this program cannot be restarted or updated from afar")
	}
	s.stopped.Store(true)
	return nil, nil
}

// pump takes connections off the endpoint at once: one that nobody accepts keeps the library from ever closing it. It ends with the
// session, or, where the library waits before it connects again, half a minute later.
func (s *session) pump(b *backlog) {
	for {
		conn, err := s.endpoint.Accept()
		if err != nil {
			s.ended <- err
			return
		}
		b.push(conn)
	}
}

// reason is why a session has ended by itself.
func (s *session) reason(err error) *Error {
	if s.stopped.Load() {
		return &Error{Doing: keeping, Text: "the agent was stopped from afar, by ngrok's dashboard or API", Cure: "start again if that was not meant"}
	}
	if err == nil {
		err = errors.New("the session is over")
	}
	why := explain(keeping, err, s.token)
	if why.Code == "" {
		why.Cure = "start again"
	}
	return why
}

// unbind lets the service know that the endpoint has ended, so that nobody is sent here any more. It does so only while the agent is
// connected: an endpoint that ends while the library introduces itself anew is a data race in there.
func (s *session) unbind() {
	if !s.up.Load() {
		return
	}
	bounded(func() { _ = s.endpoint.Close() })
}

// end closes what is open and leaves nothing behind that the library would not end by itself within half a minute; but for a connection
// that comes in the very moment in which its endpoint closes: the library can wait for itself then, for ever, and nobody waits for it.
func (s *session) end() {
	if s.agent != nil {
		bounded(func() { _ = s.agent.Disconnect() })
	}
	s.cancel()
	if s.dialer != nil {
		s.dialer.shut()
	}
}

// bounded waits for something that may wait for ever, but not that long.
func bounded(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	timer := time.NewTimer(goodbye)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}
