package login

import (
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is the SHA-1 of a certificate
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/outlocal/outlocal/internal/serve"
)

// assertionType is the one kind of assertion that applications prove themselves with.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// clockSkew is by how much an application's clock may differ: the service's libraries bear five minutes. Less than a second is not enough,
// as MSAL for Node dates its assertions in whole seconds, the nearest ones, so that half of them begin in the future.
const clockSkew = 5 * time.Minute

// assertionAlgorithms are those that the service takes.
func assertionAlgorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512}
}

// checkAssertion judges a JWT that an application signed with its certificate (W8.1-02). Of an application that the Config does not
// know, everything is checked but whose certificate that is: if the assertion brings the certificate along, its signature too.
func (x *exchange) checkAssertion(form url.Values, id string, app App) *Error {
	switch {
	case form.Get("client_assertion") == "":
		return missing("client_assertion")
	case form.Get("client_assertion_type") == "":
		return missing("client_assertion_type")
	case form.Get("client_assertion_type") != assertionType:
		return malformed(invalidRequest).hinted("client_assertion_type is %s", assertionType)
	}
	parsed, err := jwt.ParseSigned(form.Get("client_assertion"), assertionAlgorithms())
	var algorithm *jose.ErrUnexpectedSignatureAlgorithm
	if errors.As(err, &algorithm) {
		return refuse(invalidClient, 5002738, "Invalid JWT token. '%s' is not a supported signature algorithm. Supported signing algorithms are: 'RS256, RS384, RS512, PS256, PS384, PS512'.", algorithm.Got)
	}
	if err != nil {
		return refuse(invalidClient, 50027, "JWT token is invalid or malformed.").hinted("client_assertion has to be a JWT of three parts, signed with RS256 or PS256")
	}
	key := keyOf(form.Get("client_assertion"))
	if key.thumbprint == "" && key.leaf == nil {
		return refuse(invalidClient, 50027, "Invalid JWT token. No certificate thumbprint specified in token header.").hinted("put x5t, x5t#S256 or x5c into the header of the assertion")
	}
	var said jwt.Claims
	if err := parsed.UnsafeClaimsWithoutVerification(&said); err != nil {
		return refuse(invalidClient, 50027, "JWT token is invalid or malformed.").hinted("read the claims of client_assertion: they are no JSON object, or their types are wrong")
	}
	if refused := x.checkAssertionClaims(said, id); refused != nil {
		return refused
	}
	return checkAssertionKey(parsed, key, id, app)
}

// malformed is the refusal that the service has for most of what it can't read.
func malformed(name string) *Error {
	return refuse(name, 9002313, "Invalid request. Request is malformed or invalid.")
}

func (x *exchange) checkAssertionClaims(said jwt.Claims, id string) *Error {
	const review = " Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."
	now := x.config.Now()
	switch {
	case !strings.EqualFold(said.Issuer, id) || !strings.EqualFold(said.Subject, id):
		return refuse(invalidClient, 700021, "Client assertion application identifier doesn't match 'client_id' parameter.%s", review).hinted("iss and sub of the assertion are both the client_id")
	case len(said.Audience) > 1:
		return refuse(invalidClient, 5002741, "Number of audience values in the provided client credential exceed maximum allowed. %d audience values provided, maximum allowed is 1.", len(said.Audience))
	case len(said.Audience) == 0 || !x.isOwn(said.Audience[0]):
		return refuse(invalidClient, 700023, "Client assertion audience claim does not match Realm issuer.%s", review).hinted("aud of the assertion is %s", x.tokenEndpoint())
	case said.Expiry == nil:
		return refuse(invalidClient, 50027, "Invalid JWT token. The claim 'exp' is missing.")
	}
	from := time.Time{}
	if said.NotBefore != nil {
		from = said.NotBefore.Time()
	}
	if now.Before(from.Add(-clockSkew)) || !now.Before(said.Expiry.Time().Add(clockSkew)) {
		const form = "2006-01-02T15:04:05.0000000Z"
		return refuse(invalidClient, 700024, "Client assertion is not within its valid time range. Current time: %s, assertion valid from %s, expiry time of assertion %s.%s",
			now.UTC().Format(form), from.UTC().Format(form), said.Expiry.Time().UTC().Format(form), review).hinted("tokens are dated on the wall clock, whatever the emulator's own time is")
	}
	return nil
}

func (x *exchange) tokenEndpoint() string {
	version := "/v2.0"
	if x.v1 {
		version = ""
	}
	return x.origin + "/" + x.tenant.name + "/oauth2" + version + "/token"
}

