package examples_test

import (
	"encoding/json"
	"errors"
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

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/dialect"
)

// quoted are the files that the README shows whole, by the language that their block is marked with.
func quoted() map[string][]string {
	return map[string][]string{
		"go":     {"go-test/webhook_test.go", "webhook-go/main.go"},
		"js":     {"webhook-node/server.mjs"},
		"python": {"webhook-python/server.py"},
		"csharp": {"webhook-csharp/Program.cs"},
	}
}

func TestReadmeQuotesTheExamples(t *testing.T) {
	blocks := blocksOf(t)
	for language, files := range quoted() {
		var want []string
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, string(text))
		}
		if diff := cmp.Diff(want, blocks[language]); diff != "" {
			t.Errorf("%s in the README is not %s (-file +README):\n%s", language, strings.Join(files, ", "), diff)
		}
	}
	for language := range blocks {
		if _, ok := quoted()[language]; !ok && language != "console" {
			t.Errorf("no test looks at the README's blocks in %q", language)
		}
	}
}

// TestReadmeOfTheProgram compares what the README says of the program with what that does.
func TestReadmeOfTheProgram(t *testing.T) {
	program := build(t)
	t.Run("commands", func(t *testing.T) { namesCommands(t, program) })
	t.Run("verify", func(t *testing.T) { showsVerify(t, program) })
	t.Run("demo", func(t *testing.T) { showsDemo(t, program) })
}

// namesCommands finds commands and flags that are not there (any more).
func namesCommands(t *testing.T, program string) {
	help := map[string]string{}
	for _, block := range blocksOf(t)["console"] {
		for _, command := range commandsIn(block) {
			verb := command[0]
			if help[verb] == "" {
				text, err := exec.CommandContext(bounded(t), program, verb, "--help").CombinedOutput()
				if err != nil || !strings.Contains(string(text), "\n  outlocal "+verb+" ") { // without such a command, help is for all
					t.Errorf("outlocal %s --help ended with %v and does not explain it:\n%s", verb, err, text)
				}
				help[verb] = string(text)
			}
			for _, word := range command[1:] {
				flag, _, _ := strings.Cut(word, "=")
				if strings.HasPrefix(flag, "--") && !regexp.MustCompile(`(?m)^ +(-\w, )?`+flag+`\b`).MatchString(help[verb]) {
					t.Errorf("outlocal %s: its help knows no %s", strings.Join(command, " "), flag)
				}
			}
		}
	}
	if len(help) < 5 {
		t.Errorf("the README names the commands %v only: are they still found?", help)
	}
}

// commandsIn are the words of the block's command lines that call outlocal, without its name.
func commandsIn(block string) [][]string {
	var commands [][]string
	for line := range strings.Lines(block) {
		command, ok := strings.CutPrefix(line, "$ ")
		words := strings.Fields(command)
		switch {
		case !ok:
		case words[0] == "outlocal":
			commands = append(commands, words[1:])
		case strings.HasPrefix(command, "go run . "):
			commands = append(commands, words[3:])
		}
	}
	return commands
}

// showsVerify plays what the first transcript shows: a webhook that gives the token to a JSON encoder.
func showsVerify(t *testing.T, program string) {
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := json.Marshal(r.URL.Query().Get("validationToken")) // a string always encodes
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Write(text)
	}))
	defer hook.Close()
	out, err := exec.CommandContext(bounded(t), program, "verify", hook.URL+"/hook").Output()
	var ended *exec.ExitError
	if !errors.As(err, &ended) || ended.ExitCode() != 1 {
		t.Fatalf("verify ended with %v, want exit code 1\n%s", err, out)
	}
	shown := strings.ReplaceAll(string(out), hook.URL, "http://localhost:3000")
	compareTranscript(t, transcript(t, "$ outlocal verify"), shown)
}

// showsDemo compares what is shown of the demo with what it prints.
func showsDemo(t *testing.T, program string) {
	out, err := exec.CommandContext(bounded(t), program, "demo").CombinedOutput()
	if err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	compareTranscript(t, transcript(t, "1 Subscribe"), string(out))
}

