package login

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

// authorization is what a program wants of the person at the browser.
type authorization struct {
	app          string
	redirect     *url.URL
	code, id     bool // response_type
	mode         string
	state, nonce string
	challenge    string
	plain        bool
	wish         wish
	user         string // who is to sign in
	silent       bool   // nobody may be asked
	clientInfo   bool
}

// The ways in which an answer comes back.
const (
	modeQuery    = "query"
	modeFragment = "fragment"
	modeForm     = "form_post"
)

// chosenUser is the field in which our own page sends who was chosen.
const chosenUser = "outlocal_user"

// authorize signs somebody in at a browser and sends that one back with a code (R7).
func (x *exchange) authorize() {
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, largestForm)
	if err := x.r.ParseForm(); err != nil {
		x.refusePage(malformed(invalidRequest).hinted("read the request: it is too large, or holds a broken percent escape"))
		return
	}
	form := x.r.Form
	a, refused := x.destination(form)
	if refused != nil {
		x.refusePage(refused) // there is nowhere to send it
		return
	}
	if refused := x.readAuthorization(a, form); refused != nil {
		x.sendBack(a, x.refusalOf(a, refused))
		return
	}
	if x.config.Choice == Page && !form.Has(chosenUser) {
		if a.silent {
			x.sendBack(a, x.refusalOf(a, refuse("login_required", 50058, "A silent sign-in request was sent but no user is signed in.")))
			return
		}
		x.showPage(http.StatusOK, "choose", choosePage{App: a.app, User: x.suggested(a), Fields: hiddenFields(form), Field: chosenUser})
		return
	}
	user, err := x.user(a.user)
	if err != nil {
		x.refusePage(refuse(invalidRequest, 50034, "The user account {EUII Hidden} does not exist in the %s directory. To sign into this application, the account must be added to the directory.", x.tenant.name).
			hinted("%v; an address such as ann@contoso.com makes a user", err))
		return
	}
	answer, err := x.admit(a, user)
	if err != nil {
		x.sendBack(a, x.refusalOf(a, failed(err)))
		return
	}
	x.config.Record(Event{Grant: "authorize", App: a.app, User: user.Address, Resource: a.wish.audience, Scopes: a.wish.scopes()})
	x.sendBack(a, answer)
}

// destination reads where the answer goes: until that is known, errors can only be shown.
func (x *exchange) destination(form url.Values) (*authorization, *Error) {
	a := &authorization{app: strings.ToLower(form.Get("client_id")), state: form.Get("state")}
	if refused := x.checkApplication(a.app); refused != nil {
		return nil, refused
	}
	text := form.Get("redirect_uri")
	if text == "" {
		return nil, refuse(invalidRequest, 900971, "No reply address provided.").hinted("send redirect_uri; any absolute one will do here")
	}
	u, err := url.Parse(text)
	if err != nil || !isReplyAddress(u) {
		return nil, refuse(invalidRequest, 50011, "The redirect URI '%s' specified in the request does not match the redirect URIs configured for the application '%s'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal.", bare(text), a.app).
			hinted("redirect_uri has to be absolute and without a fragment; any other will do here")
	}
	a.redirect, a.mode = u, modeQuery
	if mode := form.Get("response_mode"); slices.Contains([]string{modeQuery, modeFragment, modeForm}, mode) {
		a.mode = mode
	} else if slices.Contains(strings.Fields(form.Get("response_type")), "id_token") {
		a.mode = modeFragment
	}
	return a, nil
}

// isReplyAddress tells whether a browser can carry an answer to a URL, to a program of the desktop by a scheme of its own too, and to
// nothing that would run or show it instead.
func isReplyAddress(u *url.URL) bool {
	switch u.Scheme {
	case "", "javascript", "data", "vbscript", "file", "blob", "about":
		return false
	case "http", "https":
		return u.Host != "" && u.Fragment == ""
	}
	return u.Fragment == "" && u.Host+u.Opaque+u.Path != ""
}

func (x *exchange) readAuthorization(a *authorization, form url.Values) *Error {
	if refused := readResponse(a, form); refused != nil {
		return refused
	}
	var refused *Error
	switch {
	case !x.v1 && form.Get("scope") == "":
		return missing("scope")
	default:
		if a.wish, refused = x.wish(form); refused != nil {
			return refused
		}
	}
	if a.nonce = form.Get("nonce"); a.id && a.nonce == "" {
		return missing("nonce").hinted("who asks for an id_token sends a nonce and compares it")
	}
	if refused := readChallenge(a, form); refused != nil {
		return refused
	}
	if _, refused := readClaimsParameter(form.Get("claims")); refused != nil {
		return refused
	}
	a.silent = form.Get("prompt") == "none"
	a.clientInfo = form.Get("client_info") == "1"
	a.user = form.Get(chosenUser)
	if a.user == "" {
		a.user = form.Get("login_hint")
	}
	return nil
}

