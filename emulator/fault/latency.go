package fault

import (
	"cmp"
	"fmt"
	"time"

	"github.com/outlocal/outlocal/internal/span"
)

// usualLatency is what a client notices, and no client gives up for.
const usualLatency = 2 * time.Second

// Latency holds a request up.
type Latency struct {
	For time.Duration `option:"for" min:"1ms" doc:"how long; 2s if left out"`
}

// Name implements [Fault].
func (*Latency) Name() string { return "latency" }

// What implements [Fault].
func (*Latency) What() string {
	return "The request waits before anything is done for it, on the emulator's clock: in real time, unless that is advanced or scaled."
}

// EditRequest implements [RequestFault].
func (f *Latency) EditRequest(r *Request) string {
	d := cmp.Or(f.For, usualLatency)
	r.Wait += d
	return fmt.Sprintf("%s waits for %s", request(r), span.Text(d))
}
