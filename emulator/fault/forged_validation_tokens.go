package fault

// ForgedTokens sends tokens that the service did not sign.
type ForgedTokens struct{}

// Name implements [Fault].
func (*ForgedTokens) Name() string { return "forged-validation-tokens" }

// What implements [Fault].
func (*ForgedTokens) What() string {
	return "The validation tokens beside encrypted content look right, but are not signed by the service: their signature does not match its keys."
}

// Fits implements [Picky].
func (*ForgedTokens) Fits(p *Plan) bool { return p.Tokens != nil }

// EditPlan implements [PlanFault].
func (*ForgedTokens) EditPlan(p *Plan) string {
	p.Tokens.Flaw = Forged
	return "its validation tokens are forged"
}
