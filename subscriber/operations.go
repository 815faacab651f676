package subscriber

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
)

// Request is what a client wishes to be told of.
type Request struct {
	Resource        string // as the dialect writes it, or short, such as me/messages or me/mailFolders('inbox')/messages
	Changes         notify.ChangeType
	NotificationURL string
	LifecycleURL    string
	ClientState     string
	For             time.Duration // how long; 0 for the service's default, or an hour where it has none
	Expires         time.Time     // until when, instead of For
	// Certificate lets notifications bring data of the item, encrypted for it (W1.4-10): its DER in base64. The resource says by $select
	// what they bring. CertificateID is what they call it by.
	Certificate, CertificateID string
}

// Renewal is how much longer a subscription shall live.
type Renewal struct {
	For     time.Duration // from now on; 0 for the service's default, or an hour where it has none
	Expires time.Time     // until when, instead of For
	// Certificate is what content is encrypted for from now on (W1.4-10), CertificateID what it is called; empty: as before.
	Certificate, CertificateID string
}

// Subscription is a subscription as the service showed it. Fields that it did not show are empty.
type Subscription struct {
	notify.Subscription
	Raw json.RawMessage // the very answer, or the part of it that is this subscription
}

// Create makes a subscription. The service asks the notification URL for the validation token meanwhile.
func (c *Client) Create(ctx context.Context, r Request) (Subscription, error) {
	const operation = "create subscription"
	if err := c.able(operation, "", always); err != nil {
		return Subscription{}, err
	}
	body, err := c.creation(r)
	if err != nil {
		return Subscription{}, fmt.Errorf("%s: %w", operation, err)
	}
	answer, err := c.Do(ctx, http.MethodPost, c.collection(), body)
	return c.entity(operation, answer, err, r.NotificationURL, r.LifecycleURL)
}

// Get reads one subscription.
func (c *Client) Get(ctx context.Context, id string) (Subscription, error) {
	const operation = "read subscription"
	if err := c.able(operation, "", always); err != nil {
		return Subscription{}, err
	}
	answer, err := c.Do(ctx, http.MethodGet, c.one(id), nil)
	return c.entity(operation, answer, err)
}

// Renew prolongs a subscription.
func (c *Client) Renew(ctx context.Context, id string, r Renewal) (Subscription, error) {
	const operation = "renew subscription"
	renewable := func(d *dialect.Dialect) bool { return d.Operations.Renew != dialect.RenewNever }
	if err := c.able(operation, "renewal: a subscription that ran out is replaced by a new one", renewable); err != nil {
		return Subscription{}, err
	}
	method, path := http.MethodPatch, c.one(id)
	if c.Dialect.Operations.Renew == dialect.RenewByPost {
		method, path = http.MethodPost, c.collection()+"/"+escape(id)+"/renew"
	}
	body, err := c.renewal(r)
	if err != nil {
		return Subscription{}, fmt.Errorf("%s: %w", operation, err)
	}
	answer, err := c.Do(ctx, method, path, body)
	return c.entity(operation, answer, err)
}

// Repoint gives a subscription another notification URL, which the service validates.
func (c *Client) Repoint(ctx context.Context, id, notificationURL string) (Subscription, error) {
	const operation = "re-point subscription"
	movable := func(d *dialect.Dialect) bool { return patchable(d, dialect.PropURL) }
	if err := c.able(operation, "way to change a notification URL: delete the subscription and create another", movable); err != nil {
		return Subscription{}, err
	}
	body := newBody()
	body.set("@odata.type", c.Dialect.TypeTag)
	body.set(c.Dialect.NameOf(dialect.PropURL), notificationURL)
	answer, err := c.Do(ctx, http.MethodPatch, c.one(id), body.bytes())
	return c.entity(operation, answer, err, notificationURL)
}

// Reauthorize answers a reauthorizationRequired. It does not move the expiry.
func (c *Client) Reauthorize(ctx context.Context, id string) error {
	const operation = "reauthorize subscription"
	if err := c.able(operation, "reauthorization", func(d *dialect.Dialect) bool { return d.Operations.Reauthorize }); err != nil {
		return err
	}
	answer, err := c.Do(ctx, http.MethodPost, c.one(id)+"/reauthorize", nil)
	return c.check(operation, answer, err)
}

// Delete ends a subscription.
func (c *Client) Delete(ctx context.Context, id string) error {
	const operation = "delete subscription"
	deletable := func(d *dialect.Dialect) bool { return d.Operations.Delete }
	if err := c.able(operation, "deletion: a subscription lives until it runs out", deletable); err != nil {
		return err
	}
	answer, err := c.Do(ctx, http.MethodDelete, c.one(id), nil)
	return c.check(operation, answer, err)
}

// pageLimit ends a list whose pages never do: of a thousand subscriptions each, it is more than a service keeps.
const pageLimit = 10_000

// List reads all subscriptions that the token may see, page after page.
func (c *Client) List(ctx context.Context) ([]Subscription, error) {
	const operation = "list subscriptions"
	if err := c.able(operation, "list of subscriptions: keep the ids", func(d *dialect.Dialect) bool { return d.Operations.List }); err != nil {
		return nil, err
	}
	answer, err := c.Do(ctx, http.MethodGet, c.collection(), nil)
	var all []Subscription
	for range pageLimit {
		if err := c.check(operation, answer, err); err != nil {
			return all, err
		}
		page, next, err := c.readList(answer.Body)
		if err != nil {
			return all, fmt.Errorf("%s: %w", operation, err)
		}
		if all = append(all, page...); next == "" {
			return all, nil
		}
		if answer, err = c.follow(ctx, next); err != nil {
			return all, fmt.Errorf("%s: %w", operation, err)
		}
	}
	return all, fmt.Errorf("%s: there are more than %d pages", operation, pageLimit)
}

// Fetch reads the item that a notification points at: resource is the notification's own, verbatim. One that points to another host is
// refused, as the token would go there.
func (c *Client) Fetch(ctx context.Context, resource string) (json.RawMessage, error) {
	const operation = "fetch item"
	if err := c.able(operation, "", always); err != nil {
		return nil, err
	}
	answer, err := c.follow(ctx, resource)
	if err := c.check(operation, answer, err); err != nil {
		return nil, err
	}
	if !json.Valid(answer.Body) {
		return nil, fmt.Errorf("%s: the answer is not JSON", operation)
	}
	return answer.Body, nil
}

// able refuses what the dialect never had.
func (c *Client) able(operation, missing string, has func(*dialect.Dialect) bool) error {
	switch {
	case c.Dialect == nil:
		return fmt.Errorf("%s: the client has no dialect", operation)
	case c.Try || has(c.Dialect):
		return nil
	}
	return &UnsupportedError{operation, c.Dialect.String(), missing}
}

func always(*dialect.Dialect) bool { return true }

// entity reads the subscription in an answer. secrets are URLs that the service may repeat in what it says.
func (c *Client) entity(operation string, answer *Answer, err error, secrets ...string) (Subscription, error) {
	if err := c.check(operation, answer, err, secrets...); err != nil {
		return Subscription{}, err
	}
	s, err := c.read(answer.Body)
	if err != nil {
		return Subscription{}, fmt.Errorf("%s: %w", operation, err)
	}
	return s, nil
}

// check makes an error of a refusal.
func (c *Client) check(operation string, answer *Answer, err error, secrets ...string) error {
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", operation, err)
	case answer.Status < http.StatusOK || answer.Status >= http.StatusMultipleChoices:
		return c.refusal(operation, answer, secrets)
	}
	return nil
}
