package fault

// MissingTokens leaves out what proves where encrypted content comes from.
type MissingTokens struct{}

// Name implements [Fault].
func (*MissingTokens) Name() string { return "missing-validation-tokens" }

// What implements [Fault].
func (*MissingTokens) What() string {
	return "The request with encrypted content has no validationTokens."
}

// Fits implements [Picky].
func (*MissingTokens) Fits(p *Plan) bool { return p.Tokens != nil }

// EditPlan implements [PlanFault].
func (*MissingTokens) EditPlan(p *Plan) string {
	p.Tokens.Missing = true
	return "there are no validation tokens"
}
