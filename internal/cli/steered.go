package cli

import (
	"context"
	"os"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/receiver"
)

// steeredEmulator is an emulator in a process that can be told to stop.
type steeredEmulator struct {
	*emulator.Server
	stop func()
}

// Stop implements [control.Stopper].
func (s steeredEmulator) Stop() { s.stop() }

// steeredReceiver is a receiver in a process that can be told to stop and has addresses.
type steeredReceiver struct {
	*receiver.Receiver
	stop    func()
	running state.Running
	version string
}

// Stop implements [control.Stopper].
func (s steeredReceiver) Stop() { s.stop() }

// Status implements [control.Backend].
func (s steeredReceiver) Status(ctx context.Context) (control.Status, error) {
	status, err := s.Receiver.Status(ctx)
	status.Name, status.Version = s.running.Name, s.version
	status.Webhook, status.Control = s.running.Webhook, s.running.Control
	status.PID, status.Started = os.Getpid(), s.running.Started
	return status, err
}

var (
	_ control.Stopper = steeredEmulator{}
	_ control.Stopper = steeredReceiver{}
)
