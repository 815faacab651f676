package receiver_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/receiver"
)

const (
	authorityURL = "https://login.test"
	myApp        = "11111111-2222-3333-4444-555555555555"
	myTenant     = "84bd" // of graphItem
	publisher    = "0bf30f3b-4a52-48df-9a82-234910c4a086"
)

// authority serves keys, and counts how often it is asked.
type authority struct {
	asked atomic.Int32

	mu     sync.Mutex
	answer func(path string) (status int, body string)
}

func (a *authority) set(answer func(path string) (int, string)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = answer
}

// RoundTrip implements [http.RoundTripper].
func (a *authority) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	a.asked.Add(1)
	if req.URL.Scheme+"://"+req.URL.Host != authorityURL {
		return nil, fmt.Errorf("somebody else is asked: %s", req.URL)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	status, body := a.answer(req.URL.Path)
	return &http.Response{
		StatusCode: status, Header: http.Header{"Location": {"https://elsewhere.test/keys"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: req,
	}, nil
}

// serving is an authority that serves the public halves of keys, both by the old path and by the new.
func serving(t testing.TB, keys ...jose.JSONWebKey) *authority {
	t.Helper()
	body := setOf(t, keys...)
	a := &authority{}
	a.set(func(path string) (int, string) {
		if path != "/common/discovery/v2.0/keys" && path != "/common/discovery/keys" {
			return http.StatusNotFound, ""
		}
		return http.StatusOK, body
	})
	return a
}

func setOf(t testing.TB, keys ...jose.JSONWebKey) string {
	t.Helper()
	var set jose.JSONWebKeySet
	for _, k := range keys {
		set.Keys = append(set.Keys, k.Public())
	}
	body, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func (a *authority) tokens() receiver.Tokens {
	return receiver.Tokens{Authority: authorityURL + "/", Apps: []string{"another", strings.ToUpper(myApp)}, HTTP: &http.Client{Transport: a}}
}

// Signing keys, made once for all tests.
var (
	signing  = sync.OnceValue(func() jose.JSONWebKey { return signingKey("key-1") })
	strange  = sync.OnceValue(func() jose.JSONWebKey { return signingKey("key-2") })
	impostor = sync.OnceValue(func() jose.JSONWebKey { return signingKey("key-1") })
)

func signingKey(id string) jose.JSONWebKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return jose.JSONWebKey{Key: key, KeyID: id, Use: "sig", Algorithm: "RS256"}
}

// claimsV1 is what the service says in a token of version 1.0, with changes.
func claimsV1(changes map[string]any) map[string]any {
	now := time.Now()
	c := map[string]any{
		"ver": "1.0", "iss": "https://sts.windows.net/" + myTenant + "/", "aud": myApp, "tid": myTenant,
		"appid": publisher, "appidacr": "2", "oid": "o", "sub": "o",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(8 * time.Hour).Unix(),
	}
	maps.Copy(c, changes)
	for name, value := range changes {
		if value == nil {
			delete(c, name)
		}
	}
	return c
}

func claimsV2(changes map[string]any) map[string]any {
	c := claimsV1(map[string]any{"ver": "2.0", "iss": "https://login.microsoftonline.com/" + myTenant + "/v2.0", "appid": nil, "azp": publisher, "azpacr": "2"})
	maps.Copy(c, changes)
	return c
}

func sign(t testing.TB, key jose.JSONWebKey, claims any) string {
	t.Helper()
	return signWith(t, jose.SigningKey{Algorithm: jose.RS256, Key: key}, claims)
}

func signWith(t testing.TB, key jose.SigningKey, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// withTokens is a body with tokens beside its items.
func withTokens(t testing.TB, tokens any, items ...string) string {
	t.Helper()
	list, err := json.Marshal(tokens)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(batch(items...), "}") + `,"validationTokens":` + string(list) + "}"
}

func unsigned(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + part(payload) + "."
}

func TestTokens(t *testing.T) {
	v1 := func(changes map[string]any) []string { return []string{sign(t, signing(), claimsV1(changes))} }
	v2 := func(changes map[string]any) []string { return []string{sign(t, signing(), claimsV2(changes))} }
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	const other = "99999999-2222-3333-4444-555555555555"
	for _, tt := range []struct {
		name   string
		tokens any // []string, as a rule
		want   string
		rules  string
	}{
		{"version 1.0", v1(nil), "", "rules: W4.10-13 W4.10-16 W4.10-17 R31"},
		{"version 2.0", v2(nil), "", "rules: W4.10-14 W4.10-16 W4.10-17"},
		{"version 2.0 in the name of the authority that was named", v2(map[string]any{"iss": authorityURL + "/" + myTenant + "/v2.0"}), "", ""},
		{"for several apps", v1(map[string]any{"aud": []string{other, myApp}}), "", ""},
		{"the app's id in capitals", v1(map[string]any{"aud": strings.ToUpper(myApp)}), "", ""},
		{"one for each tenant", append(v1(map[string]any{"tid": other, "iss": "https://sts.windows.net/" + other + "/"}), v2(nil)...), "", "rules: W4.10-12"},
		{"over for less than clocks differ", v1(map[string]any{"exp": in(-30 * time.Second)}), "", ""},
		{"without a beginning", v1(map[string]any{"nbf": nil}), "", ""},

		{"none", []string{}, "receiver-token-missing", "rules: W4.10-12 W4.10-17"},
		{"null", nil, "receiver-token-missing", "rules: W4.10-12"},
		{"over", v1(map[string]any{"exp": in(-2 * time.Minute)}), "receiver-token-expired", "rules: W4.10-17"},
		{"not begun", v1(map[string]any{"nbf": in(2 * time.Minute)}), "receiver-token-expired/early", ""},
		{"for another app", v1(map[string]any{"aud": other}), "receiver-token-audience", "rules: W4.10-15 W4.10-17"},
		{"of another issuer", v1(map[string]any{"iss": "https://evil.test/" + myTenant + "/"}), "receiver-token-issuer", "rules: W4.10-13 W4.10-17 R31"},
		{"of another tenant's issuer", v1(map[string]any{"iss": "https://sts.windows.net/" + other + "/"}), "receiver-token-issuer", "rules: W4.10-13"},
		{"1.0 with the issuer of 2.0", v1(map[string]any{"iss": claimsV2(nil)["iss"]}), "receiver-token-issuer", "rules: W4.10-13 W4.10-14"},
		{"2.0 with the issuer of 1.0", v2(map[string]any{"iss": claimsV1(nil)["iss"]}), "receiver-token-issuer", "rules: W4.10-14"},
		{"of no known version", v1(map[string]any{"ver": "3.0"}), "receiver-token-issuer", ""},
		{"of another publisher", v1(map[string]any{"appid": myApp}), "receiver-token-publisher", "rules: W4.10-13 W4.10-17"},
		{"of another publisher, 2.0", v2(map[string]any{"azp": myApp}), "receiver-token-publisher", "rules: W4.10-14 W4.10-17"},
		{"2.0 with the publisher where 1.0 has it", v2(map[string]any{"azp": nil, "appid": publisher}), "receiver-token-publisher", "rules: W4.10-14"},
		{"1.0 with the publisher where 2.0 has it", v1(map[string]any{"azp": publisher, "appid": nil}), "receiver-token-publisher", "rules: W4.10-13"},
		{"of another tenant than the item", v1(map[string]any{"tid": other, "iss": "https://sts.windows.net/" + other + "/"}), "receiver-token-tenant", "rules: W4.10-12"},

		{"signed by a key that is not the authority's", []string{sign(t, strange(), claimsV1(nil))}, "receiver-token-signature/key", "rules: W4.10-16 W4.10-17 R31"},
		{"signed by another key of the same name", []string{sign(t, impostor(), claimsV1(nil))}, "receiver-token-signature", "rules: W4.10-17"},
		{"with a claim changed after it was signed", []string{tampered(t)}, "receiver-token-signature", "rules: W4.10-17"},
		{"without a key's name", []string{signWith(t, jose.SigningKey{Algorithm: jose.RS256, Key: signing().Key}, claimsV1(nil))}, "receiver-token-signature/key", "rules: R31"},
		{"not signed", []string{unsigned(claimsV1(nil))}, "receiver-token-signature/algorithm", "rules: R31"},
		{"signed with a secret that all know", []string{signWith(t, jose.SigningKey{Algorithm: jose.HS256, Key: make([]byte, 32)}, claimsV1(nil))}, "receiver-token-signature/algorithm", "rules: R31"},
		{"signed by PS256", []string{signWith(t, jose.SigningKey{Algorithm: jose.PS256, Key: signing()}, claimsV1(nil))}, "receiver-token-signature/algorithm", "rules: R31"},

		{"no JWT", []string{"token"}, "receiver-token-malformed", ""},
		{"an empty one", []string{""}, "receiver-token-malformed", ""},
		{"a number", []int{1}, "receiver-token-malformed", ""},
		{"two parts", []string{strings.Join(strings.Split(v1(nil)[0], ".")[:2], ".")}, "receiver-token-malformed", ""},
		{"claims that are none", []string{sign(t, signing(), []int{1})}, "receiver-token-malformed", ""},
		{"a date that is none", v1(map[string]any{"exp": "tomorrow"}), "receiver-token-malformed", ""},
		{"no end", v1(map[string]any{"exp": nil}), "receiver-token-malformed", "rules: W4.10-15"},
		{"no audience", v1(map[string]any{"aud": nil}), "receiver-token-malformed", "rules: W4.10-15"},
		{"no issuer", v1(map[string]any{"iss": nil}), "receiver-token-malformed", ""},
		{"no tenant", v1(map[string]any{"tid": nil}), "receiver-token-malformed", "rules: W4.10-15"},
		{"a right one and a wrong one", append(v1(nil), v1(map[string]any{"aud": other})...), "receiver-token-audience", "rules: W4.10-17"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := serving(t, signing())
			r := newReceiver(t, receiver.Config{Keys: []receiver.Key{mine()}, Tokens: a.tokens()})
			post(t, r, nil, withTokens(t, tt.tokens, richItem(t, encrypt(t, mine(), `{"a":1}`, wrong{}))))
			item := items(r)[0]
			if diff := cmp.Diff(tt.want, strings.Join(named(item), " ")); diff != "" {
				t.Errorf("findings by %q (-want +got):\n%s", tt.rules, diff)
			}
			right := tt.want == ""
			if item.Good() != right || (item.Content() != nil) != right {
				t.Errorf("Good is %t, the content %q: want them only where the tokens are right", item.Good(), item.Content())
			}
			for _, d := range item.Findings() {
				if d.At != "validationTokens" || d.Detail == "" {
					t.Errorf("it is at %q, and was seen as %q", d.At, d.Detail)
				}
			}
			if list, ok := tt.tokens.([]string); ok {
				checkTokensHidden(t, r, list)
			}
		})
	}
}

// tampered is a token that promises more than was signed.
func tampered(t testing.TB) string {
	t.Helper()
	parts := strings.Split(sign(t, signing(), claimsV1(nil)), ".")
	payload, err := json.Marshal(claimsV1(map[string]any{"sub": "somebody else"}))
	if err != nil {
		t.Fatal(err)
	}
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + parts[2]
}

// checkTokensHidden checks that nothing shown holds a token.
func checkTokensHidden(t *testing.T, r *receiver.Receiver, tokens []string) {
	t.Helper()
	const shortest = 20 // a shorter one is no token, and may be a word
	all := shown(t, r)
	for _, token := range tokens {
		if len(token) >= shortest && strings.Contains(all, token) {
			t.Errorf("the journal shows a token: %s", all)
		}
	}
}

// Tokens of what is not encrypted are checked as well, and missed by nobody.
func TestTokensOfBasicItems(t *testing.T) {
	a := serving(t, signing())
	r := newReceiver(t, receiver.Config{Tokens: a.tokens()})
	post(t, r, nil, batch(graphItem("s", "created", "i", "e", "")))
	post(t, r, nil, withTokens(t, []string{"token"}, graphItem("s", "created", "j", "f", "")))
	var got []diagnosis.Token
	for _, item := range items(r) {
		got = append(got, item.Token)
	}
	if diff := cmp.Diff([]diagnosis.Token{diagnosis.TokenUnchecked, diagnosis.TokenMalformed}, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

// Who has no key for the content may check its tokens all the same.
func TestTokensWithoutKeys(t *testing.T) {
	a := serving(t, signing())
	r := newReceiver(t, receiver.Config{Tokens: a.tokens()})
	post(t, r, nil, withTokens(t, []string{sign(t, signing(), claimsV1(nil))}, richItem(t, encrypt(t, mine(), `{}`, wrong{}))))
	if item := items(r)[0]; !item.Good() || item.Token != diagnosis.TokenRight || item.Encryption != diagnosis.EncryptionUnchecked {
		t.Errorf("the token is %q, the content %q: %v", item.Token, item.Encryption, item.Findings())
	}
}

// Without an authority nobody is asked for keys, and no token is judged.
func TestTokensAreNotCheckedUnasked(t *testing.T) {
	a := serving(t, signing())
	r := newReceiver(t, receiver.Config{Keys: []receiver.Key{mine()}, Tokens: receiver.Tokens{HTTP: &http.Client{Transport: a}}})
	post(t, r, nil, withTokens(t, []string{"token"}, richItem(t, encrypt(t, mine(), `{}`, wrong{}))))
	if item := items(r)[0]; item.Token != diagnosis.TokenUnchecked || !item.Good() || a.asked.Load() != 0 {
		t.Errorf("the token is %q, the item good: %t; the authority was asked %d times", item.Token, item.Good(), a.asked.Load())
	}
}

// What the token of an item's tenant says stands beside the verdict.
func TestTokenAsJSON(t *testing.T) {
	a := serving(t, signing())
	r := newReceiver(t, receiver.Config{Tokens: a.tokens()})
	end := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	post(t, r, nil, withTokens(t, []string{sign(t, signing(), claimsV2(map[string]any{"exp": end.Unix()}))}, graphItem("s", "created", "i", "e", "")))
	document, err := json.Marshal(items(r)[0])
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Token json.RawMessage `json:"token"`
	}
	if err := json.Unmarshal(document, &got); err != nil {
		t.Fatal(err)
	}
	want := `{"verdict":"right","version":"2.0","tenant":"` + myTenant + `","audience":["` + myApp + `"],"expires":"` + end.Format(time.RFC3339) + `"}`
	if diff := cmp.Diff(want, string(got.Token)); diff != "" {
		t.Errorf("token (-want +got):\n%s", diff)
	}
}

// Tokens are checked once for a request, and keys are fetched once for many, both for its own sake and against who makes ids up.
func TestKeysAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const fetch = 2 // requests of one: the old path and the new
		a := serving(t, signing())
		r := newReceiver(t, receiver.Config{Tokens: a.tokens()})
		check := func(key jose.JSONWebKey, want diagnosis.Token, fetches int32) {
			t.Helper()
			r.Journal().Clear()
			post(t, r, nil, withTokens(t, []string{sign(t, key, claimsV1(nil))}, graphItem("s", "created", "i", "e", ""), graphItem("s", "created", "j", "f", "")))
			if got := items(r)[1].Token; got != want || a.asked.Load() != fetch*fetches {
				t.Errorf("the token is %q, want %q; the authority was asked %d times, want %d", got, want, a.asked.Load(), fetch*fetches)
			}
		}
		check(signing(), diagnosis.TokenRight, 1)
		check(signing(), diagnosis.TokenRight, 1)
		check(strange(), diagnosis.TokenStrange, 1) // it has just been asked

		both := setOf(t, signing(), strange())
		a.set(func(string) (int, string) { return http.StatusOK, both })
		check(strange(), diagnosis.TokenStrange, 1)
		time.Sleep(11 * time.Second)
		check(signing(), diagnosis.TokenRight, 1)
		check(strange(), diagnosis.TokenRight, 2)

		// A key that is a day old is asked for again, and serves on while nobody answers.
		a.set(func(string) (int, string) { return http.StatusServiceUnavailable, "" })
		time.Sleep(24 * time.Hour)
		check(signing(), diagnosis.TokenRight, 3)
		check(signingKey("key-3"), diagnosis.TokenUnjudged, 3)
	})
}

