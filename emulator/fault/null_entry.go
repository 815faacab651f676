package fault

// NullEntry puts null where a notification is expected.
type NullEntry struct{}

// Name implements [Fault].
func (*NullEntry) Name() string { return "null-entry" }

// What implements [Fault].
func (*NullEntry) What() string {
	return "The list of notifications begins with null, and the notification follows."
}

// EditPlan implements [PlanFault].
func (*NullEntry) EditPlan(p *Plan) string {
	p.Before = append(p.Before, []byte("null"))
	return "null stands before it in the list"
}
