//go:build !notunnel

package tunnel_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/tunnel"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// TestReach reaches a local handler from outside: the handshake, a notification, and one of 8 MiB there and back.
func TestReach(t *testing.T) {
	for _, row := range []struct {
		name   string
		config tunneltest.Config
	}{
		{"a stream for each request", tunneltest.Config{}},
		{"streams that are kept", tunneltest.Config{KeepAlive: true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			edge := tunneltest.Start(t, row.config)
			e, told := open(t, toEdge(edge))
			serve(t, e, echo)
			answer, text := post(t, edge, e.URL()+"/hook?validationToken=Validation%3a+one+%22two%22", "")
			if answer.StatusCode != http.StatusOK || text != `Validation: one "two"` {
				t.Errorf("the handshake got %s %q", answer.Status, text)
			}
			if _, text = post(t, edge, e.URL()+"/hook", `{"value":[]}`); text != `{"value":[]}` {
				t.Errorf("the answer is %q", text)
			}
			big := strings.Repeat("0123456789abcdef", 8<<20/16)
			if _, text = post(t, edge, e.URL()+"/hook", big); text != big {
				t.Errorf("of 8 MiB %d bytes came back", len(text))
			}
			told.state(t, tunnel.Connecting)
			if up := told.state(t, tunnel.Up); up.URL != e.URL() || up.Was != "" || up.Err != nil {
				t.Errorf("up with %+v", up)
			}
			host := strings.TrimPrefix(e.URL(), "https://")
			if e.State() != tunnel.Up || !strings.HasSuffix(host, "."+tunneltest.DefaultDomain) || e.Addr().String() != host+":443" || e.Addr().Network() != "tcp" {
				t.Errorf("%s at %s, %s", e.State(), e.URL(), e.Addr())
			}
		})
	}
}

// TestVisitor passes on who asks and for what: of the addresses that are forwarded only the last is the edge's own.
func TestVisitor(t *testing.T) {
	edge := tunneltest.Start(t, tunneltest.Config{})
	e, _ := open(t, toEdge(edge))
	serve(t, e, echo)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL()+"/hook", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	answer, err := edge.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	h := answer.Header
	from, _, _ := net.SplitHostPort(h.Get("X-Remote"))
	got := []string{from, h.Get("X-Seen-For"), h.Get("X-Seen-Host"), h.Get("X-Seen-Proto")}
	want := []string{"127.0.0.1", "203.0.113.9, 127.0.0.1", strings.TrimPrefix(e.URL(), "https://"), "https"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the handler sees (-want +got):\n%s", diff)
	}
}

// TestIntroduction says what the service learns of an agent.
func TestIntroduction(t *testing.T) {
	edge := tunneltest.Start(t, tunneltest.Config{})
	c := toEdge(edge)
	c.Agent.Version = "1.2.3"
	open(t, c)
	seen := edge.Seen()
	if len(seen.Auths) != 1 || len(seen.Binds) != 1 {
		t.Fatalf("the edge saw %+v", seen)
	}
	a := seen.Auths[0]
	if !strings.HasPrefix(a.UserAgent, "outlocal/1.2.3 ") || !a.Stoppable || a.Heartbeat != c.Agent.Heartbeat || a.Token != tunneltest.Token {
		t.Errorf("introduced as %+v", a)
	}
	if b := seen.Binds[0]; b.Metadata != "" || b.Asked != "" || b.Pooling || b.Policy != "" {
		t.Errorf("asked for %+v", b)
	}
}

