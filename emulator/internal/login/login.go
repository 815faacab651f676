// Package login is the emulator's sign-in: an OAuth and OpenID Connect authority in the form of Microsoft's own.
//
// An [Authority] is an [http.Handler] for the discovery documents and for every grant that webhooks' programs sign in with. What it
// issues are JWTs signed with a key of its own, which it publishes, so that whoever reads tokens can check these. Use
// [Authority.Verify] where only issued tokens are to be taken, [Read] where any will do, [Authority.Issue] for a token without a grant,
// and [Authority.ValidationToken] for those that travel inside notifications.
//
// It signs in whom the client names and gives whatever is asked for: there are no passwords, no consent and no registrations, save for
// applications whose secret or certificate the Config names. It keeps next to nothing: codes and refresh tokens carry their grant in
// themselves, sealed, and end with the process.
package login

import (
	"crypto/rsa"
	"crypto/x509"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/outlocal/outlocal/notify"
)

// Users are those who can sign in.
type Users interface {
	// Resolve finds a user by address or object id. It may make one for an address that it does not know.
	Resolve(user string) (notify.Mailbox, error)
}

// Config is what an authority is made of. All fields but Users, User, Tenant and Application have a usable zero.
type Config struct {
	Users       Users
	User        string // who is signed in where nobody is named, by address
	Tenant      string // which common, organizations and domains stand for, a GUID
	Application string // whose token Issue makes where no application is named

	Apps   []App       // applications that have to prove who they are; any other is taken at its word
	Choice Choice      // who is signed in at a browser
	Record func(Event) // is told of every token that a client got, or was refused; nil for nobody

	// Now is the wall clock: real programs check tokens with theirs. Nil for time.Now.
	Now func() time.Time
	// Key signs. Nil for one that is made when it is first needed, which takes a tenth of a second.
	Key *rsa.PrivateKey
}

// App is an application whose credentials are known.
type App struct {
	ID          string            // a GUID
	Secret      string            // the only one that is taken; none is if there are certificates only
	Certificate *x509.Certificate // whose key signs the application's assertions
}

// Choice is how it is found out who signs in at a browser.
type Choice uint8

// The choices.
const (
	Automatic Choice = iota // whom login_hint names, else the Config's user, without a page
	Page                    // a page asks
)

// Event is something that happened at the authority.
type Event struct {
	Grant    string // such as client_credentials, or authorize
	App      string
	User     string // address; empty for an application's own token
	Resource string
	Scopes   []string
	Refusal  string // why it was refused, empty if it was not; it holds no secret
}

// Authority issues and checks tokens. All its methods can be called by any goroutine.
type Authority struct {
	config Config
	keys   func() *keyring
	seal   *seal
	router func() *mux.Router // made when somebody first signs in: most emulators see nobody do so, and start the sooner

	mu          sync.Mutex
	devices     map[string]*device   // by device code
	redeemed    map[string]time.Time // codes, until they would have expired anyway
	validations map[validation]signed
}

// New makes an authority. It starts nothing and needs no closing.
func New(c Config) *Authority {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Record == nil {
		c.Record = func(Event) {}
	}
	a := &Authority{
		config: c, seal: newSeal(), devices: make(map[string]*device), redeemed: make(map[string]time.Time),
		validations: make(map[validation]signed),
	}
	a.keys = sync.OnceValue(func() *keyring { return newKeyring(c.Key, c.Now()) })
	a.router = sync.OnceValue(a.routes)
	return a
}
