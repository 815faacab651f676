package fault

import (
	"cmp"
	"fmt"
	"time"

	"github.com/outlocal/outlocal/internal/span"
)

// usualDelay is as long as the service takes at most for mail, by its own account (W4.8-05): three minutes.
const usualDelay = 3 * time.Minute

// Delay holds a notification back while others pass it.
type Delay struct {
	For time.Duration `option:"for" min:"1ms" doc:"how long; 3m if left out, which the service calls the longest for mail"`
}

// Name implements [Fault].
func (*Delay) Name() string { return "delay" }

// What implements [Fault].
func (*Delay) What() string {
	return "The notification goes out later, on the emulator's clock; others of its subscription overtake it."
}

// EditPlan implements [PlanFault].
func (f *Delay) EditPlan(p *Plan) string {
	d := cmp.Or(f.For, usualDelay)
	p.Delay += d
	return fmt.Sprintf("held back for %s", span.Text(d))
}
