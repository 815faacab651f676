package fault

import (
	"cmp"
	"fmt"
	"time"

	"github.com/outlocal/outlocal/internal/span"
)

// Duplicate sends a notification again though it arrived.
type Duplicate struct {
	Copies int           `option:"copies" min:"1" max:"100" doc:"how often more it is sent; once if left out"`
	Delay  time.Duration `option:"delay" doc:"how long after, and after each other; at once if left out"`
}

// Name implements [Fault].
func (*Duplicate) Name() string { return "duplicate" }

// What implements [Fault].
func (*Duplicate) What() string {
	return "The notification is sent again in a request of its own, with the same sequence number, whether it arrived or not."
}

// EditPlan implements [PlanFault].
func (f *Duplicate) EditPlan(p *Plan) string {
	copies := cmp.Or(f.Copies, 1)
	for i := range copies {
		p.Copies = append(p.Copies, f.Delay*time.Duration(i+1))
	}
	did := "sent once more"
	if copies > 1 {
		did = fmt.Sprintf("sent %d times more", copies)
	}
	if f.Delay > 0 {
		did += fmt.Sprintf(" after %s", span.Text(f.Delay))
	}
	return did
}
