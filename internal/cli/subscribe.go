package cli

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// subscription is what is asked for: by subscribe, and by emulate for itself.
type subscription struct {
	url         string
	lifecycle   string
	resource    string
	change      string
	dialect     string
	user        string
	life        string
	longest     bool   // without a life: as long as may be
	clientState string // name of the variable that holds it
	encrypt     string // FILE[=ID] of a certificate
}

// anyToken is what an emulator is shown: it takes any.
const anyToken = "outlocal"

// defaultResource and defaultDialect are what most webhooks are for.
const (
	defaultResource = "me/messages"
	defaultChange   = "created"
	defaultDialect  = "graph-v1.0"
)

func newSubscribeCommand(a *app) *cobra.Command {
	var t target
	var s subscription
	cmd := &cobra.Command{
		Use:   "subscribe URL",
		Short: "Subscribe a webhook at a running emulator",
		Long: `Subscribe a webhook at a running emulator, as its app would: the emulator plays the handshake with it, and
notifies it of changes from then on. outlocal trigger makes such a change.

In Graph an app subscribes to the same changes of a resource once, whatever the webhook: a second time is refused
(409) until the first has ended, or outlocal reset --subscription ID has forgotten it.`,
		Example: `outlocal subscribe http://localhost:3000/hook
outlocal subscribe 3000/hook --resource me/events --change created,updated --for 1h
outlocal subscribe http://localhost:3000/hook --dialect outlook-final --client-state-env HOOK_SECRET
outlocal subscribe 3000/hook --resource 'me/messages?$select=subject' --encrypt encryption-certificate.pem`,
		Args:        takes("URL"),
		Annotations: exits("subscribed", "refused: the webhook failed the handshake, or the subscription is not as the schema wants it", "no emulator answers"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.url = args[0]
			client, err := a.find(cmd.Context(), t)
			if err != nil {
				return err
			}
			made, err := a.subscribe(cmd.Context(), client, s)
			if err != nil {
				return err
			}
			return a.printSubscription(made)
		},
	}
	addEmulator(cmd, &t)
	flags := cmd.Flags()
	flags.StringVar(&s.resource, "resource", defaultResource, "what to watch, a `PATH` such as me/events")
	addSubscription(cmd, &s)
	flags.StringVar(&s.lifecycle, "lifecycle-url", "", "where lifecycle notifications go, in schemas that have them, as `URL`")
	flags.StringVar(&s.encrypt, "encrypt", "", "let notifications bring what the resource selects, encrypted for the certificate in `FILE[=ID]`; outlocal certificate new makes one")
	flags.StringVar(&s.user, "user", "", "whose mailbox me is, by `ADDRESS`; the emulator's own user if left out")
	flags.StringVar(&s.life, "for", "", "how long, a `DURATION` such as 1h or 3d; if left out what the schema gives, in Graph an hour")
	return cmd
}

// addSubscription adds the flags that subscribe and emulate share.
func addSubscription(cmd *cobra.Command, s *subscription) {
	flags := cmd.Flags()
	flags.StringVar(&s.change, "change", defaultChange, "which changes, as `WORDS` such as created,updated")
	flags.StringVarP(&s.dialect, "dialect", "d", defaultDialect, "the schema to subscribe in, by `NAME`; outlocal dialects lists them")
	flags.StringVar(&s.clientState, "client-state-env", "", "`NAME` of the variable with the client state to be sent along")
	completes(cmd, "dialect", dialectNames)
}

// made is a subscription that was made, and what to do with it.
type made struct {
	Subscription subscriber.Subscription
	Dialect      *dialect.Dialect
	Mount        string
	Collection   notify.Collection
	Life         time.Duration // what was asked for; 0 if nothing
	Lives        time.Duration // what the service made of it
}

// subscribe makes a subscription at the emulator that client steers.
func (a *app) subscribe(ctx context.Context, client *control.Client, s subscription) (made, error) {
	request, d, err := a.request(s)
	if err != nil {
		return made{}, err
	}
	status, err := client.Status(ctx)
	if err != nil {
		return made{}, err
	}
	if status.Kind != control.Emulator || status.HTTP == "" {
		return made{}, wrongUse("subscribe at an emulator: outlocal emulate", "subscribe: %s is a %s", status.Name, status.Kind)
	}
	mount, err := mountOf(status, d)
	if err != nil {
		return made{}, err
	}
	resource := "outlook"
	if d.Family == dialect.Graph {
		resource = "graph"
	}
	token, err := tokenFor(ctx, client, status, control.TokenOrder{User: s.user, Resource: resource})
	if err != nil {
		return made{}, err
	}
	direct := &http.Transport{} // no proxy of the environment stands between this machine and itself
	defer direct.CloseIdleConnections()
	service := subscriber.Client{
		BaseURL: status.HTTP, Mount: mount, Dialect: d, Token: token, User: s.user,
		HTTP: &http.Client{Transport: direct},
		Now:  func() time.Time { return status.Now },
	}
	subscribed, err := service.Create(ctx, request)
	if err != nil {
		return made{}, refusedByHand(ctx, client, s, err)
	}
	return made{subscribed, d, mount, collectionOf(s.resource), request.For, subscribed.Expires.Sub(status.Now)}, nil
}

