package fault

// WrongSignature signs encrypted content as no key of its subscriber would.
type WrongSignature struct{}

// Name implements [Fault].
func (*WrongSignature) Name() string { return "wrong-signature" }

// What implements [Fault].
func (*WrongSignature) What() string {
	return "The signature of a notification's encrypted content does not match: somebody changed it on the way."
}

// Fits implements [Picky].
func (*WrongSignature) Fits(p *Plan) bool { return p.Seal != nil }

// EditPlan implements [PlanFault].
func (*WrongSignature) EditPlan(p *Plan) string {
	p.Seal.WrongSignature = true
	return "the signature of its content does not match"
}
