package control_test

import (
	"testing"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/journal"
)

func TestSelectorURLs(t *testing.T) {
	const url = "https://hook.example:8443/cb/x?code=hunter2&sig=1"
	for _, test := range []struct {
		wanted string
		want   bool
	}{
		{url, true},
		{"https://hook.example:8443/cb/x", true},
		{"https://hook.example:8443/cb/x?code=…&sig=…", true}, // as it is shown
		{"https://hook.example:8443/cb/x?code=other&sig=1", false},
		{"https://hook.example:8443/cb/x?", false},
		{"https://hook.example:8443", true},
		{"https://hook.example:8443/", true},
		{"https://hook.example:8443/cb", false},
		{"https://hook.example:8443/cb/", false},
		{"https://hook.example", false},
		{"https://hook.example:844", false},
		{"http://hook.example:8443", false},
		{"hook.example:8443", false},
	} {
		s := control.Selector{URL: test.wanted}
		if got := s.Matches(&journal.Entry{URL: url}); got != test.want {
			t.Errorf("%s selects %s: %v, want %v", test.wanted, url, got, test.want)
		}
	}
}

func TestTheEmptySelectorSelectsAll(t *testing.T) {
	var all control.Selector
	if !all.IsZero() || !all.Matches(&journal.Entry{}) || !all.Matches(&journal.Entry{App: "a"}) {
		t.Error("it does not")
	}
	if some := (control.Selector{App: "a"}); some.IsZero() || some.Matches(&journal.Entry{}) {
		t.Error("one with an app selects what has none")
	}
}
