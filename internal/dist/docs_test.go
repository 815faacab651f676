package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// blocks are the code of a page in one language.
func blocks(t *testing.T, page, language string) (found []string) {
	t.Helper()
	for _, match := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(readFile(t, page), -1) {
		found = append(found, match[1])
	}
	return found
}

// TestNPMPage: what the page shows is what make npm-test runs, with the versions that it names.
func TestNPMPage(t *testing.T) {
	shown := append(blocks(t, "docs/npm.md", "js"), blocks(t, "docs/npm.md", "ts")...)
	var want []string
	for _, file := range []string{"node.test.mjs", "jest.test.js", "vitest.test.ts"} {
		want = append(want, readFile(t, "npm/try/"+file))
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("docs/npm.md does not show npm/try (-files +page):\n%s", diff)
	}
	var runners struct{ Dependencies map[string]string }
	if err := json.Unmarshal([]byte(readFile(t, "npm/try/package.json")), &runners); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"vitest", "jest", "typescript"} {
		if row := "| " + name + " | " + runners.Dependencies[name] + " |"; !strings.Contains(readFile(t, "docs/npm.md"), row) {
			t.Errorf("docs/npm.md has no row %q", row)
		}
	}
}

// A pipeline is what the examples of ci.md have in common, and what of them calls the Action.
type pipeline struct {
	Jobs map[string]struct {
		Steps []struct {
			Uses string
			With map[string]string
		}
	}
}

// TestCIPage: the examples are YAML, and give the Action what it takes.
func TestCIPage(t *testing.T) {
	a, calls := readAction(t), 0
	for _, text := range blocks(t, "docs/ci.md", "yaml") {
		var p pipeline
		if err := yaml.Unmarshal([]byte(text), &p); err != nil {
			t.Errorf("%v:\n%s", err, text)
		}
		for _, job := range p.Jobs {
			for _, step := range job.Steps {
				if !strings.HasPrefix(step.Uses, "outlocal/outlocal@") {
					continue
				}
				calls++
				for name := range step.With {
					if _, ok := a.Inputs[name]; !ok {
						t.Errorf("the Action has no input %s", name)
					}
				}
			}
		}
	}
	if calls != 3 {
		t.Errorf("the page calls the Action %d times, want 3: are they still found?", calls)
	}
	for name := range a.Inputs {
		if !strings.Contains(readFile(t, "docs/ci.md"), "`"+name+"`") {
			t.Errorf("docs/ci.md does not tell of the input %s", name)
		}
	}
}

// testPages: the commands of the pages are the program's.
func testPages(t *testing.T, program string) {
	help := map[string]string{}
	knows := func(page, verb, flag string) {
		if help[verb] == "" {
			text, err := exec.CommandContext(t.Context(), program, verb, "--help").Output()
			if err != nil || !strings.Contains(string(text), "\n  outlocal "+verb) {
				t.Errorf("%s: there is no outlocal %s", page, verb)
			}
			help[verb] = string(text) + "." // once is enough
		}
		if flag != "" && !regexp.MustCompile(`(?m)^ +(-\w, )?`+flag+`\b`).MatchString(help[verb]) {
			t.Errorf("%s: outlocal %s knows no %s", page, verb, flag)
		}
	}
	flags := regexp.MustCompile(`(?:^| )(--[a-z][a-z-]+)`)
	command := regexp.MustCompile("(?:npx |\\./|/|`|\\$ |run: |^|exec outlocal /)outlocal (verify|run|emulate|exec|status|journal|trigger|schema)\\b([^`|&#\n]*)")
	found := 0
	for _, page := range []string{"docs/ci.md", "docs/container.md", "docs/npm.md", "npm/README.md"} {
		for line := range strings.Lines(readFile(t, page)) {
			for _, call := range command.FindAllStringSubmatch(line, -1) {
				found++
				ours, _, _ := strings.Cut(call[2], " -- ")
				knows(page, call[1], "")
				for _, flag := range flags.FindAllStringSubmatch(ours, -1) {
					knows(page, call[1], flag[1])
				}
			}
		}
	}
	const least = 12
	if found < least {
		t.Errorf("the pages call outlocal %d times: are the calls still found?", found)
	}
	for verb, args := range map[string]string{"verify": "--wait 30s --dialect graph-v1.0", "run": "stories/ --seed 7", "emulate": "--auth issued --app 24d3b144"} {
		if !strings.Contains(readFile(t, "docs/ci.md"), "args: "+args) {
			t.Errorf("docs/ci.md no longer gives %s the arguments %s: take them here too", verb, args)
		}
		for _, flag := range flags.FindAllStringSubmatch(args, -1) {
			knows("docs/ci.md", verb, flag[1])
		}
	}
}

// testPipelinesInstall runs the steps by which the examples without the Action install outlocal, on a folder in place of the releases.
func testPipelinesInstall(t *testing.T, program string) {
	if host() != platforms()[0] {
		t.Skipf("the examples install %s, this is %s", platforms()[0], host())
	}
	newRunner(t, "curl", "tar", "sha256sum")
	release := newRelease(t, "v1.0.0", program)
	release.platforms = []platform{host()}
	release.folder = filepath.Join(t.TempDir(), "v1.0.0")
	if err := release.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	var azure struct{ Steps []struct{ Bash string } }
	var gitlab struct{ Webhook struct{ Script []string } }
	for _, text := range blocks(t, "docs/ci.md", "yaml") {
		if strings.HasPrefix(text, "pool:") {
			if err := yaml.Unmarshal([]byte(text), &azure); err != nil {
				t.Fatal(err)
			}
		}
		if strings.HasPrefix(text, "webhook:") {
			if err := yaml.Unmarshal([]byte(text), &gitlab); err != nil {
				t.Fatal(err)
			}
		}
	}
	const steps = 5 // until outlocal is there; the next starts the webhook
	if len(azure.Steps) == 0 || len(gitlab.Webhook.Script) < steps {
		t.Fatal("docs/ci.md has no examples of Azure and GitLab that could be run")
	}
	for name, script := range map[string]string{"Azure": azure.Steps[0].Bash, "GitLab": strings.Join(gitlab.Webhook.Script[:steps], "\n")} {
		script = strings.ReplaceAll(script, "https://github.com/outlocal/outlocal/releases/download", "file://"+filepath.Dir(release.folder))
		command := exec.CommandContext(t.Context(), "bash", "-e", "-c", script+"\n./outlocal version\n")
		command.Dir = t.TempDir()
		command.Env = append(os.Environ(), "OUTLOCAL_VERSION=1.0.0")
		if out, err := command.CombinedOutput(); err != nil || !strings.Contains(string(out), "outlocal_1.0.0_linux_amd64.tar.gz: OK\noutlocal v1.2.3 ") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
