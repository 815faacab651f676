package webhook

import (
	"os"
	"testing"

	"github.com/outlocal/outlocal/scenarios"
)

// options are what is to be judged in the tests of this file: the webhook, and the client state that it takes.
func options() scenarios.Options {
	return scenarios.Options{Handler: &Webhook{ClientState: "s3cret", Inbox: make(chan Notification, 1000)}, ClientState: "s3cret"}
}

// What any webhook of Graph has to pass: odd tokens, batches of a hundred, null entries, duplicates, lifecycle events.
func TestConformance(t *testing.T) { scenarios.Conformance(t, options()) }

// A story of one's own is a file; outlocal scenarios new writes one to begin with.
func TestStories(t *testing.T) { scenarios.RunWith(t, options(), os.DirFS("testdata")) }
