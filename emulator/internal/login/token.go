package login

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

// The grants, by the names that requests have for them.
const (
	grantClient     = "client_credentials"
	grantCode       = "authorization_code"
	grantRefresh    = "refresh_token"
	grantDevice     = "urn:ietf:params:oauth:grant-type:device_code"
	grantDeviceOld  = "device_code" // as older libraries spell it (W8.1-05)
	grantOnBehalfOf = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

const (
	// largestForm is more than any request with an assertion, its chain of certificates and claims has.
	largestForm = 128 << 10

	// longestWish is more than any program asks for: device codes keep that until they are redeemed.
	longestWish = 8 << 10
)

// receipt is what a grant comes to.
type receipt struct {
	client client
	user   *notify.Mailbox // nil for an application's own token
	tenant string
	wish   wish
	nonce  string
	offer  bool // of a refresh token and an id token, where the wish has them
}

// token answers the token endpoint (W8.1-01): every grant, in both versions.
func (x *exchange) token() {
	form, refused := x.readForm()
	if refused != nil {
		x.config.Record(Event{Grant: "token", Refusal: refused.Error()})
		x.refuse(refused)
		return
	}
	event := Event{Grant: form.Get("grant_type"), App: form.Get("client_id")}
	got, refused := x.grant(form)
	var body any
	if refused == nil {
		event.App, event.Resource, event.Scopes = got.client.id, got.wish.audience, got.wish.scopes()
		if got.user != nil {
			event.User = got.user.Address
		} else {
			event.Scopes = defaultRoles()
		}
		body, refused = x.answer(form, got)
	}
	if refused != nil {
		event.Refusal = refused.Error()
		x.config.Record(event)
		x.refuse(refused)
		return
	}
	x.config.Record(event)
	x.say(body)
}

// readForm reads what was posted. Fields that nobody knows are borne, as are parameters beside them (R4).
func (x *exchange) readForm() (url.Values, *Error) {
	if x.r.Method != http.MethodPost {
		x.w.Header().Set("Allow", http.MethodPost)
		return nil, refuse(invalidRequest, 900561, "The endpoint only accepts POST requests. Received a %s request.", x.r.Method)
	}
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, largestForm)
	if media, _, _ := mime.ParseMediaType(x.r.Header.Get("Content-Type")); media != "application/x-www-form-urlencoded" {
		return nil, missing("grant_type").hinted("send the request as application/x-www-form-urlencoded, not as %s", x.r.Header.Get("Content-Type"))
	}
	if err := x.r.ParseForm(); err != nil {
		return nil, malformed(invalidRequest).hinted("read the form: it is too large, or holds a broken percent escape")
	}
	return x.r.PostForm, nil
}

func (x *exchange) grant(form url.Values) (receipt, *Error) {
	if _, refused := readClaimsParameter(form.Get("claims")); refused != nil {
		return receipt{}, refused
	}
	switch kind := form.Get("grant_type"); kind {
	case "":
		return receipt{}, missing("grant_type")
	case grantClient:
		return x.clientCredentials(form)
	case grantCode:
		return x.authorizationCode(form)
	case grantRefresh:
		return x.refresh(form)
	case grantDevice, grantDeviceOld:
		return x.device(form)
	case grantOnBehalfOf:
		return x.onBehalfOf(form)
	default:
		return receipt{}, refuse(unsupportedGrant, 70003, "The app requested an unsupported grant type '%s'.", kind).
			hinted("there are %s", strings.Join([]string{grantClient, grantCode, grantRefresh, grantDevice, grantOnBehalfOf}, ", "))
	}
}

// wish reads what the token is to be for.
func (x *exchange) wish(form url.Values) (wish, *Error) {
	for _, name := range []string{"scope", "resource"} {
		if len(form.Get(name)) > longestWish {
			return wish{}, malformed(invalidRequest).hinted("%s has %d characters; at most %d are read", name, len(form.Get(name)), longestWish)
		}
	}
	if x.v1 {
		return readResource(form.Get("resource"), x.r.Host)
	}
	return readScopes(form.Get("scope"), x.r.Host)
}

// tokens is the answer to a grant (R5, W8.2-04). The first version has numbers as text (W8.1-08).
type tokens struct {
	Type         string `json:"token_type"`
	Scope        string `json:"scope,omitempty"`
	ExpiresIn    number `json:"expires_in"`
	ExtExpiresIn number `json:"ext_expires_in"`
	ExpiresOn    number `json:"expires_on,omitzero"`
	NotBefore    number `json:"not_before,omitzero"`
	Resource     string `json:"resource,omitempty"`
	Access       string `json:"access_token"`
	Refresh      string `json:"refresh_token,omitempty"`
	ID           string `json:"id_token,omitempty"`
	ClientInfo   string `json:"client_info,omitempty"`
}

type number struct {
	n      int64
	asText bool
}

