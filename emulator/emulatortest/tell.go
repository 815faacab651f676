package emulatortest

import "github.com/outlocal/outlocal/diagnosis"

// tell shows a failed test what happened, without secrets, and the seed with which it happens again.
func (e *Emulator) tell(seed uint64) {
	entries, dropped := e.Journal().Since(0, nil, 0)
	e.tb.Logf("emulator: what happened, with seed %d", seed)
	if dropped > 0 {
		e.tb.Logf("emulator: %d older entries were dropped", dropped)
	}
	explained := map[string]bool{}
	for i := range entries {
		e.tb.Logf("emulator: %s", entries[i].Line())
		x := entries[i].Exchange
		if x == nil || explained[x.Finding] {
			continue
		}
		explained[x.Finding] = true
		if finding, ok := diagnosis.Lookup(x.Finding); ok {
			e.tb.Logf("emulator:     cause: %s", finding.Cause)
			e.tb.Logf("emulator:     cure: %s", finding.Cure)
		}
	}
}
