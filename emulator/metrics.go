package emulator

import (
	"time"

	"github.com/outlocal/outlocal/emulator/internal/delivery"
)

// Timing is how long the requests to webhooks of one outcome took, in real time.
type Timing struct {
	Outcome  string // good, late or failed
	Attempts uint64
	Total    time.Duration
	Within   map[time.Duration]uint64 // how many took at most so long
}

// Timings counts since the start, or since the last reset of everything. What else is counted stands in the status.
func (s *Server) Timings() []Timing {
	bounds := delivery.Bounds()
	var all []Timing
	for _, t := range s.engine.Timings() {
		told := Timing{Outcome: string(t.Class), Attempts: uint64(t.Attempts), Total: t.Total, Within: make(map[time.Duration]uint64)}
		for i, n := range t.Within {
			told.Within[bounds[i]] = uint64(n)
		}
		all = append(all, told)
	}
	return all
}
