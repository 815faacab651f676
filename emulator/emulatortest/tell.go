package emulatortest

import (
	"strconv"
	"strings"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
)

// tell shows a failed test what happened, without secrets, and the seed with which it happens again.
func (e *Emulator) tell(seed uint64) {
	entries, dropped := e.Journal().Since(0, nil, 0)
	e.tb.Logf("emulator: what happened, with seed %d", seed)
	if dropped > 0 {
		e.tb.Logf("emulator: %d older entries were dropped", dropped)
	}
	explained := map[string]bool{}
	for i := range entries {
		e.tb.Logf("emulator: %s", line(entries[i].Masked()))
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

// line is an entry on a line: when by the emulator's time, what, the request and its answer, and what is wrong with it. Bodies and
// headers stay in the journal, or they would bury what one looks for.
func line(e journal.Entry) string {
	words := []string{e.At.UTC().Format("15:04:05.000"), string(e.Kind)}
	if e.Note != "" {
		words = append(words, e.Note)
	}
	if x := e.Exchange; x != nil {
		address, query, _ := strings.Cut(x.URL, "?")
		if query != "" {
			address += "?…" // the validation token is long, and the rest masked
		}
		answer := "no answer"
		if x.Status != 0 {
			answer = strconv.Itoa(x.Status)
		}
		words = append(words, x.Method+" "+address, answer)
		if x.Finding != "" {
			words = append(words, x.Finding)
		}
	}
	return strings.Join(words, "  ")
}
