package control

import (
	"context"
	"net/http"
)

// Fault is a rule by which things go wrong.
type Fault struct {
	ID     int    `json:"id" doc:"number by which it can be removed"`
	Fault  string `json:"fault" doc:"the rule, such as duplicate:next=1; what is secret in its URL is masked"`
	Place  string `json:"place" doc:"where it strikes: handshake, notification, API request or subscription"`
	What   string `json:"what" doc:"what it does, in a sentence"`
	Seen   int64  `json:"seen" doc:"times that it could have struck"`
	Struck int64  `json:"struck" doc:"times that it did"`
	Spent  bool   `json:"spent,omitempty" doc:"it will never strike again"`
}

// FaultList is some rules, in the order in which they were added.
type FaultList struct {
	Seed   uint64  `json:"seed" doc:"what those that strike by chance draw from"`
	Faults []Fault `json:"faults"`
}

// NewFaults asks for rules to be put in force.
type NewFaults struct {
	Faults []string `json:"faults" doc:"such as duplicate:next=1,delay=5s; all are taken, or none"`
	Where  Selector `json:"where,omitzero" doc:"to what they are limited"`
}

// FaultQuery selects rules: those that are limited to what is selected.
type FaultQuery struct {
	ID    int `query:"id" doc:"only the one of this number"`
	Where Selector
}

// FaultKeeper opens /faults.
type FaultKeeper interface {
	Faults(ctx context.Context, where Selector) (FaultList, error)
	// AddFaults puts all of them in force, or none. There is at least one.
	AddFaults(ctx context.Context, f NewFaults) (FaultList, error)
	RemoveFaults(ctx context.Context, q FaultQuery) (Removed, error)
}

// Faults lists the rules by which things go wrong, those limited to what is selected: all with an empty selector.
func (c *Client) Faults(ctx context.Context, where Selector) (FaultList, error) {
	return call[FaultList](ctx, c, http.MethodGet, "/faults", encodeQuery(where), nil)
}

// AddFaults puts rules in force, such as duplicate:next=1, limited to what is selected. All are taken, or none.
func (c *Client) AddFaults(ctx context.Context, where Selector, faults ...string) (FaultList, error) {
	return call[FaultList](ctx, c, http.MethodPost, "/faults", nil, NewFaults{Faults: faults, Where: where})
}

// RemoveFaults takes rules away: all with an empty query.
func (c *Client) RemoveFaults(ctx context.Context, q FaultQuery) (Removed, error) {
	return call[Removed](ctx, c, http.MethodDelete, "/faults", encodeQuery(q), nil)
}

func serveFaults(r *http.Request, b FaultKeeper, where Selector, _ nothing) (FaultList, error) {
	return b.Faults(r.Context(), where)
}

func serveNewFaults(r *http.Request, b FaultKeeper, _ nothing, f NewFaults) (FaultList, error) {
	if len(f.Faults) == 0 {
		return FaultList{}, BadRequest("add faults: there are none", "give at least one, such as duplicate:next=1")
	}
	return b.AddFaults(r.Context(), f)
}

func serveFaultRemoval(r *http.Request, b FaultKeeper, q FaultQuery, _ nothing) (Removed, error) {
	return b.RemoveFaults(r.Context(), q)
}
