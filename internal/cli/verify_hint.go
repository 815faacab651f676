package cli

import (
	"errors"
	"strings"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/subscriber"
)

// withVerify adds to the refusal of a webhook's handshake what looks for its cause: the service asks once, verify asks again.
func withVerify(err error, s subscription) error {
	var refusal *subscriber.Error
	if !errors.As(err, &refusal) {
		return err
	}
	id, _, _ := strings.Cut(refusal.Hint, ":")
	if _, known := diagnosis.Lookup(id); !known || !strings.HasPrefix(id, "handshake-") {
		return err
	}
	return &verifiable{err, refusal.Hint, verifyCommand(s)}
}

// verifiable is a refusal that verify has more to tell of.
type verifiable struct {
	error
	hint, command string
}

func (v *verifiable) Unwrap() error { return v.error }

// Hint is the service's, and the command.
func (v *verifiable) Hint() string { return v.hint + " " + v.looks() }

func (v *verifiable) looks() string { return v.command + " looks for the cause" }

// verifyCommand is the command line that verifies a webhook in a subscription's dialect. A URL with secrets is left to be filled in.
func verifyCommand(s subscription) string {
	address := s.url
	if journal.MaskURL(address) != address {
		address = "URL"
	}
	return "outlocal verify " + address + " -d " + s.dialect
}
