package cli_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/internal/cli"
)

// What a webhook answers becomes no command of the machine that runs the check, wherever it is shown: neither among annotations nor
// beside them, nor in documents, nor where that machine reads all that is printed though nobody asked for annotations.
func TestWebhookCommandsNobody(t *testing.T) {
	const hostile = "##vso[task.setvariable variable=a]b ##[add-path]c"
	webhook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.URL.Query().Get("validationToken"); token != "" {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, token)
			return
		}
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, hostile)
	}))
	defer webhook.Close()
	run := []string{"run", "batch-of-100", "--dialect", "graph-v1.0", "--webhook", webhook.URL}
	for _, row := range []struct {
		name string
		args []string
		env  map[string]string
		tame bool
	}{
		{"nobody reads it", nil, nil, false},
		{"annotated for Azure", []string{"--annotate", "azure"}, nil, true},
		{"on Azure", nil, map[string]string{"TF_BUILD": "True"}, true},
		{"on GitHub", nil, map[string]string{"GITHUB_ACTIONS": "true"}, true},
		{"a document on Azure", []string{"--json"}, map[string]string{"TF_BUILD": "True"}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out bytes.Buffer
			code := cli.Run(t.Context(), append(run, row.args...), cli.Process{
				Out: &out, Err: &out, Env: func(name string) string { return row.env[name] }, Terminal: func(io.Writer) bool { return false },
			})
			if code != cli.ExitFailed || !strings.Contains(out.String(), "task.setvariable variable=a]b") {
				t.Fatalf("exit code %d, and what it answered is not shown:\n%s", code, &out)
			}
			for _, command := range []string{"##vso[task.setvariable", "##[add-path]"} {
				if got := strings.Contains(out.String(), command); got == row.tame {
					t.Errorf("a command %q: %t\n%s", command, got, &out)
				}
			}
		})
	}
}
