package login

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Publisher is the application in whose name the service notifies (W4.10-16).
const Publisher = "0bf30f3b-4a52-48df-9a82-234910c4a086"

// Version is the form of a token.
type Version uint8

// The versions.
const (
	V1 Version = iota // issued by sts.windows.net, with appid
	V2                // issued by login.microsoftonline.com, with azp
)

// Flaw is what is wrong with a token on request.
type Flaw uint8

// The flaws.
const (
	Sound Flaw = iota
	Expired
	WrongSignature
	WrongAudience
	WrongIssuer
	WrongPublisher
)

// Form is how a validation token is made. The zero value is what the service sends by default (W10-21).
type Form struct {
	Version Version
	Flaw    Flaw
}

const (
	// How long validation tokens are good, by their version (wire: about 8 and 24 hours).
	validationLifeV1 = 8 * time.Hour
	validationLifeV2 = 24 * time.Hour

	// validationReuse is how long one is sent again before the next is signed: a signature costs as much as ten notifications, and a
	// token that is reused so long is still good for hours.
	validationReuse = time.Hour

	// mostValidations bounds the tokens kept for reuse; an emulator with more applications than that signs anew.
	mostValidations = 1024
)

// validation is what validation tokens differ in.
type validation struct {
	tenant, app string
	form        Form
}

// signed is a token that can be sent again until it has to be signed anew.
type signed struct {
	token string
	until time.Time
}

// ValidationToken is the JWT by which a receiver of notifications with resource data knows who sent them (W4.10-12 to W4.10-17): for
// the tenant, and for the application that subscribed. Any receiver can check it with the keys of this authority.
func (a *Authority) ValidationToken(tenant, app string, form Form) (string, error) {
	tenant, app = strings.ToLower(tenant), strings.ToLower(app)
	kind, now := validation{tenant, app, form}, a.config.Now()
	a.mu.Lock()
	kept, ok := a.validations[kind]
	a.mu.Unlock()
	if ok && now.Before(kept.until) {
		return kept.token, nil
	}
	token, err := a.signValidation(kind, now)
	if err != nil {
		return "", fmt.Errorf("make the validation token of application %s: %w", app, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.validations) >= mostValidations {
		clear(a.validations)
	}
	a.validations[kind] = signed{token, now.Add(validationReuse)}
	return token, nil
}

func (a *Authority) signValidation(v validation, now time.Time) (string, error) {
	claims := a.validationClaims(v, now)
	token, err := a.keys().sign(claims)
	if err != nil || v.form.Flaw != WrongSignature {
		return token, err
	}
	return tamper(token), nil
}

func (a *Authority) validationClaims(v validation, now time.Time) *Claims {
	subject := uuid.NewSHA1(uuid.MustParse(Publisher), []byte(v.tenant)).String() // the service's own object in that tenant
	life := validationLifeV1
	if v.form.Version == V2 {
		life = validationLifeV2
	}
	claims := &Claims{
		Audience: v.app, Tenant: v.tenant, Object: subject, Subject: subject, Unique: uniqueID(),
		Issued: Seconds(now), NotBefore: Seconds(now), Expires: Seconds(now.Add(life)),
	}
	publisher := Publisher
	switch v.form.Flaw {
	case Expired:
		claims.Issued, claims.NotBefore, claims.Expires = Seconds(now.Add(-2*life)), Seconds(now.Add(-2*life)), Seconds(now.Add(-life))
	case WrongAudience:
		claims.Audience = uuid.NewSHA1(uuid.MustParse(Publisher), []byte("somebody else's application")).String()
	case WrongPublisher:
		publisher = v.app
	case Sound, WrongSignature, WrongIssuer:
	}
	claims.Issuer, claims.Version = issuerV1(v.tenant), "1.0"
	claims.IdentityProvider = claims.Issuer
	if v.form.Version == V2 {
		claims.Issuer, claims.Version = issuerV2(microsoft, v.tenant), "2.0"
		claims.Party, claims.PartyProof = publisher, provenByCertificate
	} else {
		claims.App, claims.AppProof = publisher, provenByCertificate
	}
	if v.form.Flaw == WrongIssuer {
		claims.Issuer = "https://login.example.com/" + v.tenant + "/"
	}
	return claims
}

// tamper spoils a token's signature, and nothing else about it.
func tamper(token string) string {
	at := strings.LastIndexByte(token, '.') + 1
	swapped := byte('A')
	if token[at] == 'A' {
		swapped = 'B'
	}
	return token[:at] + string(swapped) + token[at+1:]
}
