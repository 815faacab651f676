package cli

import (
	"context"
	"net/url"
	"strings"

	"github.com/outlocal/outlocal/receiver"
)

// paths are those of the subscriptions that a start before left, so that they can be taken over; else new ones.
func (x *exposure) paths(ctx context.Context) (receiver.Paths, error) {
	records, _, err := x.store.Load(ctx)
	if err != nil {
		return receiver.Paths{}, err
	}
	base := x.plan.host.base.String()
	for _, r := range records {
		notification, lifecycle := pathOf(r.Endpoint.URL), pathOf(r.Endpoint.LifecycleURL)
		if strings.TrimSuffix(r.Service, "/") == base && ours(notification) && ours(lifecycle) && notification != lifecycle {
			return receiver.Paths{Notification: notification, Lifecycle: lifecycle}, nil
		}
	}
	return receiver.NewPaths(), nil
}

// pathOf is the last segment of a URL's path: a tunnel may put others before it.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path[max(strings.LastIndex(u.Path, "/"), 0):]
}

// ours tells whether a path is of the form of those that are made here.
func ours(path string) bool {
	made := receiver.NewPaths().Notification
	return len(path) == len(made) && strings.HasPrefix(path, "/") && strings.Trim(path[1:], "0123456789abcdef") == ""
}

// owns tells whether a subscription that nothing is remembered of leads here all the same. Where a URL is shared, it may be another's.
func (x *exposure) owns(address string) bool {
	if x.endpoint == nil || x.plan.flags.tunnel.pooling {
		return false
	}
	rest, found := strings.CutPrefix(address, x.endpoint.URL()+"/")
	return found && ours("/"+rest)
}
