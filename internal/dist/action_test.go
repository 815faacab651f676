package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// action is what action.yml says.
type action struct {
	Name, Description, Author string
	Branding                  map[string]string
	Inputs                    map[string]struct {
		Description string
		Default     *string
		Required    bool
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Name, Shell, Run string
			Env                  map[string]string
		}
	}
}

func readAction(t *testing.T) (a action) {
	t.Helper()
	text := readFile(t, "action.yml")
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestActionIsWhole: every input is used, everything used is there, and the scripts get the variables that they read.
func TestActionIsWhole(t *testing.T) {
	a := readAction(t)
	if a.Runs.Using != "composite" || a.Description == "" || len(a.Description) > 125 { // the marketplace takes no more
		t.Errorf("it is run as %q and described in %d letters", a.Runs.Using, len(a.Description))
	}
	text := readFile(t, "action.yml")
	for name, input := range a.Inputs {
		if input.Description == "" || input.Default == nil {
			t.Errorf("input %s: it has no description or no default", name)
		}
		if !strings.Contains(text, "${{ inputs."+name+" }}") {
			t.Errorf("input %s is used nowhere", name)
		}
	}
	ids := map[string]bool{}
	for _, step := range a.Runs.Steps {
		ids[step.ID] = true
		if step.Shell != "bash" || step.Name == "" {
			t.Errorf("step %s: a step of a composite action needs a shell, here bash, and a name", step.ID)
		}
		if strings.Contains(step.Run, "${{") {
			t.Errorf("step %s: what an input says would be run: hand it over in a variable", step.ID)
		}
		script := regexp.MustCompile(`action/\w+\.sh`).FindString(step.Run)
		for _, variable := range regexp.MustCompile(`\b(?:INPUT_\w+|ACTION_REF|OUTLOCAL_PROGRAM)\b`).FindAllString(readFile(t, script), -1) {
			if step.Env[variable] == "" {
				t.Errorf("step %s: %s reads %s, which it is not given", step.ID, script, variable)
			}
		}
		for variable := range step.Env {
			if !strings.Contains(step.Run+readFile(t, script), variable) {
				t.Errorf("step %s: nothing reads %s", step.ID, variable)
			}
		}
	}
	for _, used := range regexp.MustCompile(`\$\{\{ (\w+)\.([\w-]+)(?:\.outputs\.([\w-]+))? \}\}`).FindAllStringSubmatch(text, -1) {
		switch {
		case used[1] == "inputs":
			if _, ok := a.Inputs[used[2]]; !ok {
				t.Errorf("%s: there is no such input", used[0])
			}
		case used[1] == "steps":
			if !ids[used[2]] || !strings.Contains(readFile(t, "action/"+used[2]+".sh"), used[3]+"=") {
				t.Errorf("%s: no step puts that out", used[0])
			}
		case used[1] != "github":
			t.Errorf("%s: nothing is called %s there", used[0], used[1])
		}
	}
}

// A runner is a place in which steps of the Action run.
type runner struct {
	t      *testing.T
	folder string
	env    map[string]string
}

// newRunner skips the test where the scripts can't run. On Windows bash may be that of another system, which knows no files of this one.
func newRunner(t *testing.T, needs ...string) *runner {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the Action's scripts are tested where bash is at home")
	}
	for _, name := range append(needs, "bash", "xargs", "sed", "grep") {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not here, so the Action's scripts are not tested: %v", name, err)
		}
	}
	if host().node == "" {
		t.Skipf("nothing is released for %s", host())
	}
	r := &runner{t: t, folder: t.TempDir()}
	r.env = map[string]string{
		"RUNNER_OS": map[string]string{"linux": "Linux", "darwin": "macOS"}[runtime.GOOS], "RUNNER_ARCH": map[string]string{"amd64": "X64", "arm64": "ARM64"}[runtime.GOARCH],
		"RUNNER_TEMP": r.folder, "RUNNER_TOOL_CACHE": filepath.Join(r.folder, "tools"), "OUTLOCAL_STATE": filepath.Join(r.folder, "state"), "NO_COLOR": "1",
	}
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_ENV", "GITHUB_STEP_SUMMARY"} {
		r.env[name] = filepath.Join(r.folder, name)
	}
	for name, input := range readAction(t).Inputs {
		r.env["INPUT_"+strings.ToUpper(name)] = *input.Default
	}
	return r
}

