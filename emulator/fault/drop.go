package fault

// Drop loses a notification on the way.
type Drop struct {
	Told bool `option:"told" doc:"true to tell the subscriber that something was missed, where the schema has a word for it"`
}

// Name implements [Fault].
func (*Drop) Name() string { return "drop" }

// What implements [Fault].
func (*Drop) What() string {
	return "The notification is lost; its sequence number is used up, where the schema counts."
}

// EditPlan implements [PlanFault].
func (f *Drop) EditPlan(p *Plan) string {
	p.Drop, p.Told = true, f.Told
	if f.Told {
		return "lost, and the subscriber is told"
	}
	return "lost"
}
