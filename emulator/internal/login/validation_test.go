package login

import (
	"errors"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	keysV1 = "/common/discovery/keys"
	keysV2 = "/common/discovery/v2.0/keys"
)

func TestValidationToken(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, tc := range []struct {
		about     string
		rules     string
		form      Form
		keys      string
		issuer    string
		version   string
		publisher string // the claim that names it
		proof     string
		audience  string
		life      time.Duration
	}{
		{"the first version, which is sent by default", "rules: W4.10-13 W4.10-15 W4.10-16 W10-21 R31", Form{}, keysV1,
			"https://sts.windows.net/" + testTenant + "/", "1.0", "appid", "appidacr", otherApp, 8 * time.Hour},
		{"the first, by the keys that samples read", "rules: R31", Form{}, keysV2,
			"https://sts.windows.net/" + testTenant + "/", "1.0", "appid", "appidacr", otherApp, 8 * time.Hour},
		{"the second version", "rules: W4.10-14 W4.10-15 W4.10-16", Form{Version: V2}, keysV2,
			"https://login.microsoftonline.com/" + testTenant + "/v2.0", "2.0", "azp", "azpacr", otherApp, 24 * time.Hour},
	} {
		t.Run(tc.about, func(t *testing.T) {
			token, err := r.ValidationToken(testTenant, otherApp, tc.form)
			if err != nil {
				t.Fatal(err)
			}
			claims := r.claimsOf(token, tc.keys)
			for name, want := range map[string]any{
				"iss": tc.issuer, "ver": tc.version, tc.publisher: "0bf30f3b-4a52-48df-9a82-234910c4a086", tc.proof: "2",
				"aud": tc.audience, "tid": testTenant, "iat": float64(r.now.Unix()), "nbf": float64(r.now.Unix()),
				"exp": float64(r.now.Add(tc.life).Unix()),
			} {
				if claims[name] != want {
					t.Errorf("%s is %v, want %v", name, claims[name], want)
				}
			}
			if claims["oid"] == nil || claims["sub"] == nil {
				t.Errorf("oid or sub is missing: %v", claims)
			}
		})
	}
}

func TestFlawsOfValidationTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	sound, err := r.ValidationToken(testTenant, otherApp, Form{})
	if err != nil {
		t.Fatal(err)
	}
	want := r.claimsOf(sound, keysV1)
	for _, tc := range []struct {
		about string
		flaw  Flaw
		claim string // what differs from a sound one; empty for the signature
	}{
		{"expired", Expired, "exp"},
		{"signed by nobody", WrongSignature, ""},
		{"for another application", WrongAudience, "aud"},
		{"of another issuer", WrongIssuer, "iss"},
		{"of another publisher", WrongPublisher, "appid"},
	} {
		t.Run(tc.about, func(t *testing.T) {
			token, err := r.ValidationToken(testTenant, otherApp, Form{Flaw: tc.flaw})
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.checked(token, keysV1)
			if tc.claim == "" {
				if !errors.Is(err, jose.ErrCryptoFailure) {
					t.Fatalf("its signature is taken for good: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"exp", "aud", "iss", "appid"} {
				if differs := got[name] != want[name]; differs != (name == tc.claim) {
					t.Errorf("%s is %v, a sound one has %v", name, got[name], want[name])
				}
			}
			if exp, _ := got["exp"].(float64); tc.flaw == Expired && int64(exp) >= r.now.Unix() {
				t.Errorf("it expires at %v, which is not over", got["exp"])
			}
		})
	}
}

// A signature costs as much as ten notifications, so a token is sent again while it is good for hours.
func TestValidationTokensAreSentAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first, _ := r.ValidationToken(testTenant, otherApp, Form{})
	r.now = r.now.Add(validationReuse - time.Second)
	again, _ := r.ValidationToken(testTenant, otherApp, Form{})
	if again != first {
		t.Error("another token was signed within the hour")
	}
	if other, _ := r.ValidationToken(testTenant, testApp, Form{}); other == first {
		t.Error("two applications got the same token")
	}
	r.now = r.now.Add(time.Second)
	if later, _ := r.ValidationToken(testTenant, otherApp, Form{}); later == first {
		t.Error("after an hour the same token was sent")
	}
}
