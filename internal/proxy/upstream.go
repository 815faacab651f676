package proxy

import (
	"fmt"
	"net/url"

	"golang.org/x/net/http/httpproxy"
)

// Upstream tells by which proxy a URL is reached, nil for none.
type Upstream func(*url.URL) (*url.URL, error)

// UpstreamError is a proxy of the environment that can't be gone through.
type UpstreamError struct {
	Variable string
	Why      string
}

func (e *UpstreamError) Error() string {
	return fmt.Sprintf("go through the proxy of %s: %s", e.Variable, e.Why)
}

// Hint says what helps.
func (e *UpstreamError) Hint() string {
	return "unset " + e.Variable + ", or let it name a proxy as http://HOST:PORT"
}

// Environment is the way out that a process' variables name: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in capitals or not. own tells a host
// and port that is the proxy to be itself, through which nothing could go out; it may be nil. What is wrong is an [*UpstreamError].
func Environment(env func(string) string, own func(hostport string) bool) (Upstream, error) {
	read := func(upper, lower string) (variable, value string) {
		if value := env(upper); value != "" {
			return upper, value
		}
		return lower, env(lower)
	}
	var config httpproxy.Config
	_, config.NoProxy = read("NO_PROXY", "no_proxy")
	for _, v := range []struct {
		upper, lower string
		into         *string
	}{{"HTTPS_PROXY", "https_proxy", &config.HTTPSProxy}, {"HTTP_PROXY", "http_proxy", &config.HTTPProxy}} {
		variable, value := read(v.upper, v.lower)
		if value == "" {
			continue
		}
		u, err := url.Parse(value)
		if err != nil || u.Host == "" { // as HOST:PORT, which everybody takes
			u, err = url.Parse("http://" + value)
		}
		switch {
		case err != nil || u.Hostname() == "":
			return nil, &UpstreamError{variable, "it names none"} // what it says may hold a password
		case u.Scheme != "http" && u.Scheme != "https":
			return nil, &UpstreamError{variable, u.Scheme + " is not spoken here"}
		case own != nil && own(u.Host):
			return nil, &UpstreamError{variable, "it is this one itself"}
		}
		*v.into = u.String()
	}
	return config.ProxyFunc(), nil
}

// Exempt are those of [Hosts] that the variable NO_PROXY keeps programs from asking a proxy for.
func Exempt(env func(string) string) []string {
	list := env("NO_PROXY")
	if list == "" {
		list = env("no_proxy")
	}
	by := (&httpproxy.Config{HTTPSProxy: "http://proxy.invalid", NoProxy: list}).ProxyFunc()
	var exempt []string
	for _, host := range Hosts() {
		if u, err := by(&url.URL{Scheme: "https", Host: host}); u == nil && err == nil {
			exempt = append(exempt, host)
		}
	}
	return exempt
}
