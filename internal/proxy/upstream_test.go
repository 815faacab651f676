package proxy_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/internal/proxy"
)

// TestUpstream: what is passed on takes the way that the environment named before, with its password, and what is answered does not.
func TestUpstream(t *testing.T) {
	secure := httptest.NewTLSServer(http.HandlerFunc(echo))
	t.Cleanup(secure.Close)
	asked := make(chan string, 10)
	company := httptest.NewServer(companyProxy(t, asked, secure.Listener.Addr().String()))
	t.Cleanup(company.Close)
	named := strings.Replace(company.URL, "http://", "http://ann:hunter2@", 1)
	env := map[string]string{"https_proxy": named, "HTTP_PROXY": named}
	upstream, err := proxy.Environment(func(name string) string { return env[name] }, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := play(t, proxy.Config{Pass: []string{proxy.All}, Upstream: upstream})
	roots := secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	client := s.client(t, nil, roots)
	for _, row := range []struct{ ask, want, asked string }{
		{"https://example.com/x", "GET https://example.com/x HTTP/1.1", "CONNECT example.com:443 Basic YW5uOmh1bnRlcjI="},
		{"http://example.com/y", "from the company", "GET http://example.com/y Basic YW5uOmh1bnRlcjI="},
	} {
		response, err := client.Get(row.ask)
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, response); got != row.want {
			t.Errorf("%s: got %s, want %s", row.ask, got, row.want)
		}
		if got := <-asked; got != row.asked {
			t.Errorf("%s: the company's proxy was asked %s, want %s", row.ask, got, row.asked)
		}
	}
	response, err := s.client(t, nil, s.roots).Get("https://graph.microsoft.com/v1.0/me")
	if err != nil {
		t.Fatal(err)
	}
	read(t, response)
	select {
	case got := <-asked:
		t.Errorf("the company's proxy was asked %s", got)
	default:
	}
}

// companyProxy leads whatever is wanted to target, and says what that was.
func companyProxy(t *testing.T, asked chan<- string, target string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			asked <- fmt.Sprintf("%s %s %s", r.Method, r.RequestURI, r.Header.Get("Proxy-Authorization"))
			fmt.Fprint(w, "from the company")
			return
		}
		asked <- fmt.Sprintf("%s %s %s", r.Method, r.Host, r.Header.Get("Proxy-Authorization"))
		there, err := net.Dial("tcp", target)
		if err != nil {
			t.Error(err)
			return
		}
		defer there.Close()
		client, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer client.Close()
		fmt.Fprint(client, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			io.Copy(there, bufio.NewReader(buffered))
			there.Close()
		}()
		io.Copy(client, there)
	}
}

func TestEnvironment(t *testing.T) {
	for _, row := range []struct {
		name string
		env  map[string]string
		ask  string
		want string // the proxy, or what is wrong
	}{
		{"none", nil, "https://example.com", "direct"},
		{"in capitals", map[string]string{"HTTPS_PROXY": "http://a:1"}, "https://example.com", "http://a:1"},
		{"not in capitals", map[string]string{"https_proxy": "http://a:1"}, "https://example.com", "http://a:1"},
		{"without a scheme", map[string]string{"HTTPS_PROXY": "a:1"}, "https://example.com", "http://a:1"},
		{"with TLS", map[string]string{"HTTPS_PROXY": "https://a:1"}, "https://example.com", "https://a:1"},
		{"an exception", map[string]string{"HTTPS_PROXY": "http://a:1", "no_proxy": "example.com"}, "https://api.example.com", "direct"},
		{"never for this machine", map[string]string{"HTTPS_PROXY": "http://a:1"}, "https://localhost:8443", "direct"},
		{"for the other scheme", map[string]string{"HTTP_PROXY": "http://a:1"}, "https://example.com", "direct"},
		{"of another kind", map[string]string{"HTTPS_PROXY": "socks5://ann:hunter2@a:1"}, "", "go through the proxy of HTTPS_PROXY: socks5 is not spoken here"},
		{"not to be read", map[string]string{"http_proxy": "http://ann:hunter2@%zz"}, "", "go through the proxy of http_proxy: it names none"},
		{"itself", map[string]string{"HTTPS_PROXY": "http://localhost:3655"}, "", "go through the proxy of HTTPS_PROXY: it is this one itself"},
	} {
		t.Run(row.name, func(t *testing.T) {
			upstream, err := proxy.Environment(func(name string) string { return row.env[name] }, func(hostport string) bool { return hostport == "localhost:3655" })
			if err != nil {
				var wrong *proxy.UpstreamError
				if !errors.As(err, &wrong) || err.Error() != row.want || wrong.Hint() == "" {
					t.Errorf("error %v", err)
				}
				return
			}
			u, _ := url.Parse(row.ask)
			by, err := upstream(u)
			if err != nil {
				t.Fatal(err)
			}
			got := "direct"
			if by != nil {
				got = by.String()
			}
			if got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

// TestPass: which hosts each way of naming them means.
func TestPass(t *testing.T) {
	asked := make(chan string, 1)
	company := httptest.NewServer(companyProxy(t, asked, "127.0.0.1:1"))
	t.Cleanup(company.Close)
	upstream := func(*url.URL) (*url.URL, error) { return url.Parse(company.URL) }
	for _, row := range []struct {
		pass, ask string
		passed    bool
	}{
		{"example.com", "http://example.com/", true},
		{"Example.COM.", "http://example.com/", true},
		{"example.com", "http://example.com.:8080/", true},
		{"example.com", "http://api.example.com/", false},
		{"example.com:8080", "http://example.com:8080/", true},
		{"example.com:8080", "http://example.com/", false},
		{"*.example.com", "http://a.b.example.com/", true},
		{"*.example.com", "http://example.com/", false},
		{"*.example.com", "http://notexample.com/", false},
		{"[2001:db8::1]:80", "http://[2001:db8::1]/", true},
		{"2001:db8::1", "http://[2001:db8::1]/", true},
		{"graph.microsoft.com", "http://graph.microsoft.com/", true}, // who names it wants the real one
		{"all", "http://example.com/", true},
		{"all", "http://graph.microsoft.com/", false}, // it is answered
	} {
		t.Run(row.pass+" "+row.ask, func(t *testing.T) {
			s := play(t, proxy.Config{Pass: []string{row.pass}, Upstream: upstream})
			response, err := s.client(t, nil, nil).Get(row.ask)
			if err != nil {
				t.Fatal(err)
			}
			read(t, response)
			select {
			case <-asked:
				if !row.passed {
					t.Error("it was passed on")
				}
			default:
				if row.passed {
					t.Error("it was not passed on")
				}
			}
		})
	}
	for text, want := range map[string]string{
		"": `pass on to "": it is no host`, "https://example.com": `pass on to "https://example.com": it is no host`, "*": `pass on to "*": it is no host`,
		"example.com:0": `pass on to "example.com:0": it has no port that can be`, "example.com:http": `pass on to "example.com:http": it has no port that can be`,
	} {
		_, err := proxy.New(proxy.Config{Pass: []string{text}})
		var wrong *proxy.PassError
		if !errors.As(err, &wrong) || cmp.Diff(want, err.Error()) != "" || wrong.Hint() == "" {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
