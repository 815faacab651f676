package subscriber

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
)

// collection is where subscriptions live, below the base path (rules W1.1-01, W1.1-04, W1.1-05).
func (c *Client) collection() string {
	if c.Dialect.Family == dialect.Outlook {
		return c.owner() + "/subscriptions"
	}
	return "subscriptions"
}

// one is a single subscription, in the form that the service's own links have (rules W1.1-07, W1.1-08).
func (c *Client) one(id string) string {
	if c.Dialect.Family == dialect.Outlook {
		return c.collection() + "('" + escape(strings.ReplaceAll(id, "'", "''")) + "')"
	}
	return c.collection() + "/" + escape(id)
}

func (c *Client) owner() string {
	if c.User == "" || strings.EqualFold(c.User, "me") {
		return "me"
	}
	return "users/" + escape(c.User)
}

func escape(segment string) string { return url.PathEscape(segment) }

// resource brings a short resource into the dialect's form (rules W1.3-11, W1.4-06). One that is absolute is sent as it is.
func (c *Client) resource(text string) (string, error) {
	switch {
	case text == "":
		return "", errors.New("write resource: there is none; use one such as me/messages")
	case strings.Contains(text, "://"):
		return text, nil
	}
	short := strings.TrimPrefix(text, "/")
	if rest, ok := strings.CutPrefix(short, "me/"); ok {
		short = c.owner() + "/" + rest
	}
	short = c.nameFolders(short)
	if !c.Dialect.Watch.Absolute {
		return short, nil
	}
	base, err := c.base()
	return base + "/" + short, err
}

// nameFolders calls mail folders what the dialect calls them.
func (c *Client) nameFolders(resource string) string {
	path, query, hasQuery := strings.Cut(resource, "?")
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		name, key, keyed := strings.Cut(segment, "(")
		lower := strings.ToLower(name)
		if lower != "folders" && lower != "mailfolders" || slices.Contains(c.Dialect.Watch.Folders, lower) {
			continue
		}
		if segments[i] = c.Dialect.Watch.Folders[0]; segments[i] == "mailfolders" {
			segments[i] = "mailFolders"
		}
		if keyed {
			segments[i] += "(" + key
		}
	}
	if path = strings.Join(segments, "/"); hasQuery {
		return path + "?" + query
	}
	return path
}

// follow reads what the service points at: an absolute URL of its own, or a path below the base path.
func (c *Client) follow(ctx context.Context, reference string) (*Answer, error) {
	if !strings.Contains(reference, "://") {
		return c.Do(ctx, http.MethodGet, reference, nil)
	}
	base, err := c.base()
	if err != nil {
		return nil, err
	}
	service, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(reference)
	if err != nil || origin(u) != origin(service) || u.User != nil {
		return nil, fmt.Errorf("follow %s: it is not of %s, which alone gets the token", journal.MaskURL(reference), origin(service))
	}
	return c.send(ctx, http.MethodGet, reference, nil)
}

// origin spells scheme, host and port in one way.
func origin(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