// refusedByHand adds to a refusal what helps who subscribes by this command: what the emulator says is for apps.
func refusedByHand(ctx context.Context, client *control.Client, s subscription, err error) error {
	var refusal *subscriber.Error
	if !errors.As(err, &refusal) || refusal.Status != http.StatusConflict {
		return withVerify(err, s)
	}
	id := "ID"
	for other, unlisted := range allSubscriptions(ctx, client, control.Selector{}) {
		if unlisted == nil && strings.Contains(refusal.Message, other.ID) {
			id = other.ID
		}
	}
	why, _, _ := strings.Cut(refusal.Hint, ": ")
	return failed(why+"; outlocal reset --subscription "+id+" forgets it", "%w", err)
}

// request reads what the flags say.
func (a *app) request(s subscription) (r subscriber.Request, d *dialect.Dialect, err error) {
	if d, err = lookUp(s.dialect); err != nil {
		return r, nil, err
	}
	webhook, err := readWebhookURL(s.url)
	if err != nil {
		return r, nil, err
	}
	r = subscriber.Request{Resource: s.resource, NotificationURL: webhook.String(), LifecycleURL: s.lifecycle}
	if r.Changes, err = notify.ParseChangeType(s.change); err != nil {
		return r, nil, wrongUse("such as --change created,updated", "%w", err)
	}
	if r.ClientState, err = a.clientState(s.clientState); err != nil {
		return r, nil, err
	}
	if r.Certificate, r.CertificateID, err = encryptionCertificate(s.encrypt); err != nil {
		return r, nil, err
	}
	switch {
	case s.life != "":
		r.For, err = lasting(s.life)
	case s.longest && d.Lifetime.Settable:
		r.For = d.Lifetime.Max
	}
	return r, d, err
}

// mountOf is the base path under which the emulator speaks a dialect: the dialect's own if it can be chosen.
func mountOf(status control.Status, d *dialect.Dialect) (string, error) {
	found := ""
	for _, m := range status.Serve {
		if m.Dialect != d.String() {
			continue
		}
		if m.Path == d.Base || found == "" {
			found = m.Path
		}
	}
	if found == "" {
		return "", wrongUse("let it speak: outlocal serve "+d.Base+"="+d.String(), "subscribe: the emulator speaks %s under no path", d)
	}
	return found, nil
}

// collectionOf is what a resource is about, for the next command to be proposed.
func collectionOf(resource string) notify.Collection {
	path, _, _ := strings.Cut(resource, "?")
	segments := strings.Split(path, "/")
	for i := len(segments) - 1; i >= 0; i-- {
		name, _, _ := strings.Cut(segments[i], "(")
		if c := notify.ParseCollection(strings.TrimSuffix(strings.ToLower(name), "s")); c != notify.None {
			return c
		}
	}
	return notify.ParseCollection("message")
}

// shownShift is more than a request takes: what an expiry is off by more, the service wanted so.
const shownShift = 30 * time.Second

// subscribedSchema names the form of a subscription that was made, in JSON.
const subscribedSchema = "outlocal/subscribed/1"

type subscribedDocument struct {
	ID         string    `json:"id"`
	Dialect    string    `json:"dialect"`
	Path       string    `json:"path" doc:"the base path that it was made under"`
	Resource   string    `json:"resource"`
	ChangeType string    `json:"changeType"`
	Expires    time.Time `json:"expires"`
}

func (a *app) printSubscription(m made) error {
	s := m.Subscription
	if a.json {
		return a.out.document(subscribedSchema, subscribedDocument{s.ID, m.Dialect.String(), m.Mount, s.Resource, s.ChangeType, s.Expires})
	}
	a.out.line("%s subscribed in %s, until %s", a.out.tick(), m.Dialect, s.Expires.UTC().Format("2006-01-02 15:04:05Z"))
	if off := m.Lives - m.Life; m.Life > 0 && (off > shownShift || off < -shownShift) {
		a.out.line("  %s  asked for %s, but %s gives %s", a.out.caution(), span(m.Life), m.Dialect, span(m.Lives.Round(time.Minute)))
	}
	a.out.line("  %s  %s", a.out.dim("id"), s.ID)
	a.out.line("  %s  outlocal trigger %s", a.out.dim("next"), m.next())
	return nil
}

// next is a change that the subscription is notified of.
func (m made) next() string {
	word := strings.ToLower(m.Subscription.Changes.String())
	word, _, _ = strings.Cut(word, ",")
	if word == "" {
		word = defaultChange
	}
	return m.Collection.Singular() + "." + word
}
