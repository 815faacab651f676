package cli

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"time"
)

// Signals hands over signals of the given kinds until stop is called: what main gives for [Process.Signals]. Those that this process was
// told to ignore, such as by nohup, stay ignored.
func Signals(to chan<- os.Signal, which ...os.Signal) (stop func()) {
	for _, kind := range which {
		if !signal.Ignored(kind) {
			signal.Notify(to, kind)
		}
	}
	return func() { signal.Stop(to) }
}

// catch catches the signals that are a command's to heed.
func (a *app) catch() (caught <-chan os.Signal, release func()) {
	const room = 8 // more than come while one is passed on
	to := make(chan os.Signal, room)
	if a.process.Signals == nil {
		return to, func() {}
	}
	return to, a.process.Signals(to, passedOn()...)
}

// child is a command that runs beside an emulator.
type child struct {
	command *exec.Cmd
	shared  bool // it is of our own process group
}

// newChild makes a command with more variables. Before a terminal it shares our process group, so that it can read what is typed, and gets
// what Ctrl+C and its like mean by itself. Elsewhere it is the first of a group of its own, and all of that gets our signals: those that
// it starts are seldom told by it.
func (a *app) newChild(path string, words, environment []string) *child {
	c := &child{command: &exec.Cmd{Path: path, Args: words, Stdin: a.process.In, Stdout: a.process.Out, Stderr: a.process.Err}}
	if in, ok := a.process.In.(*os.File); ok {
		c.shared = a.process.Terminal(in)
	}
	c.command.Env = append(c.command.Environ(), environment...) // of two with one name the last counts
	c.command.SysProcAttr = groupOf(c.shared)
	return c
}

// run runs the command to its end, and returns its exit code. If ctx ends before it does, as somebody has stopped the emulator, it is asked
// to end as well.
func (c *child) run(ctx context.Context, caught <-chan os.Signal) (code int, err error) {
	if err := c.command.Start(); err != nil {
		return 0, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.command.Wait() // its state says how it ended
	}()
	stopped := ctx.Done()
	var impatient <-chan time.Time
	for {
		select {
		case s := <-caught:
			if !c.shared || !isTyped(s) {
				c.signal(s)
			}
		case <-stopped:
			stopped, impatient = nil, time.After(stopPatience)
			c.end()
		case <-impatient:
			_ = c.command.Process.Kill() // it may have ended this moment
		case <-ended:
			return exitCode(c.command.ProcessState), nil
		}
	}
}
