package emulator_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
)

// publisher is who sends notifications with encrypted content, to whoever checks it.
const publisher = "0bf30f3b-4a52-48df-9a82-234910c4a086"

// keysOf are the keys that an emulator publishes at a path, by their ids.
func (w *world) keysOf(path string) map[string]*rsa.PublicKey {
	w.t.Helper()
	var set struct {
		Keys []struct{ Kid, Kty, N, E string }
	}
	if err := json.Unmarshal([]byte(w.must(200, "GET", path, "").body), &set); err != nil {
		w.t.Fatal(err)
	}
	keys := map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		if k.Kty != "RSA" {
			w.t.Errorf("key %s is of the type %s", k.Kid, k.Kty)
		}
		keys[k.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(unpadded(w.t, k.N)), E: int(new(big.Int).SetBytes(unpadded(w.t, k.E)).Int64())}
	}
	return keys
}

func unpadded(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// verified checks a token as the documents tell a receiver to, for a form, and returns what is wrong and what it says.
func (w *world) verified(token, form, tenant string, apps ...string) (wrong []string, claims map[string]any) {
	w.t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		w.t.Fatalf("%q is no token", token)
	}
	var header struct{ Alg, Kid, Typ string }
	for i, into := range []any{&header, &claims} {
		if err := json.Unmarshal(unpadded(w.t, parts[i]), into); err != nil {
			w.t.Fatal(err)
		}
	}
	path, party, proof, issuer := "/common/discovery/keys", "appid", "appidacr", "https://sts.windows.net/"+tenant+"/"
	if form == "2.0" {
		path, party, proof, issuer = "/common/discovery/v2.0/keys", "azp", "azpacr", "https://login.microsoftonline.com/"+tenant+"/v2.0"
	}
	check := func(what string, good bool) {
		if !good {
			wrong = append(wrong, what)
		}
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	key := w.keysOf(path)[header.Kid]
	check("signature", header.Alg == "RS256" && key != nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], unpadded(w.t, parts[2])) == nil)
	check("version", claims["ver"] == form)
	check("issuer", claims["iss"] == issuer)
	check("audience", slices.Contains(apps, textOf(claims["aud"])))
	check("publisher", claims[party] == publisher && claims[proof] == "2")
	moment := func(name string) time.Time { seconds, _ := claims[name].(float64); return time.Unix(int64(seconds), 0) }
	now := time.Now() // receivers know the wall's clock only
	check("time", !moment("nbf").After(now.Add(time.Second)) && !moment("iat").After(now.Add(time.Second)) && moment("exp").After(now))
	for _, name := range []string{"tid", "oid", "sub"} {
		check(name, textOf(claims[name]) != "" && (name != "tid" || claims[name] == tenant))
	}
	return wrong, claims
}

// tokens are those of a body.
func (b richBody) tokens(t *testing.T) []string {
	t.Helper()
	var tokens []string
	if err := json.Unmarshal(b.Tokens, &tokens); err != nil {
		t.Fatalf("%v: %s", err, b.Tokens)
	}
	return tokens
}

// Whoever gets content can check who sent it, in the form that was asked for.
//
// rules: W4.10-12 W4.10-13 W4.10-14 W4.10-15 W4.10-16 W10-21 R31
func TestValidationTokens(t *testing.T) {
	for _, tt := range []struct {
		name string
		form emulator.ValidationTokens
		ver  string
		life time.Duration
	}{
		{"the first form unless told", 0, "1.0", 8 * time.Hour},
		{"the second form", emulator.TokensV2, "2.0", 24 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, func(c *emulatortest.Config) { c.ValidationTokens = tt.form })
			w.must(201, "POST", "/v1.0/subscriptions", w.richRequest(readers()[0]))
			w.advance(30 * time.Minute) // tokens are dated on the wall's clock all the same
			w.raise("message.created")
			w.settle()
			tokens := w.richBodies()[0].tokens(t)
			if len(tokens) != 1 {
				t.Fatalf("%d tokens", len(tokens))
			}
			wrong, claims := w.verified(tokens[0], tt.ver, emulator.DefaultTenant, emulator.DefaultApp)
			if len(wrong) > 0 {
				t.Errorf("wrong are %v of %v", wrong, claims)
			}
			issued, _ := claims["iat"].(float64)
			expires, _ := claims["exp"].(float64)
			if life := time.Duration(expires-issued) * time.Second; life < tt.life-time.Hour || life > tt.life+time.Hour {
				t.Errorf("it is good for %v", life)
			}
		})
	}
}

// rules: W4.10-12
func TestNoValidationTokens(t *testing.T) {
	w := newWorld(t, func(c *emulatortest.Config) { c.ValidationTokens = emulator.NoTokens })
	w.must(201, "POST", "/v1.0/subscriptions", w.richRequest(readers()[0]))
	w.raise("message.created")
	w.settle()
	if got := w.hook.deliveries()[0].body; !strings.HasSuffix(got, `"validationTokens":null}`) {
		t.Errorf("the body ends with %q", got[max(0, len(got)-80):])
	}
}

