package fault

import (
	"fmt"
	"time"

	"github.com/outlocal/outlocal/internal/span"
)

// Missed tells a subscriber that notifications were lost.
type Missed struct {
	After time.Duration `option:"after" doc:"how long after; at once if left out"`
}

// Name implements [Fault].
func (*Missed) Name() string { return "missed" }

// What implements [Fault].
func (*Missed) What() string {
	return "The subscriber is told that notifications were missed, though none were: it has to read everything anew. (drop:told=true loses one as well.)"
}

// EditLife implements [LifeFault].
func (f *Missed) EditLife(l *Life) string {
	l.Turns = append(l.Turns, Turn{f.After, IsMissed})
	if f.After == 0 {
		return "told at once that something was missed"
	}
	return fmt.Sprintf("told after %s that something was missed", span.Text(f.After))
}
