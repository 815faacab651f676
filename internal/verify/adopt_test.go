package verify

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

func TestSameHook(t *testing.T) {
	for _, row := range []struct {
		name, hook, notified string
		want                 bool
	}{
		{"the same", "http://localhost:3000/hook", "http://localhost:3000/hook", true},
		{"another name of this machine", "http://localhost:3000/hook", "http://127.0.0.1:3000/hook", true},
		{"its address in IPv6", "http://localhost:3000/hook", "http://[::1]:3000/hook", true},
		{"the port that is usual", "https://hooks.example.com/hook", "https://HOOKS.example.com:443/hook", true},
		{"a slash at the end", "http://localhost:3000/hook", "http://localhost:3000/hook/", true},
		{"a query of the app's", "http://localhost:3000/hook", "http://localhost:3000/hook?tenant=7", true},
		{"another path", "http://localhost:3000/hook", "http://localhost:3000/other", false},
		{"another port", "http://localhost:3000/hook", "http://localhost:3001/hook", false},
		{"another host", "http://localhost:3000/hook", "http://hooks.example.com:3000/hook", false},
		{"another scheme", "http://localhost:3000/hook", "https://localhost:3000/hook", false},
		{"no URL", "http://localhost:3000/hook", "http://%zz", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			hook, err := url.Parse(row.hook)
			if err != nil {
				t.Fatal(err)
			}
			if got := SameHook(row.notified, hook); got != row.want {
				t.Errorf("got %t, want %t", got, row.want)
			}
		})
	}
}

// TestAdopt takes the subscription with the webhook's URL, and tells of all that came instead where none has.
func TestAdopt(t *testing.T) {
	hook := httptest.NewServer(http.HandlerFunc(goodHook))
	defer hook.Close()
	address, _ := url.Parse(hook.URL + "/hook")
	server, err := emulator.New((&Session{Dialect: dialect.GraphV1, URL: address}).Prepare(emulator.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client := &subscriber.Client{BaseURL: "http://emulator.test", Dialect: dialect.GraphV1, Token: "app", HTTP: &http.Client{Transport: inProcess{server}}, Now: server.Now}
	subscribe := func(path, resource string) subscriber.Subscription {
		made, err := client.Create(t.Context(), subscriber.Request{Resource: resource, Changes: notify.Created, NotificationURL: hook.URL + path})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}

	subscribe("/elsewhere", "me/messages")
	ended, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if adopted, told, err := Adopt(ended, server, address); err == nil || adopted != nil || len(told) == 0 || told[len(told)-1].Kind != journal.Subscribed {
		t.Errorf("adopted %v and told of %d entries, %v; want none, and what came instead", adopted, len(told), err)
	}
	made := subscribe("/hook", "me/events")
	adopted, _, err := Adopt(t.Context(), server, address)
	if err != nil || adopted.ID != made.ID || adopted.Dialect != dialect.GraphV1.String() {
		t.Errorf("adopted %+v, %v; want %s", adopted, err, made.ID)
	}
}
