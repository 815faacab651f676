package fault

// WrongAudience sends tokens that are meant for another application.
type WrongAudience struct{}

// Name implements [Fault].
func (*WrongAudience) Name() string { return "wrong-audience" }

// What implements [Fault].
func (*WrongAudience) What() string {
	return "The validation tokens beside encrypted content are signed well, but for another application."
}

// Fits implements [Picky].
func (*WrongAudience) Fits(p *Plan) bool { return p.Tokens != nil }

// EditPlan implements [PlanFault].
func (*WrongAudience) EditPlan(p *Plan) string {
	p.Tokens.Flaw = ForAnother
	return "its validation tokens are for another application"
}
