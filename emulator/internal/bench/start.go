package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/outlocal/outlocal/control"
)

// starts are P6, how long it takes from spawn to the first answer, and the part of P4 that is about memory: both start the program.
func starts() []contest {
	return []contest{
		{
			name: "P6", target: "P6", sides: []string{"outlocal", "first run", "bare"},
			rows: []row{
				{about: "spawn to the first 201, to a bare handler", unit: "s", goal: atMost(3), ours: spot{side: 0}, bare: spot{side: 2}},
				{about: "the first run with a new CA takes longer by (s)", unit: "s", goal: atMost(0.1), ours: spot{side: 1}, bare: spot{side: 0}, less: true},
			},
			stage: (*stage).starting,
		},
		{
			name: "P4-memory", target: "P4", sides: []string{"full", "empty"}, rounds: 1,
			rows: []row{{
				about: "RSS of an idle subscription among a million (B)", unit: "B", goal: atMost(300), ours: spot{side: 0}, bare: spot{side: 1}, less: true,
			}},
			stage: (*stage).filling,
		},
	}
}

// bareProgram is the argument with which this program is a bare handler.
const bareProgram = "bare-handler"

// serveBare answers 201 to everything, until its standard input ends. The first line of its output says where.
func serveBare(out io.Writer, in io.Reader) error {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // there is none to listen under: it ends with its input
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })}
	go func() { _ = server.Serve(l) }() // ends with Close
	if err := json.NewEncoder(out).Encode(running{HTTP: "http://" + l.Addr().String()}); err != nil {
		return fmt.Errorf("say where: %w", err)
	}
	_, _ = io.Copy(io.Discard, in)
	return server.Close()
}

// running is what a program says of itself once it is ready.
type running struct {
	HTTP    string `json:"http"`
	Webhook string `json:"webhook"`
	Control string `json:"control"`
}

// spawned is a program that was started.
type spawned struct {
	running
	command *exec.Cmd
	stdin   io.Closer
	reading sync.WaitGroup // of what it prints, so that it never waits for a reader
}

// spawn starts a program and waits until it is ready.
func spawn(ctx context.Context, state, program string, args ...string) (*spawned, error) {
	p := &spawned{command: exec.CommandContext(ctx, program, args...)}
	p.command.Env = append(os.Environ(), "OUTLOCAL_STATE="+state)
	var err error
	if p.stdin, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadBytes('\n')
	p.reading.Go(func() { _, _ = io.Copy(io.Discard, lines) })
	if err == nil {
		err = json.Unmarshal(line, &p.running)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: read its ready line: %w", program, err), p.end())
	}
	return p, nil
}

// end ends the program, by asking where it can be asked.
func (p *spawned) end() error {
	if p.Control != "" {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		client, err := control.NewClient(p.Control, control.ClientConfig{})
		if err == nil {
			err = client.Stop(ctx)
		}
		if err != nil {
			err = errors.Join(err, p.command.Process.Kill())
			p.reading.Wait()
			return errors.Join(err, p.command.Wait())
		}
	}
	_ = p.stdin.Close()
	p.reading.Wait()
	return p.command.Wait()
}

// needsProgram skips what starts outlocal where there is no binary of it.
func (s *stage) needsProgram() error {
	if s.program == "" {
		return &skipError{"it starts the program: say where it is by -program"}
	}
	return nil
}

// folder is one for a program's state, which is removed after the contest.
func (s *stage) folder() (string, error) {
	folder, err := os.MkdirTemp("", "outlocal-bench-")
	if err != nil {
		return "", fmt.Errorf("make a state folder: %w", err)
	}
	s.onClose(func() { os.RemoveAll(folder) })
	return folder, nil
}

