package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// portTries bounds the search for a port that is free on all addresses. A
// second try is rare already.
const portTries = 16

// Listeners are open on one port of one or more addresses.
type Listeners []net.Listener

// Listen opens addr, HOST:PORT. The host localhost means 127.0.0.1 and ::1,
// the latter only on a machine that has IPv6: a client that resolves localhost
// to either finds it. Port 0 chooses a free port, the same on both. A port that
// is taken is a [*PortError].
func Listen(ctx context.Context, addr string) (Listeners, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: want HOST:PORT: %w", addr, err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: want a port from 0 to 65535: %w", addr, err)
	}
	hosts, err := listenHosts(host)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", addr, err)
	}
	for try := 1; ; try++ {
		listeners, err := listenAll(ctx, hosts, int(port))
		var taken *PortError
		if !errors.As(err, &taken) {
			return listeners, err
		}
		if port == 0 && try < portTries {
			continue
		}
		taken.Holder = findHolder(ctx, taken.Port)
		return nil, err
	}
}

// Port returns the port, 0 if there are no listeners.
func (l Listeners) Port() int {
	if len(l) == 0 {
		return 0
	}
	return addrPort(l[0])
}

// URL returns how clients on this machine reach the listeners: by the name
// localhost for https, as certificates are for names, by address for the rest.
func (l Listeners) URL(scheme string) string {
	if len(l) == 0 {
		return ""
	}
	host, port, _ := net.SplitHostPort(l[0].Addr().String())
	ip, err := netip.ParseAddr(host)
	if err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	if scheme == "https" && IsLoopback(host) {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// Close closes all listeners.
func (l Listeners) Close() error {
	var errs []error
	for _, one := range l {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}

// listenHosts returns the addresses that host stands for.
func listenHosts(host string) ([]string, error) {
	switch host {
	case "":
		return nil, errors.New("want a host: localhost, or an address for all to reach, such as 0.0.0.0")
	case "localhost":
		if hasIPv6Loopback() {
			return []string{"127.0.0.1", "::1"}, nil
		}
		return []string{"127.0.0.1"}, nil
	}
	return []string{host}, nil
}

// hasIPv6Loopback tells whether ::1 can be listened on, which many containers
// cannot. The interfaces know on every system; error numbers differ.
func hasIPv6Loopback() bool {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addrs {
		if prefix, ok := a.(*net.IPNet); ok && prefix.IP.Equal(net.IPv6loopback) {
			return true
		}
	}
	return false
}

// listenAll opens one port on all hosts, or none.
func listenAll(ctx context.Context, hosts []string, port int) (Listeners, error) {
	var config net.ListenConfig
	var open Listeners
	for _, host := range hosts {
		addr := net.JoinHostPort(host, strconv.Itoa(port))
		l, err := config.Listen(ctx, "tcp", addr)
		if err != nil {
			open.Close()
			if isTaken(err) {
				return nil, &PortError{Addr: addr, Port: port, Err: err}
			}
			return nil, fmt.Errorf("listen on %s: %w", addr, err)
		}
		open = append(open, l)
		port = addrPort(l)
	}
	return open, nil
}

func addrPort(l net.Listener) int {
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}
