package fault

import "fmt"

// Cut closes the connection in the middle of a body.
type Cut struct {
	After int `option:"after" min:"1" doc:"bytes of the body after which it is closed; half of them if left out"`
	Tries int `option:"attempts" min:"1" doc:"how many attempts are so; the first one if left out"`
}

// Name implements [Fault].
func (*Cut) Name() string { return "cut" }

// What implements [Fault].
func (*Cut) What() string {
	return "The connection is closed in the middle of the body. The notification is tried again, as after every failure."
}

// EditPlan implements [PlanFault].
func (f *Cut) EditPlan(p *Plan) string {
	p.Shapes = append(p.Shapes, Shape{Attempts: f.Tries, Cut: true, CutAfter: f.After})
	if f.After == 0 {
		return "the connection is closed halfway through the body"
	}
	return fmt.Sprintf("the connection is closed after %d bytes of the body", f.After)
}
