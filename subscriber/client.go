// Package subscriber is the client's side of change notifications: it makes, reads, renews and deletes subscriptions at any service
// that speaks one of the dialects, be it an emulator or the real one, and fetches the items that notifications point at.
//
// A [Client] makes one request for each call, in the words of its dialect: the same [Request] is a ResourceURL in one and a resource
// in the other. What a dialect never had is an [UnsupportedError] before anything is sent, unless the client is told to Try. What the
// service refuses is an [*Error].
//
// A client signs nobody in (a Token is given), retries nothing and renews nothing by itself. It never sends the token to another host than
// the one it was made for, and follows no redirects.
//
// A [Keeper] is for who wants to be notified for longer than a subscription lives: it keeps what is wanted alive at the service, by a client,
// through expiries, challenges, removals, outages and crashes of its own, and deletes it in the end.
package subscriber

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/journal"
)

// Client calls the subscription API of one service. BaseURL and Dialect are needed. Its methods are safe for concurrent use as long as
// its fields stay as they are.
type Client struct {
	BaseURL string // scheme, host and port, such as http://127.0.0.1:3650
	Mount   string // base path, such as /api/beta; the one that the dialect had if empty
	Dialect *dialect.Dialect
	Token   string           // bearer token
	User    string           // whose mailbox: an address or a GUID; me if empty
	HTTP    *http.Client     // http.DefaultClient if nil; redirects are never followed
	Now     func() time.Time // what time it is where the service is, for expiries; time.Now if nil
	Try     bool             // sends what the dialect does not have as well, to see how it is refused
}

// Answer is what a service answered, whatever its status.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// answerLimit bounds an answer: a page of a thousand subscriptions is one megabyte, an item with a long body a few.
const answerLimit = 32 << 20

// Do sends one request as it is: path is below the base path, such as me/subscriptions; body is JSON, or nil for none. Any status is an
// answer and no error.
func (c *Client) Do(ctx context.Context, method, path string, body []byte) (*Answer, error) {
	base, err := c.base()
	if err != nil {
		return nil, err
	}
	return c.send(ctx, method, base+"/"+strings.TrimPrefix(path, "/"), body)
}

// base is origin and base path, without a slash at its end.
func (c *Client) base() (string, error) {
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return "", fmt.Errorf("use subscriber client: base URL %q is not of the form http://HOST:PORT", journal.MaskURL(c.BaseURL))
	}
	mount := c.Mount
	if mount == "" && c.Dialect != nil {
		mount = c.Dialect.Base
	}
	return u.Scheme + "://" + u.Host + "/" + strings.Trim(mount, "/"), nil
}

// send sends to an address that is known to be of the service.
func (c *Client) send(ctx context.Context, method, address string, body []byte) (*Answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, c.failed(method, address, err)
	}
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	response, err := c.client().Do(request)
	if err != nil {
		return nil, c.failed(method, address, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
	switch {
	case err != nil:
		return nil, c.failed(method, address, err)
	case len(answer) > answerLimit:
		return nil, c.failed(method, address, fmt.Errorf("the answer has more than %d bytes", answerLimit))
	}
	return &Answer{Status: response.StatusCode, Header: response.Header, Body: answer}, nil
}

// client is c's, made not to follow redirects: the token would go along to another port of the same host.
func (c *Client) client() *http.Client {
	client := http.Client{}
	if c.HTTP != nil {
		client = *c.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// failed is an error of a request that got no answer.
func (c *Client) failed(method, address string, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) { // it repeats the address, unmasked
		err = wrapped.Err
	}
	return fmt.Errorf("%s %s: %w", method, journal.MaskURL(address), err)
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}
