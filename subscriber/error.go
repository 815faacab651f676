package subscriber

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/outlocal/outlocal/journal"
)

// Error is a service's refusal.
type Error struct {
	Operation  string // such as create subscription
	Status     int
	Code       string // the service's word for the reason
	Message    string // the service's own text, with query values of the notification URL masked
	RequestID  string
	Hint       string        // what an emulator adds: the cause and the cure
	RetryAfter time.Duration // how long the service asks one to wait; 0 if it does not
	Claims     string        // what a new token has to hold, as JSON, where the service challenges the one that was sent
}

func (e *Error) Error() string {
	reason := strings.TrimSuffix(strings.TrimSpace(e.Code+": "+e.Message), ":")
	return fmt.Sprintf("%s: %d %s", e.Operation, e.Status, strings.TrimPrefix(reason, ": "))
}

// UnsupportedError is an operation that a dialect never had. It wraps [errors.ErrUnsupported].
type UnsupportedError struct {
	Operation string
	Dialect   string
	Missing   string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s: %s has no %s", e.Operation, e.Dialect, e.Missing)
}

func (e *UnsupportedError) Unwrap() error { return errors.ErrUnsupported }

// hintHeader is where an emulator says what a service would not.
const hintHeader = "X-Outlocal-Hint"

// refusal reads the envelope of an error (rules W6.1-01, W6.1-02, W6.1-06). An Outlook may send none (W6.1-04).
func (c *Client) refusal(operation string, answer *Answer, secrets []string) *Error {
	var body struct {
		Error struct {
			Code       string `json:"code"`
			Message    string `json:"message"`
			InnerError struct {
				RequestID string `json:"request-id"`
			} `json:"innerError"`
		} `json:"error"`
	}
	e := &Error{
		Operation: operation, Status: answer.Status,
		RequestID: answer.Header.Get("request-id"), Hint: answer.Header.Get(hintHeader),
		RetryAfter: c.retryAfter(answer.Header), Claims: claims(answer.Header),
	}
	if json.Unmarshal(answer.Body, &body) == nil {
		e.Code, e.Message = body.Error.Code, body.Error.Message
		if id := body.Error.InnerError.RequestID; id != "" {
			e.RequestID = id
		}
	}
	if e.Message == "" {
		e.Message = http.StatusText(answer.Status)
	}
	for _, address := range secrets {
		if address != "" {
			e.Message = strings.ReplaceAll(e.Message, address, journal.MaskURL(address))
			e.Hint = strings.ReplaceAll(e.Hint, address, journal.MaskURL(address))
		}
	}
	return e
}

// retryAfter reads seconds or a date (rule W6.1-08); a date counts from the answer's own, as the clocks may differ.
func (c *Client) retryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	from, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		from = c.now()
	}
	return max(until.Sub(from), 0)
}

// challenge finds the claims in a WWW-Authenticate.
var challenge = regexp.MustCompile(`(?i)\bclaims="([^"]*)"`)

// claims is what a challenge asks of the next token; its base64 comes in either alphabet, padded or not.
func claims(header http.Header) string {
	for _, value := range header.Values("WWW-Authenticate") {
		match := challenge.FindStringSubmatch(value)
		if match == nil {
			continue
		}
		plain := strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(match[1])
		if text, err := base64.RawStdEncoding.DecodeString(plain); err == nil && json.Valid(text) {
			return string(text)
		}
	}
	return ""
}