// step runs a script of the Action as its step does, and returns what it prints and its exit code. What the files of earlier steps hold is
// forgotten.
func (r *runner) step(script string, with map[string]string) (printed string, code int) {
	r.t.Helper()
	for name, file := range r.env {
		if strings.HasPrefix(name, "GITHUB_") {
			if err := os.WriteFile(file, nil, fileMode); err != nil {
				r.t.Fatal(err)
			}
		}
	}
	file, err := filepath.Abs(filepath.Join(root, "action", script))
	if err != nil {
		r.t.Fatal(err)
	}
	command := exec.CommandContext(r.t.Context(), "bash", file)
	command.Dir = r.folder
	command.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "OUTLOCAL_") || strings.HasPrefix(v, "GITHUB_") })
	for _, all := range []map[string]string{r.env, with} {
		for name, value := range all {
			command.Env = append(command.Env, name+"="+value)
		}
	}
	out, err := command.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		r.t.Fatalf("run %s: %v", script, err)
	}
	return string(out), command.ProcessState.ExitCode()
}

// file is what a step wrote to one of GitHub's files.
func (r *runner) file(name string) string {
	r.t.Helper()
	text, err := os.ReadFile(r.env[name])
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

func testActionInstalls(t *testing.T, program string) {
	newRunner(t, "curl", "tar") // skips before anything is packed
	release := newRelease(t, "v1.2.3", program)
	release.platforms = []platform{host()}
	release.folder = filepath.Join(t.TempDir(), "v1.2.3") // as it is uploaded
	if err := release.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	releases := "file://" + filepath.ToSlash(filepath.Dir(release.folder))
	forged := filepath.Join(t.TempDir(), "v1.2.3")
	if err := os.CopyFS(forged, os.DirFS(release.folder)); err != nil {
		t.Fatal(err)
	}
	write(t, forged, host().archive("v1.2.3"), []byte("something else"))
	for _, row := range []struct {
		name string
		with map[string]string
		code int
		want string // what is printed, as a pattern
	}{
		{"the release that the Action is of", map[string]string{"ACTION_REF": "v1.2.3", "INPUT_RELEASES": releases}, 0, `^outlocal v1\.2\.3 \(`},
		{"another release", map[string]string{"ACTION_REF": "v9.9.9", "INPUT_VERSION": "1.2.3", "INPUT_RELEASES": releases}, 0, `^outlocal v1\.2\.3 \(`},
		{"a branch", map[string]string{"ACTION_REF": "main", "INPUT_RELEASES": releases}, 2, `^::error title=outlocal::name a release .* used by main, which is none\n$`},
		{"a release that is none", map[string]string{"INPUT_VERSION": "v1.2.4", "INPUT_RELEASES": releases}, 2, `::error title=outlocal::download SHA256SUMS of v1\.2\.4 from file:`},
		{"an archive that somebody changed", map[string]string{"INPUT_VERSION": "v1.2.3", "INPUT_RELEASES": "file://" + filepath.Dir(forged)}, 2, `::error title=outlocal::the checksum of outlocal_1\.2\.3_\w+\.tar\.gz is [0-9a-f]{64}, which is not what the release says`},
		{"a system without a release", map[string]string{"INPUT_VERSION": "v1.2.3", "RUNNER_OS": "Plan9"}, 2, `^::error title=outlocal::there is no release for Plan9\n$`},
		{"a binary of one's own", map[string]string{"INPUT_BINARY": release.program(host())}, 0, `^outlocal v1\.2\.3 \(`},
		{"a binary that is not there", map[string]string{"INPUT_BINARY": "/nowhere/outlocal"}, 2, `^::error title=outlocal::there is no program at /nowhere/outlocal`},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRunner(t)
			for range 2 { // the second time it is there already
				printed, code := r.step("install.sh", absolute(t, row.with))
				if code != row.code || !regexp.MustCompile(row.want).MatchString(printed) {
					t.Fatalf("it exits %d and prints %q, want %d and %s", code, printed, row.code, row.want)
				}
			}
			binary, ok := strings.CutPrefix(strings.TrimSpace(r.file("GITHUB_OUTPUT")), "binary=")
			if (row.code == 0) != ok || ok && strings.TrimSpace(r.file("GITHUB_PATH")) != filepath.Dir(binary) {
				t.Errorf("it puts out %q and the path %q", r.file("GITHUB_OUTPUT"), r.file("GITHUB_PATH"))
			}
			if left, err := filepath.Glob(filepath.Join(r.folder, "outlocal.*")); err != nil || len(left) > 0 {
				t.Errorf("it leaves %v (%v)", left, err)
			}
		})
	}
}

