package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/journal"
)

// A handler of this process sees and is seen as if there were a network in between.
func TestHandlerAsOverTheWire(t *testing.T) {
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
	}{
		{"nothing written", func(http.ResponseWriter, *http.Request) {}},
		{"a status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }},
		{"two statuses", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			w.Header().Set("X-Late", "1")
		}},
		{"text without a type", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }},
		{"a page without a type", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }},
		{"a type", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x")
			_, _ = io.WriteString(w, "hello")
		}},
		{"no body allowed", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
			if _, err := io.WriteString(w, "x"); !errors.Is(err, http.ErrBodyNotAllowed) {
				panic("a body was taken")
			}
		}},
		{"too long", func(w http.ResponseWriter, _ *http.Request) {
			for range 100 {
				_, _ = w.Write(make([]byte, 1<<10))
			}
		}},
		{"what was asked", func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			_, _ = fmt.Fprintln(w, r.Method, r.Host, r.URL, r.RequestURI, r.Proto, r.ContentLength, len(body), r.TLS != nil)
			_, _ = fmt.Fprintln(w, r.Header)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(tt.handler)
			defer s.Close()
			host := strings.TrimPrefix(s.URL, "http://")
			var seen []string
			for _, adjust := range []func(*Config){func(*Config) {}, withHook(host, tt.handler)} {
				r := newRig(t, adjust)
				r.subscribe(dialect.OutlookFinal, s.URL+"/cb/a%2Fb?code=1&x", func(rec *store.Record) { rec.Expires = expires })
				r.create("AAMk1")
				r.settle()
				x := r.entries(journal.Attempt)[0].Exchange
				seen = append(seen, fmt.Sprintf("%d %s %v %s", x.Status, x.ResponseHeader["Content-Type"], x.ResponseHeader["X-Late"], x.ResponseBody))
			}
			if diff := cmp.Diff(seen[0], seen[1]); diff != "" {
				t.Errorf("(-network +process)\n%s", diff)
			}
		})
	}
}

func TestHandlerFailures(t *testing.T) {
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		status  int
		finding string
		err     string
	}{
		{"aborts", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, "delivery-reset", "net/http: abort Handler"},
		{"panics", func(http.ResponseWriter, *http.Request) { panic("oh no") }, 0, "delivery-reset", "oh no"},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 0, "delivery-timeout", "deadline"},
		{"hangs after the status", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, 200, "delivery-timeout", "deadline"},
		{"hangs after a status that nobody could see", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			<-r.Context().Done()
		}, 0, "delivery-timeout", "deadline"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, withHook("hook.test", tt.handler))
				r.subscribe(dialect.GraphV1, "https://hook.test/cb")
				r.create("AAMk1")
				time.Sleep(10 * time.Second)
				synctest.Wait()
				x := r.entries(journal.Attempt)[0].Exchange
				if x.Status != tt.status || x.Finding != tt.finding || !strings.Contains(x.Error, tt.err) {
					t.Errorf("status %d, finding %s, error %s", x.Status, x.Finding, x.Error)
				}
			})
		})
	}
}

// A webhook that sleeps on the same clock takes as long as that says: the wall doesn't move.
//
// rules: W10-06
func TestParkedHandler(t *testing.T) {
	for _, tt := range []struct {
		name  string
		sleep time.Duration
		class diagnosis.Class
		took  time.Duration
	}{
		{"good", 2 * time.Second, diagnosis.ClassGood, 2 * time.Second},
		{"late", 9 * time.Second, diagnosis.ClassLate, 9 * time.Second},
		{"too late", 12 * time.Second, diagnosis.ClassFailed, 10 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hook{}
				r := newRig(t, withHook("hook.test", h))
				h.each = func(ctx context.Context, call int) {
					if call == 1 {
						_ = r.Clock.Sleep(ctx, tt.sleep)
					}
				}
				r.subscribe(dialect.GraphV1, "https://hook.test/cb")
				wall, virtual := time.Now(), r.Clock.Now()
				r.create("AAMk1")
				r.create("AAMk2") // waits for the first, and does not keep time from passing
				r.advance(time.Minute)
				if took := time.Since(wall); took != 0 {
					t.Errorf("it took %s of the wall", took)
				}
				attempts := r.entries(journal.Attempt)
				if a := attempts[0]; a.Data.(*Attempt).Class != tt.class || a.Exchange.Took != tt.took {
					t.Errorf("%s after %s", a.Data.(*Attempt).Class, a.Exchange.Took)
				}
				if at := attempts[1].At.Sub(virtual); at != tt.took {
					t.Errorf("the second went out after %s, want %s", at, tt.took)
				}
				if tt.class == diagnosis.ClassFailed {
					if at := attempts[2].At.Sub(virtual); len(attempts) != 3 || at != tt.took+10*time.Second {
						t.Errorf("it was tried again after %s", at)
					}
				}
			})
		})
	}
}

// Close waits for handlers that end when they are told to, and for no other.
func TestCloseWithHangingHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		r := newRig(t, withHook("hook.test", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-free })))
		r.subscribe(dialect.GraphV1, "https://hook.test/cb")
		r.create("AAMk1")
		synctest.Wait()
		began := time.Now()
		r.Close()
		if took := time.Since(began); took != strayGrace {
			t.Errorf("Close took %s", took)
		}
		if n := len(r.entries(journal.Attempt)); n != 0 {
			t.Errorf("%d attempts were judged after Close", n)
		}
		close(free)
	})
}
