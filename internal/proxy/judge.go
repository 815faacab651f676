package proxy

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// destination is what a client wants to reach.
type destination struct {
	host     string // in lower case, without the dot at the end
	port     int
	answered bool
}

// String is it as HOST:PORT.
func (d destination) String() string { return net.JoinHostPort(d.host, strconv.Itoa(d.port)) }

// The ports that URLs of each scheme mean.
const (
	portHTTP  = 80
	portHTTPS = 443
)

// judge decides what becomes of a request. A host that the user named goes before one that we answer for, and that before everything.
func (p *Proxy) judge(r *http.Request) (destination, *Refusal) {
	if !p.token.shownBy(r) {
		return destination{}, &Refusal{
			Status: http.StatusProxyAuthRequired, Code: "unauthorized", Reason: "this proxy needs the control token",
			Hint: "name it as http://outlocal:TOKEN@HOST:PORT",
		}
	}
	to, err := destinationOf(r)
	if err != nil {
		return to, &Refusal{Status: http.StatusBadRequest, Code: "unreadable", Reason: err.Error(), Hint: "ask for HOST:PORT, or for a whole URL with http or https"}
	}
	named := p.passes.names(to)
	usual := r.Method != http.MethodConnect || to.port == portHTTPS // in what is neither, nobody can tell what is spoken
	to.answered = !named && usual && p.answers[to.host]
	if named || to.answered || p.passes.all {
		return to, nil
	}
	if p.answers[to.host] {
		return to, &Refusal{
			Status: http.StatusForbidden, Code: CodeNotPassed,
			Reason: fmt.Sprintf("outlocal opens no tunnel to %s: it answers for this host at port %d only", to, portHTTPS),
			Hint:   "ask for https://" + to.host + ", or for http://" + to.host + " without CONNECT",
		}
	}
	host := to.host
	if to.port != portHTTP && to.port != portHTTPS {
		host = to.String()
	}
	return to, &Refusal{
		Status: http.StatusForbidden, Code: CodeNotPassed, Reason: "outlocal does not pass on to " + host,
		Hint: "if it shall be reached, name it with --proxy-pass " + host,
	}
}

// destinationOf reads where a request is to go.
func destinationOf(r *http.Request) (destination, error) {
	u := r.URL
	if r.Method == http.MethodConnect {
		u = &url.URL{Scheme: "https", Host: r.Host}
	}
	d := destination{host: strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))}
	switch u.Scheme {
	case "http":
		d.port = portHTTP
	case "https":
		d.port = portHTTPS
	default:
		return d, fmt.Errorf("read where to: %q is no scheme of the web", u.Scheme)
	}
	if text := u.Port(); text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return d, fmt.Errorf("read where to: %q is no port", text)
		}
		d.port = int(port)
	}
	if d.host == "" {
		return d, fmt.Errorf("read where to: it names no host")
	}
	return d, nil
}

// passes are the hosts that are passed on to.
type passes struct {
	all   bool
	hosts []passed
}

// passed is one that the user named.
type passed struct {
	host  string // in lower case
	below bool   // all names below host instead
	port  int    // 0 for every port
}

// PassError is a host to pass on to that can't be read.
type PassError struct {
	Host string
	Why  string
}

func (e *PassError) Error() string { return fmt.Sprintf("pass on to %q: %s", e.Host, e.Why) }

// Hint says what fits.
func (e *PassError) Hint() string {
	return "such as api.example.com, api.example.com:8443, *.example.com, or " + All
}

func parsePasses(texts []string) (passes, error) {
	var p passes
	for _, text := range texts {
		if text == All {
			p.all = true
			continue
		}
		one := passed{host: text}
		if strings.ContainsAny(text, "/@ ") {
			return p, &PassError{text, "it is no host"}
		}
		if host, port, err := net.SplitHostPort(text); err == nil {
			n, err := strconv.ParseUint(port, 10, 16)
			if err != nil || n == 0 {
				return p, &PassError{text, "it has no port that can be"}
			}
			one.host, one.port = host, int(n)
		}
		one.host = strings.ToLower(strings.TrimSuffix(strings.Trim(one.host, "[]"), "."))
		one.host, one.below = strings.CutPrefix(one.host, "*.")
		if one.host == "" || strings.Contains(one.host, "*") {
			return p, &PassError{text, "it is no host"}
		}
		p.hosts = append(p.hosts, one)
	}
	return p, nil
}

// names tells whether the user named where to.
func (p *passes) names(to destination) bool {
	for _, one := range p.hosts {
		if one.port != 0 && one.port != to.port {
			continue
		}
		if !one.below && to.host == one.host || one.below && strings.HasSuffix(to.host, "."+one.host) {
			return true
		}
	}
	return false
}

// token is what has to be shown, as a hash so that comparing takes the same time whatever its length.
type token struct {
	demanded bool
	sum      [sha256.Size]byte
}

func newToken(text string) token { return token{text != "", sha256.Sum256([]byte(text))} }

// shownBy tells whether a request shows it: as a password, or as a bearer token.
func (t *token) shownBy(r *http.Request) bool {
	if !t.demanded {
		return true
	}
	scheme, shown, _ := strings.Cut(r.Header.Get("Proxy-Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "basic":
		pair, err := base64.StdEncoding.DecodeString(strings.TrimSpace(shown))
		if err != nil {
			return false
		}
		_, shown, _ = strings.Cut(string(pair), ":")
	case "bearer":
		shown = strings.TrimSpace(shown)
	default:
		return false
	}
	sum := sha256.Sum256([]byte(shown))
	return subtle.ConstantTimeCompare(sum[:], t.sum[:]) == 1
}
