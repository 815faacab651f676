package emulatortest_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"
)

// failing is a test that has failed: it keeps what it is told, and what is to be done at its end.
type failing struct {
	testing.TB
	logged  []string
	cleanup []func()
}

func (f *failing) Failed() bool { return true }
func (f *failing) Logf(format string, args ...any) {
	f.logged = append(f.logged, fmt.Sprintf(format, args...))
}
func (f *failing) Cleanup(end func()) { f.cleanup = append(f.cleanup, end) }

// end does what the end of the test would.
func (f *failing) end() {
	for _, end := range f.cleanup {
		end()
	}
}

// ending is a test that may end early, in a goroutine of its own.
type ending struct {
	testing.TB
	fatal string
}

func (e *ending) run(test func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		test()
	}()
	<-done
}

func (e *ending) Fatalf(format string, args ...any) {
	e.fatal = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// begin makes a test for an example, which has none.
func begin() (testing.TB, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	t := &exampleTest{ctx: ctx, out: os.Stdout}
	return t, func() {
		cancel()
		for i := len(t.cleanup) - 1; i >= 0; i-- {
			t.cleanup[i]()
		}
	}
}

// exampleTest is a test that says by its example's output what went wrong.
type exampleTest struct {
	testing.TB
	ctx     context.Context
	out     io.Writer
	cleanup []func()
	failed  bool
}

func (t *exampleTest) Helper()                  {}
func (t *exampleTest) Context() context.Context { return t.ctx }
func (t *exampleTest) Cleanup(end func())       { t.cleanup = append(t.cleanup, end) }
func (t *exampleTest) Failed() bool             { return t.failed }

func (t *exampleTest) Logf(format string, args ...any) { fmt.Fprintf(t.out, format+"\n", args...) }

func (t *exampleTest) Error(args ...any) {
	t.failed = true
	fmt.Fprintln(t.out, args...)
}

func (t *exampleTest) Fatal(args ...any) {
	t.Error(args...)
	runtime.Goexit()
}

func (t *exampleTest) Fatalf(format string, args ...any) { t.Fatal(fmt.Sprintf(format, args...)) }
