package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/emulator/fault"
)

// piped runs explain with a text on standard input.
func piped(t *testing.T, in io.Reader, args ...string) (out, errors string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	process := quiet(&stdout)
	process.Err, process.In = &stderr, in
	code = Run(t.Context(), append([]string{"explain"}, args...), process)
	return stdout.String(), stderr.String(), code
}

func TestExplainReadsWhatIsPiped(t *testing.T) {
	const refused = `{"error":{"code":"ValidationError","message":"Subscription validation request timed out.","innerError":{"request-id":"x"}}}`
	for _, row := range []struct {
		name, text string
		code       int
		want       string // on either output
	}{
		{"an answer", refused, ExitGood, "handshake-timeout"},
		{"what outlocal printed", "✗ handshake-plus  the blanks of the token come back as +\n", ExitGood, "decodeURIComponent"},
		{"codes", "failed: AADSTS7000222: The provided client secret keys are expired. ERR_NGROK_334", ExitGood, "ERR_NGROK_334"},
		{"a code alone", "ValidationError", ExitGood, "handshake-timeout"},
		{"a code in quotes", "\"ValidationError\":\n", ExitGood, "handshake-json-quotes"},
		{"a code of a token", "InvalidAuthenticationToken", ExitGood, "subscribe-no-token"},
		{"a code of another token", "invalidAuthenticationToken", ExitGood, "subscribe-token-refused"},
		{"a code of a permission", "ErrorAccessDenied", ExitGood, "subscribe-forbidden"},
		{"a code of what is gone", "ResourceNotFound", ExitGood, "subscribe-gone"},
		{"a code of haste", "TooManyRequests", ExitGood, "subscribe-throttled"},
		{"a sentence of the emulator's own", "handshake-plus", ExitGood, "\n  emulator  “Notification URL"},
		{"nothing", "", ExitUsage, "there is nothing to explain"},
		{"blanks", " \n\t ", ExitUsage, "there is nothing to explain"},
		{"bytes", "\x00\x01\xff\xfe\x1b[31m", ExitUnjudged, "none of the service's sentences"},
		{"too little", "200 OK", ExitUnjudged, "none of the service's sentences"},
		{"a code that nobody knows", "ERR_NGROK_99999", ExitUnjudged, "https://ngrok.com/docs/errors/"},
		{"in the first megabyte of ten", strings.Repeat("x\n", 1000) + refused + strings.Repeat("y\n", 5<<20), ExitGood, "only the first megabyte is read"},
		{"behind the first megabyte", strings.Repeat("x\n", 5<<20) + refused, ExitUnjudged, "none of the service's sentences"},
	} {
		t.Run(row.name, func(t *testing.T) {
			out, errors, code := piped(t, strings.NewReader(row.text))
			if code != row.code || !strings.Contains(out+errors, row.want) {
				t.Errorf("it exits %d, want %d with %q:\n%s%s", code, row.code, row.want, out, errors)
			}
			if strings.ContainsAny(out+errors, "\x00\x1b") || strings.Contains(out+errors, "\xff") {
				t.Errorf("what was given comes back: %q", out+errors)
			}
		})
	}
}

// endless tells whether more was read than has to be.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestExplainEndsWithEndlessInput(t *testing.T) {
	in := &endless{}
	if _, _, code := piped(t, in); code != ExitUnjudged {
		t.Errorf("it exits %d", code)
	}
	if in.read > 4*mostExplained {
		t.Errorf("%d bytes were read", in.read)
	}
}

// A person who types outlocal explain and nothing else is not left before a cursor.
func TestExplainWaitsForNobody(t *testing.T) {
	var out bytes.Buffer
	process := quiet(&out)
	process.In = struct {
		io.Reader
		io.Writer
	}{&endless{}, io.Discard}
	process.Terminal = func(io.Writer) bool { return true }
	if code := Run(t.Context(), []string{"explain"}, process); code != ExitUsage || !strings.Contains(out.String(), "ID or TEXT is missing") {
		t.Errorf("it exits %d: %s", code, out.String())
	}
}

