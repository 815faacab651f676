package receiver_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
)

type fetch func(ctx context.Context, resource string) ([]byte, error)

func (f fetch) Fetch(ctx context.Context, resource string) ([]byte, error) { return f(ctx, resource) }

func TestReads(t *testing.T) {
	const legacy = `{"SubscriptionId":"s","SubscriptionExpirationTime":"2015-10-24T18:40:00Z","SequenceNumber":9,"ChangeType":"Updated",` +
		`"Entity":{"@odata.id":"https://outlook.office.com/api/beta/Users('u')/Messages('legacy')","Id":"legacy"}}`
	r := newReceiver(t, receiver.Config{
		ClientState: secret,
		Fetch: fetch(func(_ context.Context, resource string) ([]byte, error) {
			if strings.HasSuffix(resource, "gone") {
				return nil, errors.New("404 ErrorItemNotFound")
			}
			return []byte(`{"subject":"hi"}`), nil
		}),
	})
	post(t, r, nil, batch(
		graphItem("s", "created", "new", "e", secret),
		graphItem("s", "updated", "gone", "f", secret),
		graphItem("s", "deleted", "away", "g", secret),  // there is nothing to read
		graphItem("s", "created", "new", "e", secret),   // read already
		graphItem("s", "created", "forged", "h", "nay"), // nobody follows it
		`{"subscriptionId":"s","subscriptionExpirationDateTime":"2026-10-20T11:00:00Z","clientState":"`+secret+`","lifecycleEvent":"missed"}`))
	post(t, r, http.Header{"x-ClientState": {secret}}, batch(legacy))

	read, err := r.Journal().Wait(t.Context(), 0, 3, func(e *journal.Entry) bool { return e.Kind == journal.Read })
	if err != nil {
		t.Fatal(err)
	}
	type result struct {
		Cause, URL, Body, Error string
		Status                  int
	}
	var got []result
	for _, e := range read {
		cause, _ := r.Journal().Since(e.Cause-1, nil, 1)
		got = append(got, result{cause[0].Note, e.Exchange.URL, string(e.Exchange.ResponseBody), e.Exchange.Error, e.Exchange.Status})
	}
	slices.SortFunc(got, func(a, b result) int { return strings.Compare(a.URL, b.URL) })
	want := []result{
		{"Updated", "Users/8ee4/Messages/gone", "", "404 ErrorItemNotFound", 0},
		{"Created", "Users/8ee4/Messages/new", `{"subject":"hi"}`, "", 200},
		{"Updated", "https://outlook.office.com/api/beta/Users('u')/Messages('legacy')", `{"subject":"hi"}`, "", 200},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reads (-want +got):\n%s", diff)
	}
	r.Close()
	if all := entries(r, journal.Read); len(all) != 3 {
		t.Errorf("%d reads, want 3", len(all))
	}
}

// A service that hangs keeps neither the webhook nor Close waiting, and what can't be read is told.
func TestReadsThatHang(t *testing.T) {
	defer goleak.VerifyNone(t)
	var once sync.Once
	reading := make(chan struct{})
	r, err := receiver.New(receiver.Config{
		Fetch: fetch(func(ctx context.Context, _ string) ([]byte, error) {
			once.Do(func() { close(reading) })
			<-ctx.Done()
			return nil, ctx.Err()
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	const waiting, lanes = 1024, 4
	var many []string
	for i := range waiting + lanes + 10 {
		many = append(many, graphItem("s", "created", strings.Repeat("i", i+1), "e", ""))
	}
	if response := post(t, r, nil, batch(many...)); response.StatusCode != http.StatusAccepted {
		t.Fatalf("answer %d, want 202", response.StatusCode)
	}
	<-reading
	full := entries(r, journal.Read)
	if len(full) < 10 || full[0].Exchange.Error != "not read: too many items wait to be read" {
		t.Errorf("%d items were not read for want of room, want 10 at least", len(full))
	}
	r.Close()
	r.Close() // which is no harm
}

// Close waits for what is being read.
func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		letGo, closed := make(chan struct{}), make(chan struct{})
		r := newReceiver(t, receiver.Config{Fetch: fetch(func(context.Context, string) ([]byte, error) {
			<-letGo
			return nil, nil
		})})
		post(t, r, nil, batch(graphItem("s", "created", "i", "e", "")))
		synctest.Wait()
		go func() {
			r.Close()
			close(closed)
		}()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("Close returned while an item was being read")
		default:
		}
		close(letGo)
		<-closed
	})
}
