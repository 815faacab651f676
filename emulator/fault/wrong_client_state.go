package fault

import (
	"cmp"
	"errors"
	"strings"
)

// wrongState is nobody's client state.
const wrongState = "wrong-client-state"

// WrongClientState sends a client state that the subscriber never gave: the notification may be anybody's.
type WrongClientState struct {
	State string `option:"state" doc:"what is sent; wrong-client-state if left out"`
}

// Name implements [Fault].
func (*WrongClientState) Name() string { return "wrong-client-state" }

// What implements [Fault].
func (*WrongClientState) What() string {
	return "The notification carries another client state than the subscription's, in the header or in the body as the schema has it."
}

// Check refuses what can't stand in a header.
func (f *WrongClientState) Check() error {
	if strings.ContainsFunc(f.State, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errors.New("state can hold printable ASCII only, as it may travel in a header")
	}
	return nil
}

// EditPlan implements [PlanFault].
func (f *WrongClientState) EditPlan(p *Plan) string {
	p.ClientState = cmp.Or(f.State, wrongState)
	return "another client state is sent"
}