func readResponse(a *authorization, form url.Values) *Error {
	types := strings.Fields(form.Get("response_type"))
	if len(types) == 0 {
		return missing("response_type")
	}
	for _, t := range types {
		switch t {
		case "code":
			a.code = true
		case "id_token":
			a.id = true
		case "token":
			return refuse(unsupportedResponse, 700051, "response_type 'token' is not enabled for the application.").hinted("ask for a code, and redeem it at the token endpoint")
		default:
			return refuse(unsupportedResponse, 70005, "The provided value for the input parameter 'response_type' is not allowed for this client. Expected value is 'code'.").hinted("response_type is code, id_token, or code id_token")
		}
	}
	switch mode := form.Get("response_mode"); {
	case mode == modeForm && a.redirect.Scheme != "http" && a.redirect.Scheme != "https": // nobody takes a form there
		a.mode = modeQuery
		return refuse(invalidRequest, 70007, "'%s' is not a supported value of 'response_mode'.", mode).hinted("a form can only be posted to http or https")
	case mode == "" || mode == modeFragment || mode == modeForm || mode == modeQuery && !a.id:
		return nil
	case mode == modeQuery:
		a.mode = modeFragment
		return refuse(invalidRequest, 70007, "'query' is not a supported value of 'response_mode' when requesting a token.")
	default:
		return refuse(invalidRequest, 70007, "'%s' is not a supported value of 'response_mode'.", mode).hinted("response_mode is query, fragment or form_post")
	}
}

// The length of a code_challenge by RFC 7636, 4.2.
const (
	shortestChallenge = 43
	longestChallenge  = 128
)

func readChallenge(a *authorization, form url.Values) *Error {
	a.challenge = form.Get("code_challenge")
	method := form.Get("code_challenge_method")
	switch {
	case a.challenge == "" && method == "":
		return nil
	case a.challenge == "":
		return missing("code_challenge")
	case method != "" && method != "S256" && method != "plain":
		return refuse(invalidRequest, 50149, "Invalid Code_Challenge_method parameter.").hinted("code_challenge_method is S256 or plain, in these letters")
	case len(a.challenge) < shortestChallenge || len(a.challenge) > longestChallenge:
		return refuse(invalidRequest, 501491, "Invalid size of Code_Challenge parameter.").hinted("it has %d to %d characters", shortestChallenge, longestChallenge)
	}
	a.plain = method != "S256"
	return nil
}

// admit makes what a user who signed in brings back.
func (x *exchange) admit(a *authorization, user notify.Mailbox) (url.Values, error) {
	now := x.config.Now()
	t := x.tenant.id
	if t == "" || x.tenant.name == "consumers" {
		t = user.Tenant
	}
	answer := url.Values{"session_state": {uuid.NewString()}}
	if a.state != "" {
		answer.Set("state", a.state)
	}
	if a.code {
		code, err := x.seal.close(forCode, a.asGrant(user, t, now))
		if err != nil {
			return nil, err
		}
		answer.Set("code", code)
	}
	if a.id {
		token, err := x.idToken(identity{app: a.app, user: user, tenant: t, nonce: a.nonce, code: answer.Get("code")}, now)
		if err != nil {
			return nil, err
		}
		answer.Set("id_token", token)
	}
	if a.clientInfo {
		answer.Set("client_info", clientInfo(&user, t))
	}
	return answer, nil
}

func (a *authorization) asGrant(user notify.Mailbox, tenant string, now time.Time) grant {
	return grant{
		ID: uuid.NewString(), App: a.app, User: user.ID, Tenant: tenant, Audience: a.wish.audience, Scopes: a.wish.names, Asked: a.wish.asked,
		All: a.wish.all, Offline: a.wish.offline, OpenID: a.wish.openID, Nonce: a.nonce, Redirect: a.redirect.String(), Challenge: a.challenge,
		Plain: a.plain, Issued: now,
	}
}

// refusalOf is an error as it is sent back.
func (x *exchange) refusalOf(a *authorization, e *Error) url.Values {
	x.config.Record(Event{Grant: "authorize", App: a.app, Refusal: e.Error()})
	setHint(x.w, e.Hint)
	answer := url.Values{"error": {e.Name}, "error_description": {x.traceOf(x.r).description(e)}}
	if a.state != "" {
		answer.Set("state", a.state)
	}
	return answer
}

// sendBack lets the browser carry an answer to the program.
func (x *exchange) sendBack(a *authorization, answer url.Values) {
	to := *a.redirect
	switch a.mode {
	case modeForm:
		x.showPage(http.StatusOK, "post", postPage{To: to.String(), Fields: hiddenFields(answer)})
		return
	case modeFragment:
		to.Fragment, to.RawFragment = "", ""
		x.w.Header().Set("Location", to.String()+"#"+answer.Encode())
	default:
		query := to.Query()
		for name, values := range answer {
			query[name] = values
		}
		to.RawQuery = query.Encode()
		x.w.Header().Set("Location", to.String())
	}
	x.w.Header().Set("Cache-Control", "no-store, no-cache")
	x.w.WriteHeader(http.StatusFound)
}

// suggested is who the page proposes.
func (x *exchange) suggested(a *authorization) string {
	if a.user != "" {
		return a.user
	}
	return x.config.User
}
