package cli

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/journal"
)

// shutdownPatience is what requests in hand get to end by themselves.
const shutdownPatience = 3 * time.Second

// house is what a long-running verb lives in: its listeners, the file by which others find it, and the console. What was opened last is
// closed first.
type house struct {
	app     *app
	stop    context.CancelFunc // ends it
	out     *printer           // of the console
	log     string             // path of its log, when it runs in the background
	closers []func()

	mu     sync.Mutex
	broken error // why a listener failed
}

// newHouse makes a house that lives until the context that it returns ends. log is set in the background: standard output is then the
// pipe by which the foreground hears that it is ready, and nothing else.
func (a *app) newHouse(ctx context.Context, log string) (context.Context, *house) {
	ctx, stop := context.WithCancel(ctx)
	h := &house{app: a, stop: stop, out: a.out, log: log}
	if log != "" {
		h.out = a.err
	}
	h.onClose(stop)
	return ctx, h
}

func (h *house) onClose(f func()) { h.closers = append(h.closers, f) }

// close closes what was opened. It may be called more than once.
func (h *house) close() {
	for _, f := range slices.Backward(h.closers) {
		f()
	}
	h.closers = nil
}

// listen opens the listeners of one address.
func (h *house) listen(ctx context.Context, address string) (serve.Listeners, error) {
	listeners, err := serve.Listen(ctx, address)
	if err != nil {
		return nil, err
	}
	h.onClose(func() { listeners.Close() }) // those that a server closed before don't mind
	return listeners, nil
}

// announce lets other commands find the house by its name.
func (h *house) announce(ctx context.Context, r state.Running) (state.Running, error) {
	folder, err := h.app.folder()
	if err != nil {
		return r, err
	}
	r.Log = h.log
	r, withdraw, err := folder.Announce(ctx, r)
	if err != nil {
		return r, err
	}
	h.onClose(func() {
		if err := withdraw(); err != nil {
			h.app.err.line("%s its file stays behind: %s", h.app.err.caution(), err) // the next to look sweeps it away
		}
	})
	return r, nil
}

// serve serves on listeners until the house is closed. A listener that fails ends the house.
func (h *house) serve(listeners serve.Listeners, config serve.Config) {
	server := serve.Start(listeners, config)
	var watching sync.WaitGroup
	watching.Go(func() {
		if err := server.Wait(); err != nil {
			h.mu.Lock()
			h.broken = errors.Join(h.broken, err)
			h.mu.Unlock()
			h.stop()
		}
	})
	h.onClose(func() {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
		defer cancel()
		_ = server.Shutdown(ctx) // requests that were cut off are those of a webhook that hangs; its journal entry says so
		watching.Wait()
	})
}

// resident is who lives in a house.
type resident struct {
	running state.Running
	journal *journal.Journal
	banner  func(p *printer) // what a person reads first
	// ready is what is done once it is ready; nil for nothing. It says what came of it after told has returned: then all that led to it
	// stands above.
	ready func(ctx context.Context, p *printer, told func())
}

// live says that the house is ready, and tells what happens in it until ctx ends.
func (h *house) live(ctx context.Context, r resident) error {
	if err := h.welcome(r); err != nil {
		return err
	}
	n := h.tell(r)
	if r.ready != nil {
		r.ready(ctx, h.out, func() { n.upTo(r.journal.Last()) })
	}
	<-ctx.Done()
	h.close()
	h.sayLast(r, n)
	return h.failure()
}

// failure is why a listener failed, nil if none did.
func (h *house) failure() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.broken
}

// lastWords is how long a reader may take to read what is left. One that has stopped reading, such as a program that waits for this
// process to end, would else keep it for ever.
const lastWords = time.Second

// sayLast tells what is left. When nobody reads it, the end of the process ends that too.
func (h *house) sayLast(r resident, n *narrator) {
	said := make(chan struct{})
	go func() {
		defer close(said)
		n.end()
		if !h.app.json {
			h.out.line("%s has ended", r.running.Name)
		}
	}()
	select {
	case <-said:
	case <-time.After(lastWords):
	}
}

// welcome is the banner, whose last line begins with ready; for a program, or the foreground, it is the ready line alone.
func (h *house) welcome(r resident) error {
	if h.app.json || h.log != "" {
		if err := h.app.out.document(state.Schema, r.running); err != nil {
			return err
		}
	}
	if h.app.json {
		return nil
	}
	r.banner(h.out)
	h.out.line("%s as %s, control at %s; Ctrl+C or outlocal stop ends it", h.out.good("ready"), r.running.Name, r.running.Control)
	return nil
}

// waits says what an advance of the clock waits for: a webhook that hangs costs its time limit each time, and nobody should wonder.
func (h *house) waits(inFlight []string) {
	if h.app.json {
		return
	}
	for _, line := range inFlight {
		h.out.line("%s time waits for %s", h.out.caution(), journal.Entry{Note: line}.Masked().Note)
	}
}

// tell prints journal entries as they come.
func (h *house) tell(r resident) *narrator {
	c := h.app.watch(h.out, r.running.Kind)
	return handOver(r.journal, c.entry, c.missed)
}