// A text that holds secrets is not printed again.
func TestExplainShowsNothingOfTheText(t *testing.T) {
	out, errors, _ := piped(t, nil, "Notification", "URL", "'https://x.example/?code=hunter2'", "verification", "failed", "'System.Net.WebException: The operation has timed out'", "--json")
	if strings.Contains(out+errors, "hunter2") || !strings.Contains(out, "handshake-timeout") {
		t.Errorf("it says %s%s", out, errors)
	}
}

// Every finding can be explained, within the columns that there are, and as JSON.
func TestExplainEveryFinding(t *testing.T) {
	for _, f := range diagnosis.Catalog() {
		out, errors, code := piped(t, nil, f.ID)
		if code != ExitGood || errors != "" || !strings.HasPrefix(out, f.ID+"  "+f.Title+"\n") {
			t.Errorf("%s exits %d: %s%s", f.ID, code, out, errors)
		}
		for line := range strings.Lines(out) {
			if columnsOf(strings.TrimSuffix(line, "\n")) > usualColumns {
				t.Errorf("%s: this line is too long: %s", f.ID, line)
			}
		}
		out, _, _ = piped(t, nil, f.ID, "--json")
		var document explanation
		if err := json.Unmarshal([]byte(out), &document); err != nil || len(document.Findings) != 1 || document.Findings[0].Cure != f.Cure || document.Command == "" {
			t.Errorf("%s: %v: %s", f.ID, err, out)
		}
		for _, c := range f.Cases {
			if out, _, code := piped(t, nil, f.ID+"/"+c.Name); code != ExitGood || strings.Contains(out, "\n  case ") {
				t.Errorf("%s/%s exits %d: %s", f.ID, c.Name, code, out)
			}
		}
	}
}

// The command that a finding names can be typed: the verb is there, and so are its flags and faults.
func TestExplainedCommandsExist(t *testing.T) {
	for _, f := range diagnosis.Catalog() {
		command := f.Guide().Command
		process := quiet(&bytes.Buffer{})
		root := newRoot(&app{process: process, out: newPrinter(process.Out, process), err: newPrinter(process.Err, process)})
		var cmd *cobra.Command
		cmd, rest, err := root.Find(strings.Fields(command)[1:])
		if err != nil || cmd == root {
			t.Errorf("%s: %q is no command: %v", f.ID, command, err)
			continue
		}
		if err := cmd.ParseFlags(rest); err != nil && !strings.Contains(command, "--help") {
			t.Errorf("%s: %q: %v", f.ID, command, err)
			continue
		}
		if faults := cmd.Flags().Lookup("fault"); faults != nil && faults.Changed {
			specs, _ := cmd.Flags().GetStringArray("fault")
			for _, spec := range specs {
				if _, err := fault.Parse(spec); err != nil {
					t.Errorf("%s: %q: %v", f.ID, command, err)
				}
			}
		}
	}
}

// An id that was typed in part, or with a slip, is completed.
func TestExplainUnknownID(t *testing.T) {
	for _, row := range []struct{ name, id, hint string }{
		{"the beginning of two", "handshake-json", "did you mean handshake-json-object or handshake-json-quotes? outlocal explain --list lists them"},
		{"the beginning of many", "receiver-content", "did you mean receiver-content-certificate, receiver-content-key, receiver-content-malformed, receiver-content-not-json or one of 3 more? outlocal explain --list lists them"},
		{"a slip", "handshake-jsn-quotes", "did you mean handshake-json-quotes? outlocal explain --list lists them"},
		{"nothing alike", "no-such-thing-at-all", "outlocal explain --list lists them"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, errors, code := piped(t, nil, row.id)
			if code != ExitUsage || !strings.Contains(errors, "hint: "+row.hint+"\n") {
				t.Errorf("it exits %d and says\n%s", code, errors)
			}
		})
	}
}
