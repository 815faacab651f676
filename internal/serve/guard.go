package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Access says who may use a guarded handler. The zero value admits what runs
// on this machine, save web pages of elsewhere.
type Access struct {
	Hosts []string // names besides loopback under which the handler may be addressed
	Token string   // a bearer token that every request must carry, if set
}

// Guard admits to next only requests that are addressed to this machine or to
// one of access.Hosts, that no foreign web page caused, and that carry the
// token if there is one.
//
// A browser on the developer's machine reaches loopback, and so does any page
// it shows: by a form or a script of its own (refused by Origin and
// Sec-Fetch-Site) or by a name of its own that it lets resolve to 127.0.0.1
// (refused by Host).
func Guard(next http.Handler, access Access) http.Handler {
	hosts := make(map[string]bool, len(access.Hosts))
	for _, h := range access.Hosts {
		if name := hostname(h); name != "" {
			hosts[name] = true
		}
	}
	g := &guard{next: next, hosts: hosts, demandsToken: access.Token != "", token: sha256.Sum256([]byte(access.Token))}
	return g
}

// GuardPages admits to next all but what a foreign web page causes; hosts are
// those of pages that are not foreign, besides this machine's. It is for what
// answers under whatever name it is called by, so a page that let a name of
// its own resolve to 127.0.0.1 is known by its Origin alone: it can read what
// a plain GET reads, and nothing else.
func GuardPages(next http.Handler, hosts ...string) http.Handler {
	g := Guard(next, Access{Hosts: hosts}).(*guard)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused := g.refusePage(r); refused != nil {
			refused.write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

type guard struct {
	next         http.Handler
	hosts        map[string]bool
	demandsToken bool
	token        [sha256.Size]byte // its hash, so that comparing takes the same time whatever its length
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r := g.refuse(r); r != nil {
		r.write(w)
		return
	}
	g.next.ServeHTTP(w, r)
}

// A refusal is the answer to a request that is not admitted.
type refusal struct {
	status  int
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// refuse returns why r is not admitted, nil if it is.
func (g *guard) refuse(r *http.Request) *refusal {
	if !g.allowed(r.Host) {
		return &refusal{
			http.StatusForbidden, "foreignHost",
			fmt.Sprintf("this listener is not to be addressed as %q", r.Host),
			"use localhost, or start outlocal with --host NAME for each further name it has",
		}
	}
	if refused := g.refusePage(r); refused != nil {
		return refused
	}
	if g.demandsToken && !g.authorized(r.Header.Get("Authorization")) {
		return &refusal{
			http.StatusUnauthorized, "unauthorized",
			"this listener needs its control token",
			"send it as Authorization: Bearer TOKEN",
		}
	}
	return nil
}

// refusePage returns why the page that caused r is not admitted, nil if it is,
// or if none did.
func (g *guard) refusePage(r *http.Request) *refusal {
	for _, origin := range r.Header.Values("Origin") {
		// "null" and the like have no host, and stand for pages nobody vouches for.
		if u, err := url.Parse(origin); err != nil || !g.allowed(u.Host) {
			return &refusal{
				http.StatusForbidden, "foreignOrigin",
				fmt.Sprintf("a page of %q may not use this listener", origin),
				"call it from outside a browser, or start outlocal with --host NAME if the page is yours",
			}
		}
	}
	// Not every request of a foreign page has an Origin: an image has none. To
	// follow a link is all it may do.
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Origin") == "" &&
		(r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Mode") != "navigate") {
		return &refusal{
			http.StatusForbidden, "foreignOrigin",
			"a page of another site may not use this listener",
			"call it from outside a browser",
		}
	}
	return nil
}

// allowed tells whether a Host or an Origin's host is one of ours.
func (g *guard) allowed(host string) bool {
	return IsLoopback(host) || g.hosts[hostname(host)]
}

// authorized compares in constant time.
func (g *guard) authorized(header string) bool {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

func (r *refusal) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff") // it quotes what was sent
	if r.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(r.status)
	_ = json.NewEncoder(w).Encode(struct { // a client that is gone needs no answer
		Error *refusal `json:"error"`
	}{r})
}
