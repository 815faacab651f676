package control

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/outlocal/outlocal/journal"
)

// ClientConfig is what a [Client] needs beside an address. The zero value does for one that listens on this machine.
type ClientConfig struct {
	Token     string            // the control token, where one is demanded
	Transport http.RoundTripper // nil for one of its own, which uses no proxy
}

// Client steers an emulator or a receiver. It is safe for concurrent use. What is refused is an [*Error].
type Client struct {
	base  string // without a slash at its end
	token string
	http  *http.Client
}

// Status asks how it is doing.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return call[Status](ctx, c, http.MethodGet, "/status", nil, nil)
}

// Ready asks whether it can be used.
func (c *Client) Ready(ctx context.Context) error {
	_, err := call[Ok](ctx, c, http.MethodGet, "/readyz", nil, nil)
	return err
}

// RaiseChange makes something happen in a mailbox. Nothing has been delivered yet when it returns: see [Client.Wait].
func (c *Client) RaiseChange(ctx context.Context, change Change) (Raised, error) {
	return call[Raised](ctx, c, http.MethodPost, "/changes", nil, change)
}

// Clock asks what time it is.
func (c *Client) Clock(ctx context.Context) (Clock, error) {
	return call[Clock](ctx, c, http.MethodGet, "/clock", nil, nil)
}

// Advance lets virtual time go on by that much, and returns when all that fell due on the way is done.
func (c *Client) Advance(ctx context.Context, by time.Duration) (Advanced, error) {
	return call[Advanced](ctx, c, http.MethodPost, "/clock/advance", nil, advanceRequest{By: Duration(by)})
}

// SetScale lets virtual time pass at a multiple of real time, as long as nothing is in flight.
func (c *Client) SetScale(ctx context.Context, scale float64) (Clock, error) {
	return call[Clock](ctx, c, http.MethodPost, "/clock/scale", nil, scaleRequest{Scale: scale})
}

// Mounts lists which dialect each base path speaks.
func (c *Client) Mounts(ctx context.Context) ([]Mount, error) {
	mounts, err := call[mountList](ctx, c, http.MethodGet, "/serve", nil, nil)
	return mounts.Serve, err
}

// Mount lets a base path speak a dialect from now on.
func (c *Client) Mount(ctx context.Context, m Mount) error {
	_, err := call[mountList](ctx, c, http.MethodPut, "/serve", nil, m)
	return err
}

// Subscriptions lists subscriptions, page by page.
func (c *Client) Subscriptions(ctx context.Context, q SubscriptionQuery) (SubscriptionPage, error) {
	return call[SubscriptionPage](ctx, c, http.MethodGet, "/subscriptions", encodeQuery(q), nil)
}

// RemoveSubscriptions removes those that are selected: all of them with an empty selector.
func (c *Client) RemoveSubscriptions(ctx context.Context, where Selector) (Removed, error) {
	return call[Removed](ctx, c, http.MethodDelete, "/subscriptions", encodeQuery(where), nil)
}

// Import puts subscriptions in, in requests of a bounded size. With an error, what it returns is what was put in before it.
func (c *Client) Import(ctx context.Context, rows iter.Seq[NewSubscription]) (Imported, error) {
	return c.importRows(ctx, rows)
}

// Journal reads a part of the journal and returns at once.
func (c *Client) Journal(ctx context.Context, q JournalQuery) (JournalPage, error) {
	return call[JournalPage](ctx, c, http.MethodGet, "/journal", encodeQuery(q), nil)
}

// Follow yields the entries that match, those that are there and those that come, until ctx or the other end ends. A [*GapError]
// tells of entries that were missed, and more follow; after any other error nothing does. There is none when ctx has ended.
func (c *Client) Follow(ctx context.Context, q JournalQuery) iter.Seq2[journal.Entry, error] {
	return c.follow(ctx, q)
}

// Wait waits until so many entries match, and returns them. When too few have come in time, it returns those with an [*Error] of
// [CodeTooFew].
func (c *Client) Wait(ctx context.Context, w WaitRequest) ([]journal.Entry, error) {
	return c.wait(ctx, w)
}

// Handled waits until webhooks have handled so many notifications, and returns them. When too few were handled in time, it returns
// those with an [*Error] of [CodeTooFew] that says what was there instead.
func (c *Client) Handled(ctx context.Context, q HandledQuery) (Handled, error) {
	return call[Handled](ctx, c, http.MethodGet, "/handled", encodeQuery(q), nil)
}

// RaiseLifecycle makes lifecycle notifications due.
func (c *Client) RaiseLifecycle(ctx context.Context, e LifecycleEvent) (LifecycleRaised, error) {
	return call[LifecycleRaised](ctx, c, http.MethodPost, "/lifecycle", nil, e)
}

// Reset forgets what is selected: everything with an empty selector.
func (c *Client) Reset(ctx context.Context, where Selector) (ResetReport, error) {
	return call[ResetReport](ctx, c, http.MethodPost, "/reset", nil, resetRequest{Where: where})
}

// Stop asks the process to end. It returns when that has begun.
func (c *Client) Stop(ctx context.Context) error {
	_, err := call[Ok](ctx, c, http.MethodPost, "/stop", nil, nil)
	return err
}
