package cli

import (
	"context"
	"strings"
	"time"

	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/journal"
)

// watchSchema names the form of a [watched] in JSON.
const watchSchema = "outlocal/watch/1"

// watched is what became of subscribing --webhook to one resource.
type watched struct {
	Webhook      string       `json:"webhook"` // masked
	Resource     string       `json:"resource"`
	Subscribed   bool         `json:"subscribed"`
	Subscription string       `json:"subscription,omitempty"` // id
	Expires      time.Time    `json:"expires,omitzero"`
	Next         string       `json:"next,omitempty"` // a command to go on with
	Error        *failureText `json:"error,omitempty"`
}

func (*watched) schema() string { return watchSchema }
func (w *watched) good() bool   { return w.Subscribed }

// errands are what is to be done once the emulator is ready: the set-up to be played, else a subscription for each resource to be made.
func (f *emulateFlags) errands() (all []errand) {
	switch {
	case f.setup != "":
		return []errand{&staged{}}
	case f.webhook != "":
		for range f.watch {
			all = append(all, &watched{})
		}
	}
	return all
}

// watchAll subscribes what --webhook names, and proposes the next command. A webhook that does not pass is told of and no end of the
// emulator: it is what one came for.
func (a *app) watchAll(ctx context.Context, say func(errand), server *emulator.Server, f emulateFlags) {
	if f.webhook == "" {
		return
	}
	for _, resource := range f.watch {
		w := a.watchOne(ctx, server, f.subscribe, resource)
		if ctx.Err() != nil {
			return
		}
		say(&w)
	}
}

// tellOf tells what became of an errand: whoever is at the terminal, and whoever waits for a process in the background.
func (a *app) tellOf(p *printer, o errand, b background) {
	if a.json || b.log != "" {
		_ = a.out.document(o.schema(), o) // nobody listens any more, which is no reason to end
	}
	if !a.json {
		o.tell(p, a.err)
	}
}

func (a *app) watchOne(ctx context.Context, server *emulator.Server, s subscription, resource string) watched {
	s.resource = resource
	w := watched{Webhook: journal.MaskURL(s.url), Resource: resource}
	made, err := a.subscribe(ctx, server.ControlClient(), s)
	if err != nil {
		t := explain(err)
		w.Error = &failureText{t.What, t.Hint}
		status, _ := server.Status(ctx) // its name is known without asking anybody
		w.Next = s.again(status.Name)
		return w
	}
	w.Subscribed, w.Subscription, w.Expires = true, made.Subscription.ID, made.Subscription.Expires
	w.Next = "outlocal trigger " + made.next()
	return w
}

// tell says what became of it: on out, or if it failed on err, which may be the same.
func (w *watched) tell(out, err *printer) {
	if w.Subscribed {
		out.line("%s %s is subscribed to %s until %s; next: %s", out.tick(), w.Webhook, w.Resource, w.Expires.UTC().Format("2 Jan 15:04Z"), w.Next)
		return
	}
	err.line("%s %s %s", err.cross(), err.bad("not subscribed to "+w.Resource+":"), w.Error.Message)
	if w.Error.Hint != "" {
		err.line("  %s %s", err.dim("hint:"), w.Error.Hint)
	}
	err.line("  %s put it right, then: %s", err.dim("hint:"), w.Next)
}

// again is the command that makes a subscription at an emulator by hand. A URL that can't be shown, the user has at hand.
func (s *subscription) again(emulator string) string {
	words := []string{"outlocal subscribe"}
	if address := journal.MaskURL(s.url); address == s.url {
		words = append(words, address)
	} else {
		words = append(words, "URL")
	}
	for _, flag := range []struct{ name, value, usual string }{
		{"resource", s.resource, ""}, {"change", s.change, defaultChange}, {"dialect", s.dialect, defaultDialect},
		{"client-state-env", s.clientState, ""}, {"for", s.life, ""}, {"emulator", emulator, ""},
	} {
		if flag.value != flag.usual {
			words = append(words, "--"+flag.name+" "+quoted(flag.value))
		}
	}
	return strings.Join(words, " ")
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	if strings.ContainsAny(word, " ()$'\"&|;<>*?`\\") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
