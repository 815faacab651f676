package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// dialTimeout is longer than any webhook's time to answer, so that the
	// limit that is told is the dialect's; it only ends dials without one.
	dialTimeout = 30 * time.Second

	// idlePerHost keeps as many connections to one webhook as a busy lane of
	// deliveries uses; the default of 2 halves the throughput.
	idlePerHost = 64
)

// Targets decides where requests may be sent. A URL that comes by API is no
// permission to send to its host, or outlocal would be everybody's proxy into
// the developer's network: only loopback is, and what the command line allowed.
//
// The zero value allows loopback. It is safe for concurrent use.
type Targets struct {
	// Dial connects to what may be connected to, for a network other than the
	// system's; set it before anything is dialled.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	mu      sync.RWMutex
	allowed map[endpoint]bool
	routes  map[origin]*url.URL

	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error) // the system's resolver if nil
}

// endpoint is a host and port that was allowed; port 0 stands for every port.
type endpoint struct {
	host string
	port int
}

// TargetError is a target that was refused.
type TargetError struct {
	Host string // as it would be allowed: host:port
	Why  string
}

func (e *TargetError) Error() string { return fmt.Sprintf("refuse to send to %s: %s", e.Host, e.Why) }

// Hint says how to allow it.
func (e *TargetError) Hint() string {
	return "if it is yours, allow it with --allow-target " + e.Host
}

// Allow permits a target: HOST for all its ports, HOST:PORT, or a URL for the
// host and port that it names.
func (t *Targets) Allow(target string) error {
	e, err := parseTarget(target)
	if err != nil {
		return fmt.Errorf("allow target: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.allowed == nil {
		t.allowed = map[endpoint]bool{}
	}
	t.allowed[e] = true
	return nil
}

// Check tells whether requests to u may be sent, as a [*TargetError] if not. A
// route counts: what is routed is judged by where it goes. It goes by the name
// and asks no resolver: the address is for DialContext to check.
func (t *Targets) Check(u *url.URL) error {
	u, _ = t.Destination(u)
	port, err := urlPort(u)
	if err != nil {
		return fmt.Errorf("check target: %w", err)
	}
	host := hostname(u.Hostname())
	if IsLoopback(host) || t.permits(host, port) {
		return nil
	}
	return &TargetError{net.JoinHostPort(host, strconv.Itoa(port)), "it is not on this machine and was not allowed"}
}

// DialContext connects to addr, host:port, if that is allowed. What is not
// allowed by name is dialled only at the addresses of it that are loopback or
// allowed, and at the very address that was checked: a name that resolves to
// something else the next time gains nothing.
func (t *Targets) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	dial := t.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	host = hostname(host)
	if t.permits(host, port) {
		return dial(ctx, network, addr)
	}
	ips, err := t.resolve(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	var errs []error
	for _, ip := range ips {
		if ip = ip.Unmap(); !ip.IsLoopback() && !t.permits(ip.String(), port) {
			continue
		}
		conn, err := dial(ctx, network, netip.AddrPortFrom(ip, uint16(port)).String())
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return nil, &TargetError{net.JoinHostPort(host, portText), "it resolves to no address of this machine and was not allowed"}
}

// Transport returns a transport that sends where t allows: it checks each
// address it dials and uses no proxy, whatever the environment says. It does
// not apply routes; see [Targets.Destination].
func (t *Targets) Transport() *http.Transport {
	return &http.Transport{
		Proxy:               nil,
		DialContext:         t.DialContext,
		ForceAttemptHTTP2:   true, // DialContext turns it off otherwise
		MaxIdleConnsPerHost: idlePerHost,
		IdleConnTimeout:     idleTimeout,
		TLSHandshakeTimeout: dialTimeout,
	}
}

// permits tells whether host was allowed, on port or altogether.
func (t *Targets) permits(host string, port int) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.allowed[endpoint{host, port}] || t.allowed[endpoint{host: host}]
}

func (t *Targets) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	if t.lookup != nil {
		return t.lookup(ctx, "ip", host)
	}
	// Not every resolver knows the names under localhost, which RFC 6761
	// reserves for loopback.
	if strings.HasSuffix(host, ".localhost") {
		host = "localhost"
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// parseTarget reads HOST, HOST:PORT or a URL.
func parseTarget(target string) (endpoint, error) {
	if strings.Contains(target, "://") {
		u, err := url.Parse(target)
		if err != nil {
			return endpoint{}, errors.New("want HOST, HOST:PORT or a URL") // url's error would quote the query
		}
		port, err := urlPort(u)
		return endpoint{hostname(u.Hostname()), port}, err
	}
	host, port := target, 0
	if name, portText, err := net.SplitHostPort(target); err == nil {
		n, err := strconv.ParseUint(portText, 10, 16)
		if err != nil || n == 0 {
			return endpoint{}, fmt.Errorf("%s: want a port from 1 to 65535", named(target))
		}
		host, port = name, int(n)
	}
	host = hostname(host)
	if _, err := netip.ParseAddr(host); host == "" || err != nil && strings.ContainsAny(host, "/:*?@ ") {
		return endpoint{}, fmt.Errorf("%s: want HOST or HOST:PORT, without path or wildcard", named(target))
	}
	return endpoint{host, port}, nil
}

// named quotes a target in as far as it is a host and port: what somebody took
// for one may hold a key behind a ?, or a password before an @.
func named(target string) string {
	host := target
	if end := strings.IndexAny(host, "/?#"); end >= 0 {
		host = host[:end]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	if host == target || host == "" {
		return strconv.Quote(host)
	}
	return "what stands at " + strconv.Quote(host)
}

// urlPort returns the port that u is dialled at. Its errors name the host at
// most: the rest of a URL may be secret.
func urlPort(u *url.URL) (int, error) {
	if u.Hostname() == "" {
		return 0, errors.New("the URL has no host")
	}
	var port int
	switch strings.ToLower(u.Scheme) {
	case "http":
		port = 80
	case "https":
		port = 443
	default:
		return 0, fmt.Errorf("host %s: scheme %q is neither http nor https", u.Host, u.Scheme)
	}
	if u.Port() == "" {
		return port, nil
	}
	explicit, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || explicit == 0 {
		return 0, fmt.Errorf("host %s: want a port from 1 to 65535", u.Host)
	}
	return int(explicit), nil
}
