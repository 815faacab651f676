package pipenet_test

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outlocal/outlocal/internal/pipenet"
)

// connect returns the two ends of a new connection.
func connect(t *testing.T, l *pipenet.Listener) (client, server net.Conn) {
	t.Helper()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	client, err := l.DialContext(t.Context(), "tcp", "anything:80")
	if err != nil {
		t.Fatal(err)
	}
	server = <-accepted
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return client, server
}

func TestAddresses(t *testing.T) {
	l := pipenet.Listen("webhook.test:443")
	defer l.Close()
	if a := l.Addr(); a.Network() != "pipe" || a.String() != "webhook.test:443" {
		t.Errorf("the listener's address is %s %s", a.Network(), a)
	}
	seen := map[string]bool{}
	for range 2 {
		client, server := connect(t, l)
		if client.RemoteAddr() != l.Addr() || server.LocalAddr() != l.Addr() {
			t.Errorf("the server's end is %v and %v, want %v", client.RemoteAddr(), server.LocalAddr(), l.Addr())
		}
		if client.LocalAddr() != server.RemoteAddr() {
			t.Errorf("the client's end is %v and %v", client.LocalAddr(), server.RemoteAddr())
		}
		if _, port, err := net.SplitHostPort(server.RemoteAddr().String()); err != nil || port == "" {
			t.Errorf("the client's address can't be taken apart: %v", err)
		}
		if seen[client.LocalAddr().String()] {
			t.Errorf("two connections from %v", client.LocalAddr())
		}
		seen[client.LocalAddr().String()] = true
	}
}

func TestListenerClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := pipenet.Listen("webhook.test:443")
		client, server := connect(t, l)

		accepted := make(chan error, 1)
		go func() {
			_, err := l.Accept()
			accepted <- err
		}()
		synctest.Wait()
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("close again: %v, want %v", err, net.ErrClosed)
		}
		if err := <-accepted; !errors.Is(err, net.ErrClosed) {
			t.Errorf("the waiting accept ended with %v, want %v", err, net.ErrClosed)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept: %v, want %v", err, net.ErrClosed)
		}
		if _, err := l.DialContext(t.Context(), "tcp", "webhook.test:443"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial: %v, want %v", err, syscall.ECONNREFUSED)
		}

		if _, err := client.Write([]byte("still there")); err != nil {
			t.Error(err)
		}
		if got := readString(t, server, 11); got != "still there" {
			t.Errorf("read %q", got)
		}
	})
}

func TestDialWithAnEndedContext(t *testing.T) {
	for range 100 { // where two ways are open, chance decides
		synctest.Test(t, func(t *testing.T) {
			l := pipenet.Listen("webhook.test:443")
			defer l.Close()
			go l.Accept()
			synctest.Wait()
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := l.DialContext(gone, "tcp", "webhook.test:443"); !errors.Is(err, context.Canceled) {
				t.Errorf("dial with an ended context while somebody accepts: %v", err)
			}
		})
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := pipenet.Listen("webhook.test:443") // nobody accepts
		defer l.Close()
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := l.DialContext(ctx, "tcp", "webhook.test:443")
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("got %v, want a timeout", err)
		}
		if waited := time.Since(begin); waited != 3*time.Second {
			t.Errorf("it waited %v, want 3s", waited)
		}
		if _, err := l.DialContext(ctx, "tcp", "webhook.test:443"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with an ended context: %v", err)
		}
	})
}
