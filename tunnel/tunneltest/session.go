package tunneltest

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"golang.ngrok.com/muxado/v2"
)

// session is an agent's connection.
type session struct {
	edge   *Edge
	number int
	raw    *freezable
	mux    muxado.Session
	typed  muxado.TypedStreamSession

	client string // id, once introduced; guarded by the edge's lock
}

// serve speaks with one agent until either end has had enough.
func (e *Edge) serve(conn net.Conn) {
	raw := newFreezable(conn)
	mux := muxado.Server(tls.Server(raw, e.authority.TLSConfig()), &muxado.Config{})
	s := &session{edge: e, raw: raw, mux: mux, typed: muxado.NewTypedStreamSession(mux)}
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		_ = raw.Close()
		return
	}
	e.counter++
	s.number = e.counter
	e.sessions[s] = true
	e.note()
	e.mu.Unlock()
	for {
		stream, err := s.typed.AcceptTypedStream()
		if err != nil {
			break
		}
		e.work.Go(func() { s.handle(stream) })
	}
	s.cut()
}

// cut ends a session at once. What is below TLS goes first: a frozen connection would hold up the rest.
func (s *session) cut() {
	_ = s.raw.Close()
	_ = s.mux.Close()
	e := s.edge
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.sessions[s] {
		return
	}
	delete(e.sessions, s)
	for _, n := range e.names {
		n.online = slices.DeleteFunc(n.online, func(ep *endpoint) bool { return ep.session == s })
	}
	e.note()
	e.transport.CloseIdleConnections() // those to this agent's endpoints lead nowhere
}

func (s *session) handle(stream muxado.TypedStream) {
	defer stream.Close()
	var err error
	switch stream.StreamType() {
	case streamAuth:
		err = answer(stream, s.auth)
	case streamBind:
		err = answer(stream, s.bind)
	case streamUnbind:
		err = answer(stream, s.unbind)
	case streamHeartbeat:
		s.echo(stream) // until the session ends
	case streamSrvInfo:
		err = answer(stream, func(struct{}) srvInfoAnswer { return srvInfoAnswer{Region: region} })
	default:
		err = fmt.Errorf("handle a stream of type %d: it is not spoken here", stream.StreamType())
	}
	if err != nil {
		s.cut() // an agent that can't be understood is better told so than left waiting
	}
}

// echo answers heartbeats, each of which is a number to be sent back.
func (s *session) echo(stream muxado.TypedStream) {
	var number [4]byte
	for {
		if _, err := io.ReadFull(stream, number[:]); err != nil {
			return
		}
		if _, err := stream.Write(number[:]); err != nil {
			return
		}
		s.edge.mu.Lock()
		s.edge.seen.Beats++
		s.edge.note()
		s.edge.mu.Unlock()
	}
}

const region = "test"

func (s *session) auth(r authRequest) authAnswer {
	e := s.edge
	// An agent that comes back takes its own old session's place, which the edge may not have missed yet.
	if r.ClientID != "" {
		e.each(func(old *session) {
			if old != s && old.is(r.ClientID) {
				old.cut()
			}
		})
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	code := e.judgeAuth(r.Extra.Authtoken)
	e.seen.Auths = append(e.seen.Auths, Auth{
		Token: r.Extra.Authtoken, ClientID: r.ClientID, UserAgent: r.Extra.UserAgent, Refused: code,
		Stoppable: r.Extra.StopUnsupportedError != nil && *r.Extra.StopUnsupportedError == "",
		Heartbeat: r.Extra.HeartbeatInterval,
	})
	e.note()
	if code != 0 {
		return authAnswer{Version: protocol, Error: code.text(r.Extra.Authtoken)}
	}
	s.client = r.ClientID
	if s.client == "" {
		s.client = fmt.Sprintf("client-%d", s.number)
	}
	return authAnswer{Version: protocol, ClientID: s.client, Extra: authAnswerExtra{
		Version: "tunneltest", Region: region, Cookie: "cookie of " + s.client, AccountName: "Test", PlanName: "Free", AgentSessionID: s.client,
	}}
}

// protocol is the version that is spoken.
const protocol = "3"

func (s *session) is(client string) bool {
	s.edge.mu.Lock()
	defer s.edge.mu.Unlock()
	return s.client == client
}

// judgeAuth says why an agent is refused, 0 if it is not. The lock is held.
func (e *Edge) judgeAuth(token string) Code {
	if len(e.failAuth) > 0 {
		code := e.failAuth[0]
		e.failAuth = e.failAuth[1:]
		return code
	}
	switch introduced := e.introduced(); {
	case token == "":
		return codeNoToken
	case !strings.Contains(token, "_"):
		return codeMalformedToken
	case !slices.Contains(e.config.Tokens, token):
		return codeUnknownToken
	case e.config.Sessions > 0 && introduced >= e.config.Sessions:
		return codeSessions
	}
	return 0
}

// introduced counts the agents that are more than a connection. The lock is held.
func (e *Edge) introduced() int {
	n := 0
	for s := range e.sessions {
		if s.client != "" {
			n++
		}
	}
	return n
}

// text is a string in JSON, empty if it is none.
func text(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s) // what is none stays empty
	return s
}
