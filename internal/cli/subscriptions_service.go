package cli

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/signin"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/subscriber"
)

// venue is whose subscriptions a verb is about: those of an emulator, or of the service that is named.
type venue struct {
	target
	service string
	access  string // name of the variable with the access token
	ca      string // FILE
}

// accessVariable is where the access token is unless a flag names another variable.
const accessVariable = "OUTLOCAL_ACCESS_TOKEN" //nolint:gosec // the name of a variable, no secret

func addVenue(cmd *cobra.Command, p *venue) {
	addEmulator(cmd, &p.target)
	flags := cmd.Flags()
	flags.StringVar(&p.service, "service", "", "the real service instead of an emulator, by `URL`: https://graph.microsoft.com/v1.0 or its like")
	flags.StringVar(&p.access, "token-env", accessVariable, "`NAME` of the variable with an access token for the service")
	flags.StringVar(&p.ca, "ca", "", "PEM `FILE` of certificates to trust beside the system's, at the service")
	excludes(cmd, "service", "emulator")
	needs(cmd, "ca", "service")
}

// office is where subscriptions are asked for and changed.
type office interface {
	// name is what it is called in the first line of every verb.
	name() string
	// real tells whether what is destroyed there is missed by somebody.
	real() bool
	list(ctx context.Context, where control.Selector) ([]control.Subscription, error)
	// client is one that may change a subscription.
	client(ctx context.Context, s *control.Subscription) (*subscriber.Client, error)
	// has tells whether the base URL of a service, as records have it, is this one's.
	has(base string) bool
}

// enter finds the venue, and says which it is.
func (a *app) enter(ctx context.Context, p venue) (o office, err error) {
	if p.service == "" {
		o, err = a.emulated(ctx, p.target)
	} else {
		o, err = a.atService(p)
	}
	if err == nil && !a.json {
		a.out.line("%s  %s", a.out.dim("service"), o.name())
	}
	return o, err
}

// emulatorOffice is a running emulator's.
type emulatorOffice struct {
	control *control.Client
	status  control.Status
	http    *http.Client
}

func (a *app) emulated(ctx context.Context, t target) (*emulatorOffice, error) {
	client, err := a.find(ctx, t)
	if err != nil {
		return nil, err
	}
	status, err := client.Status(ctx)
	if err != nil {
		return nil, err
	}
	direct := &http.Transport{DisableKeepAlives: true}  // no proxy of the environment stands between this machine and itself
	if roots, err := readRoots(status.CA); err == nil { // what expose made there, it made by https
		direct.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return &emulatorOffice{client, status, &http.Client{Transport: direct}}, nil
}

func (o *emulatorOffice) name() string { return emulatorName(o.status) + ", " + o.status.HTTP }

func emulatorName(s control.Status) string {
	if s.Name == "" || s.Name == string(control.Emulator) { // as it is called if it is given no name
		return "the emulator"
	}
	return "the emulator " + s.Name
}

func (o *emulatorOffice) real() bool { return false }

func (o *emulatorOffice) has(base string) bool {
	return strings.HasPrefix(base, o.status.HTTP+"/") || o.status.HTTPS != "" && strings.HasPrefix(base, o.status.HTTPS+"/")
}

func (o *emulatorOffice) list(ctx context.Context, where control.Selector) (all []control.Subscription, err error) {
	for s, err := range allSubscriptions(ctx, o.control, where) {
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// client has a token of the app that made the subscription: nobody else sees it.
func (o *emulatorOffice) client(ctx context.Context, s *control.Subscription) (*subscriber.Client, error) {
	d, err := dialect.Lookup(s.Dialect)
	if err != nil {
		return nil, err
	}
	app, mailbox := s.App, s.Mailbox
	if app == "" { // all that is known is its id
		all, err := o.list(ctx, control.Selector{})
		if err != nil {
			return nil, err
		}
		for _, other := range all {
			if other.ID == s.ID {
				app, mailbox = other.App, other.Mailbox
			}
		}
	}
	order := control.TokenOrder{App: app, AppOnly: true, Resource: "graph"}
	if d.Family == dialect.Outlook {
		order.Resource = "outlook"
	}
	issued, err := o.control.IssueToken(ctx, order)
	if err != nil {
		return nil, err
	}
	return &subscriber.Client{
		BaseURL: o.status.HTTP, Mount: s.Mount, Dialect: d, Token: issued.Token, User: mailbox, HTTP: o.http, Now: func() time.Time { return o.status.Now },
	}, nil
}

// serviceOffice is the real service's, or that of one like it.
type serviceOffice struct {
	base   *url.URL
	speaks *dialect.Dialect
	tokens subscriber.TokenSource
	http   *http.Client // nil for the usual one
}

func (a *app) atService(p venue) (*serviceOffice, error) {
	base, err := url.Parse(p.service)
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" || base.RawQuery != "" || base.User != nil {
		return nil, wrongUse("such as --service https://graph.microsoft.com/v1.0", "read --service %s: it is no base URL", journal.MaskURL(p.service))
	}
	speaks := dialect.GraphV1
	if strings.Trim(base.Path, "/") == strings.Trim(dialect.GraphBeta.Base, "/") {
		speaks = dialect.GraphBeta
	}
	client, err := trusting(p.ca)
	if err != nil {
		return nil, err
	}
	source, err := signin.Open(signin.Config{Method: signin.Token, TokenEnv: p.access, Getenv: a.process.Env})
	if err != nil {
		return nil, err
	}
	return &serviceOffice{base, speaks, source, client}, nil
}

func (o *serviceOffice) name() string {
	name := strings.TrimSuffix(o.base.String(), "/")
	if strings.EqualFold(o.base.Hostname(), "graph.microsoft.com") {
		name = "Microsoft Graph, " + name
	}
	return name
}

func (o *serviceOffice) real() bool { return true }

func (o *serviceOffice) has(base string) bool {
	return base == o.base.Scheme+"://"+o.base.Host+"/"+strings.Trim(o.base.Path, "/")
}

func (o *serviceOffice) list(ctx context.Context, _ control.Selector) ([]control.Subscription, error) {
	client, err := o.client(ctx, nil)
	if err != nil {
		return nil, err
	}
	found, err := client.List(ctx)
	if err != nil {
		return nil, err
	}
	var all []control.Subscription
	for _, s := range found {
		all = append(all, control.Subscription{
			ID: s.ID, Mount: client.Mount, Dialect: o.speaks.String(), App: s.App, Mailbox: s.Creator, Resource: s.Resource, ChangeType: s.ChangeType,
			NotificationURL: journal.MaskURL(s.NotificationURL), LifecycleURL: journal.MaskURL(s.LifecycleURL), Expires: s.Expires, Rich: s.IncludeData,
		})
	}
	return all, nil
}

func (o *serviceOffice) client(ctx context.Context, _ *control.Subscription) (*subscriber.Client, error) {
	token, err := o.tokens.Token(ctx, "")
	if err != nil {
		return nil, err
	}
	return &subscriber.Client{BaseURL: o.base.Scheme + "://" + o.base.Host, Mount: "/" + strings.Trim(o.base.Path, "/"), Dialect: o.speaks, Token: token, HTTP: o.http}, nil
}
