package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// Error is why there is no token.
type Error struct {
	Code string // such as AADSTS7000215; a word of ours where the authority gave none
	Text string // what is wrong, in the authority's words where there are some
	Cure string // what to do
}

func (e *Error) Error() string {
	if strings.HasPrefix(e.Code, "AADSTS") {
		return fmt.Sprintf("sign in: %s: %s", e.Code, e.Text)
	}
	return "sign in: " + e.Text
}

// Hint is what to do.
func (e *Error) Hint() string { return e.Cure }

// WrongUse tells that nobody was asked: what was given can't work.
func (e *Error) WrongUse() bool { return e.Code == codeWrongUse }

const codeWrongUse = "use"

func wrongUse(text, cure string) error { return &Error{Code: codeWrongUse, Text: text, Cure: cure} }

// refusal is what an authority says when it gives no token (W8.1-07).
type refusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

var (
	codePattern = regexp.MustCompile(`AADSTS\d+`)
	urlPattern  = regexp.MustCompile(`https?://[^\s"]+`)
)

// explain puts an error of azidentity into words: its own prints the authority's whole answer.
func (s *Source) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("sign in: %w", ctx.Err())
	}
	e := &Error{Code: "unreachable", Text: "the authority gave no answer", Cure: "is it reachable from here? HTTPS_PROXY is honoured"}
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) && failed.RawResponse != nil {
		e.read(failed)
	} else if code := codePattern.FindString(err.Error()); code != "" {
		e.Code, e.Text, e.Cure = code, firstLine(err.Error()), cureOf(code)
	} else {
		e.Text += ": " + withoutQueries(strings.Join(strings.Fields(err.Error()), " "))
	}
	if hint := s.skew.hint(); hint != "" {
		e.Cure = hint + "; " + e.Cure
	}
	return e
}

// read takes code and first sentence from an answer. What follows them are ids for Microsoft's support.
func (e *Error) read(failed *azidentity.AuthenticationFailedError) {
	e.Code = fmt.Sprintf("status %d", failed.RawResponse.StatusCode)
	e.Text = "the authority answered " + failed.RawResponse.Status
	e.Cure = "is this the authority's address?"
	body, err := runtime.Payload(failed.RawResponse)
	var r refusal
	if err != nil || json.Unmarshal(body, &r) != nil || r.Error == "" {
		return
	}
	e.Code, e.Text = r.Error, firstLine(r.Description)
	if code := codePattern.FindString(r.Description); code != "" {
		e.Code = code
		e.Text = strings.TrimPrefix(strings.TrimPrefix(e.Text, code), ": ")
	}
	e.Cure = cureOf(e.Code)
}

// firstLine is what an authority says before it names the ids for Microsoft's support.
func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	text, _, _ = strings.Cut(text, "Trace ID:")
	return withoutQueries(strings.TrimSpace(text))
}

// withoutQueries takes the queries off URLs in a text: they may hold secrets.
func withoutQueries(text string) string {
	return urlPattern.ReplaceAllStringFunc(text, func(u string) string {
		before, _, found := strings.Cut(u, "?")
		if found {
			before += "?…"
		}
		return before
	})
}
