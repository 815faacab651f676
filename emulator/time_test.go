package emulator_test

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

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/journal"
)

// bubbled is an emulator in a bubble, where only what waits for nothing real can be: it has no listener.
type bubbled struct {
	*emulator.Server
	t *testing.T
}

func inBubble(t *testing.T, webhook http.HandlerFunc, configure func(*emulator.Config), play func(*bubbled)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := emulator.Config{Handlers: map[string]http.Handler{"webhook.test": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if token := r.URL.Query().Get("validationToken"); token != "" {
				w.Header().Set("Content-Type", "text/plain")
				io.WriteString(w, token)
				return
			}
			webhook(w, r)
		})}}
		if configure != nil {
			configure(&c)
		}
		s, err := emulator.New(c)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		play(&bubbled{s, t})
	})
}

// subscribe watches the default mailbox for as long as Graph lets it.
func (b *bubbled) subscribe() {
	b.t.Helper()
	body := `{"changeType":"created","notificationUrl":"https://webhook.test/x","resource":"me/messages","clientState":"s","expirationDateTime":"` +
		b.Now().Add(100*time.Hour).Format(time.RFC3339) + `"}`
	r := httptest.NewRequest(http.MethodPost, "/v1.0/subscriptions", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer x")
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	if w.Code != http.StatusCreated {
		b.t.Fatalf("subscribe: %d %s", w.Code, w.Body)
	}
}

func (b *bubbled) raise() {
	b.t.Helper()
	if _, err := b.RaiseChange(context.Background(), control.Change{Change: "created", Collection: "message"}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bubbled) attempts() []journal.Entry {
	entries, _ := b.Journal().Since(0, func(e *journal.Entry) bool { return e.Kind == journal.Attempt }, 0)
	return entries
}

// What a webhook takes is not made longer by virtual time that runs fast.
//
// rules: W10-06
func TestFastTimeMakesNoWebhookLate(t *testing.T) {
	webhook := func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(5 * time.Millisecond) // the bubble's time
		w.WriteHeader(http.StatusAccepted)
	}
	inBubble(t, webhook, func(c *emulator.Config) { c.TimeScale = 3600 }, func(b *bubbled) {
		b.subscribe()
		began := b.Now()
		b.raise()
		synctest.Wait()
		time.Sleep(time.Second)
		if passed := b.Now().Sub(began); passed < 50*time.Minute {
			t.Errorf("at 3600 times the pace %v passed in a second", passed)
		}
		attempts := b.attempts()
		if len(attempts) != 1 || !strings.Contains(attempts[0].Note, "delivered") || attempts[0].Exchange.Took > time.Second {
			t.Errorf("attempts %+v", attempts)
		}
	})
}

// Four hours of retries are over as soon as the webhook has answered them all.
//
// rules: W4.9-04 W4.9-07
func TestFourHoursOfRetriesTakeNoTime(t *testing.T) {
	tries := 0
	webhook := func(w http.ResponseWriter, _ *http.Request) {
		tries++
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	inBubble(t, webhook, nil, func(b *bubbled) {
		b.subscribe()
		b.raise()
		began := time.Now()
		if _, err := b.Advance(context.Background(), 5*time.Hour); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v of the bubble's time", took)
		}
		// 10 s, 20 s … 320 s, then every 10 minutes: 6 doublings and as many tens of minutes as fit.
		if tries < 25 || tries > 32 {
			t.Errorf("%d tries in four hours", tries)
		}
		attempts := b.attempts()
		for i := 1; i < len(attempts); i++ {
			gap := attempts[i].At.Sub(attempts[i-1].At).Round(time.Second)
			if want := min(10*time.Second<<(i-1), 10*time.Minute); i < 20 && gap != want {
				t.Errorf("retry %d came after %v, want %v", i, gap, want)
			}
		}
		if n := b.attempts()[len(attempts)-1].At.Sub(attempts[0].At); n > 4*time.Hour {
			t.Errorf("the last try came %v after the first", n)
		}
		time.Sleep(time.Hour)
		if n := len(b.attempts()); n != len(attempts) {
			t.Errorf("%d tries after it was given up", n-len(attempts))
		}
	})
}

// One that hangs costs its limit for each attempt, in the webhook's own time: an advance waits for what came of it and says so, and is
// refused while something hangs that was there before, for that might wait for the advance.
//
// rules: W10-06
func TestTimeWaitsForAWebhookThatHangs(t *testing.T) {
	webhook := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	inBubble(t, webhook, nil, func(b *bubbled) {
		var told [][]string
		b.OnWait(func(inFlight []string) { told = append(told, inFlight) })
		b.subscribe()
		b.raise()
		synctest.Wait()
		_, err := b.Advance(context.Background(), time.Hour)
		var blocked *control.Error
		if !errors.As(err, &blocked) || blocked.Status != http.StatusConflict || !strings.Contains(blocked.Message, "webhook.test") {
			t.Errorf("an advance while the first attempt hangs: %v", err)
		}
		time.Sleep(10 * time.Second) // the first attempt's limit
		synctest.Wait()
		if n := len(b.attempts()); n != 1 {
			t.Fatalf("%d attempts after the limit", n)
		}
		began := time.Now()
		if _, err := b.Advance(context.Background(), 11*time.Second); err != nil { // to the first retry
			t.Fatal(err)
		}
		if took := time.Since(began); took < 9*time.Second || len(b.attempts()) != 2 {
			t.Errorf("the advance took %v for %d attempts: it jumped over the webhook", took, len(b.attempts()))
		}
		if len(told) == 0 || !strings.Contains(strings.Join(told[len(told)-1], " "), "webhook.test") {
			t.Errorf("what it waits for is told as %v", told)
		}
	})
}
