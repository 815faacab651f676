package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/internal/clock"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

const (
	clientState = "3c9e4f3a-6f1d-4d6e-9b0a-6f5f2c1d7e80" // 36 bytes, as most clients send
	origin      = "http://localhost:3650"

	// item is an id of the length that the service's have, so that a notification is 1 KB.
	item = "AAMkADQ1MTU4OGJlLTczYzQtNDBlOS1hN2E1LWYyOTdkNmEzM2NhMQBGAAAAAAC7gDXe1cZSR4XPxPv6sgbUBwCZnZkO3b1rSLuxT3Zeb7CMAAAAAAEMAACZnZkO3b1rSLuxT3Zeb7CMAAAnIxYcAAA="
)

// mailbox is one of many.
func mailbox(n int) notify.Mailbox {
	return notify.Mailbox{
		ID: fmt.Sprintf("6c4d1a6e-0000-4000-8000-%012x", n), Tenant: "65a1b2c3-0000-4000-8000-000000000002",
		Address: fmt.Sprintf("user%d@contoso.com", n), Store: fmt.Sprintf("451588be-73c4-40e9-a7a5-%012x", n),
	}
}

// engine is a delivery engine with all that it needs.
type engine struct {
	*delivery.Engine
	made uint64
}

// newEngine makes an engine that lives as long as the contest.
func (s *stage) newEngine(adjust func(*delivery.Config)) *engine {
	d := dialect.OutlookFinal
	c := delivery.Config{
		Clock:   clock.New(),
		Store:   store.New(func(guid uuid.UUID, box notify.Mailbox, _ string) string { return d.SubscriptionID(guid, box.Store) }),
		Journal: journal.New(0),
		Dialect: func(string) *dialect.Dialect { return d },
		Targets: &serve.Targets{},
	}
	if adjust != nil {
		adjust(&c)
	}
	e := &engine{Engine: delivery.New(c)}
	s.onClose(c.Clock.Close)
	s.onClose(e.Close)
	return e
}

// subscribe makes a subscription on a mailbox's messages.
func (e *engine) subscribe(box notify.Mailbox, url string, lives time.Duration) error {
	e.made++
	var guid uuid.UUID
	binary.BigEndian.PutUint64(guid[:8], e.made)
	now := e.Clock.Now()
	_, err := e.Store.Add(store.Record{
		Subscription: notify.Subscription{
			Resource: "me/messages", ChangeType: "Created", NotificationURL: url, Changes: notify.Created,
			ClientState: clientState, Expires: now.Add(lives), App: "app-1",
		},
		GUID: guid, Mount: dialect.OutlookFinal.Base, Origin: origin,
		Watch: notify.Resource{User: "me", Collection: notify.Messages}, Mailbox: box, Created: now,
	})
	return err
}

// forever is longer than any contest.
const forever = 72 * time.Hour

// audience subscribes a webhook to the messages of each mailbox of a number, as often as told.
func (e *engine) audience(mailboxes, each int, url func(mailbox int) string) error {
	for i := range mailboxes {
		for range each {
			if err := e.subscribe(mailbox(i), url(i), forever); err != nil {
				return fmt.Errorf("subscribe: %w", err)
			}
		}
	}
	e.Watch()
	return nil
}

// changes are messages that come to mailboxes, one each.
func changes(mailboxes int) []notify.Change {
	all := make([]notify.Change, mailboxes)
	for i := range all {
		all[i] = change(mailbox(i), item)
	}
	return all
}

func change(box notify.Mailbox, id string) notify.Change {
	return notify.Change{
		Type: notify.Created, Mailbox: box, Collection: notify.Messages, Folder: "inbox", Item: id, ETag: "CQAAABYAAACZnZkO3b1rSLuxT3Zeb7CMAAAnIxYc",
		After: []notify.Property{{Name: "subject", Value: "hello"}, {Name: "isRead", Value: false}, {Name: "bodyPreview", Value: preview}},
	}
}

// sample is the body of a request with one notification, as the engine sends it.
func sample(id string) []byte {
	d, box := dialect.OutlookFinal, mailbox(0)
	c := change(box, id)
	head := dialect.Head{
		Subscription: d.SubscriptionID(uuid.UUID{15: 1}, box.Store), Expires: time.Now().Add(forever), ClientState: clientState, Sequence: 1, Tenant: box.Tenant,
	}
	body := d.OpenBody(nil, "", c.Collection)
	body = d.AppendItem(body, &head, d.AppendShared(nil, &c, origin+d.Base, nil))
	return d.CloseBody(body)
}

// flood raises changes in mailboxes in turn for a slice, at most so many notifications ahead of the webhook, and measures notifications
// a second, until the last of them is received.
func (e *engine) flood(k *sink, mailboxes int, ahead int64) side {
	all := changes(mailboxes)
	return func(ctx context.Context, slice time.Duration) ([]float64, error) {
		before, raised := k.received.Load(), int64(0)
		started := time.Now()
		for n := 0; time.Since(started) < slice; {
			if err := k.wait(ctx, before+raised-ahead); err != nil {
				return nil, err
			}
			for range changesBetweenLooks { // at the clock, which costs
				raised += int64(e.Raise(all[n%mailboxes], 0))
				n++
			}
		}
		if err := k.wait(ctx, before+raised); err != nil {
			return nil, err
		}
		rate := float64(raised) / time.Since(started).Seconds()
		return []float64{rate}, e.lostNothing()
	}
}

const changesBetweenLooks = 8

// lostNothing fails unless everything that was raised is delivered or on its way.
func (e *engine) lostNothing() error {
	if n := e.Stats(); n.Lost+n.Dropped+n.Retried > 0 {
		return fmt.Errorf("deliver: not all arrived at once: %+v", n)
	}
	return nil
}
