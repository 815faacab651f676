package tunnel

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// keeping is what is done once an endpoint is there.
const keeping = "keep the tunnel up"

// Error is why there is no endpoint, or why it is not up.
type Error struct {
	Doing string // what was tried, such as "connect to ngrok"
	Code  string // such as ERR_NGROK_107; empty where the service gave none
	Text  string // what is wrong, in the service's words where there are some, without the authtoken
	Cure  string // what to do

	use   bool
	fatal bool  // trying again leads nowhere
	err   error // without secrets
}

func (e *Error) Error() string {
	if e.Code != "" {
		return fmt.Sprintf("%s: %s: %s", e.Doing, e.Code, e.Text)
	}
	return e.Doing + ": " + e.Text
}

// Hint is what to do.
func (e *Error) Hint() string { return e.Cure }

// WrongUse tells that nobody was asked: what was given can't work.
func (e *Error) WrongUse() bool { return e.use }

// Unwrap is the cause, where it is one of this machine's.
func (e *Error) Unwrap() error { return e.err }

func wrongUse(doing, text, cure string) *Error {
	return &Error{Doing: doing, Text: text, Cure: cure, use: true, fatal: true}
}

var (
	codePattern = regexp.MustCompile(`(?i)ERR_NGROK_(\d+)`)
	codeLine    = regexp.MustCompile(`(?mi)^.*ERR_NGROK_\d+\s*$`)
)

// explain puts an error of ngrok's library into words. The library's types differ by where an error arose, and where a name is asked
// for again there is only text: the code is looked for in each. The service quotes a refused authtoken in full, so that the library's
// error itself never leaves.
func explain(doing string, err error, token Token) *Error {
	var ours *Error
	if errors.As(err, &ours) {
		return ours
	}
	text := oneLine(codeLine.ReplaceAllString(err.Error(), ""))
	if text == "" {
		text = oneLine(err.Error())
	}
	e := &Error{Doing: doing, Text: token.redact(text)}
	var coded interface{ ErrorCode() string }
	var refused interface{ Code() string }
	switch {
	case errors.As(err, &coded):
		e.Code = coded.ErrorCode()
	case errors.As(err, &refused):
		e.Code = refused.Code()
	}
	if e.Code == "" {
		if found := codePattern.FindStringSubmatch(err.Error()); found != nil {
			e.Code = "ERR_NGROK_" + found[1]
		}
	}
	if e.Code != "" {
		e.Cure, e.fatal = CureOf(e.Code), true
		return e
	}
	e.unreachable(err)
	return e
}

// oneLine joins what the service wrote on several lines, and drops what the library put before it.
func oneLine(text string) string {
	for _, prefix := range []string{"authentication failed: ", "failed to send authentication request: ", "failed to start tunnel: ", "failed to accept connection: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return strings.Join(strings.Fields(text), " ")
}
