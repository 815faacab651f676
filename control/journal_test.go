package control_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/journal"
)

// fill writes entries of two apps and mailboxes, and one of nobody.
func fill(j *journal.Journal) {
	for _, e := range []journal.Entry{
		{Kind: journal.Subscribed, App: "a", Mailbox: "ann@contoso.com", Subscription: "s1", URL: "https://hook.example/cb?code=hunter2"},
		{Kind: journal.Change, Mailbox: "ann@contoso.com"},
		{Kind: journal.Attempt, App: "a", Mailbox: "ann@contoso.com", Subscription: "s1", URL: "https://hook.example/cb?code=hunter2"},
		{Kind: journal.Attempt, App: "b", Mailbox: "bob@contoso.com", Subscription: "s2", URL: "https://other.example:8443/cb"},
		{Kind: journal.Clock},
	} {
		j.Append(e)
	}
}

func seqs(entries []journal.Entry) string {
	var all []string
	for _, e := range entries {
		all = append(all, fmt.Sprint(e.Seq))
	}
	return strings.Join(all, " ")
}

func TestJournal(t *testing.T) {
	for _, test := range []struct {
		name  string
		query control.JournalQuery
		want  string
		next  uint64
	}{
		{"all", control.JournalQuery{}, "1 2 3 4 5", 5},
		{"since", control.JournalQuery{Since: 3}, "4 5", 5},
		{"since the future", control.JournalQuery{Since: 8}, "", 8},
		{"a page", control.JournalQuery{Limit: 2}, "1 2", 2},
		{"a page that happens to be the last", control.JournalQuery{Since: 3, Limit: 2}, "4 5", 5},
		{"kinds", control.JournalQuery{Kinds: []journal.Kind{journal.Attempt, journal.Change}}, "2 3 4", 5},
		{"an app", control.JournalQuery{Where: control.Selector{App: "b"}}, "4", 5},
		{"a mailbox", control.JournalQuery{Where: control.Selector{Mailbox: "Ann@Contoso.com"}}, "1 2 3", 5},
		{"a subscription", control.JournalQuery{Where: control.Selector{Subscription: "s1"}}, "1 3", 5},
		{"a URL", control.JournalQuery{Where: control.Selector{URL: "https://hook.example/cb"}}, "1 3", 5},
		{"all together", control.JournalQuery{Kinds: []journal.Kind{journal.Attempt}, Where: control.Selector{App: "a", URL: "https://hook.example"}}, "3", 5},
		{"what does not go together", control.JournalQuery{Where: control.Selector{App: "a", Subscription: "s2"}}, "", 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, c := start(t)
			fill(f.journal)
			page, err := c.Journal(t.Context(), test.query)
			if err != nil || seqs(page.Entries) != test.want || page.Next != test.next {
				t.Errorf("got %s, next %d, %v; want %s, next %d", seqs(page.Entries), page.Next, err, test.want, test.next)
			}
		})
	}
}