// isOwn tells whether an audience is this authority: its token endpoint or issuer, by the host that was called, by another of this
// machine, or by the service's own name. Libraries differ in which they write.
func (x *exchange) isOwn(audience string) bool {
	u, err := url.Parse(strings.ToLower(audience))
	if err != nil || !slices.Contains([]string{"https", "http"}, u.Scheme) {
		return false
	}
	_, here, _ := strings.Cut(x.origin, "://")
	if !strings.EqualFold(u.Host, here) && !serve.IsLoopback(u.Host) && "https://"+u.Host != microsoft {
		return false
	}
	name, rest, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if t, refused := x.tenantOf(name); refused != nil || t.id != x.tenant.id {
		return false
	}
	return slices.Contains([]string{"", "v2.0", "oauth2/token", "oauth2/v2.0/token"}, strings.TrimSuffix(rest, "/"))
}

// assertionKey is by which key an assertion says that it is signed.
type assertionKey struct {
	thumbprint string // SHA-1 in upper-case hex, as the service prints it, or SHA-256
	leaf       *x509.Certificate
}

// keyOf reads the header of an assertion, which has been parsed already: what is not there is not there.
func keyOf(assertion string) assertionKey {
	var header struct {
		X5t     string   `json:"x5t"`
		X5tS256 string   `json:"x5t#S256"`
		X5c     [][]byte `json:"x5c"` // standard base64, as JSON has bytes
	}
	first, _, _ := strings.Cut(assertion, ".")
	if text, err := base64.RawURLEncoding.DecodeString(first); err != nil || json.Unmarshal(text, &header) != nil {
		return assertionKey{}
	}
	var k assertionKey
	if len(header.X5c) > 0 {
		k.leaf, _ = x509.ParseCertificate(header.X5c[0]) // nil if it is none: then it is as if there were none
	}
	urlAlphabet := strings.NewReplacer("+", "-", "/", "_", "=", "") // MSAL for Go writes the other one
	for _, text := range []string{header.X5t, header.X5tS256} {
		if sum, err := base64.RawURLEncoding.DecodeString(urlAlphabet.Replace(text)); err == nil && len(sum) > 0 && k.thumbprint == "" {
			k.thumbprint = strings.ToUpper(hex.EncodeToString(sum))
		}
	}
	if k.thumbprint == "" && k.leaf != nil {
		k.thumbprint = prints(k.leaf)[0]
	}
	return k
}

// prints are the thumbprints of a certificate.
func prints(c *x509.Certificate) [2]string {
	old, now := sha1.Sum(c.Raw), sha256.Sum256(c.Raw) //nolint:gosec // see the import
	return [2]string{strings.ToUpper(hex.EncodeToString(old[:])), strings.ToUpper(hex.EncodeToString(now[:]))}
}

func checkAssertionKey(parsed *jwt.JSONWebToken, key assertionKey, id string, app App) *Error {
	cert := app.Certificate
	if cert == nil && app.Secret == "" {
		cert = key.leaf // nobody knows better
	}
	known := app.Certificate != nil || app.Secret != ""
	var ignored rawClaims
	switch {
	case cert != nil && !isUsable(cert):
		return refuse(invalidClient, 700027, "Client assertion failed signature validation. [Reason - Key was found, but use of the key to verify the signature failed., Thumbprint of key used by client: '%s'.]", key.thumbprint).
			hinted("the certificate's key is no RSA key of at most %d bits", mostAssertionBits)
	case known && (cert == nil || key.thumbprint != prints(cert)[0] && key.thumbprint != prints(cert)[1]):
		return refuse(invalidClient, 700027, "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '%s', Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '%s'.]", key.thumbprint, id).
			hinted("the emulator was given another credential for this application (--app)")
	case cert != nil && parsed.Claims(cert.PublicKey, &ignored) != nil:
		return refuse(invalidClient, 700027, "Client assertion failed signature validation. [Reason - Key was found, but use of the key to verify the signature failed., Thumbprint of key used by client: '%s'.]", key.thumbprint).
			hinted("the assertion was signed with another key than that of its certificate, or changed after it was signed")
	}
	return nil
}

// mostAssertionBits bounds keys that come with an assertion: the time that a signature takes to check grows with their square, and one
// of a megabyte would take a minute. TLS has the same bound.
const mostAssertionBits = 8192

// isUsable tells whether a certificate's key can have signed an assertion, and costs little to check.
func isUsable(cert *x509.Certificate) bool {
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	return ok && key.N.BitLen() <= mostAssertionBits
}