// TestRefused holds every refusal to its code, its cure, one attempt, and to silence about the authtoken, which the service quotes.
func TestRefused(t *testing.T) {
	const good = tunneltest.Token
	auth := func(code tunneltest.Code) func(*tunneltest.Edge) {
		return func(e *tunneltest.Edge) { e.FailAuth(code) }
	}
	bind := func(code tunneltest.Code) func(*tunneltest.Edge) {
		return func(e *tunneltest.Edge) { e.FailBind(code) }
	}
	type rows []struct {
		name    string
		edge    tunneltest.Config
		token   string
		url     string
		policy  string
		fault   func(*tunneltest.Edge)
		code    int
		binding bool
	}
	for _, row := range (rows{
		{name: "a token formed badly", token: "abcdef", code: 105},
		{name: "an API key", token: good, fault: auth(106), code: 106},
		{name: "a token that is unknown", token: "2unknown_tokentokentoken", code: 107},
		{name: "too many agents", token: good, edge: tunneltest.Config{Sessions: 1}, fault: occupy(t, ""), code: 108},
		{name: "an agent too old", token: good, fault: auth(121), code: 121},
		{name: "no verified account", token: good, fault: auth(4018), code: 4018},
		{name: "a name of one's own on the free plan", token: good, edge: tunneltest.Config{Free: true}, url: "mine.ngrok.test", code: 313, binding: true},
		{name: "a domain of one's own on the free plan", token: good, edge: tunneltest.Config{Free: true}, url: "hooks.example.com", code: 314, binding: true},
		{name: "a name that is not reserved", token: good, fault: bind(319), code: 319, binding: true},
		{name: "somebody else's name", token: good, url: "https://hooks.example.com/", code: 320, binding: true},
		{name: "too many endpoints", token: good, edge: tunneltest.Config{Endpoints: 1}, fault: occupy(t, "other.ngrok.test"), code: 324, binding: true},
		{name: "a name in use", token: good, url: "mine.ngrok.test", fault: occupy(t, "mine.ngrok.test"), code: 334, binding: true},
		{name: "no quota left", token: good, fault: bind(725), code: 725, binding: true},
		{name: "a policy that is none", token: good, policy: "on_http_request: [", code: 2201, binding: true},
		{name: "a policy with an action that is unknown", token: good, fault: bind(2236), code: 2236, binding: true},
		{name: "a policy with an action that costs", token: good, fault: bind(2263), code: 2263, binding: true},
		{name: "a policy with too many rules", token: good, fault: bind(2264), code: 2264, binding: true},
		{name: "a URL that is refused", token: good, fault: bind(9037), code: 9037, binding: true},
		{name: "a plan that wants a reserved name", token: good, fault: bind(15002), code: 15002, binding: true},
		{name: "a code that nobody has heard of", token: good, fault: auth(99999), code: 99999},
	}) {
		t.Run(row.name, func(t *testing.T) {
			edge := tunneltest.Start(t, row.edge)
			if row.fault != nil {
				row.fault(edge)
			}
			before := edge.Seen()
			c := toEdge(edge)
			c.Agent.Token, c.URL, c.Agent.Policy = tunnel.NewToken(row.token, "the test"), row.url, row.policy
			told := &events{}
			c.OnEvent = told.tell
			_, err := tunnel.Open(t.Context(), c)
			var refused *tunnel.Error
			if !errors.As(err, &refused) {
				t.Fatalf("the error is %v", err)
			}
			code := fmt.Sprintf("ERR_NGROK_%d", row.code)
			if refused.Code != code || refused.WrongUse() {
				t.Errorf("the code is %q of %+v", refused.Code, refused)
			}
			if refused.Hint() == "" || refused.Hint() != tunnel.CureOf(code) {
				t.Errorf("the cure is %q", refused.Hint())
			}
			if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, row.token) || strings.ContainsAny(err.Error(), "\r\n") || strings.Count(err.Error(), code) != 1 {
				t.Errorf("the error reads %s", text)
			}
			seen := edge.Seen()
			auths, binds := len(seen.Auths)-len(before.Auths), len(seen.Binds)-len(before.Binds)
			if auths != 1 || binds != map[bool]int{true: 1}[row.binding] {
				t.Errorf("introduced %d times, asked %d times", auths, binds)
			}
			told.await(t, "closed for it", func(e tunnel.Event) bool { return e.State == tunnel.Closed && coded(code)(e) })
			awaitEdge(t, edge, func(s tunneltest.Seen) bool { return s.Sessions == before.Sessions })
		})
	}
}

// occupy lets another agent be there first, with an endpoint at a host.
func occupy(t *testing.T, host string) func(*tunneltest.Edge) {
	return func(edge *tunneltest.Edge) {
		c := toEdge(edge)
		c.URL = host
		open(t, c)
	}
}

// TestWrongUse asks nobody.
func TestWrongUse(t *testing.T) {
	edge := tunneltest.Start(t, tunneltest.Config{})
	for _, row := range []struct {
		name   string
		change func(*tunnel.Config)
	}{
		{"no token", func(c *tunnel.Config) { c.Agent.Token = tunnel.Token{} }},
		{"an empty token", func(c *tunnel.Config) { c.Agent.Token = tunnel.NewToken(" \n", "x") }},
		{"http", func(c *tunnel.Config) { c.URL = "http://mine.ngrok.test" }},
		{"a path", func(c *tunnel.Config) { c.URL = "https://mine.ngrok.test/hook" }},
		{"a port", func(c *tunnel.Config) { c.URL = "mine.ngrok.test:8443" }},
		{"a password", func(c *tunnel.Config) { c.URL = "https://me:secret@mine.ngrok.test" }},
		{"an edge without a port", func(c *tunnel.Config) { c.Agent.Edge = "edge.example.com" }},
		{"a proxy that nobody speaks", func(c *tunnel.Config) { c.Agent.Proxy = http.ProxyURL(&url.URL{Scheme: "ftp", Host: "proxy"}) }},
		{"a proxy that can't be read", func(c *tunnel.Config) {
			c.Agent.Proxy = func(*http.Request) (*url.URL, error) { return nil, errors.New("parse http://me:secret@") }
		}},
		{"another kind", func(c *tunnel.Config) { c.Kind = "cloudflare" }},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := toEdge(edge)
			row.change(&c)
			_, err := tunnel.Open(t.Context(), c)
			var wrong *tunnel.Error
			if !errors.As(err, &wrong) || !wrong.WrongUse() || wrong.Hint() == "" || strings.Contains(err.Error(), "secret") {
				t.Errorf("the error is %v", err)
			}
		})
	}
	if seen := edge.Seen(); seen.Dials != 0 {
		t.Errorf("the edge saw %+v", seen)
	}
}

