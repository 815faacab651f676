package emulator

import (
	"context"
	"net"

	"github.com/outlocal/outlocal/journal"
)

// WithDial lets an emulator reach webhooks over a network of the test's own. Who may be dialled is decided as ever.
func (c Config) WithDial(dial func(ctx context.Context, network, addr string) (net.Conn, error)) Config {
	c.dial = dial
	return c
}

// WithJournal lets an emulator keep more than one ever needs who does not account for every entry.
func (c Config) WithJournal(limits journal.Limits) Config {
	c.journal = limits
	return c
}
