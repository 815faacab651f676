// Package examples_test keeps the examples true: it runs the webhooks against an emulator, tests the module that imports one, and
// compares what the README quotes with the files.
package examples_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/subscriber"
)

// clientState has what must survive a header and JSON.
const clientState = `s3cret "of" mine=`

// lifetime ends a program that does not say what it should: its output ends, and the test fails instead of hanging.
const lifetime = time.Minute

// examples are the webhooks that can be run here, by their folder.
func examples() map[string]func(t *testing.T) *exec.Cmd {
	return map[string]func(t *testing.T) *exec.Cmd{
		"webhook-node": func(t *testing.T) *exec.Cmd {
			return exec.CommandContext(bounded(t), runtimeOf(t, "node", "--version"), "webhook-node/server.mjs")
		},
		"webhook-python": func(t *testing.T) *exec.Cmd {
			return exec.CommandContext(bounded(t), runtimeOf(t, "python3", "--version"), "webhook-python/server.py")
		},
		"webhook-go": func(t *testing.T) *exec.Cmd {
			program := filepath.Join(t.TempDir(), "webhook")
			if runtime.GOOS == "windows" {
				program += ".exe"
			}
			build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
			build.Dir = "webhook-go"
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("build webhook-go: %v\n%s", err, out)
			}
			return exec.CommandContext(bounded(t), program)
		},
	}
}

// TestEveryWebhookIsRun holds the list above to the folders.
func TestEveryWebhookIsRun(t *testing.T) {
	const notRun = "webhook-csharp" // .NET is on few machines; the file says so, and so does the README
	folders, err := filepath.Glob("webhook-*")
	if err != nil {
		t.Fatal(err)
	}
	known := examples()
	for _, folder := range folders {
		if _, ok := known[folder]; !ok && folder != notRun {
			t.Errorf("%s is run by no test", folder)
		}
	}
	if want := len(known) + 1; len(folders) != want {
		t.Errorf("found %d webhooks, want %d", len(folders), want)
	}
}

func TestWebhooks(t *testing.T) {
	for name, command := range examples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, command(t))
			outlook := emulatortest.Start(t, emulatortest.Config{})
			for _, d := range []*dialect.Dialect{dialect.GraphV1, dialect.OutlookFinal} {
				p.passesHandshake(t, outlook, d)
				p.takesNotifications(t, outlook, d)
				p.tellsForgeries(t, outlook, d)
			}
			p.bearsAnything(t)
			p.handlesBatches(t)
		})
	}
}

// program is a webhook that runs.
type program struct {
	url   string
	lines *bufio.Scanner
}

// start runs a webhook on a free port and reads from its first line which one it took.
func start(t *testing.T, command *exec.Cmd) *program {
	t.Helper()
	command.Env = append(os.Environ(), "PORT=0", "CLIENT_STATE="+clientState)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("start %s: %v", command, err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait() // says that it was killed
		if complaints.Len() > 0 {
			t.Errorf("%s complained:\n%s", command, &complaints)
		}
	})
	p := &program{lines: bufio.NewScanner(out)}
	first := p.line(t)
	url, ok := strings.CutPrefix(first, "listening on ")
	if !ok || !strings.HasPrefix(url, "http://127.0.0.1:") || !strings.HasSuffix(url, "/hook") {
		t.Fatalf("the first line is %q, want listening on http://127.0.0.1:PORT/hook", first)
	}
	p.url = url
	return p
}

func (p *program) line(t *testing.T) string {
	t.Helper()
	if !p.lines.Scan() {
		t.Fatalf("the webhook's output ended: %v", p.lines.Err())
	}
	return p.lines.Text()
}

// passesHandshake asks in both spellings of the parameter, and would be told of anything that is merely borne.
func (p *program) passesHandshake(t *testing.T, outlook *emulatortest.Emulator, d *dialect.Dialect) {
	t.Helper()
	for _, address := range []string{p.url, p.url + "?code=a%2Fb&next=/c?d"} {
		result, err := outlook.Verify(t.Context(), emulator.Verification{Dialect: d, URL: address, ClientState: clientState})
		if err != nil {
			t.Fatal(err)
		}
		var findings []string
		for _, found := range result.Diagnoses {
			findings = append(findings, found.ID)
		}
		if diff := cmp.Diff([]string{"handshake-http-url"}, findings); diff != "" { // it is on loopback, without TLS
			t.Errorf("%s: findings of the handshake (-want +got):\n%s", d, diff)
		}
	}
}

