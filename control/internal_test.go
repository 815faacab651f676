package control

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestNoProxyIsUsed(t *testing.T) {
	c, err := NewClient("http://127.0.0.1:3652", ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if c.http.Transport.(*http.Transport).Proxy != nil {
		t.Error("there is one")
	}
}

func TestRowsEnd(t *testing.T) {
	const row = `{"mount":"/v1.0","resource":"r","changeType":"created","notificationUrl":"https://hook.example"}`
	reader := newRowReader(httptest.NewRequest(http.MethodPost, "/", strings.NewReader("["+row+","+row+","+row+"]")))
	reader.left = 2
	count := 0
	for _, err := range reader.all {
		if err == nil {
			count++
			continue
		}
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Code != CodeTooLarge {
			t.Errorf("got the error %v", err)
		}
	}
	if count != 2 {
		t.Errorf("got %d rows, want 2", count)
	}
}

// trip sends one request to a handler in process.
func trip(ctx context.Context, h http.HandlerFunc) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/a?b=c", nil)
	if err != nil {
		return nil, err
	}
	return inProcess{h}.RoundTrip(r)
}

func TestInProcessRequestsLookLikeAnyOther(t *testing.T) {
	response, err := trip(t.Context(), func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if r.RequestURI != "/a?b=c" || r.Host != "localhost" || len(body) > 0 || err != nil {
			t.Errorf("got %s %s, %q, %v", r.Host, r.RequestURI, body, err)
		}
	})
	if err != nil || response.Status != "200 OK" {
		t.Fatalf("got %v, %v", response, err)
	}
	if body, err := io.ReadAll(response.Body); len(body) > 0 || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
}

func TestInProcessHeadersAreThoseOfTheMoment(t *testing.T) {
	response, err := trip(t.Context(), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("A", "early")
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK)
		w.Header().Set("A", "late")
		_, _ = io.WriteString(w, "body")
	})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if string(body) != "body" || err != nil || response.StatusCode != http.StatusTeapot || response.Header.Get("A") != "early" {
		t.Errorf("got %d %v %q, %v", response.StatusCode, response.Header, body, err)
	}
}

// TestInProcessCallsEndWithTheirContext has a handler that knows no context.
func TestInProcessCallsEndWithTheirContext(t *testing.T) {
	for name, begin := range map[string]func(http.ResponseWriter){
		"before the answer": func(http.ResponseWriter) {},
		"within it":         func(w http.ResponseWriter) { _, _ = io.WriteString(w, "begun") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				defer close(release)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				response, err := trip(ctx, func(w http.ResponseWriter, _ *http.Request) {
					begin(w)
					<-release
				})
				if err == nil {
					_, err = io.ReadAll(response.Body)
				}
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got the error %v", err)
				}
			})
		})
	}
}
