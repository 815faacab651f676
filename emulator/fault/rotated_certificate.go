package fault

// RotatedCertificate encrypts for a certificate that the subscriber never gave.
type RotatedCertificate struct{}

// Name implements [Fault].
func (*RotatedCertificate) Name() string { return "rotated-certificate" }

// What implements [Fault].
func (*RotatedCertificate) What() string {
	return "Content is encrypted for another certificate than the subscription's, under the same id: as if it had been replaced meanwhile."
}

// Fits implements [Picky].
func (*RotatedCertificate) Fits(p *Plan) bool { return p.Seal != nil }

// EditPlan implements [PlanFault].
func (*RotatedCertificate) EditPlan(p *Plan) string {
	p.Seal.Stranger = true
	return "its content is encrypted for another certificate"
}
