package fault

// Before201 notifies a subscriber who does not know yet that it is one.
type Before201 struct{}

// Name implements [Fault].
func (*Before201) Name() string { return "before-201" }

// What implements [Fault].
func (*Before201) What() string {
	return "Something changes right when the subscription is made, and the webhook is notified of it before the client has its 201."
}

// Only implements [Choosy].
func (*Before201) Only() []string { return []string{lifeCreated} }

// EditLife implements [LifeFault].
func (*Before201) EditLife(l *Life) string {
	l.NotifiedFirst = true
	return "notified before the creation is answered"
}
