package verify

import (
	"context"
	"net"
	"net/url"
	"strings"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
)

// Adopt waits until an app has made a subscription with the webhook's URL, and returns that. When ctx ends before, what it returns as
// well are the journal's entries that tell why not: refusals and handshakes.
func Adopt(ctx context.Context, server *emulator.Server, hook *url.URL) (*control.Subscription, []journal.Entry, error) {
	var told []journal.Entry
	since := uint64(0)
	for {
		entries, err := server.Journal().Wait(ctx, since, 1, func(e *journal.Entry) bool {
			return e.Kind == journal.Subscribed || e.Kind == journal.Refused || e.Kind == journal.Handshake
		})
		if err != nil {
			return nil, told, err
		}
		for _, e := range entries {
			since = e.Seq
			told = append(told, e)
			if e.Kind != journal.Subscribed || !SameHook(e.URL, hook) {
				continue
			}
			page, err := server.Subscriptions(ctx, control.SubscriptionQuery{Where: control.Selector{Subscription: e.Subscription}, Limit: 1})
			if err != nil {
				return nil, told, err
			}
			if len(page.Subscriptions) > 0 {
				return &page.Subscriptions[0], nil, nil
			}
		}
	}
}

// SameHook tells whether a notification URL leads where hook does: names of this machine are one, and so are hosts in either case. A
// query need not be the same, as an app may mark its subscriptions by it.
func SameHook(notificationURL string, hook *url.URL) bool {
	u, err := url.Parse(notificationURL)
	if err != nil {
		return false
	}
	return u.Scheme == hook.Scheme && endpointOf(u) == endpointOf(hook) && strings.TrimSuffix(u.Path, "/") == strings.TrimSuffix(hook.Path, "/")
}

// endpointOf is the host and port that a URL leads to.
func endpointOf(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if serve.IsLoopback(host) {
		host = "localhost"
	}
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(host, port)
}
