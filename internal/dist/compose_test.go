package main

import (
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// composed is what the compose file says. What is not named here is refused: engines pass over what they don't know.
type composed struct {
	Name     string
	Services map[string]service
}

type service struct {
	Image       string
	Build       struct{ Context, Dockerfile string }
	Command     []string
	Environment map[string]string
	Ports       []string
	Profiles    []string
	User        string
	ReadOnly    bool `yaml:"read_only"`
	Init        bool
	Tmpfs       []string
	Volumes     []string
	CapDrop     []string                              `yaml:"cap_drop"`
	SecurityOpt []string                              `yaml:"security_opt"`
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	Healthcheck struct {
		Test              []string
		Interval, Timeout string
		Retries           int
	}
}

const composeFile = "examples/compose/compose.yaml"

func readComposed(t *testing.T) (c composed) {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(readFile(t, composeFile)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCompose: what the file names is there.
func TestCompose(t *testing.T) {
	c, file := readComposed(t), readContainerfile(t)
	here := filepath.Join(root, filepath.Dir(composeFile))
	exists := func(name string) {
		if _, err := os.Stat(filepath.Join(here, filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
	for name, s := range c.Services {
		if !s.ReadOnly {
			t.Errorf("%s: its root can be written to", name)
		}
		for other, how := range s.DependsOn {
			if needed, ok := c.Services[other]; !ok || how.Condition == "service_healthy" && len(needed.Healthcheck.Test) == 0 {
				t.Errorf("%s depends on %s, which is not there or has no health check", name, other)
			}
		}
		for _, volume := range s.Volumes {
			exists(strings.Split(volume, ":")[0])
		}
		for _, port := range s.Ports {
			parts := strings.Split(port, ":")
			if len(parts) != 3 || parts[0] != "127.0.0.1" || !slices.Contains(strings.Fields(file.only(t, "EXPOSE")), parts[2]) {
				t.Errorf("%s publishes %s: want 127.0.0.1, and a port that the image has", name, port)
			}
		}
		for _, word := range s.Command {
			if u, err := url.Parse(word); err == nil && u.Host != "" && c.Services[u.Hostname()].Environment["PORT"] != u.Port() {
				t.Errorf("%s calls %s, where no service listens", name, word)
			}
		}
	}
	outlocal := c.Services["outlocal"]
	exists(filepath.Join(outlocal.Build.Context, outlocal.Build.Dockerfile))
	if host := file.environment(t)["OUTLOCAL_HOST"]; c.Services[host].Image != outlocal.Image {
		t.Errorf("the image answers to the name %s, which is no service of its own", host)
	}
	user, group, _ := strings.Cut(file.only(t, "USER"), ":")
	if want := []string{file.only(t, "VOLUME") + ":uid=" + user + ",gid=" + group + ",mode=0700"}; !slices.Equal(outlocal.Tmpfs, want) {
		t.Errorf("the state is in %v, want %v", outlocal.Tmpfs, want)
	}
	for name, s := range c.Services {
		if state := "CLIENT_STATE"; s.Environment[state] != outlocal.Environment[state] {
			t.Errorf("%s and outlocal don't agree on a client state", name)
		}
	}
}

// testComposedFlags: the commands are the program's.
func testComposedFlags(t *testing.T, program string) {
	for name, s := range readComposed(t).Services {
		if s.Image != "outlocal" {
			continue
		}
		help, err := exec.CommandContext(t.Context(), program, s.Command[0], "--help").Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, word := range s.Command[1:] {
			if strings.HasPrefix(word, "--") && !regexp.MustCompile(`(?m)^ +(-\w, )?`+word+`\b`).Match(help) {
				t.Errorf("%s: outlocal %s knows no %s", name, s.Command[0], word)
			}
		}
	}
}

// testComposed plays the file's story by processes: each service's command, with its variables, in a box of its own. Only names and
// addresses are others, as there is no network between containers.
func testComposed(t *testing.T, program string) {
	node, err := exec.LookPath("node")
	if err == nil {
		err = exec.CommandContext(t.Context(), node, "--version").Run()
	}
	if err != nil {
		t.Skipf("node does not run here, and the webhook needs it: %v", err)
	}
	c := readComposed(t)
	webhook := c.Services["webhook"]
	script, ok := strings.CutPrefix(webhook.Command[1], strings.Split(webhook.Volumes[0], ":")[1])
	if !ok {
		t.Fatalf("%s is in no volume", webhook.Command[1])
	}
	served := exec.CommandContext(t.Context(), node, filepath.Join(root, filepath.Dir(composeFile), filepath.FromSlash(strings.Split(webhook.Volumes[0], ":")[0]+script)))
	served.Env = append(os.Environ(), "HOST=127.0.0.1", "PORT=0", "CLIENT_STATE="+webhook.Environment["CLIENT_STATE"])
	hook := startBoxedAt(t, served)
	at := func(words []string) []string {
		var moved []string
		for _, word := range words {
			moved = append(moved, strings.ReplaceAll(word, "http://webhook:3000/hook", hook.url))
		}
		return moved
	}
	outlocal, verify := c.Services["outlocal"], c.Services["verify"]
	b := newBox(t, program, outlocal.variables()...)
	entry := b.c.words(t, "ENTRYPOINT")
	emulator := startBoxed(t, b.command(append(entry, at(outlocal.Command)...)...))
	emulator.await(t, "✔ ")
	if out, err := b.command(append(entry, "trigger", "message.created")...).CombinedOutput(); err != nil {
		t.Errorf("trigger: %v\n%s", err, out)
	}
	if line := hook.await(t, "notification ", "refused "); !strings.HasPrefix(line, `notification ["created"`) {
		t.Errorf("the webhook says %q, want a notification of what was created", line)
	}
	if out, err := newBox(t, program, verify.variables()...).command(append(entry, at(verify.Command)...)...).CombinedOutput(); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
}

// variables are those that a service is given. What the file takes from the environment is a token.
func (s service) variables() (all []string) {
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		value := s.Environment[name]
		if strings.HasPrefix(value, "${") {
			value = "sesame"
		}
		all = append(all, name+"="+value)
	}
	return all
}

// startBoxedAt starts a webhook that says in its first line where it listens.
func startBoxedAt(t *testing.T, command *exec.Cmd) *servedHook {
	b := startBoxed(t, command)
	return &servedHook{b, strings.TrimPrefix(b.lines.Text(), "listening on ")}
}

type servedHook struct {
	*boxed
	url string
}
