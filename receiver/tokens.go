package receiver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/serve"
)

// MicrosoftAuthority signs the tokens of the real service.
const MicrosoftAuthority = "https://login.microsoftonline.com"

// Tokens says how the validation tokens of requests are checked. The zero value checks none.
type Tokens struct {
	// Authority is the base URL of who signs them: MicrosoftAuthority, or an emulator's. Keys are fetched there and nowhere else.
	Authority string
	// Apps are the ids of the apps that they may be for. At least one is needed: a token for another app proves nothing.
	Apps []string
	HTTP *http.Client // http.DefaultClient if nil; redirects are never followed
}

// The claims that a token of change notifications has. Its publisher is the same everywhere (W4.10-13, W4.10-14).
const (
	publisher = "0bf30f3b-4a52-48df-9a82-234910c4a086"
	version1  = "1.0"
	version2  = "2.0"
	issuer1   = "https://sts.windows.net/"
	// clocksDiffer is how long after its end, and before its beginning, a token is taken.
	clocksDiffer = time.Minute
)

func (t Tokens) check() error {
	if t.Authority == "" {
		return nil
	}
	u, err := url.Parse(t.Authority)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("check tokens: the authority is not of the form https://HOST")
	case u.Scheme == "http" && !serve.IsLoopback(u.Hostname()):
		return fmt.Errorf("check tokens: keys that come from %s over http prove nothing: want https", u.Host)
	case len(t.Apps) == 0:
		return errors.New("check tokens: it is not said for which apps they may be")
	}
	return nil
}

// claims are what a token says.
type claims struct {
	Version   string           `json:"ver"`
	Issuer    string           `json:"iss"`
	Audience  jwt.Audience     `json:"aud"`
	Tenant    string           `json:"tid"`
	AppID     string           `json:"appid"`
	Party     string           `json:"azp"`
	NotBefore *jwt.NumericDate `json:"nbf"`
	Expires   *jwt.NumericDate `json:"exp"`
}

// verdict is what was found out about one token, or about all of a request.
type verdict struct {
	token  diagnosis.Token
	detail string
	claims claims // of a token whose signature is right
}

func found(token diagnosis.Token, format string, args ...any) *verdict {
	return &verdict{token: token, detail: fmt.Sprintf(format, args...)}
}

// checked are the verdicts on the tokens of one request.
type checked []*verdict

// of is the verdict on an item of the request, and of what is encrypted in it, if anything is. One token that is wrong spoils all (W4.10-17): which items it is for cannot be told.
func (c checked) of(tenant string, content *sealed) *verdict {
	if len(c) == 0 {
		if content != nil {
			return found(diagnosis.TokenMissing, "validationTokens is not there, or has no entry")
		}
		return nil
	}
	var unjudged, right *verdict
	for _, v := range c {
		switch {
		case v.token == diagnosis.TokenUnjudged:
			unjudged = v
		case v.token != diagnosis.TokenRight:
			return v
		case tenant == "" || strings.EqualFold(v.claims.Tenant, tenant):
			right = v
		}
	}
	switch {
	case unjudged != nil:
		return unjudged
	case right != nil:
		return right
	}
	return found(diagnosis.TokenTenant, "the item is from tenant %s, the tokens from %s", tenant, c[0].claims.Tenant)
}

// checker checks tokens.
type checker struct {
	tokens Tokens
	keys   *keyring
}

func newChecker(t Tokens) *checker {
	t.Authority = strings.TrimRight(t.Authority, "/")
	return &checker{t, newKeyring(t)}
}

// check checks the tokens of one request, on the wall's clock: tokens are dated by that.
func (c *checker) check(ctx context.Context, tokens []string, now time.Time) checked {
	all := make(checked, len(tokens))
	for i, text := range tokens {
		all[i] = c.one(ctx, text, now)
		if all[i].detail != "" && len(tokens) > 1 {
			all[i].detail = fmt.Sprintf("number %d of %d: %s", i+1, len(tokens), all[i].detail)
		}
	}
	return all
}

func (c *checker) one(ctx context.Context, text string, now time.Time) *verdict {
	token, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.RS256})
	var algorithm *jose.ErrUnexpectedSignatureAlgorithm
	switch {
	case errors.As(err, &algorithm):
		return found(diagnosis.TokenAlgorithm, "the algorithm is %q", algorithm.Got)
	case err != nil:
		return found(diagnosis.TokenMalformed, "it is no signed JWT of three parts")
	}
	id := token.Headers[0].KeyID
	key, err := c.keys.get(ctx, id)
	switch {
	case err != nil:
		return found(diagnosis.TokenUnjudged, "%s", err)
	case key == nil:
		return found(diagnosis.TokenStrange, "the key is %q", id)
	}
	v := &verdict{}
	switch err := token.Claims(key, &v.claims); {
	case errors.Is(err, jose.ErrCryptoFailure):
		return found(diagnosis.TokenSignature, "the key is %q", id)
	case err != nil:
		return found(diagnosis.TokenMalformed, "its claims can't be read")
	}
	v.token, v.detail = c.judge(&v.claims, now)
	return v
}

// judge judges what a token says that the authority signed.
func (c *checker) judge(t *claims, now time.Time) (diagnosis.Token, string) {
	if missing := t.missing(); missing != "" {
		return diagnosis.TokenMalformed, "it has no " + missing
	}
	party := t.AppID
	if t.Version == version2 {
		party = t.Party
	}
	switch {
	case !slices.Contains(c.issuers(t), t.Issuer):
		return diagnosis.TokenIssuer, fmt.Sprintf("iss is %q, ver %q, tid %q", t.Issuer, t.Version, t.Tenant)
	case !slices.ContainsFunc(t.Audience, c.expects):
		return diagnosis.TokenAudience, fmt.Sprintf("aud is %q, want one of %q", t.Audience, c.tokens.Apps)
	case party != publisher:
		return diagnosis.TokenPublisher, fmt.Sprintf("it is of %q", party)
	case now.Add(-clocksDiffer).After(t.Expires.Time()):
		return diagnosis.TokenExpired, fmt.Sprintf("it ended at %s, it is %s", stamp(t.Expires.Time()), stamp(now))
	case t.NotBefore != nil && now.Add(clocksDiffer).Before(t.NotBefore.Time()):
		return diagnosis.TokenEarly, fmt.Sprintf("it begins at %s, it is %s", stamp(t.NotBefore.Time()), stamp(now))
	}
	return diagnosis.TokenRight, ""
}

// expects tells whether a token may be for an app: ids are GUIDs, in either case.
func (c *checker) expects(app string) bool {
	return slices.ContainsFunc(c.tokens.Apps, func(expected string) bool { return strings.EqualFold(expected, app) })
}

// issuers are those that a token may have. The authority that was named may sign in its own name.
func (c *checker) issuers(t *claims) []string {
	switch t.Version {
	case version1:
		return []string{issuer1 + t.Tenant + "/"}
	case version2:
		return []string{MicrosoftAuthority + "/" + t.Tenant + "/v2.0", c.tokens.Authority + "/" + t.Tenant + "/v2.0"}
	}
	return nil
}

// missing names a claim that every token has (W4.10-15) and this one lacks.
func (t *claims) missing() string {
	switch {
	case t.Expires == nil:
		return "exp"
	case len(t.Audience) == 0:
		return "aud"
	case t.Issuer == "":
		return "iss"
	case t.Tenant == "":
		return "tid"
	}
	return ""
}

func stamp(t time.Time) string { return t.UTC().Format(time.DateTime) + "Z" }
