package fault

import "bytes"

// Malformed sends what is no JSON.
type Malformed struct {
	Tries int `option:"attempts" min:"1" doc:"how many attempts are so; the first one if left out"`
}

// Name implements [Fault].
func (*Malformed) Name() string { return "malformed" }

// What implements [Fault].
func (*Malformed) What() string {
	return "The body is no JSON: its list ends with a brace. An attempt after that is as it should be."
}

// EditPlan implements [PlanFault].
func (f *Malformed) EditPlan(p *Plan) string {
	p.Shapes = append(p.Shapes, Shape{Attempts: f.Tries, Body: breakList})
	return "the body is no JSON"
}

// breakList ends the last list with a brace, which no reader forgives.
func breakList(body []byte) []byte {
	broken := bytes.Clone(body)
	if end := bytes.LastIndexByte(broken, ']'); end >= 0 {
		broken[end] = '}'
	}
	return broken
}
