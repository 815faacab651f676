package receivertest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/receiver/receivertest"
)

const body = `{"value":[{"subscriptionId":"s","changeType":"created","resource":"Users/u/Messages/i","clientState":"s3cret",` +
	`"resourceData":{"@odata.type":"#Microsoft.Graph.Message","@odata.id":"Users/u/Messages/i","@odata.etag":"W/\"e\"","id":"i"},"tenantId":"t"}]}`

func created(i *receiver.Item) bool { return i.Change == notify.Created }

func TestStart(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	over := &recorder{TB: t}
	over.run(func() {
		r := receivertest.Start(over, receiver.Config{ClientState: "s3cret", Fetch: nothing{}})
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		response, err := client.Post(r.URL, "application/json", strings.NewReader(body))
		if err != nil {
			over.Fatalf("%v", err)
		}
		_ = response.Body.Close()
		if items := r.Await(1, created); !items[0].Good() {
			over.Errorf("findings: %v", items[0].Findings())
		}
	})
	if over.failed || len(over.logged) != 0 {
		t.Errorf("failed: %v; logged: %q, want neither", over.failed, over.logged)
	}
}

// nothing is what is read of any item.
type nothing struct{}

func (nothing) Fetch(context.Context, string) ([]byte, error) { return nil, nil }

// A test that failed shows what came, without the secret.
func TestTellsOnFailure(t *testing.T) {
	over := &recorder{TB: t}
	over.run(func() {
		r := receivertest.New(over, receiver.Config{ClientState: "another s3cret"})
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		r.ServeHTTP(httptest.NewRecorder(), req)
		over.Errorf("the test's own failure")
	})
	told := regexp.MustCompile(`\d\d:\d\d:\d\d\.\d{3}`).ReplaceAllString(strings.Join(over.logged, "\n"), "TIME")
	want := strings.Join([]string{
		"the test's own failure",
		"receiver: what came",
		"receiver: TIME  received  1 notification  POST http://example.com/  202",
		"receiver: TIME  notified  Created",
		"receiver:     receiver-client-state: the client state is wrong",
	}, "\n")
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestNewRefusesNonsense(t *testing.T) {
	over := &recorder{TB: t}
	over.run(func() { receivertest.New(over, receiver.Config{Keep: -1}) })
	if !over.failed || !strings.Contains(strings.Join(over.logged, ""), "Keep is -1") {
		t.Errorf("failed: %v; logged: %q", over.failed, over.logged)
	}
}

// What never comes fails the test, once the time is over.
func TestAwaitGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := &recorder{TB: t}
		over.run(func() { receivertest.New(over, receiver.Config{}).Await(1, created) })
		if !over.failed || !strings.Contains(over.logged[0], "await 1 notifications") {
			t.Errorf("failed: %v; logged: %q", over.failed, over.logged)
		}
	})
}

// recorder is a test of its own, so that a failure of what is tested does not fail this one.
type recorder struct {
	testing.TB
	cleanups []func()
	logged   []string
	failed   bool
}

// run runs a test to its end, its cleanups included.
func (r *recorder) run(test func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		test()
	}()
	<-done
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return context.Background() }
func (r *recorder) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Failed() bool             { return r.failed }

func (r *recorder) Logf(format string, args ...any) {
	r.logged = append(r.logged, fmt.Sprintf(format, args...))
}

func (r *recorder) Errorf(format string, args ...any) {
	r.failed = true
	r.Logf(format, args...)
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}
