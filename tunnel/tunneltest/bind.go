package tunneltest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// name is a host that endpoints can have.
type name struct {
	random   bool   // given, not asked for
	token    string // who holds it may have a random name back
	stranger bool   // somebody else's agent has it now
	online   []*endpoint
	turn     int
}

// endpoint is a URL that leads to an agent.
type endpoint struct {
	id      string
	session *session
	pooling bool
	policy  policy
}

func (s *session) bind(r bindRequest) bindAnswer {
	e := s.edge
	e.mu.Lock()
	defer e.mu.Unlock()
	asked := text(r.Opts["URL"])
	rules, policyErr := parsePolicy(text(r.Opts["TrafficPolicy"]))
	saw := Bind{
		Asked: asked, Again: r.Extra.Token != "", Pooling: r.Extra.PoolingEnabled,
		Policy: text(r.Opts["TrafficPolicy"]), ForwardsTo: r.ForwardsTo, Metadata: r.Extra.Metadata,
	}
	host, code, detail := e.judgeBind(r, asked)
	if code == 0 && policyErr != nil {
		code, detail = codePolicy, policyErr.Error()
	}
	if saw.Refused = code; code == 0 {
		saw.Given = "https://" + host
	}
	e.seen.Binds = append(e.seen.Binds, saw)
	defer e.note()
	if code != 0 {
		return bindAnswer{Proto: r.Proto, Error: code.text(detail)}
	}
	e.counter++
	ep := &endpoint{id: r.ID, session: s, pooling: r.Extra.PoolingEnabled, policy: rules}
	if ep.id == "" {
		ep.id = fmt.Sprintf("endpoint-%d", e.counter)
	}
	n := e.names[host]
	n.online = append(n.online, ep)
	r.Opts["URL"], _ = json.Marshal(saw.Given) // a string always can be
	return bindAnswer{ID: ep.id, URL: saw.Given, Proto: "https", Opts: r.Opts, Extra: bindAnswerExtra{Token: n.token, TunnelID: "tn_" + ep.id}}
}

// judgeBind finds a name for an endpoint, or says why there is none. The lock is held.
func (e *Edge) judgeBind(r bindRequest, asked string) (host string, code Code, detail string) {
	online := 0
	for _, n := range e.names {
		online += len(n.online)
	}
	switch {
	case len(e.failBind) > 0:
		code = e.failBind[0]
		e.failBind = e.failBind[1:]
		return "", code, asked
	case r.Proto != "https":
		return "", codeBadURL, r.Proto + "://"
	case e.config.Endpoints > 0 && online >= e.config.Endpoints:
		return "", codeEndpoints, asked
	case asked == "":
		host = e.give()
	default:
		u, err := url.Parse(asked)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.Port() != "" || strings.Trim(u.Path, "/") != "" {
			return "", codeBadURL, asked
		}
		host = strings.ToLower(u.Host)
		if code := e.mayHave(host, r.Extra.Token); code != 0 {
			return "", code, host
		}
	}
	n := e.names[host]
	if n == nil {
		n = &name{token: fmt.Sprintf("bind-%d", e.counter)}
		e.names[host] = n
	}
	alone := slices.ContainsFunc(n.online, func(other *endpoint) bool { return !other.pooling || !r.Extra.PoolingEnabled })
	if n.stranger || alone {
		return "", codeTaken, "https://" + host
	}
	return host, 0, ""
}

// give finds a name for who asks for none. The lock is held.
func (e *Edge) give() string {
	if e.config.DevDomain != "" {
		return e.config.DevDomain
	}
	e.counter++
	host := fmt.Sprintf("random-%d.%s", e.counter, e.config.Domain)
	e.names[host] = &name{random: true, token: fmt.Sprintf("bind-%d", e.counter)}
	return host
}

// mayHave says why a name can't be had, 0 if it can. The lock is held.
func (e *Edge) mayHave(host, token string) Code {
	n := e.names[host]
	under := strings.HasSuffix(host, "."+e.config.Domain)
	switch {
	case n != nil && n.random && n.token == token, host == e.config.DevDomain, slices.Contains(e.config.Reserved, host):
		return 0
	case e.config.Free && under:
		return codePaidSubdomain
	case e.config.Free:
		return codePaidDomain
	case n != nil && n.random, !under:
		return codeForeignName
	}
	return 0
}

func (s *session) unbind(r unbindRequest) plainAnswer {
	e := s.edge
	e.mu.Lock()
	defer e.mu.Unlock()
	for host, n := range e.names {
		at := slices.IndexFunc(n.online, func(ep *endpoint) bool { return ep.session == s && ep.id == r.ID })
		if at >= 0 {
			n.online = slices.Delete(n.online, at, at+1)
			e.seen.Unbinds = append(e.seen.Unbinds, "https://"+host)
			e.note()
			return plainAnswer{}
		}
	}
	return plainAnswer{Error: "There is no endpoint " + r.ID + "."}
}