// TestJournalPagesByBytes: a page ends before it gets too long, and the next goes on where it ended.
func TestJournalPagesByBytes(t *testing.T) {
	f := newFake()
	f.journal = journal.New(100)
	j, client := f.journal, control.InProcess(control.NewHandler(f))
	for range 5 {
		j.Append(journal.Entry{Kind: journal.Attempt, Note: strings.Repeat("x", 3<<20)})
		j.Append(journal.Entry{Kind: journal.Change})
	}
	j.Append(journal.Entry{Kind: journal.Attempt, Note: strings.Repeat("x", 9<<20)})
	var pages []string
	for since := uint64(0); ; {
		page, err := client.Journal(t.Context(), control.JournalQuery{Since: since, Kinds: []journal.Kind{journal.Attempt}})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Entries) == 0 {
			break
		}
		pages = append(pages, seqs(page.Entries))
		since = page.Next
	}
	if diff := cmp.Diff([]string{"1 3", "5 7", "9", "11"}, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

func TestJournalTellsWhatWasDropped(t *testing.T) {
	f := newFake()
	f.journal = journal.New(2)
	fill(f.journal)
	page, err := control.InProcess(control.NewHandler(f)).Journal(t.Context(), control.JournalQuery{})
	if err != nil || page.Dropped != 3 || seqs(page.Entries) != "4 5" {
		t.Errorf("got %+v, %v", page, err)
	}
}

// TestNoSecretLeaves asks in every way that shows entries.
func TestNoSecretLeaves(t *testing.T) {
	for _, test := range []struct{ method, uri, body string }{
		{http.MethodGet, "/journal", ""},
		{http.MethodGet, "/journal?follow=1&limit=1", ""},
		{http.MethodPost, "/journal/wait", `{}`},
		{http.MethodPost, "/journal/wait", `{"count":2}`}, // in vain
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			f.journal.Append(journal.Entry{Kind: journal.Attempt, URL: "https://hook.example/cb?code=hunter2", Exchange: &journal.Exchange{
				URL: "https://hook.example/cb?code=hunter2", RequestHeader: http.Header{"ClientState": {"hunter2"}}, RequestBody: journal.Body(`{"clientState":"hunter2"}`),
			}})
			got := ask(t, f, test.method, test.uri, "application/json", test.body)
			if strings.Contains(got.body, "hunter2") || !strings.Contains(got.body, "https://hook.example/cb?code=…") {
				t.Errorf("%s %s %s: got %s", test.method, test.uri, test.body, got.body)
			}
		})
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := start(t)
		fill(f.journal)
		began := time.Now()
		go func() {
			time.Sleep(3 * time.Second)
			f.journal.Append(journal.Entry{Kind: journal.Attempt, App: "b"})
			f.journal.Append(journal.Entry{Kind: journal.Attempt, App: "a"})
		}()
		entries, err := c.Wait(t.Context(), control.WaitRequest{Since: 3, Count: 2, Kinds: []journal.Kind{journal.Attempt}, Where: control.Selector{App: "b"}})
		if err != nil || seqs(entries) != "4 6" || time.Since(began) != 3*time.Second {
			t.Errorf("got %s, %v after %s", seqs(entries), err, time.Since(began))
		}
		synctest.Wait()
	})
}

func TestWaitInVain(t *testing.T) {
	for _, test := range []struct {
		name    string
		request control.WaitRequest
		after   time.Duration
		says    string
		entries string
	}{
		{"some match", control.WaitRequest{Count: 3, Kinds: []journal.Kind{journal.Attempt}, Within: control.Duration(time.Minute)}, time.Minute,
			"wait for 3 journal entries: 2 matched within 1m", "3 4"},
		{"none match, and all is left out", control.WaitRequest{Since: 5}, 5 * time.Second, "wait for 1 journal entry: 0 matched within 5s", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, c := start(t)
				fill(f.journal)
				began := time.Now()
				entries, err := c.Wait(t.Context(), test.request)
				var refusal *control.Error
				if !errors.As(err, &refusal) || refusal.Code != control.CodeTooFew || refusal.Status != http.StatusConflict || refusal.Message != test.says {
					t.Errorf("got the error %#v", err)
				}
				if seqs(entries) != test.entries || time.Since(began) != test.after {
					t.Errorf("got %s after %s", seqs(entries), time.Since(began))
				}
			})
		})
	}
}

func TestWaitEndsWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := start(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Wait(ctx, control.WaitRequest{Within: control.Duration(time.Minute)}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got the error %v", err)
		}
		synctest.Wait() // the handler is over, too, or the bubble's end would report it
	})
}

func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := start(t)
		fill(f.journal)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			for range 2 {
				time.Sleep(time.Second)
				f.journal.Append(journal.Entry{Kind: journal.Attempt, App: "a", Note: "one more"})
			}
			time.Sleep(time.Second)
			cancel()
		}()
		began := time.Now()
		var got []string
		for e, err := range c.Follow(ctx, control.JournalQuery{Since: 1, Where: control.Selector{App: "a"}}) {
			got = append(got, fmt.Sprintf("%d %s %v %s", e.Seq, e.Note, err, time.Since(began)))
		}
		want := []string{"3  <nil> 0s", "6 one more <nil> 1s", "7 one more <nil> 2s"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("entries (-want +got):\n%s", diff)
		}
		if time.Since(began) != 3*time.Second {
			t.Errorf("it ended after %s", time.Since(began))
		}
		synctest.Wait()
	})
}

func TestFollowCanBeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := start(t)
		fill(f.journal)
		for range c.Follow(context.Background(), control.JournalQuery{Since: 4}) { // the last one: nothing more is written
			break
		}
		// The bubble's end reports a handler that goes on.
	})
}

func TestFollowTellsOfGaps(t *testing.T) {
	f := newFake()
	f.journal = journal.New(2)
	fill(f.journal)
	c := control.InProcess(control.NewHandler(f))
	var got []string
	for e, err := range c.Follow(t.Context(), control.JournalQuery{Limit: 2}) {
		var gap *control.GapError
		if errors.As(err, &gap) {
			got = append(got, fmt.Sprintf("gap of %d", gap.Dropped))
			continue
		}
		got = append(got, fmt.Sprintf("%d %v", e.Seq, err))
	}
	if diff := cmp.Diff([]string{"gap of 3", "4 <nil>", "5 <nil>"}, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestFollowByWhoHasLeft(t *testing.T) {
	_, c := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for e, err := range c.Follow(ctx, control.JournalQuery{}) {
		t.Errorf("got %v, %v", e, err)
	}
}

// TestFollowingBeginsAtOnce is about the head of the answer: one who waits for it knows when to begin.
func TestFollowingBeginsAtOnce(t *testing.T) {
	s := httptest.NewServer(control.NewHandler(newFake()))
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/journal?follow=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if media := response.Header.Get("Content-Type"); media != "application/x-ndjson" {
		t.Errorf("Content-Type is %q", media)
	}
}

func TestTheHeadOfAFollowedJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which reports that it waits for an entry
		if got := ask(t, newFake(), http.MethodHead, "/journal?follow=1", "", ""); got.status != http.StatusOK {
			t.Errorf("got %d", got.status)
		}
	})
}

func TestFollowThatIsRefused(t *testing.T) {
	c := control.InProcess(control.NewHandler(bare{}))
	count := 0
	for _, err := range c.Follow(t.Context(), control.JournalQuery{}) {
		count++
		var refusal *control.Error
		if !errors.As(err, &refusal) || refusal.Code != control.CodeNotServed {
			t.Errorf("got the error %v", err)
		}
	}
	if count != 1 {
		t.Errorf("got %d errors, want 1", count)
	}
}

func TestFollowOfABrokenLine(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("{\"seq\":1,\"kind\":\"clock\"}\n{\"seq\":2,"))
	}))
	defer s.Close()
	c, err := control.NewClient(s.URL, control.ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for e, err := range c.Follow(t.Context(), control.JournalQuery{}) {
		got = append(got, fmt.Sprintf("%d %v", e.Seq, err))
	}
	if diff := cmp.Diff([]string{"1 <nil>", "0 follow the journal: unexpected EOF"}, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// TestShutdownEndsWhatWaits proves that a server with a follower and a waiter shuts down at once.
func TestShutdownEndsWhatWaits(t *testing.T) {
	f := newFake()
	fill(f.journal)
	listeners, err := serve.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := serve.Start(listeners, serve.Config{Name: "control", Handler: control.NewHandler(f)})
	c, err := control.NewClient(listeners.URL("http"), control.ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}

	followed, first := make(chan error, 1), make(chan struct{}, 5)
	go func() {
		var last error
		for _, err := range c.Follow(t.Context(), control.JournalQuery{}) {
			last = err
			first <- struct{}{}
		}
		followed <- last
	}()
	waited, begun := make(chan error, 1), make(chan struct{})
	go func() {
		close(begun)
		_, err := c.Wait(t.Context(), control.WaitRequest{Since: 5, Within: control.Duration(10 * time.Minute)})
		waited <- err
	}()
	<-first
	<-begun

	if err := server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-followed; err != nil {
		t.Errorf("following ended with %v", err)
	}
	// Whether the wait had arrived or not, it is over, and it is none that was in vain.
	var refusal *control.Error
	if err := <-waited; err == nil || errors.As(err, &refusal) && refusal.Code != control.CodeUnavailable {
		t.Errorf("waiting ended with %v", err)
	}
}
