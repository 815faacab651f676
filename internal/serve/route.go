package serve

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// origin is what a route is known by: the part of a URL before its path.
type origin struct {
	scheme, host string
	port         int
}

// Route sends what is meant for the origin of from to to instead, and allows
// that target. from is scheme, host and port; to may have a path, which is put
// before the path of what is sent.
func (t *Targets) Route(from, to string) error {
	fromURL, key, err := parseRouteURL(from)
	if err != nil {
		return fmt.Errorf("route from: %w", err)
	}
	if strings.Trim(fromURL.Path, "/") != "" {
		return fmt.Errorf("route from %s: a route is for a whole host: leave the path out", fromURL.Host)
	}
	toURL, _, err := parseRouteURL(to)
	if err != nil {
		return fmt.Errorf("route to: %w", err)
	}
	if err := t.Allow(toURL.Scheme + "://" + toURL.Host); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.routes == nil {
		t.routes = map[origin]*url.URL{}
	}
	t.routes[key] = toURL
	return nil
}

// RouteSpec adds a route as the command line writes it, FROM=TO.
func (t *Targets) RouteSpec(spec string) error {
	from, to, ok := strings.Cut(spec, "=")
	if !ok {
		return errors.New("route: want FROM=TO, such as https://hooks.example.com=http://localhost:3000")
	}
	return t.Route(from, to)
}

// Destination returns where a request to u goes: to what its origin is routed
// to, path and query kept, or to u itself. u is not changed. Whoever follows a
// route keeps u's host as the request's Host, so that the webhook sees the
// name it will have.
func (t *Targets) Destination(u *url.URL) (destination *url.URL, routed bool) {
	port, err := urlPort(u)
	if err != nil {
		return u, false
	}
	t.mu.RLock()
	to, ok := t.routes[origin{strings.ToLower(u.Scheme), hostname(u.Hostname()), port}]
	t.mu.RUnlock()
	if !ok {
		return u, false
	}
	d := *u
	d.Scheme, d.Host = to.Scheme, to.Host
	if prefix := strings.TrimSuffix(to.EscapedPath(), "/"); prefix != "" {
		d.RawPath = prefix + u.EscapedPath()
		d.Path = strings.TrimSuffix(to.Path, "/") + u.Path
	}
	return &d, true
}

// parseRouteURL reads one side of a route.
func parseRouteURL(text string) (*url.URL, origin, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		return nil, origin{}, errors.New("want a URL such as http://localhost:3000")
	}
	port, err := urlPort(u)
	if err != nil {
		return nil, origin{}, err
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, origin{}, fmt.Errorf("host %s: want no user, query or fragment", u.Host)
	}
	return u, origin{strings.ToLower(u.Scheme), hostname(u.Hostname()), port}, nil
}
