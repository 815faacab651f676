package emulator

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/internal/login"
	"github.com/outlocal/outlocal/journal"
)

// Auth is which bearer tokens the API takes.
type Auth uint8

// The ways to judge a bearer token.
const (
	AnyToken     Auth = iota // any that is not empty; who calls is what its claims say, if it is a JWT (W10-40)
	IssuedTokens             // those that this emulator issued, while they are good, for what they are good for
)

// String is the word that the program has for it.
func (a Auth) String() string {
	if a == IssuedTokens {
		return "issued"
	}
	return "any"
}

// SignIn is how it is found out who signs in at a browser.
type SignIn uint8

// The ways to sign in.
const (
	SignInAtOnce SignIn = iota // without a page: whom login_hint names, else [Config.User]
	SignInByPage               // a page asks
)

// App is an application that has to prove who it is when it signs in. It has a secret, a certificate, or both.
type App struct {
	ID          string // a GUID
	Secret      string
	Certificate *x509.Certificate
}

// Words that no application's secret can be: they are refused, so that a program can be seen to cope.
const (
	WrongSecret   = login.WrongSecret   // as one that was never good
	ExpiredSecret = login.ExpiredSecret // as one that was
)

// newAuthority makes the emulator's sign-in. Tokens are dated on the wall clock: the programs that read them have no other.
func (s *Server) newAuthority() *login.Authority {
	c := login.Config{
		Users: s.boxes, User: s.config.User, Tenant: DefaultTenant, Application: DefaultApp, Now: s.clock.Wall, Record: s.recordSignIn,
	}
	c.Key, _ = s.config.SigningKey.(*rsa.PrivateKey) // New has seen to it that it is one, or none
	if s.config.SignIn == SignInByPage {
		c.Choice = login.Page
	}
	for _, app := range s.config.Apps {
		c.Apps = append(c.Apps, login.App{ID: app.ID, Secret: app.Secret, Certificate: app.Certificate})
	}
	return login.New(c)
}

// recordSignIn journals what a client got, or did not get. Tokens, codes and secrets are no part of it.
func (s *Server) recordSignIn(e login.Event) {
	who := e.User
	if who == "" {
		who = "the application itself"
	}
	note := fmt.Sprintf("%s: a token of %s for %s", e.Grant, who, e.Resource)
	if e.Grant == "authorize" {
		note = fmt.Sprintf("authorize: %s signed in", who)
	}
	if e.Refusal != "" {
		note = e.Grant + ": refused, " + e.Refusal
	}
	s.record(journal.Entry{Kind: journal.SignIn, Mailbox: e.User, App: e.App, Note: note, Data: signedIn{e.Grant, e.Resource, e.Scopes, e.Refusal}})
}

// signedIn is what an entry tells of a sign-in, for programs.
type signedIn struct {
	Grant    string   `json:"grant"`
	Audience string   `json:"audience"`
	Scopes   []string `json:"scopes"`
	Refusal  string   `json:"refusal"`
}

var _ journal.Sized = signedIn{}

// wordBytes is what a text takes up beside its letters: of many short ones, most.
const wordBytes = 16

// Size implements [journal.Sized]: all of it is as long as who signs in likes.
func (s signedIn) Size() int64 {
	n := len(s.Grant) + len(s.Audience) + len(s.Refusal)
	for _, scope := range s.Scopes {
		n += len(scope) + wordBytes
	}
	return int64(n)
}

// IssueToken makes an access token without a sign-in.
func (s *Server) IssueToken(_ context.Context, o control.TokenOrder) (control.IssuedToken, error) {
	for _, id := range []string{o.App, o.Tenant} {
		if _, err := uuid.Parse(id); id != "" && err != nil {
			return control.IssuedToken{}, control.BadRequest(fmt.Sprintf("issue a token: %q is no GUID", id), "applications and tenants are known by GUIDs; any will do")
		}
	}
	issued, err := s.login.Issue(login.Order{
		App: o.App, User: o.User, AppOnly: o.AppOnly, Tenant: o.Tenant, Resource: o.Resource, Scopes: o.Scopes, Admin: o.Admin,
		Expired: o.Expired, Lifetime: o.Lifetime.Std(),
	})
	if err != nil {
		return control.IssuedToken{}, control.BadRequest(err.Error(), "name a user by an address such as ann@contoso.com")
	}
	said := issued.Claims
	token := control.IssuedToken{
		Token: issued.Text, App: said.Application(), User: said.User(), Tenant: said.Tenant, Audience: said.Audience,
		Scopes: strings.Fields(said.Scope), Expires: time.Unix(said.Expires, 0).UTC(),
	}
	if said.AppOnly() {
		token.Scopes = said.Roles
	}
	s.recordSignIn(login.Event{Grant: "order", App: token.App, User: token.User, Resource: token.Audience, Scopes: token.Scopes})
	return token, nil
}

// checkApps tells what is wrong with the applications of a Config.
func checkApps(apps []App) error {
	for i, app := range apps {
		_, err := uuid.Parse(app.ID)
		switch {
		case err != nil:
			return fmt.Errorf("know application %q: its id is no GUID", app.ID)
		case app.Secret == "" && app.Certificate == nil:
			return fmt.Errorf("know application %s: it has neither a secret nor a certificate", app.ID)
		case app.Secret == WrongSecret || app.Secret == ExpiredSecret:
			return errors.New("know application " + app.ID + ": " + app.Secret + " is never taken as a secret")
		case slices.ContainsFunc(apps[:i], func(other App) bool { return strings.EqualFold(other.ID, app.ID) }):
			return fmt.Errorf("know application %s: it is named twice", app.ID)
		}
	}
	return nil
}