// MarshalJSON implements [json.Marshaler].
func (n number) MarshalJSON() ([]byte, error) {
	if n.asText {
		return []byte(`"` + strconv.FormatInt(n.n, 10) + `"`), nil
	}
	return strconv.AppendInt(nil, n.n, 10), nil
}

func (x *exchange) answer(form url.Values, got receipt) (*tokens, *Error) {
	now := x.config.Now()
	b := bearer{app: got.client.id, proof: got.client.proof, user: got.user, tenant: got.tenant, audience: got.wish.audience}
	if got.user != nil {
		b.scopes = got.wish.scopes()
	}
	b.capabilities, _ = readClaimsParameter(form.Get("claims")) // read once already
	access, err := x.issue(b, now)
	if err != nil {
		return nil, failed(err)
	}
	says := number{int64((b.lifetime() - sayLess) / time.Second), x.v1}
	t := &tokens{Type: "Bearer", ExpiresIn: says, ExtExpiresIn: says, Access: access.Text}
	if x.v1 {
		t.Resource = got.wish.audience
		t.ExpiresOn, t.NotBefore = number{access.Claims.Expires, true}, number{access.Claims.NotBefore, true}
	}
	if !got.offer {
		return t, nil
	}
	return x.addOffers(t, form, got, now)
}

// addOffers adds what only users' tokens come with (W8.1-03).
func (x *exchange) addOffers(t *tokens, form url.Values, got receipt, now time.Time) (*tokens, *Error) {
	t.Scope = strings.Join(got.wish.asked, " ") // the words as they were sent: libraries look for tokens by them (R5)
	if x.v1 {
		t.Scope = strings.Join(got.wish.scopes(), " ")
	}
	var err error
	if got.wish.offline {
		g := got.asGrant(now)
		if t.Refresh, err = x.seal.close(forRefresh, g); err != nil {
			return nil, failed(err)
		}
	}
	if got.wish.openID {
		if t.ID, err = x.idToken(identity{app: got.client.id, user: *got.user, tenant: got.tenant, nonce: got.nonce}, now); err != nil {
			return nil, failed(err)
		}
	}
	if form.Get("client_info") == "1" {
		t.ClientInfo = clientInfo(got.user, got.tenant)
	}
	return t, nil
}

func (got *receipt) asGrant(now time.Time) grant {
	return grant{
		ID: uuid.NewString(), App: got.client.id, User: got.user.ID, Tenant: got.tenant, Audience: got.wish.audience, Scopes: got.wish.names,
		Asked: got.wish.asked, Offline: got.wish.offline, OpenID: got.wish.openID, All: got.wish.all, Issued: now,
	}
}

// clientInfo names an account for libraries' caches (W8.2-04).
func clientInfo(user *notify.Mailbox, tenant string) string {
	info, _ := json.Marshal(map[string]string{"uid": user.ID, "utid": tenant}) // of two strings, which can't fail
	return base64.RawURLEncoding.EncodeToString(info)
}

// identity is whom an id token is about.
type identity struct {
	app    string
	user   notify.Mailbox
	tenant string
	nonce  string
	code   string // that it comes along with
}

// idToken tells an application who signed in. Its issuer is that of the discovery document, which libraries compare.
func (x *exchange) idToken(i identity, now time.Time) (string, error) {
	c := Claims{
		Audience: i.app, Issuer: issuerV2(x.origin, i.tenant), Issued: Seconds(now.Add(-setback)), NotBefore: Seconds(now.Add(-setback)),
		Expires: Seconds(now.Add(Lifetime)), Object: i.user.ID, Subject: pairwise(i.user.ID, i.app), Preferred: i.user.Address, Email: i.user.Address,
		Tenant: i.tenant, Nonce: i.nonce, Unique: uniqueID(), Version: "2.0",
	}
	_, _, c.Name = nameOf(i.user.Address)
	if x.v1 {
		c.Issuer, c.Version, c.Preferred = issuerV1(i.tenant), "1.0", ""
		c.UPN, c.UniqueName = i.user.Address, i.user.Address
	}
	if i.code != "" { // OpenID Connect Core, 3.3.2.11: half of the hash
		sum := sha256.Sum256([]byte(i.code))
		c.CodeHash = base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
	}
	return x.keys().sign(&c)
}

// readClaimsParameter reads what a client asks of the token itself: only what it can cope with, xms_cc, has an effect (R4, R16).
func readClaimsParameter(text string) (capabilities []string, refused *Error) {
	if text == "" {
		return nil, nil
	}
	var asked struct {
		Access struct {
			Capabilities struct {
				Values []string `json:"values"`
			} `json:"xms_cc"`
		} `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(text), &asked); err != nil {
		return nil, malformed(invalidRequest).hinted(`claims is JSON such as {"access_token":{"xms_cc":{"values":["CP1"]}}}; one that comes in a challenge is base64 and has to be decoded first`)
	}
	return asked.Access.Capabilities.Values, nil
}
