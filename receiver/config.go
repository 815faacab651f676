package receiver

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
)

// DefaultBodyLimit is the largest body taken when no other limit is given: batches of a hundred items are some 100 KB, rich ones
// ten times that.
const DefaultBodyLimit = 4 << 20

// Config says what a receiver expects and keeps. The zero value is a webhook that expects nothing.
type Config struct {
	// ClientState is expected with every item that Known says nothing about. Empty: none is checked.
	ClientState string
	Known       Register       // which subscriptions there are; nil: any
	Fetch       Fetcher        // reads the items that were notified of; nil: none is read
	Answers     Answers        // how it answers; the zero value is right
	Mode        diagnosis.Mode // how findings are weighed; empty for diagnosis.Faithful
	Keys        []Key          // open encrypted content; none: it stays shut, and nobody minds
	Tokens      Tokens         // how the tokens of encrypted content are checked; the zero value checks none

	Keep      int   // journal entries kept, one for each request and one for each item; 0 for journal.DefaultEntries
	KeepBytes int64 // bytes of bodies kept; 0 for journal.DefaultBodyBytes
	BodyLimit int64 // the largest body taken; 0 for DefaultBodyLimit

	// Now dates entries and tells what is late; Sleep waits for an answer's delay. Whoever runs the receiver on a virtual clock gives
	// that clock's. The defaults are the wall's.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
}

// Register knows subscriptions.
type Register interface {
	// Known tells what is expected of a subscription's notifications, and whether there is such a subscription. It is asked after the
	// notification was answered.
	Known(subscriptionID string) (Expected, bool)
}

// Expected is what the notifications of a subscription must carry.
type Expected struct {
	ClientState string // empty: it has none
}

// Fetcher reads items.
type Fetcher interface {
	// Fetch reads what a notification points at: the resource as it stands in the notification, absolute or below a base path.
	Fetch(ctx context.Context, resource string) ([]byte, error)
}

// Answers is how a receiver answers what is well-formed; what is not is refused all the same.
type Answers struct {
	Handshake    Answer
	Notification Answer
}

// Answer differs from the right answer in what is not zero.
type Answer struct {
	Status      int           // instead of 200 to a handshake, 202 to a notification
	Delay       time.Duration // before anything is answered
	ContentType string        // instead of text/plain; charset=utf-8
	Body        string        // instead of the token to a handshake, of nothing to a notification
}

// The right answers. A handshake is answered 200 and nothing else (W2.1-10), a notification with any 2xx, 202 by advice (R29).
const (
	handshakeStatus    = http.StatusOK
	notificationStatus = http.StatusAccepted
	plainText          = "text/plain; charset=utf-8"
)

func (c *Config) check() error {
	switch {
	case c.Keep < 0:
		return fmt.Errorf("make receiver: Keep is %d: want the number of entries to keep, or 0 for the default", c.Keep)
	case c.KeepBytes < 0:
		return fmt.Errorf("make receiver: KeepBytes is %d: want a number of bytes, or 0 for the default", c.KeepBytes)
	case c.BodyLimit < 0:
		return fmt.Errorf("make receiver: BodyLimit is %d: want a number of bytes, or 0 for the default", c.BodyLimit)
	}
	if err := checkKeys(c.Keys); err != nil {
		return fmt.Errorf("make receiver: %w", err)
	}
	if err := c.Tokens.check(); err != nil {
		return fmt.Errorf("make receiver: %w", err)
	}
	return c.Answers.check()
}

func (c *Config) setDefaults() {
	if c.Mode == "" {
		c.Mode = diagnosis.Faithful
	}
	if c.Keep == 0 {
		c.Keep = journal.DefaultEntries
	}
	if c.KeepBytes == 0 {
		c.KeepBytes = journal.DefaultBodyBytes
	}
	if c.BodyLimit == 0 {
		c.BodyLimit = DefaultBodyLimit
	}
	if c.Now == nil {
		c.Now = func() time.Time { return time.Now().UTC() }
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
}

func (a Answers) check() error {
	if err := a.Handshake.check(); err != nil {
		return fmt.Errorf("answer handshakes: %w", err)
	}
	if err := a.Notification.check(); err != nil {
		return fmt.Errorf("answer notifications: %w", err)
	}
	return nil
}

func (a Answer) check() error {
	const lowest, highest = 200, 599 // 1xx is no answer yet, and there is nothing above 5xx
	switch {
	case a.Status != 0 && (a.Status < lowest || a.Status > highest):
		return fmt.Errorf("the status is %d: want %d to %d, or 0 for the right one", a.Status, lowest, highest)
	case a.Delay < 0:
		return fmt.Errorf("the delay is %s: want none, or a positive one", a.Delay)
	}
	return nil
}

// sleep waits by the wall's clock.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
