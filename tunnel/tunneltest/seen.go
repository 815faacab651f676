package tunneltest

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Seen is what an edge has seen of its agents.
type Seen struct {
	Dials    int // connections, those refused included
	Sessions int // agents that are connected now
	Auths    []Auth
	Binds    []Bind
	Unbinds  []string // URLs
	Beats    int      // heartbeats that were answered
	Answers  int      // requests of visitors that were answered, by an endpoint or in its place
}

// Auth is an agent that introduced itself.
type Auth struct {
	Token     string
	ClientID  string // empty for one that comes for the first time
	UserAgent string
	Stoppable bool // it can be told to stop
	Heartbeat time.Duration
	Refused   Code // 0 for none
}

// Bind is an endpoint that was asked for.
type Bind struct {
	Asked      string // URL, empty for any
	Given      string // URL, empty when refused
	Again      bool   // by an agent that had it before
	Pooling    bool
	Policy     string
	ForwardsTo string
	Metadata   string
	Refused    Code // 0 for none
}

// Seen returns what has been seen until now.
func (e *Edge) Seen() Seen {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seen.clone()
}

// Wait returns once what has been seen is as wanted, which it asks whenever something happens, or with the context's error.
func (e *Edge) Wait(ctx context.Context, wanted func(Seen) bool) error {
	for {
		e.mu.Lock()
		seen, changed := e.seen.clone(), e.changed
		e.mu.Unlock()
		if wanted(seen) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for an agent; %d dials, %d sessions, %d auths, %d binds, %d unbinds were seen: %w",
				seen.Dials, seen.Sessions, len(seen.Auths), len(seen.Binds), len(seen.Unbinds), ctx.Err())
		}
	}
}

func (s Seen) clone() Seen {
	s.Auths, s.Binds, s.Unbinds = slices.Clone(s.Auths), slices.Clone(s.Binds), slices.Clone(s.Unbinds)
	return s
}

// note wakes those who wait. The lock is held.
func (e *Edge) note() {
	e.seen.Sessions = len(e.sessions)
	close(e.changed)
	e.changed = make(chan struct{})
}
