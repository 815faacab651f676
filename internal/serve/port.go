package serve

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// PortError is a port that cannot be had because somebody else has it.
type PortError struct {
	Addr   string // what was to be listened on
	Port   int
	Holder string // who has it, as far as that can be told: "outlocal (pid 42)"; or empty
	Err    error
}

func (e *PortError) Error() string {
	if e.Holder == "" {
		return fmt.Sprintf("listen on %s: port %d is taken", e.Addr, e.Port)
	}
	return fmt.Sprintf("listen on %s: port %d is taken by %s", e.Addr, e.Port, e.Holder)
}

func (e *PortError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *PortError) Hint() string { return portHint(e.Port, runtime.GOOS) }

func portHint(port int, goos string) string {
	const otherPorts = "choose other ports with --port-base N"
	// AirPlay Receiver is on by default, and is what finds itself asked in
	// place of a webhook more often than anything else on a Mac.
	if goos == "darwin" && (port == 5000 || port == 7000) {
		return "macOS's AirPlay Receiver listens on 5000 and 7000: turn it off under System Settings, General, AirDrop & Handoff, or " + otherPorts
	}
	return "stop what listens there, or " + otherPorts
}

const (
	// probeTimeout bounds the question to one port; whoever is slower on
	// loopback is not an outlocal that works.
	probeTimeout = 250 * time.Millisecond

	// probeReach is how far the control listener is from any other one of the
	// same outlocal: seven ports in a row belong to one.
	probeReach = 6

	// probeBytes is enough of a status to know it by.
	probeBytes = 64 << 10
)

// findHolder tells who listens on a port of this machine, best effort: what
// Linux knows, else another outlocal that says so itself.
func findHolder(ctx context.Context, port int) string {
	if runtime.GOOS == "linux" {
		if holder := holderInProc(os.DirFS("/proc"), port); holder != "" {
			return holder
		}
	}
	client := &http.Client{Timeout: probeTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
	for away := 0; away <= probeReach; away++ {
		for _, candidate := range []int{port + away, port - away} {
			if candidate <= 0 || candidate > 0xffff {
				continue
			}
			url := "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(candidate)) + "/status"
			if holder := holderByStatus(ctx, client, url, port); holder != "" {
				return holder
			}
		}
	}
	return ""
}

// holderByStatus asks url, which may be the control listener of an outlocal,
// whether port is one of its own: its status then names an address with it.
func holderByStatus(ctx context.Context, client *http.Client, url string, port int) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return ""
	}
	response, err := client.Do(request)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, probeBytes))
	if err != nil {
		return ""
	}
	var status struct {
		Schema string `json:"schema"`
		PID    int    `json:"pid"`
	}
	if json.Unmarshal(body, &status) != nil || !strings.HasPrefix(status.Schema, "outlocal") {
		return ""
	}
	if !namesPort(string(body), port) {
		return ""
	}
	if status.PID == 0 {
		return "another outlocal"
	}
	return fmt.Sprintf("another outlocal (pid %d)", status.PID)
}

// namesPort tells whether text holds an address with exactly that port.
func namesPort(text string, port int) bool {
	colon := ":" + strconv.Itoa(port)
	for {
		_, after, found := strings.Cut(text, colon)
		if !found {
			return false
		}
		if after == "" || after[0] < '0' || after[0] > '9' {
			return true
		}
		text = after
	}
}

// holderInProc finds the process that listens on port in Linux's /proc: the
// socket's inode in the tables of TCP, then whoever has that inode open, which
// only the same user and root are shown. The command's arguments stay out of
// it, as they may hold secrets.
func holderInProc(proc fs.FS, port int) string {
	inodes := map[string]bool{}
	for _, table := range []string{"net/tcp", "net/tcp6"} {
		addListening(proc, table, port, inodes)
	}
	if len(inodes) == 0 {
		return ""
	}
	processes, err := fs.Glob(proc, "[0-9]*/fd")
	if err != nil {
		return ""
	}
	for _, fds := range processes {
		open, err := fs.ReadDir(proc, fds)
		if err != nil {
			continue // another user's
		}
		for _, fd := range open {
			link, err := fs.ReadLink(proc, fds+"/"+fd.Name())
			if err != nil || !inodes[link] {
				continue
			}
			pid := strings.TrimSuffix(fds, "/fd")
			command, err := fs.ReadFile(proc, pid+"/comm")
			if err != nil {
				return "pid " + pid
			}
			return fmt.Sprintf("%s (pid %s)", strings.TrimSpace(string(command)), pid)
		}
	}
	return ""
}

// addListening adds the sockets that listen on port, as /proc/PID/fd names them.
func addListening(proc fs.FS, table string, port int, inodes map[string]bool) {
	file, err := proc.Open(table)
	if err != nil {
		return
	}
	defer file.Close()
	const (
		local, state, inode = 1, 3, 9 // columns
		listening           = "0A"
	)
	suffix := ":" + strings.ToUpper(hex.EncodeToString([]byte{byte(port >> 8), byte(port)}))
	for lines := bufio.NewScanner(file); lines.Scan(); {
		columns := strings.Fields(lines.Text())
		if len(columns) > inode && columns[state] == listening && strings.HasSuffix(columns[local], suffix) {
			inodes["socket:["+columns[inode]+"]"] = true
		}
	}
}
