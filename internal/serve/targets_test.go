package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// parse reads a URL that the test got right.
func parse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestCheck(t *testing.T) {
	for _, row := range []struct {
		name    string
		allow   []string
		url     string
		refused string // the host as the error names it
	}{
		{"loopback", nil, "http://localhost:3000/hook", ""},
		{"loopback by address", nil, "https://[::1]:8443/", ""},
		{"another host", nil, "https://hooks.example.com/cb?code=s3cret", "hooks.example.com:443"},
		{"a host in the network", nil, "http://10.0.0.7/", "10.0.0.7:80"},
		{"an allowed host, any port", []string{"hooks.example.com"}, "https://hooks.example.com:8443/", ""},
		{"an allowed host in other letters", []string{"Hooks.Example.com"}, "https://hooks.EXAMPLE.com./", ""},
		{"an allowed port", []string{"hooks.example.com:8443"}, "https://hooks.example.com:8443/", ""},
		{"an allowed port that the scheme implies", []string{"hooks.example.com:443"}, "https://hooks.example.com/", ""},
		{"another port of it", []string{"hooks.example.com:8443"}, "https://hooks.example.com/", "hooks.example.com:443"},
		{"a host below an allowed one", []string{"example.com"}, "https://hooks.example.com/", "hooks.example.com:443"},
		{"an allowed URL", []string{"https://hooks.example.com/cb?code=s3cret"}, "https://hooks.example.com/other", ""},
		{"another scheme's port of it", []string{"https://hooks.example.com/cb"}, "http://hooks.example.com/", "hooks.example.com:80"},
		{"an allowed address", []string{"[2001:db8::1]:80"}, "http://[2001:DB8:0::1]/", ""},
		{"an allowed address without brackets", []string{"2001:db8::1"}, "http://[2001:db8::1]:99/", ""},
		{"an address that hides in IPv6", nil, "http://[::ffff:10.0.0.7]/", "10.0.0.7:80"},
		{"a user that looks like loopback", nil, "http://localhost@hooks.example.com/", "hooks.example.com:80"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var targets Targets
			for _, a := range row.allow {
				if err := targets.Allow(a); err != nil {
					t.Fatal(err)
				}
			}
			err := targets.Check(parse(t, row.url))
			var refused *TargetError
			switch {
			case row.refused == "" && err != nil:
				t.Errorf("error = %v, want none", err)
			case row.refused == "":
			case !errors.As(err, &refused):
				t.Errorf("error = %v, want a TargetError", err)
			default:
				if want := "refuse to send to " + row.refused + ": it is not on this machine and was not allowed"; err.Error() != want {
					t.Errorf("error = %v\nwant    %s", err, want)
				}
				if want := "--allow-target " + row.refused; !strings.Contains(refused.Hint(), want) {
					t.Errorf("hint %q lacks %q", refused.Hint(), want)
				}
				if err := targets.Allow(refused.Host); err != nil {
					t.Fatalf("what the hint says to allow cannot be: %v", err)
				}
				if err := targets.Check(parse(t, row.url)); err != nil {
					t.Errorf("the hint does not help: %v", err)
				}
			}
		})
	}
}

// A network of one's own is no way around: only what is allowed is dialled there, by name or by the address that was checked.
func TestDialInAnotherNetwork(t *testing.T) {
	for _, row := range []struct {
		addr, dialled string // empty if it is refused
	}{
		{"hooks.example.com:443", "hooks.example.com:443"},
		{"inside.example.com:80", "127.0.0.7:80"},
		{"other.example.com:443", ""},
	} {
		t.Run(row.addr, func(t *testing.T) {
			var dialled string
			targets := Targets{
				Dial: func(_ context.Context, _, addr string) (net.Conn, error) {
					dialled = addr
					return nil, errors.New("nobody is there")
				},
				lookup: func(_ context.Context, _, host string) ([]netip.Addr, error) {
					return map[string][]netip.Addr{
						"inside.example.com": {netip.MustParseAddr("127.0.0.7")}, "other.example.com": {netip.MustParseAddr("192.0.2.1")},
					}[host], nil
				},
			}
			if err := targets.Allow("hooks.example.com"); err != nil {
				t.Fatal(err)
			}
			if _, err := targets.DialContext(t.Context(), "tcp", row.addr); err == nil || dialled != row.dialled {
				t.Errorf("dialled %q, want %q; error %v", dialled, row.dialled, err)
			}
		})
	}
}