// takesNotifications subscribes, lets things happen, and looks at both ends.
func (p *program) takesNotifications(t *testing.T, outlook *emulatortest.Emulator, d *dialect.Dialect) {
	t.Helper()
	made := p.subscribe(t, outlook, d, clientState)
	before := outlook.Journal().Last()
	raised := outlook.Change(control.Change{Collection: "message", Change: "created"})
	word, resource := p.notification(t)
	if !strings.EqualFold(word, "created") || !strings.Contains(resource, raised.Items[0].ID) {
		t.Errorf("%s: the webhook printed %q, %q, want created and a resource with %s", d, word, resource, raised.Items[0].ID)
	}
	if _, err := outlook.Control.RaiseLifecycle(t.Context(), control.LifecycleEvent{Event: string(notify.Missed)}); err != nil {
		t.Fatal(err)
	}
	if word, resource := p.notification(t); !strings.EqualFold(word, "missed") || resource != "" {
		t.Errorf("%s: the webhook printed %q, %q, want missed and no resource", d, word, resource)
	}
	outlook.Settle()
	for _, attempt := range outlook.Wait(journal.Attempt, 2, before) {
		if x := attempt.Exchange; x.Status != http.StatusAccepted || x.Finding != "" || classOf(t, attempt) != diagnosis.ClassGood {
			t.Errorf("%s: an attempt got %d (%s) and came to %q, want 202 and good", d, x.Status, x.Finding, classOf(t, attempt))
		}
	}
	p.unsubscribe(t, outlook, d, made.ID)
}

// tellsForgeries sends with another client state than the webhook was told of.
func (p *program) tellsForgeries(t *testing.T, outlook *emulatortest.Emulator, d *dialect.Dialect) {
	t.Helper()
	made := p.subscribe(t, outlook, d, "somebody else's")
	outlook.Change(control.Change{Collection: "message", Change: "created"})
	if line := p.line(t); !strings.HasPrefix(line, "refused ") {
		t.Errorf("%s: the webhook printed %q of a notification with another client state, want refused", d, line)
	}
	outlook.Settle()
	p.unsubscribe(t, outlook, d, made.ID)
}

func (p *program) subscribe(t *testing.T, outlook *emulatortest.Emulator, d *dialect.Dialect, state string) subscriber.Subscription {
	t.Helper()
	request := subscriber.Request{Resource: "me/messages", Changes: notify.Created, NotificationURL: p.url, ClientState: state}
	if d == dialect.GraphV1 {
		request.LifecycleURL = p.url
	}
	made, err := outlook.Subscriber(d).Create(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (p *program) unsubscribe(t *testing.T, outlook *emulatortest.Emulator, d *dialect.Dialect, id string) {
	t.Helper()
	if err := outlook.Subscriber(d).Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

// notification reads what the webhook says of a notification that it believes.
func (p *program) notification(t *testing.T) (word, resource string) {
	t.Helper()
	line := p.line(t)
	text, ok := strings.CutPrefix(line, "notification ")
	var both []*string // null where there is none
	if err := json.Unmarshal([]byte(text), &both); !ok || err != nil || len(both) != 2 {
		t.Fatalf("the webhook printed %q, want notification [what, resource]", line)
	}
	for i, into := range []*string{&word, &resource} {
		if both[i] != nil {
			*into = *both[i]
		}
	}
	return word, resource
}

// bearsAnything sends what is no notification: the webhook must say so, and live on.
func (p *program) bearsAnything(t *testing.T) {
	t.Helper()
	for name, body := range map[string]string{
		"no JSON": `{"value":`, "nothing": ``, "null": `null`, "a list": `[]`, "no value": `{}`, "a value of another kind": `{"value":3}`,
	} {
		if status := p.post(t, body); status != http.StatusBadRequest {
			t.Errorf("%s was answered %d, want 400", name, status)
		}
	}
}

// handlesBatches sends several notifications in a body, with properties that nobody has heard of.
func (p *program) handlesBatches(t *testing.T) {
	t.Helper()
	state, err := json.Marshal(clientState)
	if err != nil {
		t.Fatal(err)
	}
	item := func(more string) string { return `{"clientState":` + string(state) + `,` + more + `}` }
	body := `{"@odata.context":"new","value":[` + item(`"changeType":"updated","resource":"one","resourceData":{"later":[1]}`) + `,` +
		item(`"lifecycleEvent":"subscriptionRemoved","reason":null`) + `]}`
	if status := p.post(t, body); status != http.StatusAccepted {
		t.Fatalf("a batch was answered %d, want 202", status)
	}
	var got [][2]string
	for range 2 {
		word, resource := p.notification(t)
		got = append(got, [2]string{word, resource})
	}
	if diff := cmp.Diff([][2]string{{"updated", "one"}, {"subscriptionRemoved", ""}}, got); diff != "" {
		t.Errorf("printed of a batch (-want +got):\n%s", diff)
	}
}

func (p *program) post(t *testing.T, body string) int {
	t.Helper()
	response, err := http.Post(p.url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// classOf reads an attempt's verdict as programs outside the emulator do.
func classOf(t *testing.T, attempt journal.Entry) diagnosis.Class {
	t.Helper()
	text, err := json.Marshal(attempt.Data)
	if err != nil {
		t.Fatal(err)
	}
	var data struct{ Class diagnosis.Class }
	if err := json.Unmarshal(text, &data); err != nil {
		t.Fatal(err)
	}
	return data.Class
}

// bounded is the test's context, and no longer than lifetime.
func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), lifetime)
	t.Cleanup(cancel)
	return ctx
}

// runtimeOf finds what runs an example. A file of that name is not enough: on some systems it merely opens a shop.
func runtimeOf(t *testing.T, name, question string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		err = exec.CommandContext(t.Context(), path, question).Run()
	}
	if err != nil {
		t.Skipf("%s does not run here, so this example is not tested: %v", name, err)
	}
	return path
}
