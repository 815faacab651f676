package cli

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/outlocal/outlocal/internal/localca"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/internal/state"
)

// checkState looks whether the state folder can be written, without making it.
func (a *app) checkState(context.Context) []checkup {
	const name = "state"
	cure := "set " + state.Variable + " to a folder that you may write to"
	folder, err := a.folder()
	if err != nil {
		return []checkup{{name, healthFailed, err.Error(), cure}}
	}
	there, err := existing(folder.Path())
	if err == nil {
		err = writable(there)
	}
	if err != nil {
		return []checkup{{name, healthFailed, folder.Path() + " can't be written: " + err.Error(), cure}}
	}
	if there != folder.Path() {
		return []checkup{{name, healthGood, folder.Path() + " is not there yet, and can be made", ""}}
	}
	return []checkup{{name, healthGood, folder.Path() + " can be written", ""}}
}

// existing is the folder itself, or the nearest above it that there is.
func existing(path string) (string, error) {
	for {
		info, err := os.Stat(path)
		switch {
		case err == nil && info.IsDir():
			return path, nil
		case err == nil:
			return "", fmt.Errorf("%s is a file", path)
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) || filepath.Dir(path) == path:
			return "", err
		}
		path = filepath.Dir(path)
	}
}

// writable tries: permissions are too many to be read.
func writable(folder string) error {
	file, err := os.CreateTemp(folder, ".outlocal-doctor-*")
	if err != nil {
		var inner *fs.PathError
		if errors.As(err, &inner) {
			return inner.Err // without the name of a file that never was
		}
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// soon is when a user wants to know that a certificate ends: to make a new one trusted takes a walk through several programs.
const soon = 30 * 24 * time.Hour

// checkAuthority looks at the certificate authority, if there is one.
func (a *app) checkAuthority(context.Context) []checkup {
	const name = "authority"
	folder, err := a.folder()
	if err != nil {
		return nil // told already
	}
	if entries, err := os.ReadDir(folder.CA()); err != nil || len(entries) == 0 {
		return []checkup{{name, healthGood, "there is none yet: outlocal emulate makes one for https, and says how to trust it", ""}}
	}
	authority, _, err := localca.Open(folder.CA())
	var wrong *localca.Error
	switch {
	case errors.As(err, &wrong):
		return []checkup{{name, healthFailed, wrong.Error(), wrong.Hint()}}
	case err != nil:
		return []checkup{{name, healthFailed, err.Error(), ""}}
	}
	return []checkup{ending(name, authority.Path(), authority.PEM(), time.Now())}
}

// ending tells how long a certificate is valid.
func ending(name, path string, certificate []byte, now time.Time) checkup {
	block, _ := pem.Decode(certificate)
	if block == nil {
		return checkup{name, healthFailed, path + " holds no certificate", ""}
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return checkup{name, healthFailed, path + ": " + err.Error(), ""}
	}
	c := checkup{name, healthGood, path + ", valid until " + parsed.NotAfter.Format(time.DateOnly), ""}
	if parsed.NotAfter.Sub(now) < soon {
		c.Health, c.Cure = healthWarning, "delete the folder "+filepath.Dir(path)+" to have a new authority made, and trust that one in place of the old"
	}
	return c
}

// portUses names the ports of one outlocal, from its base on. Those that nothing uses yet are kept free for what will.
func portUses() []string {
	return []string{"API", "API with TLS", "control", "inspector", "receiver", "proxy", "mail"}
}

// checkPorts looks who has the ports, in a line for those that are free and one for each other.
func (a *app) checkPorts(ctx context.Context, base int) []checkup {
	running := a.running(ctx)
	var taken []checkup
	for offset, use := range portUses() {
		port := base + offset
		name := "port " + strconv.Itoa(port)
		listeners, err := serve.Listen(ctx, net.JoinHostPort("localhost", strconv.Itoa(port)))
		if err == nil {
			listeners.Close()
			continue
		}
		var busy *serve.PortError
		switch {
		case errors.As(err, &busy) && owner(running, port) != "":
			taken = append(taken, checkup{name, healthGood, use + ": " + owner(running, port), ""})
		case errors.As(err, &busy):
			holder := busy.Holder
			if holder == "" {
				holder = "something else"
			}
			taken = append(taken, checkup{name, healthFailed, use + ": taken by " + holder, busy.Hint()})
		default:
			taken = append(taken, checkup{name, healthFailed, use + ": " + err.Error(), "choose other ports with --port-base N"})
		}
	}
	last := base + len(portUses()) - 1
	summary := checkup{"ports", healthGood, fmt.Sprintf("%d to %d are free", base, last), ""}
	if len(taken) > 0 {
		summary.What = fmt.Sprintf("%d to %d are free, but for %d", base, last, len(taken))
	}
	return append([]checkup{summary}, taken...)
}

// running lists the emulators and receivers that run. Where they can't be found, their ports are merely taken by somebody.
func (a *app) running(ctx context.Context) []state.Running {
	folder, err := a.folder()
	if err != nil {
		return nil
	}
	running, err := folder.Running(ctx)
	if err != nil {
		return nil
	}
	return running
}

// owner tells which of those that run has a port, empty if none has.
func owner(running []state.Running, port int) string {
	end := ":" + strconv.Itoa(port)
	for _, r := range running {
		for _, address := range []string{r.HTTP, r.HTTPS, r.Control, r.Webhook} {
			scheme, rest, found := strings.Cut(address, "://")
			host, _, _ := strings.Cut(rest, "/")
			if found && scheme != "" && strings.HasSuffix(host, end) {
				return fmt.Sprintf("the %s %s that runs (pid %d)", r.Kind, r.Name, r.PID)
			}
		}
	}
	return ""
}

// checkLoopback looks what localhost is here.
func checkLoopback(ctx context.Context) []checkup {
	const name = "loopback"
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", "localhost")
	if err != nil {
		return []checkup{{name, healthFailed, "localhost has no address: " + err.Error(), "add the line 127.0.0.1 localhost to the hosts file"}}
	}
	for _, ip := range addresses {
		if !ip.Unmap().IsLoopback() {
			return []checkup{{name, healthFailed, fmt.Sprintf("localhost is %s, which is not this machine's loopback", ip), "let localhost be 127.0.0.1 in the hosts file"}}
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "[::1]:0")
	if err != nil {
		return []checkup{{name, healthGood, "127.0.0.1; there is no ::1 here, so outlocal listens on IPv4 alone", ""}}
	}
	listener.Close()
	return []checkup{{name, healthGood, "127.0.0.1 and ::1", ""}}
}

// checkProxies looks for proxies of the environment that programs would send requests to this machine through: not outlocal, but
// webhooks and apps in other languages do. Their values may hold passwords, so only their names are told.
func (a *app) checkProxies(context.Context) []checkup {
	const name = "proxies"
	var set []string
	for _, variable := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		if a.process.Env(variable) != "" {
			set = append(set, variable)
		}
	}
	if len(set) == 0 {
		return []checkup{{name, healthGood, "none is set", ""}}
	}
	text := strings.Join(set, ", ")
	if exempt(a.process.Env("NO_PROXY")) || exempt(a.process.Env("no_proxy")) {
		return []checkup{{name, healthGood, text + ", but not for this machine", ""}}
	}
	return []checkup{{
		name, healthWarning, text + ": outlocal does not use it on this machine, but your app or webhook may, and then reaches nothing",
		"export NO_PROXY=localhost,127.0.0.1,::1",
	}}
}

// exempt tells whether a list of exceptions from a proxy names this machine.
func exempt(list string) bool {
	for entry := range strings.SplitSeq(list, ",") {
		if entry = strings.TrimSpace(entry); entry == "*" || entry == "localhost" {
			return true
		}
	}
	return false
}

// checkClock looks whether the wall clock can be right: certificates and tokens are dated by it.
func (a *app) checkClock(context.Context) []checkup {
	var built time.Time
	if info, err := os.Stat(a.process.Self); err == nil {
		built = info.ModTime()
	}
	return []checkup{clockOf(time.Now(), built)}
}

// clockSlack lets clocks differ by what does not matter, such as those of a machine and its file server.
const clockSlack = 5 * time.Minute

// clockOf compares the time with when the program was put here: nothing runs before it is there.
func clockOf(now, built time.Time) checkup {
	if now.Add(clockSlack).Before(built) {
		return checkup{
			"clock", healthFailed, fmt.Sprintf("it is %s by this machine's clock, but outlocal was put here on %s", now.Format(time.DateTime), built.Format(time.DateTime)),
			"set the clock: certificates and tokens are dated by it",
		}
	}
	return checkup{"clock", healthGood, now.UTC().Format(time.DateTime) + " UTC", ""}
}

// checkSurroundings tells where localhost is not what one thinks.
func (a *app) checkSurroundings(context.Context) []checkup {
	const name = "machine"
	var all []checkup
	where := a.environment()
	if where.InContainer {
		all = append(all, checkup{
			name, healthWarning, "outlocal runs in a container, whose localhost is the container itself",
			"reach a webhook outside as host.docker.internal or by its container's name, with --allow-target; let others in with --bind and --host",
		})
	}
	if where.WSL {
		all = append(all, checkup{
			name, healthWarning, "outlocal runs in WSL, whose localhost is not that of Windows",
			"run both on the same side, or set networkingMode=mirrored in .wslconfig",
		})
	}
	if runtime.GOOS == "darwin" {
		all = append(all, checkup{name, healthGood, "macOS: its AirPlay Receiver may have ports 5000 and 7000, so let webhooks listen on others", ""})
	}
	if all == nil {
		all = append(all, checkup{name, healthGood, "localhost is this machine", ""})
	}
	return all
}
