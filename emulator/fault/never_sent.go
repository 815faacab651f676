package fault

// NeverSent makes a subscription without asking its webhook.
type NeverSent struct{}

// Name implements [Fault].
func (*NeverSent) Name() string { return "never-sent" }

// What implements [Fault].
func (*NeverSent) What() string {
	return "The webhook is not asked to echo a token, and the subscription is made all the same."
}

// EditHandshake implements [HandshakeFault].
func (*NeverSent) EditHandshake(h *Handshake) string {
	h.Times = 0
	return "no handshake with the " + h.What + " URL"
}
