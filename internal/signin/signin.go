// Package signin gets access tokens for the real service from Microsoft's authority, or from an emulator's, by azidentity.
//
// [Open] makes a [Source] for one way of signing in; its Token is what a subscriber asks before each request, with the claims of a
// challenge if the service made one. What goes wrong is an [*Error] with the service's code and what to do.
//
// Tokens live in memory only and end with the process: azidentity's own cache needs cgo on one of the systems that a release is built
// for. Nothing here writes a token or a secret anywhere, errors included.
package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// MicrosoftAuthority signs in to the service in the public cloud.
const MicrosoftAuthority = "https://login.microsoftonline.com"

// Method is a way to sign in.
type Method string

// The ways to sign in. The first two are a user's, the next two an application's; a token can be either's.
const (
	DeviceCode  Method = "device-code" // the user types a code into a page, on any machine
	Browser     Method = "browser"     // a browser opens on this machine
	Secret      Method = "secret"      // the application's own secret
	Certificate Method = "certificate" // the application's own certificate
	Token       Method = "token"       // an access token that the user got elsewhere
)

// Methods lists the ways to sign in.
func Methods() []Method { return []Method{DeviceCode, Browser, Secret, Certificate, Token} }

// Application tells whether tokens of the method are an application's, for which permissions are granted once, and not asked for.
func (m Method) Application() bool { return m == Secret || m == Certificate }

// Config says how to sign in. Method and Scopes are needed, ClientID too unless there is a token already.
type Config struct {
	Method    Method
	Authority string // origin; MicrosoftAuthority if empty
	Tenant    string // id, domain, or "organizations"; an application needs one of its own
	ClientID  string // of the user's app registration
	Scopes    []string

	SecretEnv       string // the variable that holds the secret
	CertificateFile string // PEM with its key, or PFX
	PasswordEnv     string // the variable that holds the file's password, if it has one
	TokenEnv        string // the variable that holds a token

	HTTP   *http.Client         // http.DefaultClient if nil
	Prompt func(message string) // shows what the user has to do for DeviceCode: page and code
	Now    func() time.Time     // this machine's clock; time.Now if nil
	Getenv func(string) string  // os.Getenv if nil
}

// Source gives tokens. Its methods can be called by any goroutine.
type Source struct {
	method     Method
	scopes     []string
	credential azcore.TokenCredential // nil for a token that was got elsewhere
	token      string
	tokenEnv   string
	skew       *skewMeter
}

// Open checks c and makes a Source. It asks nobody yet.
func Open(c Config) (*Source, error) {
	if c.Getenv == nil {
		c.Getenv = os.Getenv
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.HTTP == nil {
		c.HTTP = http.DefaultClient
	}
	if c.Authority == "" {
		c.Authority = MicrosoftAuthority
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &Source{method: c.Method, scopes: c.Scopes, skew: &skewMeter{next: c.HTTP, now: c.Now}}
	if c.Method == Token {
		s.tokenEnv = c.TokenEnv
		if s.token = strings.TrimSpace(c.Getenv(c.TokenEnv)); s.token == "" {
			return nil, wrongUse(fmt.Sprintf("the variable %s holds no access token", c.TokenEnv), "put the token into it, without the word Bearer")
		}
		return s, nil
	}
	var err error
	s.credential, err = c.credential(s.skew)
	return s, err
}

func (c *Config) check() error {
	if !slices.Contains(Methods(), c.Method) {
		return wrongUse(fmt.Sprintf("there is no way %q to sign in", c.Method), fmt.Sprintf("ways are %s", names(Methods())))
	}
	u, err := url.Parse(c.Authority)
	if err != nil || u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return wrongUse(fmt.Sprintf("the authority %q is not of the form https://HOST[:PORT]", c.Authority), "the tenant is named apart from it")
	}
	if c.Method == Token {
		return nil
	}
	if c.ClientID == "" {
		return wrongUse("signing in needs the id of your app registration", "register an app once (docs/app-registration.md) and give its Application (client) ID with --client-id")
	}
	if c.Method.Application() && (c.Tenant == "" || slices.Contains([]string{"common", "organizations", "consumers"}, strings.ToLower(c.Tenant))) {
		return wrongUse("an application signs in to one tenant", "give the tenant's id or domain with --tenant")
	}
	return nil
}

// Scopes are what to ask for to watch and read the collections, such as messages. An application's permissions are granted
// beforehand and asked for as a whole; a user consents to each (W1.8-01).
func Scopes(service string, m Method, collections ...string) []string {
	if m.Application() {
		return []string{service + "/.default"}
	}
	var scopes []string
	for _, c := range collections {
		if name, ok := permission(c); ok && !slices.Contains(scopes, service+"/"+name) {
			scopes = append(scopes, service+"/"+name)
		}
	}
	slices.Sort(scopes)
	return scopes
}

// permission is the least that reads a collection of a mailbox.
func permission(collection string) (string, bool) {
	switch collection {
	case "messages":
		return "Mail.Read", true
	case "events":
		return "Calendars.Read", true
	case "contacts":
		return "Contacts.Read", true
	case "tasks":
		return "Tasks.ReadWrite", true
	}
	return "", false
}

// Token gives an access token that is good for now: a kept one while it lasts, else a new one. Claims are those of a challenge, for
// which no kept token will do, and empty otherwise.
func (s *Source) Token(ctx context.Context, claims string) (string, error) {
	if s.credential == nil {
		if claims != "" {
			return "", &Error{Code: "claims", Text: "the service wants a token with further claims, and " + s.tokenEnv + " holds a fixed one", Cure: "get a new token and start again, or sign in another way"}
		}
		return s.token, nil
	}
	t, err := s.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: s.scopes, Claims: claims, EnableCAE: true})
	if err != nil {
		return "", s.explain(ctx, err)
	}
	return t.Token, nil
}

