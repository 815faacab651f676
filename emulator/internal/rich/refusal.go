package rich

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
)

// Error is why a text is no certificate that content can be encrypted for.
type Error struct {
	Reason string // in the words of the service's runtime
	Hint   string // in ours: what it is instead, and what to do. It shows nothing of the text.
}

func (e *Error) Error() string { return "read certificate: " + e.Reason }

// What .NET says of such texts, which the service passes on: of notFound, users told.
const (
	notBase64   = "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters."
	wrongLength = "Invalid length for a Base-64 char array or string."
	notFound    = "Cannot find the requested object."
	notRSA      = "The certificate key algorithm is not supported."
	wrongSize   = "The certificate's key size must be between 2048 and 4096 bits."
)

func refuse(reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Hint: fmt.Sprintf(format, args...)}
}

// mistaken says what was taken for a certificate.
func mistaken(der []byte, failure error) string {
	switch {
	case len(der) == 0:
		return "the certificate is empty"
	case isPrivateKey(der):
		return "that is a private key, which nobody else should ever have: make a new pair, keep its key, and send its certificate"
	case bytes.HasPrefix(der, []byte("-----BEGIN")):
		return "that is base64 of a PEM file, which holds base64 itself: send what stands between its BEGIN and END lines as it is"
	case isPublicKey(der):
		return "that is a public key without a certificate around it; a self-signed certificate will do: openssl req -x509 -key key.pem -out cert.pem"
	case isRequest(der):
		return "that is a request for a certificate (CSR): send the certificate itself; a self-signed one will do"
	case isPFX(der):
		return "that is a PFX file, which has the private key in it: keep it, and send its certificate alone"
	case isChain(der):
		return "that is a chain of certificates: send the one alone whose private key you hold"
	}
	return "that is no certificate in DER: " + failure.Error()
}

func isPrivateKey(der []byte) bool {
	_, pkcs8 := x509.ParsePKCS8PrivateKey(der)
	_, pkcs1 := x509.ParsePKCS1PrivateKey(der)
	_, sec1 := x509.ParseECPrivateKey(der)
	return pkcs8 == nil || pkcs1 == nil || sec1 == nil || bytes.Contains(der, []byte("PRIVATE KEY-----"))
}

// isPublicKey knows that of SSH, too: it is what ssh-keygen leaves in a file of its own, in base64 already.
func isPublicKey(der []byte) bool {
	_, pkix := x509.ParsePKIXPublicKey(der)
	_, pkcs1 := x509.ParsePKCS1PublicKey(der)
	return pkix == nil || pkcs1 == nil || bytes.HasPrefix(der, []byte("\x00\x00\x00\x07ssh-rsa"))
}

func isRequest(der []byte) bool {
	_, err := x509.ParseCertificateRequest(der)
	return err == nil
}

// isPFX knows the outermost parts of PKCS #12: a sequence of the version, which is 3, and more.
func isPFX(der []byte) bool {
	var pfx struct {
		Version  int
		AuthSafe asn1.RawValue
		MACData  asn1.RawValue `asn1:"optional"`
	}
	_, err := asn1.Unmarshal(der, &pfx)
	return err == nil && pfx.Version == 3
}

// isChain knows certificates one after the other, and PKCS #7 (.p7b): a sequence of the type, which is signed data, and more.
func isChain(der []byte) bool {
	if chain, err := x509.ParseCertificates(der); err == nil && len(chain) > 1 {
		return true
	}
	var bag struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"optional"`
	}
	_, err := asn1.Unmarshal(der, &bag)
	return err == nil && bag.Type.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2})
}