func TestCheckOfWhatIsNoTarget(t *testing.T) {
	for _, row := range []struct{ url, want string }{
		{"/cb?code=s3cret", "check target: the URL has no host"},
		{"ftp://localhost/?code=s3cret", `check target: host localhost: scheme "ftp" is neither http nor https`},
		{"http://localhost:0/?code=s3cret", "check target: host localhost:0: want a port from 1 to 65535"},
		{"http://localhost:65536/", "check target: host localhost:65536: want a port from 1 to 65535"},
	} {
		t.Run(row.url, func(t *testing.T) {
			var targets Targets
			if err := targets.Check(parse(t, row.url)); err == nil || err.Error() != row.want {
				t.Errorf("error = %v\nwant    %s", err, row.want)
			}
		})
	}
}

func TestAllowRefuses(t *testing.T) {
	for _, row := range []struct{ target, want string }{
		{"", `allow target: "": want HOST or HOST:PORT, without path or wildcard`},
		{"*.example.com", `allow target: "*.example.com": want HOST or HOST:PORT, without path or wildcard`},
		{"example.com/cb", `allow target: what stands at "example.com": want HOST or HOST:PORT, without path or wildcard`},
		{"x/?code=s3cret", `allow target: what stands at "x": want HOST or HOST:PORT, without path or wildcard`},
		{"?code=s3cret", `allow target: "": want HOST or HOST:PORT, without path or wildcard`},
		{"me:s3cret@x", `allow target: what stands at "x": want a port from 1 to 65535`},
		{"x:80?code=s3cret", `allow target: what stands at "x:80": want a port from 1 to 65535`},
		{"example.com:http", `allow target: "example.com:http": want a port from 1 to 65535`},
		{"example.com:0", `allow target: "example.com:0": want a port from 1 to 65535`},
		{"ftp://example.com", `allow target: host example.com: scheme "ftp" is neither http nor https`},
		{"https://exa mple.com/?code=s3cret", "allow target: want HOST, HOST:PORT or a URL"},
	} {
		t.Run(row.target, func(t *testing.T) {
			var targets Targets
			if err := targets.Allow(row.target); err == nil || err.Error() != row.want {
				t.Errorf("error = %v\nwant    %s", err, row.want)
			}
		})
	}
}

