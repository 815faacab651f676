package tunnel

import (
	"net/url"
	"strings"
)

// askedURL is the URL of a name that a user asks ngrok for, as host or URL; empty for none. Only https is of use to a webhook.
func askedURL(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	full := text
	if !strings.Contains(text, "://") {
		full = "https://" + text
	}
	u, err := url.Parse(full)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" ||
		(u.Port() != "" && u.Port() != "443") {
		return "", wrongUse("open the tunnel", "the URL to ask for is none that an endpoint can have", "give a host such as name.ngrok.app, or https://HOST")
	}
	return "https://" + strings.ToLower(u.Hostname()), nil
}

// publicURL is the URL of a user's own tunnel, without a slash at the end.
func publicURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, wrongUse("open the tunnel", "the public URL is not of the form https://HOST[/PATH]", "give the https URL at which your tunnel is reached from outside")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}
