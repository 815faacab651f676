package pipenet_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outlocal/outlocal/internal/pipenet"
)

// flood is more than a connection holds.
const flood = 1 << 20

// inBubble runs a test with both ends of a connection, and once more with the ends exchanged.
func inBubble(t *testing.T, test func(t *testing.T, here, there net.Conn)) {
	t.Helper()
	for name, exchange := range map[string]bool{"client": false, "server": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := pipenet.Listen("webhook.test:443")
				defer l.Close()
				here, there := connect(t, l)
				if exchange {
					here, there = there, here
				}
				test(t, here, there)
			})
		})
	}
}

func readString(t *testing.T, c net.Conn, n int) string {
	t.Helper()
	p := make([]byte, n)
	if _, err := io.ReadFull(c, p); err != nil {
		t.Fatal(err)
	}
	return string(p)
}

func TestBothDirectionsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, here, there net.Conn) {
		var all sync.WaitGroup
		for i, ends := range [][2]net.Conn{{here, there}, {there, here}} {
			sent := make([]byte, flood)
			rand.NewChaCha8([32]byte{byte(i)}).Read(sent)
			all.Go(func() {
				if n, err := ends[0].Write(sent); n != len(sent) || err != nil {
					t.Errorf("wrote %d of %d: %v", n, len(sent), err)
				}
			})
			all.Go(func() {
				got := make([]byte, len(sent))
				if _, err := io.ReadFull(ends[1], got); err != nil || !bytes.Equal(got, sent) {
					t.Errorf("read something else than was written, error %v", err)
				}
			})
		}
		all.Wait()
	})
}

func TestSmallWritesDoNotWait(t *testing.T) {
	inBubble(t, func(t *testing.T, here, there net.Conn) {
		for range 1000 {
			if _, err := here.Write([]byte("nobody reads this yet ")); err != nil {
				t.Fatal(err)
			}
		}
		if got := readString(t, there, 44); got != "nobody reads this yet nobody reads this yet " {
			t.Errorf("read %q", got)
		}
	})
}

func TestNothingIsReadAndWrittenAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, here, there net.Conn) {
		for what, call := range map[string]func([]byte) (int, error){"read": here.Read, "write": here.Write} {
			if n, err := call(nil); n != 0 || err != nil {
				t.Errorf("%s of nothing: %d, %v", what, n, err)
			}
		}
	})
}

func TestWritesAreNotTorn(t *testing.T) {
	inBubble(t, func(t *testing.T, here, there net.Conn) {
		var writers sync.WaitGroup
		for _, letter := range []byte("abc") {
			writers.Go(func() {
				if _, err := here.Write(bytes.Repeat([]byte{letter}, flood)); err != nil {
					t.Error(err)
				}
			})
		}
		go func() {
			writers.Wait()
			here.Close()
		}()
		got, err := io.ReadAll(there)
		if err != nil || len(got) != 3*flood {
			t.Fatalf("read %d bytes of %d: %v", len(got), 3*flood, err)
		}
		for i := 0; i < len(got); i += flood {
			if part := got[i : i+flood]; bytes.Count(part, part[:1]) != flood {
				t.Error("a write was torn by another")
			}
		}
	})
}

func TestCloseOfOneEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, here, there net.Conn) {
		if _, err := here.Write([]byte("last words")); err != nil {
			t.Fatal(err)
		}
		if err := here.Close(); err != nil {
			t.Fatal(err)
		}

		for what, err := range map[string]error{
			"close":    here.Close(),
			"read":     second(here.Read(make([]byte, 1))),
			"write":    second(here.Write([]byte("x"))),
			"deadline": here.SetDeadline(time.Now()),
			"for read": here.SetReadDeadline(time.Time{}),
		} {
			var op *net.OpError
			if !errors.Is(err, net.ErrClosed) || !errors.As(err, &op) || op.Addr != there.LocalAddr() {
				t.Errorf("%s on a closed connection: %v, want an OpError with %v", what, err, net.ErrClosed)
			}
		}

		if got, err := io.ReadAll(there); string(got) != "last words" || err != nil {
			t.Errorf("the other end read %q, %v", got, err)
		}
		if n, err := there.Write([]byte("too late")); n != 0 || !errors.Is(err, syscall.EPIPE) {
			t.Errorf("the other end wrote %d, %v, want %v", n, err, syscall.EPIPE)
		}
	})
}

