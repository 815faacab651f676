package tunneltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.ngrok.com/muxado/v2"
)

// DropSessions cuts every agent's connection, as a network does.
func (e *Edge) DropSessions() { e.each((*session).cut) }

// GoAway ends every session politely, as an edge does that is taken out of service.
func (e *Edge) GoAway() { e.each(func(s *session) { _ = s.mux.Close() }) }

// Freeze lets every agent's connection go dead without closing it: only heartbeats tell.
func (e *Edge) Freeze() { e.each(func(s *session) { s.raw.freeze() }) }

// Refuse closes every new connection of an agent until [Edge.Admit]: an outage, together with DropSessions.
func (e *Edge) Refuse() { e.admit(outage) }

// Admit ends an outage.
func (e *Edge) Admit() { e.admit(service) }

type mood bool

const (
	outage  mood = true
	service mood = false
)

func (e *Edge) admit(m mood) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.refusing = bool(m)
}

// FailAuth refuses the next agents that introduce themselves, one for each code.
func (e *Edge) FailAuth(codes ...Code) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failAuth = append(e.failAuth, codes...)
}

// FailBind refuses the next endpoints that are asked for, one for each code.
func (e *Edge) FailBind(codes ...Code) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failBind = append(e.failBind, codes...)
}

// TakeNames lets strangers have every random name that was given: who comes back for one is told that it is online already, and has to
// take another. With DropSessions before it, an agent's URL changes.
func (e *Edge) TakeNames() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, n := range e.names {
		n.stranger = n.random
	}
}

// StopTunnel ends the endpoint of a URL as its account's dashboard can, for good: the agent is told the code and stays connected.
func (e *Edge) StopTunnel(url string, code Code) error {
	host := strings.TrimPrefix(url, "https://")
	e.mu.Lock()
	var gone []*endpoint
	if n := e.names[host]; n != nil {
		gone, n.online = n.online, nil
		e.note()
	}
	e.mu.Unlock()
	if len(gone) == 0 {
		return fmt.Errorf("stop %s: it is not online", url)
	}
	var failures []error
	for _, ep := range gone {
		stream, err := ep.session.typed.OpenTypedStream(streamStopTunnel)
		if err == nil {
			// An agent may leave so fast that the session has ended when the write returns: that is no failure.
			_ = json.NewEncoder(stream).Encode(stopTunnelRequest{ID: ep.id, Message: "The endpoint was stopped from afar.", ErrorCode: code.String()})
			_ = stream.Close()
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// Stop asks every agent to end itself, as its account's dashboard can, and returns what they refused. An agent that never said that it
// can be stopped does not answer: then the context ends the wait.
func (e *Edge) Stop(ctx context.Context) error { return e.order(ctx, streamStop) }

// Restart asks every agent to start anew, and returns what they refused, as [Edge.Stop] does.
func (e *Edge) Restart(ctx context.Context) error { return e.order(ctx, streamRestart) }

func (e *Edge) order(ctx context.Context, what muxado.StreamType) error {
	var failures []error
	e.each(func(s *session) { failures = append(failures, s.order(ctx, what)) })
	return errors.Join(failures...)
}

func (s *session) order(ctx context.Context, what muxado.StreamType) error {
	stream, err := s.typed.OpenTypedStream(what)
	if err != nil {
		return fmt.Errorf("give an agent an order: %w", err)
	}
	defer stream.Close()
	defer context.AfterFunc(ctx, func() { _ = stream.Close() })()
	_ = json.NewEncoder(stream).Encode(struct{}{}) // what has not arrived is not answered
	var answered plainAnswer
	if err := json.NewDecoder(stream).Decode(&answered); err != nil {
		return fmt.Errorf("give an agent an order: %w", errors.Join(err, ctx.Err()))
	}
	if answered.Error != "" {
		return fmt.Errorf("give an agent an order: %s", answered.Error)
	}
	return nil
}

// each does something with every session, without the lock.
func (e *Edge) each(do func(*session)) {
	e.mu.Lock()
	sessions := make([]*session, 0, len(e.sessions))
	for s := range e.sessions {
		sessions = append(sessions, s)
	}
	e.mu.Unlock()
	slices.SortFunc(sessions, func(a, b *session) int { return a.number - b.number })
	for _, s := range sessions {
		do(s)
	}
}
