package cli

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/signin"
	"github.com/outlocal/outlocal/subscriber"
)

// exposeSignIn says who subscribes. docs/app-registration.md explains it.
type exposeSignIn struct {
	method      string
	clientID    string
	tenant      string
	authority   string
	secret      string // name of the variable that holds it
	certificate string
	password    string // name of the variable that holds it
	access      string // name of the variable that holds it
}

func addExposeSignIn(cmd *cobra.Command, f *exposeSignIn) {
	flags := cmd.Flags()
	flags.StringVar(&f.clientID, "client-id", "", "the Application (client) `ID` of your app registration")
	flags.StringVar(&f.tenant, "tenant", "", "the tenant, by `ID|DOMAIN`, or common, organizations, consumers; organizations if left out")
	flags.StringVar(&f.method, "sign-in", "", "how: "+methodNames()+"; "+string(signin.DeviceCode)+" if left out, and at an emulator none is needed")
	flags.StringVar(&f.authority, "authority", "", "where to sign in, by `URL`; "+signin.MicrosoftAuthority+", or the emulator, if left out")
	flags.StringVar(&f.secret, "client-secret-env", "", "`NAME` of the variable with the application's secret")
	flags.StringVar(&f.certificate, "certificate", "", "`FILE` with the application's certificate and its key, PEM or PFX")
	flags.StringVar(&f.password, "certificate-password-env", "", "`NAME` of the variable with the password of that file")
	flags.StringVar(&f.access, "token-env", accessVariable, "`NAME` of the variable with an access token, for --sign-in "+string(signin.Token))
	needs(cmd, "certificate-password-env", "certificate")
	completes(cmd, "sign-in", func() []string {
		var names []string
		for _, m := range signin.Methods() {
			names = append(names, string(m))
		}
		return names
	})
}

func methodNames() string {
	var names []string
	for _, m := range signin.Methods() {
		names = append(names, string(m))
	}
	return strings.Join(names, ", ")
}

// wanted tells whether somebody signs in, which an emulator does not ask for.
func (f *exposeSignIn) wanted() bool { return f.method != "" || f.clientID != "" || f.authority != "" }

// identity is who asks the service, and how it proves that.
type identity struct {
	words  string // for the first line
	app    string // id, for the tokens of encrypted content
	tokens subscriber.TokenSource
	source *signin.Source // nil at an emulator that needs no sign-in
}

// identity reads who subscribes. It asks nobody yet.
func (f *exposeSignIn) identity(a *app, h *host, watches []subscriber.Watch) (*identity, error) {
	if h.emulator != nil && !f.wanted() {
		tokens := &emulatorTokens{host: h}
		h.http.Transport = forgetful{h.transport(), tokens}
		return &identity{words: "its own user", app: emulator.DefaultApp, tokens: tokens}, nil
	}
	method := signin.Method(f.method)
	if method == "" {
		method = signin.DeviceCode
	}
	if f.clientID == "" && h.emulator != nil {
		f.clientID = emulator.DefaultApp
	}
	var collections []string
	for _, w := range watches {
		collections = append(collections, collectionOf(w.Resource).String())
	}
	source, err := signin.Open(signin.Config{
		Method: method, Authority: h.authority, Tenant: f.tenant, ClientID: f.clientID, Scopes: signin.Scopes(h.audience, method, collections...),
		SecretEnv: f.secret, CertificateFile: f.certificate, PasswordEnv: f.password, TokenEnv: f.access,
		HTTP: h.http, Getenv: a.process.Env,
		Prompt: func(message string) { a.err.line("%s %s", a.err.strong("sign in:"), message) },
	})
	if err != nil {
		return nil, err
	}
	id := &identity{app: f.clientID, tokens: source, source: source}
	switch {
	case method == signin.Token:
		id.words = "whoever the token in " + f.access + " is for"
	case method.Application():
		id.words = "application " + f.clientID + " of tenant " + f.tenant
	case f.tenant == "":
		id.words = "whoever signs in to app " + f.clientID
	default:
		id.words = "whoever signs in to app " + f.clientID + " of tenant " + f.tenant
	}
	return id, nil
}

// account is whose a token says that it is; empty where it does not tell. It is shown and nothing else: the token is the service's to read.
func account(token string) string {
	parts := strings.Split(token, ".")
	const header, payload, signature = 0, 1, 2
	if len(parts) != signature+1 || parts[header] == "" {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[payload])
	var claims struct {
		UPN      string `json:"upn"`
		Name     string `json:"preferred_username"`
		Unique   string `json:"unique_name"`
		App      string `json:"app_displayname"`
		AppID    string `json:"appid"`
		Tenant   string `json:"tid"`
		Identity string `json:"idtyp"`
	}
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return ""
	}
	who := ""
	for _, name := range []string{claims.UPN, claims.Name, claims.Unique, claims.App, claims.AppID} {
		if who == "" {
			who = name
		}
	}
	if claims.Tenant != "" {
		who += " of tenant " + claims.Tenant
	}
	return visible(strings.TrimSpace(who))
}