// A request has a token for every application and tenant of its notifications, whoever else is in it.
//
// rules: W4.10-12 W4.10-15 W1.4-12
func TestTokensAreForEachAudience(t *testing.T) {
	const first, second, third = "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002", "33333333-0000-4000-8000-000000000003"
	w := newWorld(t)
	subscribe := func(app, user string, change ...string) {
		w.must(201, "POST", "/v1.0/subscriptions", w.richRequest(readers()[0], change...),
			"Authorization", "Bearer "+token(fmt.Sprintf(`{"appid":%q,"upn":%q,"scp":"Mail.Read"}`, app, user)))
	}
	subscribe(first, "user@contoso.com")
	subscribe(first, "user@contoso.com", "changeType", `"created"`)
	subscribe(second, "user@contoso.com")
	subscribe(second, "user@contoso.com", "changeType", `"created"`, "notificationUrlAppId", `"`+third+`"`)
	subscribe(first, "ann@outlook.com")
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("changeType", `"created"`), "Authorization", "Bearer "+token(`{"appid":"plain","upn":"user@contoso.com"}`))
	w.Change(control.Change{Change: "created", Collection: "message", Together: true, Count: 2})
	w.settle()
	w.Change(control.Change{Change: "created", Collection: "message", Mailbox: "ann@outlook.com"})
	w.settle()

	var got []string
	for _, body := range w.richBodies() {
		tenant := body.Value[0].TenantID
		var told []string
		for _, text := range body.tokens(t) {
			wrong, claims := w.verified(text, "1.0", tenant, first, second, third)
			if len(wrong) > 0 {
				t.Errorf("wrong are %v of %v", wrong, claims)
			}
			told = append(told, textOf(claims["aud"])[:1])
		}
		slices.Sort(told)
		got = append(got, fmt.Sprintf("%d: %s", len(body.Value), strings.Join(told, " ")))
	}
	if diff := cmp.Diff([]string{"10: 1 2 3", "1: 1"}, got); diff != "" {
		t.Errorf("notifications and audiences of each request (-want +got):\n%s", diff)
	}
}

// Each fault of content and its tokens breaks what it says, once, and nothing else; what is no content neither suffers nor counts.
//
// rules: W4.10-05 W4.10-07 W4.10-12 W4.10-13 W4.10-15 W4.10-17
func TestFaultsOfEncryptedContent(t *testing.T) {
	const id, opens, thumbprint, noTokens = "id", "opens", "thumbprint", "tokens"
	for _, tt := range []struct {
		spec string
		want []string // what a receiver finds wrong
	}{
		{"wrong-signature:next=1", []string{opens}},
		{"wrong-certificate-id:next=1", []string{id}},
		{"wrong-certificate-id:next=1,id=second-key", []string{id}},
		{"rotated-certificate:next=1", []string{opens, thumbprint}},
		{"missing-validation-tokens:next=1", []string{noTokens}},
		{"expired-validation-tokens:next=1", []string{"time"}},
		{"forged-validation-tokens:next=1", []string{"signature"}},
		{"wrong-audience:next=1", []string{"audience"}},
		{"wrong-issuer:next=1", []string{"issuer"}},
		{"wrong-publisher:next=1", []string{"publisher"}},
	} {
		t.Run(tt.spec, func(t *testing.T) {
			w := faulty(t, tt.spec)
			w.must(201, "POST", "/v1.0/subscriptions", w.graphBody())
			w.raise("message.created")
			w.settle()
			w.must(201, "POST", "/v1.0/subscriptions", w.richRequest(readers()[0], "changeType", `"created"`))
			for range 2 {
				w.raise("event.created")
				w.raise("message.created")
				w.settle()
			}
			var found [][]string
			for _, body := range w.richBodies() {
				if strings.HasPrefix(body.Value[0].Resource, "Users/") && len(body.Value) == 1 {
					continue // basic
				}
				item := body.Value[slices.IndexFunc(body.Value, func(i richItem) bool { return i.Content != nil })]
				wrong := []string{}
				if item.Content.EncryptionCertificateID != readers()[0].id {
					wrong = append(wrong, id)
				}
				if _, err := readers()[0].open(item.Content); err != nil {
					wrong = append(wrong, opens)
				}
				if item.Content.EncryptionCertificateThumbprint != readers()[0].thumbprint() {
					wrong = append(wrong, thumbprint)
				}
				if body.Tokens == nil {
					wrong = append(wrong, noTokens)
				} else {
					of, _ := w.verified(body.tokens(t)[0], "1.0", emulator.DefaultTenant, emulator.DefaultApp)
					wrong = append(wrong, of...)
				}
				found = append(found, wrong)
			}
			if diff := cmp.Diff([][]string{tt.want, {}}, found); diff != "" {
				t.Errorf("what a receiver finds wrong (-want +got):\n%s", diff)
			}
			if n := w.counter("faults"); n != 1 {
				t.Errorf("it struck %d times", n)
			}
		})
	}
}

// A deletion brings no content, so that nothing is wrong with its seal; its tokens can be.
//
// rules: W4.10-11
func TestFaultsOfSealsSpareDeletions(t *testing.T) {
	w := faulty(t, "wrong-signature:on=any", "missing-validation-tokens:on=deleted")
	w.must(201, "POST", "/v1.0/subscriptions", w.richRequest(readers()[0], "changeType", `"deleted"`))
	w.raise("message.deleted")
	w.settle()
	body := w.richBodies()[0]
	if body.Tokens != nil || body.Value[0].Content != nil || w.counter("faults") != 1 {
		t.Errorf("%d faults struck: %+v", w.counter("faults"), body)
	}
}

// What a fault made wrong stays so in a retry and in a copy.
//
// rules: W3.3-02
func TestFaultsOfEncryptedContentStay(t *testing.T) {
	w := faulty(t, "wrong-signature:next=1", "duplicate:next=1,copies=3")
	w.must(201, "POST", "/v1.0/subscriptions", w.richRequest(readers()[0]))
	w.raise("message.created")
	w.settle()
	bodies := w.hook.deliveries()
	for _, b := range bodies[1:] {
		if b.body != bodies[0].body {
			t.Errorf("a copy differs:\n%s\n%s", b.body, bodies[0].body)
		}
	}
	if len(bodies) != 4 {
		t.Errorf("%d requests", len(bodies))
	}
}
