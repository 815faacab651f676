package fault

import (
	"cmp"
	"fmt"
	"time"

	"github.com/outlocal/outlocal/internal/span"
)

// usualSlowBody is longer than the 5 s that servers often give a request's body.
const usualSlowBody = 6 * time.Second

// SlowBody writes a body bit by bit.
type SlowBody struct {
	For   time.Duration `option:"for" min:"1ms" max:"1h" doc:"how long it takes; 6s if left out"`
	Tries int           `option:"attempts" min:"1" doc:"how many attempts are so; the first one if left out"`
}

// Name implements [Fault].
func (*SlowBody) Name() string { return "slow-body" }

// What implements [Fault].
func (*SlowBody) What() string {
	return "The body comes bit by bit, on the emulator's clock. What that takes does not count as the webhook's time."
}

// EditPlan implements [PlanFault].
func (f *SlowBody) EditPlan(p *Plan) string {
	d := cmp.Or(f.For, usualSlowBody)
	p.Shapes = append(p.Shapes, Shape{Attempts: f.Tries, Over: d})
	return fmt.Sprintf("the body comes over %s", span.Text(d))
}
