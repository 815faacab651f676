package login

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

const (
	testTenant = "c7d1b0e2-94a6-4f35-8e2b-61f0a3d5c879"
	testApp    = "24d3b144-21ae-4080-943f-7067b395b913"
	testUser   = "user@contoso.com"
	otherApp   = "11111111-2222-4333-8444-555555555555"
)

// people makes a user of every address.
type people struct{}

func (people) Resolve(user string) (notify.Mailbox, error) {
	if !strings.Contains(user, "@") {
		for _, known := range []string{testUser, "ann@contoso.com", "ann@outlook.com"} {
			if idOf(known) == user {
				return notify.Mailbox{ID: user, Tenant: testTenant, Address: known}, nil
			}
		}
		return notify.Mailbox{}, fmt.Errorf("find user %q: there is none", user)
	}
	box := notify.Mailbox{ID: idOf(user), Tenant: testTenant, Address: strings.ToLower(user)}
	if strings.HasSuffix(user, "@outlook.com") {
		box.Tenant = consumerTenant
	}
	return box, nil
}

func idOf(address string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(strings.ToLower(address))).String()
}

// testKey is made once: it takes a tenth of a second.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		panic(err)
	}
	return key
})

// rig is an authority with a clock that a test moves.
type rig struct {
	*Authority
	t      *testing.T
	server *httptest.Server
	now    time.Time
	events []Event
}

func newRig(t *testing.T, configure ...func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)}
	c := Config{
		Users: people{}, User: testUser, Tenant: testTenant, Application: testApp, Key: testKey(),
		Now: func() time.Time { return r.now }, Record: func(e Event) { r.events = append(r.events, e) },
	}
	for _, f := range configure {
		f(&c)
	}
	r.Authority = New(c)
	r.server = httptest.NewTLSServer(r.Authority)
	t.Cleanup(r.server.Close)
	return r
}

// reply is an answer, read.
type reply struct {
	status int
	header http.Header
	body   string
	fields map[string]any
}

func (r reply) text(name string) string { s, _ := r.fields[name].(string); return s }

func (r reply) code() int {
	codes, _ := r.fields["error_codes"].([]any)
	if len(codes) != 1 {
		return 0
	}
	n, _ := codes[0].(float64)
	return int(n)
}

// send makes a request without following redirects.
func (r *rig) send(req *http.Request) reply {
	r.t.Helper()
	client := *r.server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	got := reply{status: res.StatusCode, header: res.Header, body: string(body)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal([]byte(got.body), &got.fields); err != nil {
			r.t.Fatalf("%s: the answer is no JSON: %v\n%s", req.URL, err, got.body)
		}
	}
	return got
}

func (r *rig) get(path string, header ...string) reply {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodGet, r.server.URL+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return r.send(req)
}

// post sends a form; fields are pairs of name and value, an empty value takes the field away.
func (r *rig) post(path string, form url.Values, header ...string) reply {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodPost, r.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return r.send(req)
}

// form makes one of pairs.
func form(pairs ...string) url.Values {
	f := make(url.Values)
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

// edited is a form with some fields otherwise; an empty value takes one away.
func edited(base url.Values, pairs ...string) url.Values {
	f := make(url.Values)
	for name, values := range base {
		f[name] = values
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			f.Del(pairs[i])
		} else {
			f.Set(pairs[i], pairs[i+1])
		}
	}
	return f
}

// claimsOf checks a token with the keys that the authority publishes, as a stranger would.
func (r *rig) claimsOf(token, keysPath string) map[string]any {
	r.t.Helper()
	claims, err := r.checked(token, keysPath)
	if err != nil {
		r.t.Fatalf("check the token: %v", err)
	}
	return claims
}

func (r *rig) checked(token, keysPath string) (map[string]any, error) {
	r.t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(r.get(keysPath).body), &set); err != nil {
		r.t.Fatalf("read the keys: %v", err)
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, err
	}
	var claims map[string]any
	return claims, parsed.Claims(set, &claims)
}

func mustRequest(t *testing.T, path string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "https://localhost"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}
