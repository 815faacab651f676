package fault

import "fmt"

// Truncated sends a body that ends too early, in a request that is whole.
type Truncated struct {
	After int `option:"after" min:"1" doc:"bytes after which it ends; half of them if left out"`
	Tries int `option:"attempts" min:"1" doc:"how many attempts are so; the first one if left out"`
}

// Name implements [Fault].
func (*Truncated) Name() string { return "truncated" }

// What implements [Fault].
func (*Truncated) What() string {
	return "The body ends in the middle, and its length says that this is all. An attempt after that is as it should be."
}

// EditPlan implements [PlanFault].
func (f *Truncated) EditPlan(p *Plan) string {
	p.Shapes = append(p.Shapes, Shape{Attempts: f.Tries, Body: func(body []byte) []byte { return body[:CutAt(f.After, len(body))] }})
	if f.After == 0 {
		return "the body ends halfway"
	}
	return fmt.Sprintf("the body ends after %d bytes", f.After)
}

// CutAt is where a body of some length is cut: after so many bytes, or halfway for 0; never at its very end.
func CutAt(after, length int) int {
	if after <= 0 {
		after = length / 2
	}
	return max(0, min(after, length-1))
}
