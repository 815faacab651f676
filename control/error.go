package control

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/outlocal/outlocal/notify"
)

// Error is a call that was refused or failed, on both sides of the wire.
type Error struct {
	Status  int    `json:"-"`
	Code    string `json:"code" doc:"one of a small set, for programs"`
	Message string `json:"message" doc:"what is wrong"`
	Hint    string `json:"hint,omitempty" doc:"what to do about it"`
}

// The codes.
const (
	CodeBadRequest       = "badRequest"       // 400
	CodeNotFound         = "notFound"         // 404
	CodeMethodNotAllowed = "methodNotAllowed" // 405
	CodeBlocked          = "blocked"          // 409: time can't jump over a request in flight
	CodeConflict         = "conflict"         // 409
	CodeTooFew           = "tooFew"           // 409: a wait ended before enough entries matched
	CodeTooLarge         = "tooLarge"         // 413
	CodeUnsupportedMedia = "unsupportedMedia" // 415
	CodeInternal         = "internal"         // 500
	CodeNotServed        = "notServed"        // 501: what is steered has no such thing
	CodeUnavailable      = "unavailable"      // 503: not ready yet, or shutting down
)

func (e *Error) Error() string { return e.Message }

// BadRequest is a request that makes no sense to whom it is sent.
func BadRequest(message, hint string) *Error {
	return &Error{http.StatusBadRequest, CodeBadRequest, message, hint}
}

// NotFound says that what was named is not there.
func NotFound(message, hint string) *Error {
	return &Error{http.StatusNotFound, CodeNotFound, message, hint}
}

// Conflict says that the state of things doesn't allow a call that else would be fine.
func Conflict(message, hint string) *Error {
	return &Error{http.StatusConflict, CodeConflict, message, hint}
}

// Blocked says that time can't jump, as requests are in flight that it would jump over.
func Blocked(inFlight ...string) *Error {
	return &Error{
		http.StatusConflict, CodeBlocked,
		"advance the clock: still in flight: " + strings.Join(inFlight, "; "),
		"let the webhook answer first: a handler that advances the clock waits for itself. Answer, then advance, as from the test's own goroutine",
	}
}

// asError finds out how err is answered.
func asError(err error) *Error {
	var own *Error
	var refusal *notify.Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &refusal) && refusal.Status >= http.StatusBadRequest:
		return &Error{refusal.Status, codeOf(refusal.Status), refusal.Message, refusal.Hint}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Error{http.StatusServiceUnavailable, CodeUnavailable, "the call was given up: " + err.Error(), ""}
	}
	return &Error{http.StatusInternalServerError, CodeInternal, err.Error(), "this is a fault of outlocal's own; please report it"}
}

// codeOf is the code of a status that came without one.
func codeOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return CodeNotFound
	case http.StatusConflict:
		return CodeConflict
	case http.StatusNotImplemented:
		return CodeNotServed
	case http.StatusServiceUnavailable:
		return CodeUnavailable
	}
	if status >= http.StatusInternalServerError {
		return CodeInternal
	}
	return CodeBadRequest
}
