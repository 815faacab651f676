package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An instruction is one of the container file.
type instruction struct{ name, rest string }

// A containerfile is what the image is built by, as far as its tests look at it.
type containerfile struct {
	all    []instruction
	last   []instruction // of the stage that becomes the image
	stages []string
}

func readContainerfile(t *testing.T) (c containerfile) {
	t.Helper()
	text := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(readFile(t, "Containerfile"), "")
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" {
			continue
		}
		i := instruction{name, strings.Join(strings.Fields(rest), " ")}
		if name == "FROM" {
			_, stage, _ := strings.Cut(i.rest, " AS ")
			c.stages, c.last = append(c.stages, stage), nil
		}
		c.all, c.last = append(c.all, i), append(c.last, i)
	}
	return c
}

// only is the rest of the one instruction of that name in the image's stage.
func (c containerfile) only(t *testing.T, name string) string {
	t.Helper()
	var found []string
	for _, i := range c.last {
		if i.name == name {
			found = append(found, i.rest)
		}
	}
	if len(found) != 1 {
		t.Fatalf("the image has %d of %s, want one: %q", len(found), name, found)
	}
	return found[0]
}

// words reads an instruction in the form that needs no shell: there is none in the image.
func (c containerfile) words(t *testing.T, name string) (words []string) {
	t.Helper()
	rest := c.only(t, name)
	if at := strings.Index(rest, "["); at >= 0 {
		rest = rest[at:]
	}
	if err := json.Unmarshal([]byte(rest), &words); err != nil {
		t.Fatalf("%s %s is not in the form of a list: %v", name, rest, err)
	}
	return words
}

// environment is what the image presets, by name.
func (c containerfile) environment(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for variable := range strings.FieldsSeq(c.only(t, "ENV")) {
		name, value, ok := strings.Cut(variable, "=")
		if !ok {
			t.Fatalf("ENV has %q, want NAME=VALUE", variable)
		}
		found[name] = value
	}
	return found
}

// TestContainerfile holds the file to what a reviewer would look for.
func TestContainerfile(t *testing.T) {
	c := readContainerfile(t)
	known := strings.Fields("FROM ARG WORKDIR COPY RUN LABEL ENV USER VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD")
	arguments := map[string]bool{"BUILDPLATFORM": true}
	for _, i := range c.all {
		if !slices.Contains(known, i.name) {
			t.Errorf("%s %s: there is no such instruction, or none that is wanted here", i.name, i.rest)
		}
		if i.name == "ARG" {
			name, _, _ := strings.Cut(i.rest, "=")
			arguments[name] = true
		}
		for _, used := range regexp.MustCompile(`\$(\w+)`).FindAllStringSubmatch(i.rest, -1) {
			if !arguments[used[1]] {
				t.Errorf("%s %s: $%s is declared nowhere", i.name, i.rest, used[1])
			}
		}
		if from := regexp.MustCompile(`--from=(\S+)`).FindStringSubmatch(i.rest); from != nil && !slices.Contains(c.stages, from[1]) {
			t.Errorf("%s %s: there is no stage %s", i.name, i.rest, from[1])
		}
	}
	needed := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(readFile(t, "go.mod"))[1]
	if want := "--platform=$BUILDPLATFORM golang:" + needed + " AS build"; c.all[0].rest != want {
		t.Errorf("it is built from %q, want %q, the version in go.mod", c.all[0].rest, want)
	}
	if from := c.last[0].rest; from != "scratch" {
		t.Errorf("the image is from %s, want scratch", from)
	}
	if user := c.only(t, "USER"); !regexp.MustCompile(`^[1-9]\d+:[1-9]\d+$`).MatchString(user) {
		t.Errorf("it runs as %q, want numbers, which is all that a cluster can tell from root", user)
	}
	if volume, folder := c.only(t, "VOLUME"), c.environment(t)["OUTLOCAL_STATE"]; volume != folder {
		t.Errorf("the volume is %s, the state in %s", volume, folder)
	}
	if program := c.words(t, "ENTRYPOINT"); c.words(t, "HEALTHCHECK")[0] != program[0] || !slices.ContainsFunc(c.last, func(i instruction) bool { return strings.HasSuffix(i.rest, " "+program[0]) && i.name == "COPY" }) {
		t.Errorf("%s is not what is copied, or not what checks its health", program)
	}
	if token := "OUTLOCAL_CONTROL_TOKEN"; c.environment(t)[token] != "" {
		t.Errorf("%s is preset: everybody would know it", token)
	}
	if ignored := readFile(t, ".dockerignore"); !strings.Contains(ignored, "\n.git\n") {
		t.Error(".dockerignore lets the history into each build")
	}
}

