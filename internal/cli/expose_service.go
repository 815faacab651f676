package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/clock"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

// exposedAt says at which service a webhook is subscribed.
type exposedAt struct {
	service  string
	emulator string
	dialect  string
}

func addExposedAt(cmd *cobra.Command, f *exposedAt) {
	flags := cmd.Flags()
	flags.StringVar(&f.service, "service", dialect.GraphV1.Name, "the service, as `NAME|URL`: "+dialect.GraphV1.Name+", "+dialect.GraphBeta.Name+", or the base of one like them, such as https://graph.microsoft.us/v1.0")
	flags.StringVar(&f.emulator, "emulator", "", "a running emulator instead, by `URL|NAME`")
	flags.StringVarP(&f.dialect, "dialect", "d", defaultDialect, "at an emulator, the schema to subscribe in, by `NAME`")
	excludes(cmd, "service", "emulator")
	needs(cmd, "dialect", "emulator")
	completes(cmd, "service", func() []string { return []string{dialect.GraphV1.Name, dialect.GraphBeta.Name} })
	completes(cmd, "dialect", dialectNames)
}

// microsoftGraph is the origin of the real service, and what tokens for it are for.
const microsoftGraph = "https://graph.microsoft.com"

// audience is what tokens for a schema are for.
func audience(d *dialect.Dialect) string {
	if d.Family == dialect.Outlook {
		return "https://outlook.office.com"
	}
	return microsoftGraph
}

// host is the service that a webhook is exposed to.
type host struct {
	name      string // for the first line
	base      *url.URL
	dialect   *dialect.Dialect
	real      bool // what is done there somebody else may notice
	audience  string
	authority string
	roots     *x509.CertPool // nil for the system's
	http      *http.Client
	emulator  *control.Client // nil if it was not named as one
	status    control.Status  // of the emulator
}

// host finds the service.
func (f *exposedAt) host(ctx context.Context, a *app, all *exposeFlags) (h *host, err error) {
	if f.emulator != "" {
		h, err = f.emulated(ctx, a, all)
	} else {
		h, err = f.named(all)
	}
	if err != nil {
		return nil, err
	}
	h.authority = cmp.Or(all.signIn.authority, h.authority)
	h.http = &http.Client{Transport: h.transport()}
	return h, nil
}

// transport speaks to the service and the authority.
func (h *host) transport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: h.roots, MinVersion: tls.VersionTLS12}
	return transport
}

// named is a service by its name or URL.
func (f *exposedAt) named(all *exposeFlags) (*host, error) {
	text := f.service
	for _, d := range []*dialect.Dialect{dialect.GraphV1, dialect.GraphBeta} {
		if f.service == d.Name {
			text = microsoftGraph + d.Base
		}
	}
	base, err := url.Parse(text)
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" || base.RawQuery != "" || base.User != nil {
		return nil, wrongUse("it is "+dialect.GraphV1.Name+" or "+dialect.GraphBeta.Name+", or a URL such as https://graph.microsoft.us/v1.0",
			"read --service %s: it is no service", journal.MaskURL(f.service))
	}
	if base.Scheme == "http" && !serve.IsLoopback(base.Hostname()) {
		return nil, wrongUse("write it with https", "read --service: a token would go to %s in the clear", base.Host)
	}
	h := &host{base: base, dialect: dialect.GraphV1, real: !serve.IsLoopback(base.Hostname()), authority: receiver.MicrosoftAuthority}
	h.base.Path = "/" + strings.Trim(base.Path, "/")
	if h.base.Path == dialect.GraphBeta.Base {
		h.dialect = dialect.GraphBeta
	}
	h.name = base.String()
	h.audience = microsoftGraph
	if strings.HasPrefix(base.Hostname(), "graph.microsoft.") || strings.HasPrefix(base.Hostname(), "microsoftgraph.") {
		h.name = "Microsoft Graph, " + h.name
		h.audience = base.Scheme + "://" + base.Host
	}
	h.roots, err = readRoots(all.ca)
	return h, err
}

