package cli

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
)

// webhookURL is the URL of a webhook as it was typed, made whole.
type webhookURL struct {
	*url.URL
	assumed string // what was not typed and had to be guessed; empty if nothing
}

// masked is the URL as it may be shown.
func (u webhookURL) masked() string { return journal.MaskURL(u.String()) }

// readWebhookURL reads a webhook's URL, or a short form of it: 3000/hook, localhost:3000/hook, hooks.example.com/graph.
func readWebhookURL(typed string) (webhookURL, error) {
	const hint = "write it as http://localhost:3000/hook, or short as 3000/hook"
	whole, assumed := wholeURL(strings.TrimSpace(typed))
	u, err := url.Parse(whole)
	switch {
	case err != nil: // its text would quote the query
		return webhookURL{}, wrongUse(hint, "read the webhook's URL: it is malformed")
	case u.Scheme != "http" && u.Scheme != "https":
		return webhookURL{}, wrongUse(hint, "read the webhook's URL: its scheme is %q, want http or https", u.Scheme)
	case u.Hostname() == "":
		return webhookURL{}, wrongUse(hint, "read the webhook's URL: it has no host")
	case !validPort(u.Port()):
		return webhookURL{}, wrongUse(hint, "read the webhook's URL: port %s is none, want 1 to 65535", u.Port())
	}
	return webhookURL{u, assumed}, nil
}

// bare is a port, with or without a colon, and what follows it.
var bare = regexp.MustCompile(`^:?([0-9]+)([/?].*)?$`)

// wholeURL puts before a short form what is missing: on this machine webhooks speak http, elsewhere https.
func wholeURL(typed string) (whole, assumed string) {
	if typed == "" || strings.Contains(strings.SplitN(typed, "?", 2)[0], "://") {
		return typed, ""
	}
	if short := bare.FindStringSubmatch(typed); short != nil {
		return "http://localhost:" + short[1] + short[2], "http on localhost"
	}
	host, _, _ := strings.Cut(typed, "/")
	host, _, _ = strings.Cut(host, "?")
	if serve.IsLoopback(host) {
		return "http://" + typed, "http"
	}
	return "https://" + typed, "https"
}

func validPort(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}
