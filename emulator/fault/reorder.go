package fault

import (
	"cmp"
	"fmt"
	"time"

	"github.com/outlocal/outlocal/internal/span"
)

// usualBehind is how long a notification waits for one that passes it: long enough to raise another by hand.
const usualBehind = time.Minute

// Reorder lets the next notification of a subscription pass.
type Reorder struct {
	Within time.Duration `option:"within" min:"1ms" doc:"how long it waits for the next one; 1m if left out"`
}

// Name implements [Fault].
func (*Reorder) Name() string { return "reorder" }

// What implements [Fault].
func (*Reorder) What() string {
	return "The notification changes places with the next one of its subscription; if none comes in time, it goes out late."
}

// EditPlan implements [PlanFault].
func (f *Reorder) EditPlan(p *Plan) string {
	p.Behind = cmp.Or(f.Within, usualBehind)
	return fmt.Sprintf("lets the next one pass, for %s at most", span.Text(p.Behind))
}
