package cli_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/internal/state"
)

// TestDoctorScripts looks at ports that are free, from $FREE on, and at some of which the first is taken by this process, from $TAKEN on.
func TestDoctorScripts(t *testing.T) {
	ports := newRows()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "doctor"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			folder := filepath.Join(e.WorkDir, ".state")
			e.Setenv(state.Variable, folder)
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("LANG", "C.UTF-8")
			e.Defer(func() { endAll(folder) })
			free, err := ports.free(t.Context())
			if err != nil {
				return err
			}
			e.Setenv("FREE", strconv.Itoa(free))
			taken, err := ports.take(t.Context())
			if err != nil {
				return err
			}
			e.Defer(func() { taken.Close() })
			e.Setenv("TAKEN", strconv.Itoa(taken.Port()))
			return nil
		},
		Cmds: commands(),
	})
}

// rows hands out ports, seven in a row that are free, each row once: below those that systems give to connections, so that they stay
// free.
type rows struct {
	order []int
	next  atomic.Int64
}

func newRows() *rows {
	const highest = 3_000 // up to 31,000
	return &rows{order: rand.Perm(highest)}
}

// tries is how often another row is looked at: somebody else may have a port of the first.
const tries = 20

func (r *rows) free(ctx context.Context) (base int, err error) {
	const lowest, row = 10_000, 7
	for range tries {
		base = lowest + row*r.order[int(r.next.Add(1))%len(r.order)]
		if err = free(ctx, base, row); err == nil {
			return base, nil
		}
	}
	return 0, err
}

// take finds a row and takes its first port.
func (r *rows) take(ctx context.Context) (taken serve.Listeners, err error) {
	for range tries {
		var base int
		if base, err = r.free(ctx); err != nil {
			return nil, err
		}
		if taken, err = serve.Listen(ctx, "localhost:"+strconv.Itoa(base)); err == nil {
			return taken, nil
		}
	}
	return nil, err
}

// free tells whether n ports are free, from base on.
func free(ctx context.Context, base, n int) error {
	for port := base; port < base+n; port++ {
		listeners, err := serve.Listen(ctx, "localhost:"+strconv.Itoa(port))
		if err != nil {
			return err
		}
		if err := listeners.Close(); err != nil {
			return err
		}
	}
	return nil
}
