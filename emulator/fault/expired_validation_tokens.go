package fault

// ExpiredTokens proves where encrypted content comes from by tokens that are over.
type ExpiredTokens struct{}

// Name implements [Fault].
func (*ExpiredTokens) Name() string { return "expired-validation-tokens" }

// What implements [Fault].
func (*ExpiredTokens) What() string {
	return "The validation tokens beside encrypted content expired hours ago."
}

// Fits implements [Picky].
func (*ExpiredTokens) Fits(p *Plan) bool { return p.Tokens != nil }

// EditPlan implements [PlanFault].
func (*ExpiredTokens) EditPlan(p *Plan) string {
	p.Tokens.Flaw = Expired
	return "its validation tokens are expired"
}
