package delivery

import (
	"errors"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/outlocal/outlocal/journal"
)

// cachedURLs is how many notification URLs are kept understood. To understand one costs a microsecond.
const cachedURLs = 10_000

var errNoURL = errors.New("the notification URL is no URL")

// target is a URL that is posted to, understood once.
type target struct {
	raw      string // as its subscription has it
	masked   string // as it may be shown
	err      error  // why nothing can be sent there
	template *http.Request
	url      *url.URL     // as the webhook is to see it; requests may be routed elsewhere
	handler  http.Handler // if it is one of this process
	endpoint *endpoint

	line    *line  // to where it leads; nil if only net/http can send there
	opening []byte // of a request, up to the length of its body
}

// endpoints are all that anything was ever queued for.
type endpoints struct {
	mu   sync.Mutex
	name map[string]*endpoint
}

// target understands a notification URL, once.
func (e *Engine) target(raw string) *target {
	return e.targets.of(raw, func(raw string) *target {
		t := e.newTarget(raw, journal.MaskURL(raw))
		t.endpoint = e.endpoints.of(e, endpointName(t))
		if t.err == nil && t.handler == nil {
			t.shorten(e)
		}
		return t
	})
}

// shorten finds the way that is shorter than net/http's, if there is one.
func (t *target) shorten(e *Engine) {
	empty := t.template.Clone(e.life)
	empty.Header = http.Header{"User-Agent": nil}
	if t.opening, _ = head(empty); t.opening != nil {
		t.line = e.lines.to(e, t.template.URL)
	}
}

func (p *endpoints) of(e *Engine, name string) *endpoint {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.name == nil {
		p.name = make(map[string]*endpoint)
	}
	if p.name[name] == nil {
		p.name[name] = newEndpoint(e, name)
	}
	return p.name[name]
}

// newTarget understands a URL.
func (e *Engine) newTarget(raw, masked string) *target {
	t := &target{raw: raw, masked: masked}
	u, err := url.Parse(raw)
	if err != nil {
		t.err = errNoURL // url's own error would quote the query
		return t
	}
	t.url, t.handler = u, e.handler(u)
	destination := u
	if t.handler == nil { // whether it may be dialled is for each dial to find out
		destination, _ = e.Targets.Destination(u)
	}
	t.template = &http.Request{
		Method: http.MethodPost, URL: destination, Host: u.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	return t
}

// handler finds the handler of this process that answers for a URL.
func (e *Engine) handler(u *url.URL) http.Handler {
	if len(e.Handlers) == 0 {
		return nil
	}
	host := strings.ToLower(u.Host)
	for _, name := range []string{host, net.JoinHostPort(strings.ToLower(u.Hostname()), portOf(u)), strings.ToLower(u.Hostname())} {
		if h, ok := e.Handlers[name]; ok {
			return h
		}
	}
	return nil
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case strings.EqualFold(u.Scheme, "http"):
		return "80"
	}
	return "443"
}

// endpointName is scheme, host and port (W10-44), the port only if it is not the scheme's own.
func endpointName(t *target) string {
	if t.url == nil {
		return "unreadable URLs"
	}
	name := strings.ToLower(t.url.Scheme + "://" + t.url.Hostname())
	if strings.Contains(t.url.Hostname(), ":") {
		name = strings.ToLower(t.url.Scheme + "://[" + t.url.Hostname() + "]")
	}
	if port := portOf(t.url); t.url.Port() != "" && port != portOf(&url.URL{Scheme: t.url.Scheme}) {
		name += ":" + port
	}
	return name
}

// hostname is empty for what is no URL.
func (t *target) hostname() string {
	if t.url == nil {
		return ""
	}
	return t.url.Hostname()
}

// all lists the endpoints by name.
func (p *endpoints) all() []*endpoint {
	p.mu.Lock()
	all := slices.Collect(maps.Values(p.name))
	p.mu.Unlock()
	slices.SortFunc(all, func(a, b *endpoint) int { return strings.Compare(a.name, b.name) })
	return all
}