// absolute resolves the binary, as the step runs in a folder of its own.
func absolute(t *testing.T, with map[string]string) map[string]string {
	t.Helper()
	if path := with["INPUT_BINARY"]; path != "" {
		resolved, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		return map[string]string{"INPUT_BINARY": resolved}
	}
	return with
}

// wrongHook is a webhook that answers handshakes in quotes.
func wrongHook(t *testing.T) string {
	t.Helper()
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%q", r.URL.Query().Get("validationToken"))
	}))
	t.Cleanup(hook.Close)
	return hook.URL + "/hook"
}

func testActionRuns(t *testing.T, program string) {
	const bad = `title: Two are expected where one is due
steps:
- subscribe:
- change: message.created
- expect: {deliveries: 2}
`
	for _, row := range []struct {
		name string
		with map[string]string
		code int
		want []string // patterns of what is printed
		not  string   // a pattern that is not printed
		// summary and junit are patterns of the reports
		summary, junit string
	}{
		{name: "a scenario that passes", with: map[string]string{"INPUT_COMMAND": "run", "INPUT_ARGS": "roll-out --seed 7", "INPUT_JUNIT": "reports/junit.xml"},
			want: []string{"roll-out"}, not: "::error", summary: `roll-out`, junit: `<testcase [^>]*roll-out`},
		{name: "a scenario that fails", with: map[string]string{"INPUT_COMMAND": "run", "INPUT_ARGS": "'my stories/bad.yaml'\n--seed=7", "INPUT_JUNIT": "junit.xml"}, code: 1,
			want: []string{`(?m)^::error .*file=my stories/bad\.yaml.*line=5`}, summary: `bad`, junit: `<failure`},
		{name: "no summary, no annotations", with: map[string]string{"INPUT_COMMAND": "run", "INPUT_ARGS": `"my stories/bad.yaml"`, "INPUT_SUMMARY": "false", "INPUT_ANNOTATE": "false"}, code: 1,
			not: "::error"},
		{name: "a webhook that fails", with: map[string]string{"INPUT_COMMAND": "verify", "INPUT_URL": wrongHook(t), "INPUT_JUNIT": "junit.xml"}, code: 1,
			want: []string{`(?m)^::error .*handshake-json-quotes`}, summary: "handshake-json-quotes", junit: "<failure"},
		{name: "nobody there", with: map[string]string{"INPUT_COMMAND": "verify", "INPUT_URL": "http://localhost:1/hook", "INPUT_ARGS": "--strict"}, code: 3, want: []string{"handshake-refused"}},
		{name: "verify without a URL", with: map[string]string{"INPUT_COMMAND": "verify"}, code: 2, want: []string{"^::error title=outlocal::verify needs your webhook's URL"}},
		{name: "a quote that is not closed", with: map[string]string{"INPUT_COMMAND": "run", "INPUT_ARGS": "'x"}, code: 2, want: []string{"::error title=outlocal::read the input args: a quote is not closed"}},
		{name: "a command in the arguments", with: map[string]string{"INPUT_COMMAND": "run", "INPUT_ARGS": "$(touch gone) `touch gone` $HOME"}, code: 2, want: []string{`\$\(touch`}},
		{name: "another command", with: map[string]string{"INPUT_COMMAND": "demo"}, code: 2, want: []string{"^::error title=outlocal::the input command can be verify, run or emulate; it is demo\n$"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRunner(t)
			if err := os.Mkdir(filepath.Join(r.folder, "my stories"), folderMode); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(r.folder, "my stories"), "bad.yaml", []byte(bad))
			r.env["OUTLOCAL_PROGRAM"] = program
			printed, code := r.step("run.sh", row.with)
			if code != row.code || !strings.Contains(r.file("GITHUB_OUTPUT"), fmt.Sprintf("exit-code=%d\n", code)) {
				t.Errorf("it exits %d and puts out %q, want %d\n%s", code, r.file("GITHUB_OUTPUT"), row.code, printed)
			}
			matches := func(what, text, pattern string) {
				if !regexp.MustCompile(pattern).MatchString(text) {
					t.Errorf("%s has no %s:\n%s", what, pattern, text)
				}
			}
			for _, pattern := range row.want {
				matches("what it prints", printed, pattern)
			}
			if row.not != "" && strings.Contains(printed, row.not) {
				t.Errorf("it prints %s:\n%s", row.not, printed)
			}
			if matches("the summary", r.file("GITHUB_STEP_SUMMARY"), row.summary); row.with["INPUT_SUMMARY"] == "false" && r.file("GITHUB_STEP_SUMMARY") != "" {
				t.Error("there is a summary that nobody wanted")
			}
			if row.junit != "" {
				text, err := os.ReadFile(filepath.Join(r.folder, row.with["INPUT_JUNIT"]))
				if err != nil {
					t.Fatal(err)
				}
				matches("the report", string(text), row.junit)
			}
			if _, err := os.Stat(filepath.Join(r.folder, "gone")); err == nil {
				t.Error("what the arguments say was run")
			}
		})
	}
}

