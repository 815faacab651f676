package fault

import (
	"fmt"
	"time"

	"github.com/outlocal/outlocal/internal/span"
)

// Removed lets the service remove a subscription.
type Removed struct {
	After time.Duration `option:"after" doc:"how long it lives; it is removed at once if left out"`
}

// Name implements [Fault].
func (*Removed) Name() string { return "removed" }

// What implements [Fault].
func (*Removed) What() string {
	return "The service removes the subscription, and says so where its schema has a word for it and somebody to tell."
}

// EditLife implements [LifeFault].
func (f *Removed) EditLife(l *Life) string {
	l.Turns = append(l.Turns, Turn{f.After, IsRemoved})
	if f.After == 0 {
		return "removed at once"
	}
	return fmt.Sprintf("removed after %s", span.Text(f.After))
}
