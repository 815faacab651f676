package serve

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

// When one of two addresses is taken, the other is given back.
func TestListenIsAllOrNothing(t *testing.T) {
	const host = "127.0.0.1"
	_, err := listenAll(t.Context(), []string{host, host}, 0) // the first takes what the second wants
	var taken *PortError
	if !errors.As(err, &taken) {
		t.Fatalf("error = %v, want a PortError", err)
	}
	listeners, err := listenAll(t.Context(), []string{host}, taken.Port)
	if err != nil {
		t.Fatalf("the first was not given back: %v", err)
	}
	listeners.Close()
}

func TestHolderInProc(t *testing.T) {
	const header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	row := func(local, state, inode string) string {
		return "   0: " + local + " 00000000:0000 " + state + " 00000000:00000000 00:00000000 00000000  1000        0 " + inode + " 1 0 100 0 0 10 0\n"
	}
	proc := fstest.MapFS{
		"net/tcp": {Data: []byte(header +
			row("0100007F:0E42", "01", "11") + // 3650, but a connection
			row("0100007F:0E42", "0A", "12") + // 3650
			row("0100007F:0E43", "0A", "13") + // 3651
			row("0100007F:0E45", "0A", "15"))}, // 3653
		"net/tcp6": {Data: []byte(header + row("00000000000000000000000001000000:0E44", "0A", "14"))}, // 3652
		"1/fd/3":   {Data: []byte("socket:[11]"), Mode: fs.ModeSymlink},
		"1/comm":   {Data: []byte("client\n")},
		"42/fd/0":  {Data: []byte("/dev/null"), Mode: fs.ModeSymlink},
		"42/fd/9":  {Data: []byte("socket:[12]"), Mode: fs.ModeSymlink},
		"42/comm":  {Data: []byte("outlocal\n")},
		"43/fd/9":  {Data: []byte("socket:[14]"), Mode: fs.ModeSymlink},
		"44/fd/9":  {Data: []byte("socket:[13]"), Mode: fs.ModeSymlink},
		"44/comm":  {Data: []byte("node\n")},
	}
	for port, want := range map[int]string{
		3650: "outlocal (pid 42)",
		3651: "node (pid 44)",
		3652: "pid 43",
		3653: "", // another user's
		3654: "", // nobody's
	} {
		t.Run(fmt.Sprint(port), func(t *testing.T) {
			if got := holderInProc(proc, port); got != want {
				t.Errorf("holder of %d = %q, want %q", port, got, want)
			}
		})
	}
	if got := holderInProc(fstest.MapFS{}, 3650); got != "" {
		t.Errorf("holder without a /proc = %q", got)
	}
}

func TestHolderByStatus(t *testing.T) {
	for _, row := range []struct{ name, body, want string }{
		{"an outlocal that has the port", `{"schema":"outlocal.status/1","pid":42,"http":"http://127.0.0.1:3650"}`, "another outlocal (pid 42)"},
		{"one that does not say its pid", `{"schema":"outlocal.status/1","http":"http://127.0.0.1:3650/"}`, "another outlocal"},
		{"one on other ports", `{"schema":"outlocal.status/1","pid":42,"http":"http://127.0.0.1:36501"}`, ""},
		{"somebody else's status", `{"schema":"other","pid":42,"http":"http://127.0.0.1:3650"}`, ""},
		{"no JSON", `<h1>ok</h1> :3650`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			status := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, row.body) }))
			defer status.Close()
			if got := holderByStatus(t.Context(), status.Client(), status.URL+"/status", 3650); got != row.want {
				t.Errorf("holder = %q, want %q", got, row.want)
			}
		})
	}
}

func TestPortHint(t *testing.T) {
	for _, row := range []struct {
		goos    string
		port    int
		airplay bool
	}{
		{"darwin", 5000, true},
		{"darwin", 7000, true},
		{"darwin", 3650, false},
		{"linux", 5000, false},
	} {
		t.Run(fmt.Sprint(row.goos, row.port), func(t *testing.T) {
			hint := portHint(row.port, row.goos)
			if got := strings.Contains(hint, "AirPlay"); got != row.airplay {
				t.Errorf("hint %q speaks of AirPlay: %t, want %t", hint, got, row.airplay)
			}
			if !strings.Contains(hint, "--port-base N") {
				t.Errorf("hint %q lacks the cure", hint)
			}
		})
	}
}
