// Package control is the API by which one steers an emulator or a receiver: raise changes, advance the clock, read and wait on the
// journal, begin anew. It is no part of what Outlook offers; it has a listener of its own.
//
//   - Who steers uses [Client]: [NewClient] for one that listens somewhere, [InProcess] for one in the same process. Tests,
//     scenarios, the command line and the page all go this way.
//   - Who is steered implements [Backend], and as many of the interfaces beside it as it can; [NewHandler] serves them, with the
//     OpenAPI document of the very routes at /openapi.json. A route whose interface is missing answers 501 and says so.
//
// Every call that can concern a part only takes a [Selector], so that several apps and parallel tests can share one emulator.
//
// What goes out is masked: client states and the query values of notification URLs, which is where webhooks keep their keys, never
// show. The handler guards nothing else: whoever listens puts it behind a guard against foreign hosts and origins.
package control

import (
	"fmt"
	"time"

	"github.com/outlocal/outlocal/internal/span"
)

// Duration is a time.Duration that is written as Go writes it, such as 72h or 1m30s, in JSON and in queries.
type Duration time.Duration

// Std is d as the standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

func (d Duration) String() string { return span.Text(d.Std()) }

// MarshalText implements [encoding.TextMarshaler].
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("read duration %q: write it as 72h or 1m30s", text)
	}
	*d = Duration(parsed)
	return nil
}

// Ok is an answer that has nothing to tell.
type Ok struct {
	OK bool `json:"ok"`
}