// Skew is how far this machine's clock is ahead of the authority's, as far as its answers have told; negative if behind.
func (s *Source) Skew() time.Duration { return s.skew.get() }

// credential makes azidentity's own for the method.
func (c *Config) credential(transport policy.Transporter) (azcore.TokenCredential, error) {
	options := azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: c.Authority},
		Transport: transport,
	}
	foreign := !strings.EqualFold(c.Authority, MicrosoftAuthority) // azidentity would ask Microsoft about it
	switch c.Method {
	case Browser:
		return named(azidentity.NewInteractiveBrowserCredential(&azidentity.InteractiveBrowserCredentialOptions{
			ClientOptions: options, ClientID: c.ClientID, TenantID: c.Tenant, DisableInstanceDiscovery: foreign,
		}))
	case Secret:
		secret := c.Getenv(c.SecretEnv)
		if secret == "" {
			return nil, wrongUse(fmt.Sprintf("the variable %s holds no client secret", c.SecretEnv), "put the secret's value into it, not its id")
		}
		return named(azidentity.NewClientSecretCredential(c.Tenant, c.ClientID, secret, &azidentity.ClientSecretCredentialOptions{
			ClientOptions: options, DisableInstanceDiscovery: foreign,
		}))
	case Certificate:
		return c.certificate(options, foreign)
	default:
		return named(azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
			ClientOptions: options, ClientID: c.ClientID, TenantID: c.Tenant, DisableInstanceDiscovery: foreign,
			UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
				if c.Prompt == nil {
					return errors.New("nobody is there to type a code into a page")
				}
				c.Prompt(m.Message)
				return nil
			},
		}))
	}
}

func (c *Config) certificate(options azcore.ClientOptions, foreign bool) (azcore.TokenCredential, error) {
	content, err := os.ReadFile(c.CertificateFile)
	if err != nil {
		return nil, fmt.Errorf("read the application's certificate: %w", err)
	}
	certs, key, err := azidentity.ParseCertificates(content, []byte(c.Getenv(c.PasswordEnv)))
	if err != nil {
		return nil, wrongUse(fmt.Sprintf("%s holds no certificate with its key", c.CertificateFile),
			"give a PEM file with CERTIFICATE and PRIVATE KEY, or a PFX file; the variable with its password is named by --certificate-password-env")
	}
	return named(azidentity.NewClientCertificateCredential(c.Tenant, c.ClientID, certs, key, &azidentity.ClientCertificateCredentialOptions{
		ClientOptions: options, DisableInstanceDiscovery: foreign,
	}))
}

// named keeps a nil pointer from becoming a credential, and words azidentity's refusals as wrong use.
func named[C azcore.TokenCredential](credential C, err error) (azcore.TokenCredential, error) {
	if err != nil {
		return nil, wrongUse(err.Error(), "see outlocal expose --help")
	}
	return credential, nil
}

func names(methods []Method) string {
	texts := make([]string, len(methods))
	for i, m := range methods {
		texts[i] = string(m)
	}
	return strings.Join(texts, ", ")
}