// endEmulators ends emulators of the runner's with the test, whatever becomes of that: what ends them waits for the end of its standard
// input, which comes also when the tests are killed or run out of time.
func (r *runner) endEmulators(program string, names ...string) {
	r.t.Helper()
	const wait = `trap '' INT TERM; read -r _; for name in "$@"; do "$OUTLOCAL_PROGRAM" stop --emulator "$name"; done; true`
	guard := exec.CommandContext(context.WithoutCancel(r.t.Context()), "bash", append([]string{"-c", wait, "bash"}, names...)...)
	guard.Env = append(os.Environ(), "OUTLOCAL_PROGRAM="+program, "OUTLOCAL_STATE="+r.env["OUTLOCAL_STATE"])
	alive, err := guard.StdinPipe()
	if err == nil {
		err = guard.Start()
	}
	if err != nil {
		r.t.Fatalf("start what ends the emulators: %v", err)
	}
	r.t.Cleanup(func() {
		_ = alive.Close()
		if err := guard.Wait(); err != nil {
			r.t.Errorf("end the emulators: %v", err)
		}
	})
}

// testActionEmulates: the emulator stays, and the steps that follow find it.
func testActionEmulates(t *testing.T, program string) {
	r := newRunner(t)
	r.env["OUTLOCAL_PROGRAM"] = program
	r.endEmulators(program, "ci", "worse")
	printed, code := r.step("run.sh", map[string]string{"INPUT_COMMAND": "emulate", "INPUT_ARGS": "--port-base 0 --name ci"})
	later := strings.Split(strings.TrimSpace(r.file("GITHUB_ENV")), "\n")
	outlocal := func(args ...string) string {
		command := exec.CommandContext(t.Context(), program, args...)
		command.Env = append(os.Environ(), append(later, "OUTLOCAL_STATE="+r.env["OUTLOCAL_STATE"])...)
		out, err := command.CombinedOutput()
		if err != nil {
			t.Errorf("outlocal %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	if code != 0 {
		t.Fatalf("it exits %d:\n%s", code, printed)
	}
	if status := outlocal("status"); !strings.HasPrefix(status, "ci ") {
		t.Errorf("later steps find %q", status)
	}
	for _, variable := range []string{"OUTLOCAL_GRAPH_URL=https://localhost:", "OUTLOCAL_CONTROL_URL=http://127.0.0.1:", "NODE_EXTRA_CA_CERTS=" + r.env["OUTLOCAL_STATE"]} {
		if !slices.ContainsFunc(later, func(line string) bool { return strings.HasPrefix(line, variable) }) {
			t.Errorf("later steps have no %s…: %q", variable, later)
		}
	}
	if printed, code := r.step("run.sh", map[string]string{"INPUT_COMMAND": "emulate", "INPUT_URL": wrongHook(t), "INPUT_ARGS": "--port-base 0 --name worse"}); code != 1 {
		t.Errorf("with a webhook that fails it exits %d:\n%s", code, printed)
	}
	outlocal("stop", "--emulator", "worse")
}
