package emulator

import (
	"fmt"
	"slices"

	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/login"
)

// ValidationTokens is the form of the tokens by which a receiver of notifications with encrypted content knows who sent them.
type ValidationTokens uint8

// The forms (W4.10-13, W4.10-14). Some receivers know the first one only.
const (
	TokensV1 ValidationTokens = iota // issued by sts.windows.net, with the publisher in appid
	TokensV2                         // issued by login.microsoftonline.com, with the publisher in azp
	NoTokens                         // none: what an application gets that is not set up for them
)

// ValidationTokenForms are the names of the forms, the usual one first.
func ValidationTokenForms() []string { return []string{"v1", "v2", "none"} }

// ParseValidationTokens reads the name of a form.
func ParseValidationTokens(name string) (ValidationTokens, error) {
	if i := slices.Index(ValidationTokenForms(), name); i >= 0 {
		return ValidationTokens(i), nil
	}
	return TokensV1, fmt.Errorf("choose validation tokens: there are none of the form %q", name)
}

// signer is what gives notifications their tokens; nil for none.
func (s *Server) signer() func(tenant, app string, flaw fault.Flaw) string {
	version := login.V1
	switch s.config.ValidationTokens {
	case NoTokens:
		return nil
	case TokensV2:
		version = login.V2
	case TokensV1:
	}
	return func(tenant, app string, flaw fault.Flaw) string {
		token, err := s.login.ValidationToken(tenant, app, login.Form{Version: version, Flaw: flawOf(flaw)})
		if err != nil {
			s.config.Log.Error("sign a validation token", "error", err)
		}
		return token
	}
}

// flawOf is a fault's flaw in the authority's words.
func flawOf(flaw fault.Flaw) login.Flaw {
	return [...]login.Flaw{
		fault.NoFlaw:               login.Sound,
		fault.Expired:              login.Expired,
		fault.Forged:               login.WrongSignature,
		fault.ForAnother:           login.WrongAudience,
		fault.FromAnotherIssuer:    login.WrongIssuer,
		fault.FromAnotherPublisher: login.WrongPublisher,
	}[flaw]
}
