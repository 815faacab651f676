package fault

import (
	"cmp"
	"errors"
	"strings"
)

// wrongCertificate is nobody's name for a certificate.
const wrongCertificate = "wrong-certificate-id"

// WrongCertificateID names a certificate that the subscriber does not know.
type WrongCertificateID struct {
	ID string `option:"id" doc:"what is sent; wrong-certificate-id if left out"`
}

// Name implements [Fault].
func (*WrongCertificateID) Name() string { return "wrong-certificate-id" }

// What implements [Fault].
func (*WrongCertificateID) What() string {
	return "Encrypted content names another certificate than the subscription's, though it is encrypted for that."
}

// Fits implements [Picky].
func (*WrongCertificateID) Fits(p *Plan) bool { return p.Seal != nil }

// Check refuses what no subscription could have named.
func (f *WrongCertificateID) Check() error {
	if strings.ContainsFunc(f.ID, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errors.New("id can hold printable ASCII only")
	}
	return nil
}

// EditPlan implements [PlanFault].
func (f *WrongCertificateID) EditPlan(p *Plan) string {
	p.Seal.CertificateID = cmp.Or(f.ID, wrongCertificate)
	return "its content names another certificate"
}
