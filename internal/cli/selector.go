package cli

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/journal"
)

// selection is a selector as it is typed: hosts and short URLs, and ids as outlocal itself shortens them, mean what they look like.
// settle makes of it what is compared.
type selection struct {
	control.Selector
	typed []string // the flags, for who is told that nothing matches
}

// addSelector lets a verb concern a part only: several apps and parallel tests can share one emulator.
func addSelector(cmd *cobra.Command, where *selection) {
	cmd.Flags().StringVar(&where.App, "app", "", "only what belongs to this application, by `ID`")
	cmd.Flags().StringVar(&where.Mailbox, "mailbox", "", "only what belongs to this mailbox, by `ADDRESS`")
	addSubscriptionSelector(cmd, where, "only what belongs to this subscription, by `ID`, or as much of it as makes it unique")
	addURLSelector(cmd, where, "only what is notified to this `URL`, or to this host: 3000/hook, localhost:3000, localhost")
}

func addSubscriptionSelector(cmd *cobra.Command, where *selection, usage string) {
	cmd.Flags().StringVar(&where.Subscription, "subscription", "", usage)
}

func addURLSelector(cmd *cobra.Command, where *selection, usage string) {
	cmd.Flags().StringVar(&where.URL, "url", "", usage)
}

// settle looks up what was abbreviated. An id or a host that nothing there has is refused if it was short, as it is none then.
func (w *selection) settle(ctx context.Context, client *control.Client) error {
	for _, flag := range []struct{ name, value string }{
		{"app", w.App}, {"mailbox", w.Mailbox}, {"subscription", w.Subscription}, {"url", journal.MaskURL(w.URL)},
	} {
		if flag.value != "" {
			w.typed = append(w.typed, "--"+flag.name+" "+flag.value)
		}
	}
	if !strings.Contains(w.URL, "://") && w.URL != "" || len(w.Subscription) <= longestID && w.Subscription != "" || strings.Contains(w.Subscription, "…") {
		known, err := seenBy(ctx, client)
		if err != nil {
			return err
		}
		if err := w.settleURL(known); err != nil {
			return err
		}
		return w.settleSubscription(known)
	}
	return nil
}

// seen are the ids and URLs of subscriptions that there are, and that the journal knows of.
type seen struct{ ids, urls []string }

func seenBy(ctx context.Context, client *control.Client) (seen, error) {
	var all seen
	add := func(id, url string) {
		if id != "" && !slices.Contains(all.ids, id) {
			all.ids = append(all.ids, id)
		}
		if url != "" && !slices.Contains(all.urls, url) {
			all.urls = append(all.urls, url)
		}
	}
	status, err := client.Status(ctx)
	if err != nil {
		return all, err
	}
	if status.Kind == control.Emulator {
		for s, err := range allSubscriptions(ctx, client, control.Selector{}) {
			if err != nil {
				return all, err
			}
			add(s.ID, s.NotificationURL)
		}
	}
	for query := (control.JournalQuery{}); ; {
		page, err := client.Journal(ctx, query)
		if err != nil || len(page.Entries) == 0 {
			return all, err
		}
		for _, e := range page.Entries {
			add(e.Subscription, e.URL)
		}
		query.Since = page.Next
	}
}

// settleURL makes a URL of a short form or a host. A host without a port may have been seen with one: then it is that.
func (w *selection) settleURL(known seen) error {
	if w.URL == "" || strings.Contains(w.URL, "://") {
		return nil
	}
	whole, err := readWebhookURL(w.URL)
	if err != nil {
		return err
	}
	var hosts []string
	for _, text := range known.urls {
		u, err := url.Parse(text)
		if err != nil || u.Hostname() != whole.Hostname() || whole.Port() != "" && u.Port() != whole.Port() {
			continue
		}
		if host := u.Scheme + "://" + u.Host; !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	switch len(hosts) {
	case 0:
		w.URL = whole.String()
		return nil
	case 1:
		_, rest, _ := strings.Cut(strings.TrimPrefix(whole.String(), whole.Scheme+"://"), whole.Host)
		w.URL = hosts[0] + rest
		return nil
	}
	return wrongUse("choose one: --url "+strings.Join(hosts, ", --url "), "select by --url %s: there are %d", w.URL, len(hosts))
}

// settleSubscription completes an id of which a part was given: its beginning, or its end, as the journal shows them.
func (w *selection) settleSubscription(known seen) error {
	part := strings.Trim(w.Subscription, "…")
	if part == "" || slices.Contains(known.ids, part) {
		return nil
	}
	var fits []string
	for _, id := range known.ids {
		if strings.HasPrefix(id, part) || strings.HasSuffix(strings.TrimRight(id, "="), part) {
			fits = append(fits, id)
		}
	}
	switch len(fits) {
	case 0:
		return nil // it matches nothing, which is what is said then
	case 1:
		w.Subscription = fits[0]
		return nil
	}
	return wrongUse("give more of it: "+strings.Join(fits, ", "), "select by --subscription %s: there are %d that it fits", w.Subscription, len(fits))
}

// nothingMatches says so: whoever mistypes a selector should not take that for success.
func (a *app) nothingMatches(w *selection) {
	a.out.line("%s nothing matches %s", a.out.caution(), strings.Join(w.typed, " "))
	a.note("outlocal subscriptions lists what there is")
}
