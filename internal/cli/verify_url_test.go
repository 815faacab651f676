package cli

import (
	"strings"
	"testing"
)

func TestReadWebhookURL(t *testing.T) {
	for _, row := range []struct{ name, typed, want, assumed string }{
		{"whole", "http://localhost:3000/hook", "http://localhost:3000/hook", ""},
		{"whole with a key in its query", "https://f.example.net/api/hook?code=a://b", "https://f.example.net/api/hook?code=a://b", ""},
		{"a port and a path", "3000/hook", "http://localhost:3000/hook", "http on localhost"},
		{"a port and a query", "7071?code=x", "http://localhost:7071?code=x", "http on localhost"},
		{"a port alone", "3000", "http://localhost:3000", "http on localhost"},
		{"a port with a colon", ":3000/hook", "http://localhost:3000/hook", "http on localhost"},
		{"localhost", "localhost:3000/hook", "http://localhost:3000/hook", "http"},
		{"a name under localhost", "hooks.localhost/in", "http://hooks.localhost/in", "http"},
		{"IPv6", "[::1]:3000/hook", "http://[::1]:3000/hook", "http"},
		{"IPv4", "127.0.0.1:8080", "http://127.0.0.1:8080", "http"},
		{"a host elsewhere", "hooks.example.com/graph?a=b", "https://hooks.example.com/graph?a=b", "https"},
		{"a host whose query holds a URL", "hooks.example.com/?next=http://localhost", "https://hooks.example.com/?next=http://localhost", "https"},
		{"a container's", "webhook:3000/hook", "https://webhook:3000/hook", "https"},
		{"blanks around it", "  3000/hook ", "http://localhost:3000/hook", "http on localhost"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := readWebhookURL(row.typed)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != row.want || got.assumed != row.assumed {
				t.Errorf("got %s, assuming %q; want %s, assuming %q", got, got.assumed, row.want, row.assumed)
			}
		})
	}
}

func TestReadWebhookURLRefuses(t *testing.T) {
	for _, row := range []struct{ name, typed, says string }{
		{"nothing", "", "scheme"},
		{"another scheme", "ftp://localhost/hook", `"ftp"`},
		{"no host", "http:///hook", "no host"},
		{"a path alone", "/hook", "no host"},
		{"port 0", "0/hook", "port 0"},
		{"a port that is none", "http://localhost:70000/hook", "port 70000"},
		{"a malformed one", "http://localhost:3000/%zz?code=hunter2", "malformed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := readWebhookURL(row.typed)
			if err == nil || !strings.Contains(err.Error(), row.says) || strings.Contains(err.Error(), "hunter2") {
				t.Fatalf("got the error %v, want one that says %q", err, row.says)
			}
			if told := explain(err); told.Code != ExitUsage || told.Hint == "" {
				t.Errorf("told %+v, want wrong use and a hint", told)
			}
		})
	}
}

func TestConclude(t *testing.T) {
	for _, row := range []struct {
		name     string
		verdicts []verdict
		want     int
	}{
		{"all good", []verdict{verdictGood, verdictGood}, ExitGood},
		{"one bad", []verdict{verdictGood, verdictFailed}, ExitFailed},
		{"one not judged", []verdict{verdictNotJudged, verdictGood}, ExitUnjudged},
		{"a failure outweighs what was not judged", []verdict{verdictNotJudged, verdictFailed}, ExitFailed},
	} {
		t.Run(row.name, func(t *testing.T) {
			code := ExitGood
			if err := conclude(row.verdicts); err != nil {
				code = explain(err).Code
			}
			if code != row.want {
				t.Errorf("exits %d, want %d", code, row.want)
			}
		})
	}
}
