package delivery

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/outlocal/outlocal/journal"
)

// cachedURLs is how many notification URLs are kept understood. Beyond it they are understood anew, which costs a microsecond.
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
}

// targets knows the endpoints, and understands URLs.
type targets struct {
	mu        sync.RWMutex
	byURL     map[string]*target
	endpoints map[string]*endpoint
}

// target understands a notification URL and remembers it.
func (e *Engine) target(raw string) *target {
	e.targets.mu.RLock()
	t, known := e.targets.byURL[raw]
	e.targets.mu.RUnlock()
	if known {
		return t
	}
	t = e.newTarget(raw)
	e.targets.mu.Lock()
	defer e.targets.mu.Unlock()
	if other, known := e.targets.byURL[raw]; known {
		return other
	}
	name := endpointName(t)
	if t.endpoint = e.targets.endpoints[name]; t.endpoint == nil {
		if e.targets.endpoints == nil {
			e.targets.endpoints = make(map[string]*endpoint)
		}
		t.endpoint = newEndpoint(e, name)
		e.targets.endpoints[name] = t.endpoint
	}
	if e.targets.byURL == nil || len(e.targets.byURL) >= cachedURLs {
		e.targets.byURL = make(map[string]*target)
	}
	e.targets.byURL[raw] = t
	return t
}

// newTarget understands a URL.
func (e *Engine) newTarget(raw string) *target {
	t := &target{raw: raw, masked: journal.MaskURL(raw)}
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
func (t *targets) all() []*endpoint {
	t.mu.RLock()
	all := make([]*endpoint, 0, len(t.endpoints))
	for _, p := range t.endpoints {
		all = append(all, p)
	}
	t.mu.RUnlock()
	slices.SortFunc(all, func(a, b *endpoint) int { return strings.Compare(a.name, b.name) })
	return all
}