func (s *stage) starting() ([]side, error) {
	if err := s.needsProgram(); err != nil {
		return nil, err
	}
	state, err := s.folder()
	if err != nil {
		return nil, err
	}
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	k, err := s.newSink(nil)
	if err != nil {
		return nil, err
	}
	emulate := []string{"emulate", "--port-base", "0", "--json"}
	body, runs := creation(k.url+"/cb"), 0
	return []side{
		s.start(body, func() string { return state }, s.program, emulate...),
		s.start(body, func() string { runs++; return filepath.Join(state, strconv.Itoa(runs)) }, s.program, emulate...),
		s.start(body, func() string { return state }, own, bareProgram),
	}, nil
}

// start measures the time from spawn to the first 201.
func (s *stage) start(body []byte, state func() string, program string, args ...string) side {
	return func(ctx context.Context, _ time.Duration) ([]float64, error) {
		folder := state()
		started := time.Now()
		p, err := spawn(ctx, folder, program, args...)
		if err != nil {
			return nil, err
		}
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		err = createOnce(ctx, transport, p.HTTP+"/api/v2.0/me/subscriptions", body)
		took := time.Since(started).Seconds()
		return []float64{took}, errors.Join(err, p.end())
	}
}

// measuresMemory skips what looks at the program's memory where that can't be done.
func (s *stage) measuresMemory() error {
	if runtime.GOOS != "linux" {
		return &skipError{"resident memory is read from /proc"}
	}
	return s.needsProgram()
}

// filling measures what a million subscriptions add to the program's memory, a subscription.
func (s *stage) filling() ([]side, error) {
	if err := s.measuresMemory(); err != nil {
		return nil, err
	}
	state, err := s.folder()
	if err != nil {
		return nil, err
	}
	measure := func(ctx context.Context, n int) ([]float64, error) {
		p, err := spawn(ctx, state, s.program, "emulate", "--port-base", "0", "--json")
		if err != nil {
			return nil, err
		}
		client, err := control.NewClient(p.Control, control.ClientConfig{})
		if err == nil {
			_, err = client.Import(ctx, s.rows(n))
		}
		var resident float64
		if err == nil {
			resident, err = s.settledBytes(ctx, p)
		}
		return []float64{resident / float64(s.crowd)}, errors.Join(err, p.end())
	}
	return []side{
		func(ctx context.Context, _ time.Duration) ([]float64, error) { return measure(ctx, s.crowd) },
		func(ctx context.Context, _ time.Duration) ([]float64, error) { return measure(ctx, 0) },
	}, nil
}

// rows are subscriptions to import: a thousand URLs and, for a million, ten thousand mailboxes.
func (s *stage) rows(n int) func(yield func(control.NewSubscription) bool) {
	return func(yield func(control.NewSubscription) bool) {
		for i := range n {
			row := control.NewSubscription{
				Mount: "/api/v2.0", Resource: "me/messages", ChangeType: "Created",
				NotificationURL: fmt.Sprintf("http://localhost:3000/hooks/%d?code=secret", i%1000),
				ClientState:     fmt.Sprintf("%08x-6f1d-4d6e-9b0a-6f5f2c1d7e80", i),
				Mailbox:         fmt.Sprintf("user%d@contoso.com", i%max(n/100, 1)),
			}
			if !yield(row) {
				return
			}
		}
	}
}

// settling is how many slices a program is left alone before its memory is looked at: what an import needed is handed back once it is
// over, and a subscription is idle only then.
const settling = 6

// settledBytes is the resident memory of a program that has nothing to do any more.
func (s *stage) settledBytes(ctx context.Context, p *spawned) (float64, error) {
	quiet := time.NewTimer(settling * s.slice)
	defer quiet.Stop()
	select {
	case <-quiet.C:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	return residentBytes(p.command.Process.Pid)
}

// residentBytes is the memory of a process that is not on disk, nor given back.
func residentBytes(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.Atoi(strings.Fields(rest)[0])
			return float64(kilobytes) * 1024, err
		}
	}
	return 0, errors.New("read resident memory: the process has none")
}
