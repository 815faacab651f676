package state

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/outlocal/outlocal/control"
)

// presence is what can be told of a process by its file.
type presence uint8

const (
	gone    presence = iota // the process is not there; its file was removed
	silent                  // it is there and does not answer: it starts, ends, or hangs
	answers                 // its control API answers
)

// answerTimeout bounds the question whether a process is there; one on this machine that is well answers within milliseconds.
const answerTimeout = 2 * time.Second

// look finds out whether the process of a file runs. Its answer counts more than its number: a container has numbers of its own, and a
// number is given anew. A file of a process that is neither there nor answers is removed.
func (f Folder) look(ctx context.Context, path string) presence {
	r, err := read(path)
	if os.IsNotExist(err) {
		return gone
	}
	if err == nil && answering(ctx, r) {
		return answers
	}
	if err == nil && processRuns(r.PID) || ctx.Err() != nil {
		return silent
	}
	// Whoever has just taken the name is not swept away with the file that was looked at.
	if now, changed := read(path); changed == nil && (now.PID != r.PID || now.Started != r.Started) {
		return silent
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return silent
	}
	return gone
}

// answering asks what listens at the address whether it is r. One that wants a token is somebody, and who else would be there.
func answering(ctx context.Context, r Running) bool {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	client, err := control.NewClient(r.Control, control.ClientConfig{})
	if err != nil {
		return false
	}
	status, err := client.Status(ctx)
	if err != nil {
		return wantsToken(err) && processRuns(r.PID)
	}
	return status.PID == r.PID
}

// wantsToken tells whether a call was refused for want of the control token.
func wantsToken(err error) bool {
	var refusal *control.Error
	return errors.As(err, &refusal) && refusal.Status == http.StatusUnauthorized
}
