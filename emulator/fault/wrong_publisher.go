package fault

// WrongPublisher sends tokens that another application than the service's publisher got.
type WrongPublisher struct{}

// Name implements [Fault].
func (*WrongPublisher) Name() string { return "wrong-publisher" }

// What implements [Fault].
func (*WrongPublisher) What() string {
	return "The validation tokens beside encrypted content are signed well and for the right application, but were issued to another one than the service's."
}

// Fits implements [Picky].
func (*WrongPublisher) Fits(p *Plan) bool { return p.Tokens != nil }

// EditPlan implements [PlanFault].
func (*WrongPublisher) EditPlan(p *Plan) string {
	p.Tokens.Flaw = FromAnotherPublisher
	return "its validation tokens were issued to another application"
}
