package fault

// MissingClientState leaves the client state out.
type MissingClientState struct{}

// Name implements [Fault].
func (*MissingClientState) Name() string { return "missing-client-state" }

// What implements [Fault].
func (*MissingClientState) What() string {
	return "The notification carries no client state though the subscription has one."
}

// EditPlan implements [PlanFault].
func (*MissingClientState) EditPlan(p *Plan) string {
	if p.ClientState == "" {
		return "there was no client state to leave out"
	}
	p.ClientState = ""
	return "no client state is sent"
}