// However many requests come at once, keys are fetched once, and nobody is judged before they are there.
func TestKeysAreFetchedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := serving(t, signing())
		usual, hold := a.answer, make(chan struct{})
		a.set(func(path string) (int, string) {
			<-hold
			return usual(path)
		})
		r := newReceiver(t, receiver.Config{Tokens: a.tokens()})
		body := withTokens(t, []string{sign(t, signing(), claimsV1(nil))}, graphItem("s", "created", "i", "e", ""))
		var posts sync.WaitGroup
		for range 5 {
			posts.Go(func() {
				// The sender has gone once it has its answer, and the check goes on.
				ctx, cancel := context.WithCancel(t.Context())
				req := httptest.NewRequestWithContext(ctx, http.MethodPost, "http://hook.example/cb", strings.NewReader(body))
				r.ServeHTTP(gone{httptest.NewRecorder(), cancel}, req)
			})
		}
		synctest.Wait()
		if n := len(items(r)); n != 0 {
			t.Errorf("%d items are judged before there are keys", n)
		}
		close(hold)
		posts.Wait()
		for _, item := range items(r) {
			if item.Token != diagnosis.TokenRight {
				t.Errorf("a token is %q: %v", item.Token, item.Findings())
			}
		}
		if n := a.asked.Load(); n != 2 || len(items(r)) != 5 {
			t.Errorf("the authority was asked %d times for %d items, want 2 and 5", n, len(items(r)))
		}
	})
}