func TestDialChecksTheAddress(t *testing.T) {
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) }))
	defer hook.Close()
	port := hook.Listener.Addr().(*net.TCPAddr).Port

	for _, row := range []struct {
		name    string
		host    string
		resolve []string // what the name resolves to
		allow   []string
		want    string // a part of the error; the webhook answers if empty
	}{
		{name: "loopback by address", host: "127.0.0.1"},
		{name: "a name that resolves to loopback", host: "hook.test", resolve: []string{"127.0.0.1"}},
		{name: "a name of elsewhere", host: "hook.test", resolve: []string{"192.0.2.1"}, want: "it resolves to no address of this machine and was not allowed"},
		{name: "localhost that is not", host: "localhost", resolve: []string{"192.0.2.1"}, want: "it resolves to no address of this machine and was not allowed"},
		{name: "an address of elsewhere", host: "192.0.2.1", want: "it resolves to no address of this machine and was not allowed"},
		{name: "here and elsewhere: here", host: "hook.test", resolve: []string{"192.0.2.1", "::ffff:127.0.0.1"}},
		{name: "the metadata service of a cloud", host: "hook.test", resolve: []string{"169.254.169.254"}, want: "it resolves to no address of this machine"},
		{name: "all addresses", host: "0.0.0.0", want: "it resolves to no address of this machine"},
		{name: "a name that resolves to an allowed address only", host: "hook.test", resolve: []string{"127.0.0.1"}, allow: []string{"192.0.2.1"}},
		{name: "a name that does not resolve", host: "hook.test", want: "no such host"},
	} {
		t.Run(row.name, func(t *testing.T) {
			targets := Targets{lookup: func(_ context.Context, _, host string) ([]netip.Addr, error) {
				if len(row.resolve) == 0 {
					return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
				}
				var ips []netip.Addr
				for _, ip := range row.resolve {
					ips = append(ips, netip.MustParseAddr(ip))
				}
				return ips, nil
			}}
			for _, a := range row.allow {
				if err := targets.Allow(a); err != nil {
					t.Fatal(err)
				}
			}
			transport := targets.Transport()
			defer transport.CloseIdleConnections()
			response, err := (&http.Client{Transport: transport}).Get(fmt.Sprintf("http://%s:%d/", row.host, port))
			if row.want != "" {
				if err == nil {
					response.Body.Close()
				}
				if err == nil || !strings.Contains(err.Error(), row.want) {
					t.Errorf("error = %v, want %q in it", err, row.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if body, _ := io.ReadAll(response.Body); string(body) != fmt.Sprintf("%s:%d", row.host, port) {
				t.Errorf("the webhook saw host %q", body)
			}
		})
	}
}

// What is allowed by name is dialled wherever it is. An address for
// documentation is never reached: the canceled context tells that it was tried.
func TestDialOfAnAllowedName(t *testing.T) {
	var targets Targets
	if err := targets.Allow("192.0.2.1:81"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var refused *TargetError
	if _, err := targets.DialContext(ctx, "tcp", "192.0.2.1:81"); errors.As(err, &refused) || err == nil {
		t.Errorf("error = %v, want that of a dial", err)
	}
	targets.lookup = func(context.Context, string, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("::ffff:192.0.2.1")}, nil
	}
	if _, err := targets.DialContext(ctx, "tcp", "hook.test:81"); errors.As(err, &refused) || err == nil {
		t.Errorf("error = %v, want that of a dial: the name resolves to what was allowed", err)
	}
	if _, err := targets.DialContext(ctx, "tcp", "192.0.2.1:82"); !errors.As(err, &refused) {
		t.Errorf("error = %v, want a TargetError: another port was allowed", err)
	}
}

func TestDialTellsWhatFailed(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var targets Targets
	if _, err := targets.DialContext(ctx, "tcp", "127.0.0.1:81"); err == nil || !strings.Contains(err.Error(), "127.0.0.1:81") {
		t.Errorf("error = %v, want one that names the address", err)
	}
}

func TestTransportUsesNoProxy(t *testing.T) {
	var targets Targets
	if targets.Transport().Proxy != nil {
		t.Error("the transport asks for a proxy")
	}
}

func TestRoute(t *testing.T) {
	for _, row := range []struct {
		name, spec, url, want string
	}{
		{"host and port", "https://hooks.example.com=http://localhost:3000", "https://hooks.example.com/cb?code=a%2Fb", "http://localhost:3000/cb?code=a%2Fb"},
		{"a port that the scheme implies", "https://hooks.example.com:443=http://localhost:3000", "https://Hooks.example.com/cb", "http://localhost:3000/cb"},
		{"another scheme", "https://hooks.example.com=http://localhost:3000", "http://hooks.example.com/cb", ""},
		{"another port", "https://hooks.example.com=http://localhost:3000", "https://hooks.example.com:444/cb", ""},
		{"another host", "https://hooks.example.com=http://localhost:3000", "https://example.com/cb", ""},
		{"a path before the path", "https://hooks.example.com/=http://localhost:3000/api/", "https://hooks.example.com/a%2Fb", "http://localhost:3000/api/a%2Fb"},
		{"to another host", "https://hooks.example.com=https://staging.example.com", "https://hooks.example.com", "https://staging.example.com"},
		{"every name of a domain", "https://*.ngrok.test=https://127.0.0.1:4443", "https://random-1.ngrok.test/cb", "https://127.0.0.1:4443/cb"},
		{"names of names of a domain", "https://*.ngrok.test=https://127.0.0.1:4443", "https://a.random-1.NGROK.test/cb", "https://127.0.0.1:4443/cb"},
		{"the domain itself", "https://*.ngrok.test=https://127.0.0.1:4443", "https://ngrok.test/cb", ""},
		{"a domain that ends alike", "https://*.ngrok.test=https://127.0.0.1:4443", "https://a.notngrok.test/cb", ""},
		{"a URL that is none", "https://hooks.example.com=http://localhost:3000", "mailto:x", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var targets Targets
			if err := targets.RouteSpec(row.spec); err != nil {
				t.Fatal(err)
			}
			from := parse(t, row.url)
			to, routed := targets.Destination(from)
			if routed != (row.want != "") {
				t.Fatalf("routed: %t to %v", routed, to)
			}
			if from.String() != row.url {
				t.Errorf("the URL itself was changed to %s", from)
			}
			if !routed {
				if to != from {
					t.Errorf("not routed, and yet to %s", to)
				}
				return
			}
			if to.String() != row.want {
				t.Errorf("routed to %s, want %s", to, row.want)
			}
			if err := targets.Check(from); err != nil {
				t.Errorf("a route is permission: %v", err)
			}
			if err := targets.Check(to); err != nil {
				t.Errorf("a route's target is permission: %v", err)
			}
		})
	}
}

func TestTheNearestRouteWins(t *testing.T) {
	var targets Targets
	for _, spec := range []string{
		"https://*.example=http://localhost:1", "https://*.hooks.example=http://localhost:2", "https://one.hooks.example=http://localhost:3",
	} {
		if err := targets.RouteSpec(spec); err != nil {
			t.Fatal(err)
		}
	}
	for from, want := range map[string]string{
		"https://other.example": "http://localhost:1", "https://two.hooks.example": "http://localhost:2", "https://one.hooks.example": "http://localhost:3",
	} {
		if to, _ := targets.Destination(parse(t, from)); to.String() != want {
			t.Errorf("%s is routed to %s, want %s", from, to, want)
		}
	}
}

func TestRouteRefuses(t *testing.T) {
	for _, row := range []struct{ spec, want string }{
		{"https://hooks.example.com", "route: want FROM=TO, such as https://hooks.example.com=http://localhost:3000"},
		{"hooks.example.com=http://localhost:3000", "route from: the URL has no host"},
		{"https://hooks.example.com/cb=http://localhost:3000", "route from hooks.example.com: a route is for a whole host: leave the path out"},
		{"https://hooks.example.com=ftp://localhost", `route to: host localhost: scheme "ftp" is neither http nor https`},
		{"https://hooks.example.com=http://localhost?code=s3cret", "route to: host localhost: want no user, query or fragment"},
		{"https://hooks.*.com=http://localhost:3000", "route from hooks.*.com: a * stands for the whole beginning of a name, such as *.example.com"},
		{"https://*=http://localhost:3000", "route from *: a * stands for the whole beginning of a name, such as *.example.com"},
		{"https://*.a.example=http://*.b.example", "route to *.b.example: want one host"},
		{"https://hooks.example.com=http://%zz", "route to: want a URL such as http://localhost:3000"},
	} {
		t.Run(row.spec, func(t *testing.T) {
			var targets Targets
			if err := targets.RouteSpec(row.spec); err == nil || err.Error() != row.want {
				t.Errorf("error = %v\nwant    %s", err, row.want)
			}
		})
	}
}