func TestCloseWakesWhoWaits(t *testing.T) {
	for _, row := range []struct {
		name string
		wait func(here, there net.Conn) (int, error)
		want error
	}{
		{"own read", func(here, _ net.Conn) (int, error) { return here.Read(make([]byte, 1)) }, net.ErrClosed},
		{"own write", func(here, _ net.Conn) (int, error) { return here.Write(make([]byte, flood)) }, net.ErrClosed},
		{"own write behind another", func(here, _ net.Conn) (int, error) {
			go here.Write(make([]byte, flood))
			synctest.Wait()
			return here.Write(make([]byte, 1))
		}, net.ErrClosed},
		{"the other's read", func(_, there net.Conn) (int, error) { return there.Read(make([]byte, 1)) }, io.EOF},
		{"the other's write", func(_, there net.Conn) (int, error) { return there.Write(make([]byte, flood)) }, syscall.EPIPE},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, here, there net.Conn) {
				time.AfterFunc(time.Minute, func() { here.Close() })
				begin := time.Now()
				if _, err := row.wait(here, there); !errors.Is(err, row.want) {
					t.Errorf("ended with %v, want %v", err, row.want)
				}
				if waited := time.Since(begin); waited != time.Minute {
					t.Errorf("ended after %v, want 1m", waited)
				}
			})
		})
	}
}

func TestDeadlines(t *testing.T) {
	for _, row := range []struct {
		name string
		set  func(c net.Conn) error
		want time.Duration // when a call that would wait ends; 0 at once
	}{
		{"in the past", func(c net.Conn) error { return c.SetDeadline(time.Now().Add(-time.Hour)) }, 0},
		{"now", func(c net.Conn) error { return c.SetDeadline(time.Now()) }, 0},
		{"in future", func(c net.Conn) error { return c.SetDeadline(time.Now().Add(time.Minute)) }, time.Minute},
		{"postponed", func(c net.Conn) error {
			time.AfterFunc(50*time.Second, func() { c.SetDeadline(time.Now().Add(time.Minute)) })
			return c.SetDeadline(time.Now().Add(time.Minute))
		}, 110 * time.Second},
		{"brought forward", func(c net.Conn) error {
			time.AfterFunc(time.Second, func() { c.SetDeadline(time.Unix(1, 0)) })
			return c.SetDeadline(time.Now().Add(time.Minute))
		}, time.Second},
		{"set while it waits", func(c net.Conn) error {
			time.AfterFunc(time.Second, func() { c.SetDeadline(time.Now().Add(time.Second)) })
			return nil
		}, 2 * time.Second},
		{"one for each", func(c net.Conn) error {
			return errors.Join(c.SetReadDeadline(time.Now().Add(time.Second)), c.SetWriteDeadline(time.Now().Add(time.Second)))
		}, time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, here, there net.Conn) {
				begin := time.Now()
				if err := row.set(here); err != nil {
					t.Fatal(err)
				}
				var wg sync.WaitGroup
				for what, call := range map[string]func([]byte) (int, error){"read": here.Read, "write": here.Write} {
					wg.Go(func() {
						_, err := call(make([]byte, flood))
						var timeout net.Error
						if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
							t.Errorf("%s ended with %v, want a timeout", what, err)
						}
						if waited := time.Since(begin); waited != row.want {
							t.Errorf("%s ended after %v, want %v", what, waited, row.want)
						}
					})
				}
				wg.Wait()
			})
		})
	}
}

func TestDeadlineTakenBack(t *testing.T) {
	inBubble(t, func(t *testing.T, here, there net.Conn) {
		if err := here.SetDeadline(time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := here.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write after the deadline: %v", err)
		}
		if err := here.SetDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Hour, func() { there.Write([]byte("late")) })
		if got := readString(t, here, 4); got != "late" {
			t.Errorf("read %q", got)
		}
		if _, err := here.Write([]byte("answer")); err != nil {
			t.Error(err)
		}
	})
}

func TestDeadlinesOfOneDirectionLeaveTheOther(t *testing.T) {
	inBubble(t, func(t *testing.T, here, there net.Conn) {
		if err := here.SetReadDeadline(time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := here.Write([]byte("x")); err != nil {
			t.Errorf("write with a read deadline: %v", err)
		}
		if err := errors.Join(here.SetReadDeadline(time.Time{}), here.SetWriteDeadline(time.Now())); err != nil {
			t.Fatal(err)
		}
		there.Write([]byte("y"))
		if got := readString(t, here, 1); got != "y" {
			t.Errorf("read %q", got)
		}
	})
}

func second(_ int, err error) error { return err }
