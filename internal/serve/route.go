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

// anyName begins the host of a route that is for all names under a domain.
const anyName = "*."

// Route sends what is meant for the origin of from to to instead, and allows
// that target. from is scheme, host and port; a host such as *.example.com
// stands for every name under example.com that has no route of its own, as a
// tunnel gives names that nobody knows before. to may have a path, which is
// put before the path of what is sent.
func (t *Targets) Route(from, to string) error {
	fromURL, key, err := parseRouteURL(from)
	if err != nil {
		return fmt.Errorf("route from: %w", err)
	}
	if strings.Trim(fromURL.Path, "/") != "" {
		return fmt.Errorf("route from %s: a route is for a whole host: leave the path out", fromURL.Host)
	}
	if strings.Contains(strings.TrimPrefix(key.host, anyName), "*") {
		return fmt.Errorf("route from %s: a * stands for the whole beginning of a name, such as *.example.com", fromURL.Host)
	}
	toURL, _, err := parseRouteURL(to)
	if err != nil {
		return fmt.Errorf("route to: %w", err)
	}
	if strings.Contains(toURL.Host, "*") {
		return fmt.Errorf("route to %s: want one host", toURL.Host)
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
	to := t.route(origin{strings.ToLower(u.Scheme), hostname(u.Hostname()), port})
	if to == nil {
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

// route finds where an origin is routed to, nil if it is not: the nearest
// domain wins.
func (t *Targets) route(from origin) *url.URL {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if to, ok := t.routes[from]; ok {
		return to
	}
	for _, domain, under := strings.Cut(from.host, "."); under; _, domain, under = strings.Cut(domain, ".") {
		if to, ok := t.routes[origin{from.scheme, anyName + domain, from.port}]; ok {
			return to
		}
	}
	return nil
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