// compareTranscript wants the lines of a transcript in what was printed, one after the other; a line of … stands for any.
func compareTranscript(t *testing.T, shown, printed string) {
	t.Helper()
	have := strings.Split(steady(printed), "\n")
	at, skipping := 0, true
	for line := range strings.Lines(steady(shown)) {
		line = strings.TrimRight(line, " \n")
		if line == "…" || strings.HasPrefix(line, "$ ") {
			skipping = true
			continue
		}
		i := slices.Index(have[at:], line)
		if i < 0 || i > 0 && !skipping {
			t.Fatalf("the README shows\n%s\nwhich is not printed there:\n%s", line, steady(printed))
		}
		at, skipping = at+i+1, false
	}
}

// steady replaces what differs from run to run.
func steady(text string) string {
	for _, part := range []struct{ pattern, by string }{
		{`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "GUID"},
		{`(under )?[0-9.]+ (ms|s)\b`, "TIME"},
		{`\d\d:\d\d:\d\d`, "CLOCK"},
		{`\b\d{1,2} [A-Z][a-z]{2} CLOCKZ`, "DAY CLOCKZ"}, // where time was advanced
		{`\b[0-9a-f]{8}…`, "ID…"},
		{`until \d+ [A-Z][a-z]+ \d\d:\d\dZ`, "until THEN"},
		{`Validation(%3a|:)[^\n]*…`, "CUT"}, // lines are cut at a column, and ports differ in length
	} {
		text = regexp.MustCompile(part.pattern).ReplaceAllString(text, part.by)
	}
	return text
}

// TestReadmeTable compares the table of schemas with the schemas.
func TestReadmeTable(t *testing.T) {
	readme := readmeText(t)
	for _, d := range dialect.All() {
		name := "`" + d.String() + "`"
		if d.Profile != "" {
			if !strings.Contains(readme, name) {
				t.Errorf("the README does not name %s", d)
			}
			continue
		}
		row := regexp.MustCompile(`(?m)^\| ` + name + ` .*$`).FindString(readme)
		want := []string{"`" + d.Base + "`", "none; an acknowledgement", "body", "none,"}
		if d.Handshake != nil {
			want[1] = "`" + d.Handshake.Parameter + "`, " + strings.ReplaceAll(d.Handshake.Limit.String(), "s", " s")
		}
		if d.ClientState.Header != "" {
			want[2] = "header `" + d.ClientState.Header + "`"
		}
		switch d.Operations.Renew {
		case dialect.RenewByPost:
			want[3] = "`POST …/renew`"
		case dialect.RenewByPatch:
			want[3] = "`PATCH`"
		}
		for _, f := range d.Subscription {
			if f.Prop == dialect.PropURL || f.Prop == dialect.PropResource {
				want = append(want, "`"+f.Name+"`")
			}
		}
		for _, text := range want {
			if !strings.Contains(row, text) {
				t.Errorf("the README's row of %s does not say %s:\n%s", d, text, row)
			}
		}
	}
}

func TestReadmeLinks(t *testing.T) {
	links := regexp.MustCompile(`\]\(([^):]+)\)`).FindAllStringSubmatch(readmeText(t), -1)
	if len(links) == 0 {
		t.Fatal("found no links")
	}
	for _, link := range links {
		if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(link[1]))); err != nil {
			t.Errorf("the README links to %s: %v", link[1], err)
		}
	}
}

func readmeText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocksOf are the README's fenced blocks by language.
func blocksOf(t *testing.T) map[string][]string {
	t.Helper()
	blocks := map[string][]string{}
	for _, found := range regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$").FindAllStringSubmatch(readmeText(t), -1) {
		blocks[found[1]] = append(blocks[found[1]], found[2])
	}
	if len(blocks) == 0 {
		t.Fatal("found no fenced blocks in the README")
	}
	return blocks
}

// transcript is the README's first block that begins so.
func transcript(t *testing.T, beginning string) string {
	t.Helper()
	for _, block := range blocksOf(t)["console"] {
		if strings.HasPrefix(block, beginning) {
			return block
		}
	}
	t.Fatalf("the README has no transcript that begins with %q", beginning)
	return ""
}

// build compiles outlocal as a user would.
func build(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it links the program")
	}
	program := filepath.Join(t.TempDir(), "outlocal")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	command := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	command.Dir = ".."
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build outlocal: %v\n%s", err, out)
	}
	return program
}