// emulated is a running emulator. It is spoken to by https where its certificate can be trusted.
func (f *exposedAt) emulated(ctx context.Context, a *app, all *exposeFlags) (*host, error) {
	d, err := lookUp(f.dialect)
	if err != nil {
		return nil, err
	}
	client, err := a.find(ctx, target{emulator: f.emulator, token: all.control})
	if err != nil {
		return nil, err
	}
	status, err := client.Status(ctx)
	if err != nil {
		return nil, err
	}
	origin := cmp.Or(status.HTTP, status.HTTPS)
	if status.Kind != control.Emulator || origin == "" {
		return nil, wrongUse("name an emulator: outlocal emulate starts one", "expose at %s: it is no emulator", status.Name)
	}
	mount, err := mountOf(status, d)
	if err != nil {
		return nil, err
	}
	h := &host{dialect: d, audience: audience(d), authority: status.Authority, emulator: client, status: status}
	if file := cmp.Or(all.ca, status.CA); file != "" && status.HTTPS != "" {
		if h.roots, err = readRoots(file); err != nil {
			return nil, err
		}
		origin = status.HTTPS
	}
	if h.base, err = url.Parse(origin + mount); err != nil {
		return nil, fmt.Errorf("read the emulator's address: %w", err)
	}
	h.name = emulatorName(status) + ", " + h.base.String() + " in " + d.String()
	return h, nil
}

// client calls it, without a token.
func (h *host) client() subscriber.Client {
	return subscriber.Client{BaseURL: h.base.Scheme + "://" + h.base.Host, Mount: h.base.Path, Dialect: h.dialect, HTTP: h.http}
}

// clock is the time that is lived by: an emulator's is virtual, and can be advanced on both sides; nil is the machine's.
func (h *host) clock(ctx context.Context) (*clock.Clock, error) {
	if h.emulator == nil {
		return nil, nil
	}
	c := clock.New()
	if ahead := h.status.Now.Sub(c.Now()); ahead > timeLead {
		if _, err := c.Advance(ctx, ahead); err != nil {
			c.Close()
			return nil, fmt.Errorf("take over the emulator's time: %w", err)
		}
	}
	return c, nil
}

// emulatorTokens are what an emulator issues to who asks its control API, in place of a sign-in.
type emulatorTokens struct {
	host *host

	mu     sync.Mutex
	token  string
	renews time.Time
}

// Token implements [subscriber.TokenSource].
func (t *emulatorTokens) Token(ctx context.Context, claims string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if claims == "" && time.Now().Before(t.renews) {
		return t.token, nil
	}
	if t.host.status.Auth != authIssued {
		return anyToken, nil
	}
	order := control.TokenOrder{Resource: "graph"}
	if t.host.dialect.Family == dialect.Outlook {
		order.Resource = "outlook"
	}
	issued, err := t.host.emulator.IssueToken(ctx, order)
	if err != nil {
		return "", fmt.Errorf("get a token of the emulator: %w", err)
	}
	t.token, t.renews = issued.Token, issued.Expires.Add(-tokenMargin)
	return t.token, nil
}

// forgetful lets a token be forgotten that is refused without a challenge: an emulator that was started anew has other keys.
type forgetful struct {
	*http.Transport
	tokens *emulatorTokens
}

// RoundTrip implements [http.RoundTripper].
func (f forgetful) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := f.Transport.RoundTrip(r)
	if err == nil && response.StatusCode == http.StatusUnauthorized {
		f.tokens.forget(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}
	return response, err
}

// forget makes the next request ask for another token than one that was refused.
func (t *emulatorTokens) forget(refused string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token == refused {
		t.renews = time.Time{}
	}
}

// tokenMargin is how long before its end a token is used no more: longer than any request takes.
const tokenMargin = 5 * time.Minute
