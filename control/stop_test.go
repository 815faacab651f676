package control_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/control"
)

// stoppable is a backend that can be ended.
type stoppable struct{ stopped bool }

func (s *stoppable) Status(context.Context) (control.Status, error) { return control.Status{}, nil }
func (s *stoppable) Stop()                                          { s.stopped = true }

// A notification URL that leads here would let a subscriber end the process: what is no wish to stop is refused.
func TestStopTakesNoNotification(t *testing.T) {
	for _, tt := range []struct {
		name, path, contentType, body string
		stops                         bool
	}{
		{"a wish", "/stop", "", "", true},
		{"a wish with an empty object", "/stop", "application/json", "{}", true},
		{"a notification", "/stop", "application/json", `{"value":[]}`, false},
		{"a handshake", "/stop?validationToken=x", "text/plain", "", false},
		{"a form", "/stop", "application/x-www-form-urlencoded", "a=b", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := &stoppable{}
			r := httptest.NewRequest(http.MethodPost, tt.path, strings.NewReader(tt.body))
			if tt.contentType != "" {
				r.Header.Set("Content-Type", tt.contentType)
			}
			w := httptest.NewRecorder()
			control.NewHandler(b).ServeHTTP(w, r)
			if b.stopped != tt.stops {
				t.Errorf("answered %d, stopped %t", w.Code, b.stopped)
			}
		})
	}
}
