package fault

import (
	"cmp"
	"fmt"
	"time"

	"github.com/outlocal/outlocal/internal/span"
)

// usualEarly is how long a subscription lives that expires early, if nothing is said: less than any client plans for.
const usualEarly = time.Minute

// ExpireEarly ends a subscription before its time.
type ExpireEarly struct {
	After time.Duration `option:"after" min:"1ms" doc:"how long it lives; 1m if left out"`
}

// Name implements [Fault].
func (*ExpireEarly) Name() string { return "expire-early" }

// What implements [Fault].
func (*ExpireEarly) What() string {
	return "The subscription ends long before the expiry that the client was told, without a word; renewing it before does not help."
}

// EditLife implements [LifeFault].
func (f *ExpireEarly) EditLife(l *Life) string {
	d := cmp.Or(f.After, usualEarly)
	l.Turns = append(l.Turns, Turn{d, Ends})
	return fmt.Sprintf("ends after %s", span.Text(d))
}
