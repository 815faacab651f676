package cli

import (
	"context"
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
	"github.com/outlocal/outlocal/tunnel"
)

// exposurePlan is all that flags, files and variables say, read before anybody is asked.
type exposurePlan struct {
	flags   *exposeFlags
	target  *webhookURL // nil for the built-in receiver
	host    *host
	watches []subscriber.Watch
	life    time.Duration
	who     *identity
	tunnel  tunnel.Config
	key     *receiver.Key // opens what is encrypted; nil where nothing is
}

func (a *app) planExposure(ctx context.Context, args []string, f *exposeFlags) (p *exposurePlan, err error) {
	p = &exposurePlan{flags: f}
	if len(args) > 0 {
		target, err := readWebhookURL(args[0])
		if err != nil {
			return nil, err
		}
		p.target = &target
	}
	if f.patience <= 0 {
		return nil, wrongUse("such as --patience 1h", "read --patience: want more than 0")
	}
	if f.life != "" {
		if p.life, err = lasting(f.life); err != nil {
			return nil, err
		}
	}
	if err := state.CheckName(f.profile); err != nil {
		return nil, err
	}
	if p.host, err = f.service.host(ctx, a, f); err != nil {
		return nil, err
	}
	if p.watches, err = readWatches(f.watch, f.rich); err != nil {
		return nil, err
	}
	if p.who, err = f.signIn.identity(a, p.host, p.watches); err != nil {
		return nil, err
	}
	if p.tunnel, err = f.tunnel.config(a, p.host); err != nil {
		return nil, err
	}
	if f.rich != "" {
		key, err := receiver.NewKey(uuid.NewString())
		if err != nil {
			return nil, err
		}
		p.key = &key
	}
	_, err = p.keeper(subscriber.Config{}) // which checks what is to be watched
	if err != nil {
		return nil, wrongUse("such as --watch me/messages:created,updated; outlocal dialects tells what each schema has", "%w", errors.Unwrap(err))
	}
	return p, nil
}

// changeList is what looks like change types after a resource.
var changeList = regexp.MustCompile(`^[A-Za-z]+(,[A-Za-z]+)*$`)

// readWatches reads PATH[:CHANGES]. A path may hold colons, as times in a $filter do.
func readWatches(texts []string, properties string) (all []subscriber.Watch, err error) {
	for _, text := range texts {
		resource, words := text, defaultChange
		if at := strings.LastIndex(text, ":"); at >= 0 && changeList.MatchString(text[at+1:]) {
			resource, words = text[:at], text[at+1:]
		}
		w := subscriber.Watch{Resource: resource, Lifecycle: true}
		if w.Changes, err = notify.ParseChangeType(words); err != nil {
			return nil, wrongUse("such as --watch me/messages:created,updated", "read --watch %s: %w", text, err)
		}
		if strings.Trim(resource, "/") == "" {
			return nil, wrongUse("such as --watch me/messages", "read --watch %q: it names nothing to watch", text)
		}
		if properties != "" {
			w.Rich = true
			if !strings.Contains(resource, "$select=") {
				separator := "?"
				if strings.Contains(resource, "?") {
					separator = "&"
				}
				w.Resource += separator + "$select=" + strings.TrimPrefix(properties, "$select=")
			}
		}
		all = append(all, w)
	}
	return all, nil
}

// keeper makes a keeper of what is wanted; c has what is not known from flags.
func (p *exposurePlan) keeper(c subscriber.Config) (*subscriber.Keeper, error) {
	c.Client, c.Watches, c.Tokens, c.Life = p.host.client(), p.watches, p.who.tokens, p.life
	if p.key != nil {
		c.Certificate = subscriber.Certificate{DER: base64.StdEncoding.EncodeToString(p.key.Certificate.Raw), ID: p.key.ID}
	}
	return subscriber.New(c)
}

// sayService says where subscriptions have an effect, and whose, before anything else.
func (a *app) sayService(p *exposurePlan) {
	if a.json {
		return
	}
	a.out.line("%s  %s, as %s", a.out.dim("service"), p.host.name, p.who.words)
	to := "a receiver that is built in"
	if p.target != nil {
		to = p.target.masked()
	}
	a.out.line("%s  %s", a.out.dim("webhook"), to)
	a.out.line("%s   %s", a.out.dim("tunnel"), throughTunnel(p.tunnel))
}

// placeholder is a URL that nobody knows before the tunnel is open.
const placeholder = "https://URL-OF-THE-TUNNEL"

// dryExposure tells what would be sent.
func (a *app) dryExposure(ctx context.Context, p *exposurePlan) error {
	folder, err := a.folder()
	if err != nil {
		return err
	}
	store, err := folder.Subscriptions(ctx, p.flags.profile)
	if err != nil {
		return err
	}
	defer store.Close()
	url := placeholder
	if p.tunnel.Kind == tunnel.Public {
		url = p.tunnel.URL
	}
	k, err := p.keeper(subscriber.Config{Store: store, At: subscriber.Endpoint{URL: url + "/PATH", LifecycleURL: url + "/OTHER-PATH"}})
	if err != nil {
		return err
	}
	return a.tellPlan(ctx, k)
}

// checkExposed plays the handshake with the webhook before the service does, which says less of what is wrong.
func (a *app) checkExposed(ctx context.Context, p *exposurePlan) error {
	if p.target == nil || p.host.dialect.Handshake == nil {
		return nil
	}
	roots, err := readRoots(p.flags.ca)
	if err != nil {
		return err
	}
	server, err := emulator.New(emulator.Config{
		AllowTargets: []string{p.target.Scheme + "://" + p.target.Host}, Roots: roots, Environment: a.environment(),
	})
	if err != nil {
		return err
	}
	defer server.Close()
	result, err := server.Verify(ctx, emulator.Verification{Dialect: p.host.dialect, URL: p.target.String()})
	if err != nil {
		return err
	}
	var found []diagnosis.Diagnosis
	for _, d := range result.Diagnoses {
		if d.ID != "handshake-http-url" { // https ends at the tunnel
			found = append(found, d)
		}
	}
	result.Diagnoses = found
	v := verdictOf(found)
	switch {
	case a.json && v != verdictGood:
		err = a.out.document(handshakeSchema, documentOf(p.target.masked(), p.host.dialect, v, result))
	case !a.json:
		show := verifyPrinter{out: a.out, dialect: p.host.dialect}
		if v != verdictGood {
			a.out.line("")
			a.out.line("%s %s", a.out.sent("-->"), clip("POST "+journal.MaskURL(result.Exchange.URL), show.columns()-len("--> ")))
			a.out.line("%s %s", a.out.sent("<--"), clip(cameBack(result.Answer), show.columns()-len("<-- ")))
		}
		show.result(v, result)
	}
	if err != nil {
		return err
	}
	return conclude([]verdict{v})
}
