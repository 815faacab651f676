package cli_test

import (
	"net"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/outlocal/outlocal/internal/state"
)

// TestDoctorScripts looks at ports that are free, from $FREE on, and at some of which the first is taken by this process, from $TAKEN on.
func TestDoctorScripts(t *testing.T) {
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
			free, err := freePorts()
			if err != nil {
				return err
			}
			e.Setenv("FREE", strconv.Itoa(free))
			taken, err := freePorts()
			if err != nil {
				return err
			}
			listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(taken))
			if err != nil {
				return err
			}
			e.Defer(func() { listener.Close() })
			e.Setenv("TAKEN", strconv.Itoa(taken))
			return nil
		},
		Cmds: commands(),
	})
}

// freePorts finds seven ports in a row that are free.
func freePorts() (base int, err error) {
	const row, tries = 7, 100
	for range tries {
		var open []net.Listener
		var first net.Listener
		if first, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return 0, err
		}
		base = first.Addr().(*net.TCPAddr).Port
		open = append(open, first)
		for offset := 1; offset < row && err == nil; offset++ {
			var next net.Listener
			if next, err = net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(base+offset)); err == nil {
				open = append(open, next)
			}
		}
		for _, l := range open {
			l.Close()
		}
		if err == nil {
			return base, nil
		}
	}
	return 0, err
}
