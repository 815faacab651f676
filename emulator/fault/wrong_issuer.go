package fault

// WrongIssuer sends tokens that somebody else issued.
type WrongIssuer struct{}

// Name implements [Fault].
func (*WrongIssuer) Name() string { return "wrong-issuer" }

// What implements [Fault].
func (*WrongIssuer) What() string {
	return "The validation tokens beside encrypted content name another issuer than the tenant's authority."
}

// Fits implements [Picky].
func (*WrongIssuer) Fits(p *Plan) bool { return p.Tokens != nil }

// EditPlan implements [PlanFault].
func (*WrongIssuer) EditPlan(p *Plan) string {
	p.Tokens.Flaw = FromAnotherIssuer
	return "its validation tokens name another issuer"
}