// gone is a sender that goes as soon as it has its answer.
type gone struct {
	*httptest.ResponseRecorder
	cancel context.CancelFunc
}

func (g gone) WriteHeader(status int) {
	g.ResponseRecorder.WriteHeader(status)
	g.cancel()
}

// What stands in the way of the keys is told, is nobody's fault, and keeps no content shut.
func TestKeysThatCantBeHad(t *testing.T) {
	good := setOf(t, signing())
	for _, tt := range []struct {
		name   string
		answer func(path string) (int, string)
		want   string // empty: they can
	}{
		{"nothing there", func(string) (int, string) { return http.StatusNotFound, "" }, "fetch keys from https://login.test/common/discovery/v2.0/keys: the answer is 404"},
		{"a redirect", func(string) (int, string) { return http.StatusFound, good }, "fetch keys from https://login.test/common/discovery/v2.0/keys: the answer is 302"},
		{"a page", func(string) (int, string) { return http.StatusOK, "<html>" }, "fetch keys from https://login.test/common/discovery/v2.0/keys: the answer is no set of keys"},
		{"an endless answer", func(string) (int, string) { return http.StatusOK, strings.Repeat(" ", 2<<20) + good }, "fetch keys from https://login.test/common/discovery/v2.0/keys: the answer has more than 1048576 bytes"},
		{"only by the new path", func(path string) (int, string) {
			if strings.Contains(path, "v2.0") {
				return http.StatusOK, good
			}
			return http.StatusNotFound, ""
		}, ""},
		{"only by the old path", func(path string) (int, string) {
			if strings.Contains(path, "v2.0") {
				return http.StatusOK, `{"keys":[]}`
			}
			return http.StatusOK, good
		}, ""},
		{"beside others that can't be read", func(string) (int, string) {
			return http.StatusOK, `{"keys":[{"kty":"OKP-new"},1,` + strings.TrimPrefix(good, `{"keys":[`)
		}, ""},
		{"beside one for another use", func(string) (int, string) {
			other := setOf(t, jose.JSONWebKey{Key: strange().Key, KeyID: signing().KeyID, Use: "enc"})
			return http.StatusOK, strings.TrimSuffix(good, "]}") + "," + strings.TrimPrefix(other, `{"keys":[`)
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &authority{answer: tt.answer}
			r := newReceiver(t, receiver.Config{Keys: []receiver.Key{mine()}, Tokens: a.tokens()})
			post(t, r, nil, withTokens(t, []string{sign(t, signing(), claimsV1(nil))}, richItem(t, encrypt(t, mine(), `{}`, wrong{}))))
			item := items(r)[0]
			if item.Content() == nil {
				t.Error("the content is kept shut")
			}
			got := ""
			if found := item.Findings(); len(found) > 0 {
				got = found[0].Detail
			}
			if got != tt.want || item.Good() != (tt.want == "") {
				t.Errorf("the item is good: %t, and was seen as\n%s, want\n%s", item.Good(), got, tt.want)
			}
		})
	}
}

