package serve_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/internal/serve"
)

func TestListenOnBothLoopbacks(t *testing.T) {
	listeners, err := serve.Listen(t.Context(), "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listeners.Close()
	if listeners.Port() == 0 {
		t.Fatal("no port was chosen")
	}
	hosts := []string{"127.0.0.1"}
	if six, err := net.Listen("tcp", "[::1]:0"); err == nil { // this machine has IPv6
		six.Close()
		hosts = append(hosts, "::1")
	}
	if len(listeners) != len(hosts) {
		t.Errorf("%d listeners, want them on %v", len(listeners), hosts)
	}
	for _, host := range hosts {
		conn, err := net.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(listeners.Port())))
		if err != nil {
			t.Error(err)
			continue
		}
		conn.Close()
	}
}

func TestListenersURL(t *testing.T) {
	for _, row := range []struct{ addr, scheme, host string }{
		{"localhost:0", "http", "127.0.0.1"},
		{"localhost:0", "https", "localhost"},
		{"0.0.0.0:0", "http", "127.0.0.1"},
		{"0.0.0.0:0", "https", "localhost"},
	} {
		t.Run(row.addr+" "+row.scheme, func(t *testing.T) {
			listeners, err := serve.Listen(t.Context(), row.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer listeners.Close()
			want := fmt.Sprintf("%s://%s:%d", row.scheme, row.host, listeners.Port())
			if got := listeners.URL(row.scheme); got != want {
				t.Errorf("URL = %s, want %s", got, want)
			}
			if _, err := url.Parse(listeners.URL(row.scheme)); err != nil {
				t.Error(err)
			}
		})
	}
	if got := (serve.Listeners{}).URL("http"); got != "" {
		t.Errorf("no listeners have URL %q", got)
	}
	if got := (serve.Listeners{}).Port(); got != 0 {
		t.Errorf("no listeners have port %d", got)
	}
}

func TestListenOnATakenPort(t *testing.T) {
	holder, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	port := holder.Addr().(*net.TCPAddr).Port

	listeners, err := serve.Listen(t.Context(), fmt.Sprintf("localhost:%d", port))
	var taken *serve.PortError
	if !errors.As(err, &taken) {
		t.Fatalf("Listen = %v, %v, want a PortError", listeners, err)
	}
	if taken.Port != port || !strings.Contains(err.Error(), fmt.Sprintf("listen on 127.0.0.1:%d: port %d is taken", port, port)) {
		t.Errorf("error %q does not name port %d", err, port)
	}
	if !strings.Contains(taken.Hint(), "--port-base") {
		t.Errorf("hint %q does not name the cure", taken.Hint())
	}
	if runtime.GOOS == "linux" && !strings.Contains(err.Error(), fmt.Sprintf("(pid %d)", os.Getpid())) {
		t.Errorf("error %q does not name this process, %d, as the holder", err, os.Getpid())
	}
	if taken.Unwrap() == nil {
		t.Error("the system's error is lost")
	}
}

func TestListenRefuses(t *testing.T) {
	for _, row := range []struct{ addr, want string }{
		{":3650", `listen on ":3650": want a host: localhost, or an address for all to reach, such as 0.0.0.0`},
		{"localhost", `listen on "localhost": want HOST:PORT: address localhost: missing port in address`},
		{"localhost:http", `listen on "localhost:http": want a port from 0 to 65535: strconv.ParseUint: parsing "http": invalid syntax`},
		{"localhost:65536", `listen on "localhost:65536": want a port from 0 to 65535: strconv.ParseUint: parsing "65536": value out of range`},
	} {
		t.Run(row.addr, func(t *testing.T) {
			listeners, err := serve.Listen(t.Context(), row.addr)
			if err == nil {
				listeners.Close()
			}
			if err == nil || err.Error() != row.want {
				t.Errorf("error = %v\nwant    %s", err, row.want)
			}
		})
	}
}
