package login

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// The names that RFC 6749 and its kin have for what goes wrong.
const (
	invalidRequest       = "invalid_request"
	invalidClient        = "invalid_client"
	invalidGrant         = "invalid_grant"
	invalidScope         = "invalid_scope"
	invalidResource      = "invalid_resource"
	invalidTarget        = "invalid_instance"
	unauthorizedClient   = "unauthorized_client"
	unsupportedGrant     = "unsupported_grant_type"
	unsupportedResponse  = "unsupported_response_type"
	authorizationPending = "authorization_pending"
	authorizationDenied  = "authorization_declined"
	badDeviceCode        = "bad_verification_code"
	expiredDeviceCode    = "expired_token"
	slowDown             = "slow_down"
	serverError          = "server_error"
)

// Error is a refusal in the service's words (W8.1-07, R8). Programs look at name and number, people at the text and the hint.
type Error struct {
	Name string // such as invalid_client
	Code int    // such as 7000215, which AADSTS7000215 is made of
	Text string // what the service says after that
	Hint string // what helps here; it travels in a header beside the service's own words
}

func (e *Error) Error() string { return fmt.Sprintf("%s: AADSTS%d: %s", e.Name, e.Code, e.Text) }

// status is 401 where the client could not prove who it is, else 400.
func (e *Error) status() int {
	switch e.Name {
	case invalidClient:
		return http.StatusUnauthorized
	case serverError:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// hinted adds what helps here.
func (e *Error) hinted(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

func refuse(name string, code int, format string, args ...any) *Error {
	return &Error{Name: name, Code: code, Text: fmt.Sprintf(format, args...)}
}

// missing is the refusal of a request that lacks a parameter.
func missing(parameter string) *Error {
	return refuse(invalidRequest, 900144, "The request body must contain the following parameter: '%s'.", parameter)
}

// failed is the refusal for trouble of our own.
func failed(err error) *Error {
	return refuse(serverError, 90033, "A transient error has occurred. Please try again.").hinted("%v", err)
}

// HintHeader carries what a developer should do about a refusal.
const HintHeader = "X-Outlocal-Hint"

// trace identifies a request in its answer.
type trace struct {
	id, correlation string
	at              time.Time
}

func (a *Authority) traceOf(r *http.Request) trace {
	t := trace{id: uuid.NewString(), correlation: uuid.NewString(), at: a.config.Now().UTC()}
	for _, sent := range []string{r.Header.Get("client-request-id"), r.URL.Query().Get("client-request-id"), r.PostForm.Get("client-request-id")} {
		if id, err := uuid.Parse(sent); err == nil {
			t.correlation = id.String()
		}
	}
	return t
}

// stamp is the form of dates in refusals.
const stamp = "2006-01-02 15:04:05Z"

// description is the sentence that all of a refusal is told in.
func (t trace) description(e *Error) string {
	return fmt.Sprintf("AADSTS%d: %s\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: %s", e.Code, e.Text, t.id, t.correlation, t.at.Format(stamp))
}

// refusal is the body of a refusal.
type refusal struct {
	Error         string `json:"error"`
	Description   string `json:"error_description"`
	Codes         []int  `json:"error_codes"`
	Timestamp     string `json:"timestamp"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
	URI           string `json:"error_uri"`
}

// refuseJSON answers a program.
func (a *Authority) refuseJSON(w http.ResponseWriter, r *http.Request, e *Error) {
	t := a.traceOf(r)
	setHint(w, e.Hint)
	writeJSON(w, e.status(), t, refusal{
		Error: e.Name, Description: t.description(e), Codes: []int{e.Code}, Timestamp: t.at.Format(stamp),
		TraceID: t.id, CorrelationID: t.correlation, URI: microsoft + "/error?code=" + strconv.Itoa(e.Code),
	})
}

func setHint(w http.ResponseWriter, hint string) {
	if hint != "" {
		w.Header()[HintHeader] = []string{oneLine(hint)}
	}
}

// oneLine makes a text fit for a header.
func oneLine(text string) string {
	line := make([]rune, 0, len(text))
	for _, r := range text {
		if r < ' ' || r > '~' {
			r = ' '
		}
		line = append(line, r)
	}
	return string(line)
}

// writeJSON answers a program that may run in a browser, and whose answers nobody may keep.
func writeJSON(w http.ResponseWriter, status int, t trace, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store, no-cache")
	h.Set("Access-Control-Allow-Origin", "*")
	h["x-ms-request-id"] = []string{t.id}
	h["client-request-id"] = []string{t.correlation}
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // a client that is gone needs no answer
}
