package subscriber

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// create makes a subscription. Its record is in the store before the service knows of it.
func (k *Keeper) create(ctx context.Context, w Watch) error {
	k.mu.Lock()
	at := k.desk.at
	k.mu.Unlock()
	r := k.stamped(Record{Watch: w, Endpoint: Endpoint{at.URL, at.lifecycle(w)}, ClientState: newClientState(), Intended: k.now()})
	request := k.request(w, at, r.ClientState)
	r.CertificateID = request.CertificateID
	if err := k.config.Store.SaveRecord(ctx, r); err != nil {
		return fmt.Errorf("write down that %s is to be watched: %w", w.Resource, err)
	}
	defer k.beginCreation()()
	var made Subscription
	// It is not interrupted: whoever leaves would not know whether there is one more to delete.
	err := k.ask(context.WithoutCancel(ctx), func(ctx context.Context, c *Client) (err error) {
		made, err = c.Create(ctx, request)
		return err
	})
	if err != nil {
		return k.notCreated(ctx, r, err)
	}
	r.ID, r.Expires = made.ID, made.Expires
	if r.Expires.IsZero() {
		r.Expires = k.now().Add(max(k.life(w), k.client.Dialect.Lifetime.Default))
	}
	r.Due = k.due(r.Expires)
	k.put(ctx, r)
	k.created(ctx, r)
	return nil
}

// beginCreation lets those wait who are told of a subscription that is not known yet, until end is called.
func (k *Keeper) beginCreation() (end func()) {
	creating := make(chan struct{})
	k.mu.Lock()
	defer k.mu.Unlock()
	k.creating = creating
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.creating = nil
		close(creating)
	}
}

// notCreated tells a refusal from an answer that did not come: the service may have made a subscription all the same.
func (k *Keeper) notCreated(ctx context.Context, r Record, err error) error {
	var token *TokenError
	var refused *Error
	answered := errors.As(err, &refused)
	if errors.As(err, &token) || lasting(err) || answered && refused.Status < http.StatusInternalServerError {
		k.drop(ctx, r)
		if answered && refused.Status == http.StatusConflict {
			return k.conflict(r.Watch, err)
		}
		return err
	}
	k.put(ctx, r)
	k.mu.Lock()
	k.desk.unsure = true
	k.mu.Unlock()
	return err
}

// conflict is a creation that another subscription is in the way of (W6.3-17): perhaps one of ours that came late, so the service is asked
// once for what there is.
func (k *Keeper) conflict(w Watch, err error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.desk.conflicted[w] || !k.desk.lists() {
		return err
	}
	k.desk.conflicted[w], k.desk.unsure = true, true
	return nil
}

// created is told of a subscription that is there now.
func (k *Keeper) created(ctx context.Context, r Record) {
	k.mu.Lock()
	kind := Created
	if k.desk.lost[r.Watch] {
		kind = Recreated
	}
	delete(k.desk.lost, r.Watch)
	delete(k.desk.conflicted, r.Watch)
	_, marked := k.desk.bookmarks[r.Watch.Resource]
	k.mu.Unlock()
	k.tell(Event{Kind: kind, Watch: r.Watch, ID: r.ID, Expires: r.Expires})
	if marked || kind == Recreated { // nobody was told of what happened meanwhile (W5-03)
		k.fallBehind(ctx, r.Watch)
	}
}

// renew prolongs a subscription, and tells the service of a new certificate.
func (k *Keeper) renew(ctx context.Context, r Record) error {
	r.Renewed = k.now()
	k.put(ctx, r) // a start after a crash keeps its distance, too
	renewal := k.renewal(r)
	var renewed Subscription
	err := k.ask(ctx, func(ctx context.Context, c *Client) (err error) {
		renewed, err = c.Renew(ctx, r.ID, renewal)
		if err == nil && renewed.Expires.IsZero() { // some show it only when asked (W1.3-02)
			renewed, err = c.Get(ctx, r.ID)
		}
		return err
	})
	if err != nil {
		return k.orLost(ctx, r, err)
	}
	if renewal.CertificateID != "" {
		r.CertificateID = renewal.CertificateID
	}
	r.Expires, r.Due = renewed.Expires, k.due(renewed.Expires)
	k.put(ctx, r)
	k.unchallenge(r)
	k.tell(Event{Kind: Renewed, Watch: r.Watch, ID: r.ID, Expires: r.Expires})
	return nil
}