// testContainerFits: the variables and ports of the image are the program's.
func testContainerFits(t *testing.T, program string) {
	c := readContainerfile(t)
	help, err := exec.CommandContext(t.Context(), program, append(c.words(t, "CMD"), "--help")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range c.environment(t) {
		if name != "OUTLOCAL_STATE" && !strings.Contains(string(help), "(env "+name+")") && !strings.Contains(string(help), "(env\n"+strings.Repeat(" ", 40)+name) {
			t.Errorf("the program reads no %s", name)
		}
	}
	base := regexp.MustCompile(`\(default (\d+)\)`).FindStringSubmatch(regexp.MustCompile(`(?s)--port-base .*?(\n +--pprof|$)`).FindString(string(help)))
	if base == nil {
		t.Fatal("the help tells no default of --port-base")
	}
	var first int
	fmt.Sscan(base[1], &first)
	if want := fmt.Sprint(first, first+1, first+2); "["+c.only(t, "EXPOSE")+"]" != "["+want+"]" {
		t.Errorf("it exposes %s, want %s", c.only(t, "EXPOSE"), want)
	}
}

// A box is a container without an engine: a folder with what the image holds, in which programs run with what the image presets, as its
// user, who can write to the state only.
type box struct {
	t      *testing.T
	c      containerfile
	folder string
	env    []string
}

// newBox lays out the image's files. Where tests don't run as root, programs run beside the folder, not in it, and as who they are.
func newBox(t *testing.T, program string, variables ...string) *box {
	t.Helper()
	c := readContainerfile(t)
	b := &box{t: t, c: c, folder: t.TempDir()}
	environment := c.environment(t)
	inside := b.folder + environment["OUTLOCAL_STATE"]
	if err := copyFile(program, b.folder+c.words(t, "ENTRYPOINT")[0]); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	b.own(inside)
	if err := os.Chmod(b.folder, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(b.folder, folderMode) }) // else nobody but root could remove it
	if !b.closed() {
		environment["OUTLOCAL_STATE"] = inside
		environment["HOME"] = b.folder
	}
	for name, value := range environment {
		b.env = append(b.env, name+"="+value)
	}
	b.env = append(b.env, append(variables, "OUTLOCAL_PORT_BASE=0")...) // the usual ports may be somebody's
	return b
}

// command is a program of the image, by the words that an engine would run.
func (b *box) command(words ...string) *exec.Cmd {
	command := exec.CommandContext(b.t.Context(), words[0], words[1:]...)
	command.Env = b.env
	if b.closed() {
		command.Dir = "/"
		b.lock(command)
		return command
	}
	command.Path, command.Err = b.folder+words[0], nil
	command.Dir = b.folder
	return command
}

// written are the folders outside of the state in which there is something that was not there at first.
func (b *box) written() (found []string) {
	entries, err := os.ReadDir(b.folder)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range entries {
		if name := "/" + e.Name(); name != b.c.words(b.t, "ENTRYPOINT")[0] && name != path.Clean(b.c.only(b.t, "VOLUME")) {
			found = append(found, name)
		}
	}
	return found
}

// testContainerRuns plays what an engine would do with the image.
func testContainerRuns(t *testing.T, program string) {
	b := newBox(t, program, "OUTLOCAL_CONTROL_TOKEN=sesame")
	entry := b.c.words(t, "ENTRYPOINT")
	health := func() (string, error) {
		out, err := b.command(b.c.words(t, "HEALTHCHECK")...).CombinedOutput()
		return string(out), err
	}
	if out, err := health(); err == nil {
		t.Errorf("it is healthy before it runs:\n%s", out)
	}
	running := startBoxed(t, b.command(append(entry, b.c.words(t, "CMD")...)...))
	if out, err := health(); err != nil || !strings.HasPrefix(out, "emulator v1.2.3") {
		t.Errorf("it is not healthy (%v):\n%s", err, out)
	}
	if out, err := b.command(append(entry, "trigger", "message.created")...).CombinedOutput(); err != nil {
		t.Errorf("a command beside it: %v\n%s", err, out)
	}
	if code := running.end(t); code != 0 {
		t.Errorf("it exits %d when it is stopped", code)
	}
	if diff := cmp.Diff([]string(nil), b.written()); diff != "" {
		t.Errorf("it wrote beside its state (-want +got):\n%s", diff)
	}
	bare := newBox(t, program)
	out, err := bare.command(append(entry, bare.c.words(t, "CMD")...)...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "OUTLOCAL_CONTROL_TOKEN is not set\nhint: export OUTLOCAL_CONTROL_TOKEN=… first") {
		t.Errorf("without a token it should say what to do; it ended with %v:\n%s", err, out)
	}
}