// An item whose token is wrong is not followed to the service.
func TestForgedTokensAreNotFollowed(t *testing.T) {
	a := serving(t, signing())
	r := newReceiver(t, receiver.Config{Tokens: a.tokens(), Fetch: fetch(func(context.Context, string) ([]byte, error) {
		return nil, errors.New("somebody follows it")
	})})
	post(t, r, nil, withTokens(t, []string{"token"}, graphItem("s", "created", "i", "e", "")))
	r.Close()
	if all := entries(r, "read"); len(all) != 0 {
		t.Errorf("it is followed: %s", all[0].Exchange.Error)
	}
}

func TestTokensConfig(t *testing.T) {
	for _, tt := range []struct {
		tokens receiver.Tokens
		want   string
	}{
		{receiver.Tokens{Authority: receiver.MicrosoftAuthority, Apps: []string{myApp}}, ""},
		{receiver.Tokens{Authority: "http://127.0.0.1:3650", Apps: []string{myApp}}, ""},
		{receiver.Tokens{Apps: []string{myApp}}, ""},
		{receiver.Tokens{Authority: receiver.MicrosoftAuthority}, "make receiver: check tokens: it is not said for which apps they may be"},
		{receiver.Tokens{Authority: "http://login.microsoftonline.com", Apps: []string{myApp}}, "make receiver: check tokens: keys that come from login.microsoftonline.com over http prove nothing: want https"},
		{receiver.Tokens{Authority: "login.microsoftonline.com", Apps: []string{myApp}}, "make receiver: check tokens: the authority is not of the form https://HOST"},
		{receiver.Tokens{Authority: "https://me:secret@login.test", Apps: []string{myApp}}, "make receiver: check tokens: the authority is not of the form https://HOST"},
		{receiver.Tokens{Authority: "https://login.test?a=secret", Apps: []string{myApp}}, "make receiver: check tokens: the authority is not of the form https://HOST"},
	} {
		r, err := receiver.New(receiver.Config{Tokens: tt.tokens})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			r.Close()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.tokens.Authority, got, tt.want)
		}
	}
}