// TestUnreachable ends in time, and says what the network said.
func TestUnreachable(t *testing.T) {
	const closed = "127.0.0.1:1"                    // a port that was given back may be somebody else's a moment later; this one is nobody's
	silent, err := net.Listen("tcp", "127.0.0.1:0") // connects, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	edge := tunneltest.Start(t, tunneltest.Config{})
	for _, row := range []struct {
		name   string
		change func(*tunnel.Config)
		want   string
		is     error
	}{
		{"nobody there", func(c *tunnel.Config) { c.Agent.Edge, c.Patience = closed, time.Second }, "refused", nil},
		{"nobody speaks", func(c *tunnel.Config) { c.Agent.Edge, c.Patience = silent.Addr().String(), 50*time.Millisecond }, "no answer in time", context.DeadlineExceeded},
		{"TLS that somebody opens", func(c *tunnel.Config) { c.Agent.EdgeCAs = nil }, "certificate", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := toEdge(edge)
			row.change(&c)
			_, err := tunnel.Open(t.Context(), c)
			var failed *tunnel.Error
			if !errors.As(err, &failed) || !strings.Contains(failed.Text, row.want) || failed.Hint() == "" || failed.WrongUse() {
				t.Errorf("the error is %v", err)
			}
			if row.is != nil && !errors.Is(err, row.is) {
				t.Errorf("%v is no %v", err, row.is)
			}
		})
	}
}

// TestOpenEndsWithItsContext ends an attempt that its user has given up, not one that has succeeded.
func TestOpenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	edge := tunneltest.Start(t, tunneltest.Config{})
	edge.Refuse()
	ctx, cancel := context.WithCancel(t.Context())
	c := toEdge(edge)
	c.OnEvent = func(e tunnel.Event) {
		if e.State == tunnel.Connecting && e.Err != nil { // refused once
			cancel()
		}
	}
	if _, err := tunnel.Open(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}

	edge.Admit()
	ctx, cancel = context.WithCancel(t.Context())
	e, err := tunnel.Open(ctx, toEdge(edge))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	serve(t, e, echo)
	if answer, _ := post(t, edge, e.URL(), "x"); answer.StatusCode != http.StatusOK {
		t.Errorf("the answer is %s", answer.Status)
	}
	e.Close()
	within(t, "the end", e.Done())
}

// TestOpenTriesAgain gets through a short outage.
func TestOpenTriesAgain(t *testing.T) {
	t.Parallel()
	edge := tunneltest.Start(t, tunneltest.Config{})
	edge.Refuse()
	c := toEdge(edge)
	c.OnEvent = func(e tunnel.Event) {
		if e.State == tunnel.Connecting && e.Err != nil {
			edge.Admit()
		}
	}
	e, err := tunnel.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	e.Close()
	within(t, "the end", e.Done())
	if seen := edge.Seen(); seen.Dials < 2 {
		t.Errorf("the edge saw %+v", seen)
	}
}