// renewal is what is asked for with it.
func (k *Keeper) renewal(r Record) Renewal {
	renewal := Renewal{For: k.life(r.Watch)}
	if r.Watch.Rich && k.client.encrypts() && r.CertificateID != k.config.Certificate.ID {
		renewal.Certificate, renewal.CertificateID = k.config.Certificate.DER, k.config.Certificate.ID
	}
	return renewal
}

// reauthorize answers a challenge without moving the expiry (W1.1-17).
func (k *Keeper) reauthorize(ctx context.Context, r Record) error {
	r.Reauthorized = k.now()
	k.put(ctx, r)
	err := k.ask(ctx, func(ctx context.Context, c *Client) error { return c.Reauthorize(ctx, r.ID) })
	if err != nil {
		return k.orLost(ctx, r, err)
	}
	k.unchallenge(r)
	k.tell(Event{Kind: Reauthorized, Watch: r.Watch, ID: r.ID, Expires: r.Expires})
	return nil
}

func (k *Keeper) unchallenge(r Record) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.desk.challenged, r.Key)
}

// orLost takes a 404 for what it says: the subscription is no more (W6.3-15).
func (k *Keeper) orLost(ctx context.Context, r Record, err error) error {
	if !gone(err) {
		return err
	}
	k.lose(ctx, r)
	return nil
}

func gone(err error) bool {
	var refusal *Error
	return errors.As(err, &refusal) && refusal.Status == http.StatusNotFound
}

// repoint moves a subscription to the URL that is wanted. Where the service refuses to, other than for the URL's own sake, another
// subscription takes its place.
func (k *Keeper) repoint(ctx context.Context, r Record) error {
	k.mu.Lock()
	at := k.desk.at
	k.mu.Unlock()
	err := k.ask(ctx, func(ctx context.Context, c *Client) error {
		_, err := c.Repoint(ctx, r.ID, at.URL)
		return err
	})
	switch {
	case err == nil:
		r.Endpoint.URL = at.URL
		k.put(ctx, r)
		k.tell(Event{Kind: Repointed, Watch: r.Watch, ID: r.ID, Expires: r.Expires})
		return nil
	case gone(err) || !lasting(err) || unreached(err):
		return k.orLost(ctx, r, err)
	}
	k.mu.Lock()
	k.desk.unmovable[r.Key] = true
	k.mu.Unlock()
	return nil
}

// unreached tells whether a refusal is about a webhook that did not answer as it should (W2.4): no other request would fare better.
func unreached(err error) bool {
	var refusal *Error
	return errors.As(err, &refusal) && (refusal.Code == "ValidationError" || strings.HasPrefix(refusal.Message, "Subscription validation request"))
}

// delete ends a subscription. One that is no more is as good as deleted.
func (k *Keeper) delete(ctx context.Context, r Record) error {
	err := k.ask(ctx, func(ctx context.Context, c *Client) error { return c.Delete(ctx, r.ID) })
	if err != nil && !gone(err) {
		return err
	}
	k.drop(ctx, r)
	k.mu.Lock()
	for _, w := range k.desk.wanted {
		if w == r.Watch {
			k.desk.lost[w] = true // it is replaced
		}
	}
	k.mu.Unlock()
	k.tell(Event{Kind: Deleted, Watch: r.Watch, ID: r.ID, Expires: r.Expires})
	return nil
}

// expire forgets a subscription that has run out, or a creation of which nothing came.
func (k *Keeper) expire(ctx context.Context, r Record) {
	if r.ID == "" {
		k.drop(ctx, r)
		return
	}
	k.lose(ctx, r)
}