// TestPolicy holds the default policy to method, path and length, as the edge evaluates it.
func TestPolicy(t *testing.T) {
	const limit = 1000
	policy, err := tunnel.DefaultPolicy(limit, "/graph/notify", `/it's "quoted"\`)
	if err != nil {
		t.Fatal(err)
	}
	edge := tunneltest.Start(t, tunneltest.Config{})
	c := toEdge(edge)
	c.Agent.Policy = policy
	e, _ := open(t, c)
	serve(t, e, echo)
	if b := edge.Seen().Binds[0]; b.Policy != policy {
		t.Errorf("the edge got %s", b.Policy)
	}
	for _, row := range []struct {
		name, method, path string
		length             int
		want               int
	}{
		{"a notification", "POST", "/graph/notify", limit, 200},
		{"a handshake", "POST", "/graph/notify?validationToken=x", 0, 200},
		{"a path with quotes", "POST", `/it%27s%20%22quoted%22%5C`, 1, 200},
		{"a byte too many", "POST", "/graph/notify", limit + 1, 413},
		{"another path", "POST", "/graph", 1, 404},
		{"a path below", "POST", "/graph/notify/x", 1, 404},
		{"the control API's", "POST", "/_outlocal/control", 1, 404},
		{"another method", "GET", "/graph/notify", 0, 404},
		{"a method in lower case", "post", "/graph/notify", 1, 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), row.method, e.URL()+row.path, strings.NewReader(strings.Repeat("x", row.length)))
			if err != nil {
				t.Fatal(err)
			}
			answer, err := edge.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != row.want {
				t.Errorf("status %d, want %d", answer.StatusCode, row.want)
			}
		})
	}
}

// TestPooling lets two endpoints share a URL only if both want to, and takes a host or a URL for its name.
func TestPooling(t *testing.T) {
	edge := tunneltest.Start(t, tunneltest.Config{})
	reached := make(chan int, 8)
	for i, asked := range []string{"Mine.ngrok.test", "https://mine.ngrok.test/"} {
		c := toEdge(edge)
		c.URL, c.Agent.Pooling = asked, true
		e, _ := open(t, c)
		if e.URL() != "https://mine.ngrok.test" {
			t.Errorf("the URL is %s", e.URL())
		}
		serve(t, e, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- i }))
	}
	for range 4 {
		post(t, edge, "https://mine.ngrok.test", "")
	}
	var got [2]int
	for range 4 {
		got[<-reached]++
	}
	if got != [2]int{2, 2} {
		t.Errorf("requests went %v", got)
	}
	c := toEdge(edge)
	c.URL = "mine.ngrok.test"
	if _, err := tunnel.Open(t.Context(), c); !coded("ERR_NGROK_334")(tunnel.Event{Err: err}) {
		t.Errorf("a third one got %v", err)
	}
}

// TestSecrets keeps secrets out of what is printed of a config.
func TestSecrets(t *testing.T) {
	c := tunnel.Config{Agent: tunnel.Agent{Token: tunnel.NewToken("2secret_secretsecret", "the variable X")}}
	wrapped := struct{ inner tunnel.Config }{c}
	encoded, err := json.Marshal(c.Agent.Token)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "token", c.Agent.Token)
	for _, text := range []string{
		fmt.Sprint(c.Agent.Token), fmt.Sprintf("%+v %#v %s %q", c, c, c.Agent.Token, c.Agent.Token), fmt.Sprintf("%+v %#v %v", wrapped, wrapped, &wrapped),
		string(encoded), logged.String(),
	} {
		if strings.Contains(text, "2secret") {
			t.Errorf("the token stands in %s", text)
		}
	}
	if got := fmt.Sprint(c.Agent.Token); got != "the authtoken of the variable X" {
		t.Errorf("a token prints as %q", got)
	}
}

// TestMany posts from many visitors at once.
func TestMany(t *testing.T) {
	edge := tunneltest.Start(t, tunneltest.Config{})
	e, _ := open(t, toEdge(edge))
	serve(t, e, echo)
	const visitors, each = 20, 5 // the agent resets streams beyond 128 that wait
	var posting sync.WaitGroup
	for i := range visitors {
		posting.Go(func() {
			for range each {
				body := fmt.Sprint("visitor ", i)
				if _, text, err := send(edge, e.URL(), body); err != nil || text != body {
					t.Errorf("%s got %q, %v", body, text, err)
				}
			}
		})
	}
	posting.Wait()
	awaitEdge(t, edge, func(s tunneltest.Seen) bool { return s.Answers == visitors*each })
}

// TestAnswerInPieces delivers what a handler has flushed, as soon as it has.
func TestAnswerInPieces(t *testing.T) {
	edge := tunneltest.Start(t, tunneltest.Config{})
	e, _ := open(t, toEdge(edge))
	more := make(chan struct{})
	serve(t, e, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "one")
		w.(http.Flusher).Flush()
		<-more
		_, _ = io.WriteString(w, "two")
	}))
	answer, err := edge.Client().Get(e.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	first := make([]byte, 3)
	if _, err := io.ReadFull(answer.Body, first); err != nil || string(first) != "one" {
		t.Errorf("got %q, %v", first, err)
	}
	close(more)
	if rest, err := io.ReadAll(answer.Body); err != nil || string(rest) != "two" {
		t.Errorf("got %q, %v", rest, err)
	}
}
