package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/internal/localca"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

// appWith is an app in an environment.
func appWith(env map[string]string) *app {
	var out bytes.Buffer
	process := quiet(&out)
	process.Env = func(name string) string { return env[name] }
	return &app{process: process, out: newPrinter(&out, process), err: newPrinter(&out, process)}
}

// parsed lets add declare flags, and reads them from the command line.
func parsed(t *testing.T, args []string, add func(cmd *cobra.Command)) {
	t.Helper()
	cmd := &cobra.Command{}
	add(cmd)
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
}

// TestEmulateConfig: each flag reaches the emulator.
func TestEmulateConfig(t *testing.T) {
	base := func() emulator.Config {
		return emulator.Config{Version: "test", Serve: emulator.DefaultMounts(), User: "user@contoso.com", TimeScale: 1}
	}
	for _, row := range []struct {
		name string
		args []string
		want func(c *emulator.Config)
	}{
		{"nothing", nil, func(*emulator.Config) {}},
		{"another path", []string{"--serve", "/x=graph-beta"}, func(c *emulator.Config) {
			c.Serve = append(c.Serve, emulator.Mount{Path: "/x", Dialect: "graph-beta"})
		}},
		{"another user", []string{"--user", "anna@contoso.com"}, func(c *emulator.Config) { c.User = "anna@contoso.com" }},
		{"strictness", []string{"--strict"}, func(c *emulator.Config) { c.Mode = diagnosis.Strict }},
		{"lenience", []string{"--lenient"}, func(c *emulator.Config) { c.Lenient = true }},
		{"patience", []string{"--patience", "1h"}, func(c *emulator.Config) { c.Patience = time.Hour }},
		{"few attempts", []string{"--endpoint-minimum", "3"}, func(c *emulator.Config) { c.EndpointMinimum = 3 }},
		{"fast time", []string{"--time-scale", "60"}, func(c *emulator.Config) { c.TimeScale = 60 }},
		{"tokens of the second form", []string{"--validation-tokens", "v2"}, func(c *emulator.Config) { c.ValidationTokens = emulator.TokensV2 }},
		{"authorization that ends", []string{"--authorization", "75m"}, func(c *emulator.Config) { c.Authorization = 75 * time.Minute }},
		{"the service's quota", []string{"--quota", "service"}, func(c *emulator.Config) { c.Quota = emulator.QuotaService }},
		{"no quota", []string{"--quota", "off"}, func(c *emulator.Config) { c.Quota = emulator.QuotaOff }},
		{"the usual quota", []string{"--quota", "told"}, func(*emulator.Config) {}},
		{"the usual form of lifecycle notifications", []string{"--lifecycle-form", "documented"}, func(*emulator.Config) {}},
		{"no tokens", []string{"--validation-tokens", "none"}, func(c *emulator.Config) { c.ValidationTokens = emulator.NoTokens }},
		{"a seed", []string{"--seed", "42"}, func(c *emulator.Config) { c.Seed = 42 }},
		{"faults", []string{"--fault", "drop:next=1", "--fault", "cut"}, func(c *emulator.Config) {
			c.Faults = []fault.Rule{{Fault: &fault.Drop{}, When: fault.When{Next: 1}}, {Fault: &fault.Cut{}}}
		}},
		{"faults by chance with a seed", []string{"--fault", "drop:p=0.5", "--seed", "0"}, func(c *emulator.Config) {
			c.Faults = []fault.Rule{{Fault: &fault.Drop{}, When: fault.When{Probability: 0.5}}}
		}},
		{"targets", []string{"--allow-target", "a.example", "--allow-target", "b.example:8443"}, func(c *emulator.Config) {
			c.AllowTargets = []string{"a.example", "b.example:8443"}
		}},
		{"a route with a comma", []string{"--route", "https://a.example=http://localhost:3000/x,y"}, func(c *emulator.Config) {
			c.Routes = []string{"https://a.example=http://localhost:3000/x,y"}
		}},
		{"a webhook: permission for its host and port", []string{"--webhook", "https://hooks.example.com:8443/hook?code=x"}, func(c *emulator.Config) {
			c.AllowTargets = []string{"https://hooks.example.com:8443"}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var f emulateFlags
			parsed(t, row.args, func(cmd *cobra.Command) { addEmulation(cmd, &f) })
			got, err := f.config(appWith(nil))
			if err != nil {
				t.Fatal(err)
			}
			want := base()
			row.want(&want)
			got.Environment = want.Environment // that of the machine that tests
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(emulator.Config{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestEmulateConfigRefuses: what makes no sense is refused before anything is opened.
func TestEmulateConfigRefuses(t *testing.T) {
	for _, args := range [][]string{
		{"--patience", "-1s"}, {"--endpoint-minimum", "-1"}, {"--authorization", "-1h"}, {"--lifecycle-form", "observed"}, {"--quota", "none"}, {"--auth", "some"}, {"--login", "face"}, {"--app", "id"}, {"--time-scale", "0"}, {"--time-scale", "-3"}, {"--serve", "nonsense"},
		{"--fault", "dropp"}, {"--validation-tokens", "v3"}, {"--webhook", "ftp://x/"}, {"--webhook", "http://x/", "--dialect", "nonsense"}, {"--webhook", "http://x/", "--change", "nonsense"},
		{"--webhook", "http://x/", "--client-state-env", "UNSET"}, {"--webhook-ca", filepath.Join(t.TempDir(), "none.pem")},
	} {
		var f emulateFlags
		parsed(t, args, func(cmd *cobra.Command) { addEmulation(cmd, &f) })
		if _, err := f.config(appWith(nil)); err == nil || explain(err).Code != ExitUsage || explain(err).Hint == "" {
			t.Errorf("%v: got %v, want wrong use with a hint", args, err)
		}
	}
}

func TestWebhookRoots(t *testing.T) {
	authority, err := localca.Memory()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, authority.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	var f emulateFlags
	parsed(t, []string{"--webhook-ca", file}, func(cmd *cobra.Command) { addEmulation(cmd, &f) })
	got, err := f.config(appWith(nil))
	if err != nil {
		t.Fatal(err)
	}
	want, err := readRoots(file)
	if err != nil || !got.Roots.Equal(want) {
		t.Errorf("the webhook's certificates are not trusted; %v", err)
	}
}

// TestReceiveConfig: each flag reaches the receiver.
func TestReceiveConfig(t *testing.T) {
	for _, row := range []struct {
		name string
		args []string
		want receiver.Config
	}{
		{"nothing", nil, receiver.Config{}},
		{"a client state", []string{"--client-state-env", "STATE"}, receiver.Config{ClientState: "sesame"}},
		{"few entries", []string{"--keep", "10"}, receiver.Config{Keep: 10}},
		{"strictness", []string{"--strict"}, receiver.Config{Mode: diagnosis.Strict}},
		{"answers", []string{"--status", "503", "--delay", "4s"},
			receiver.Config{Answers: receiver.Answers{Notification: receiver.Answer{Status: 503, Delay: 4 * time.Second}}}},
		{"answers to handshakes", []string{"--handshake-status", "404", "--handshake-delay", "6s"},
			receiver.Config{Answers: receiver.Answers{Handshake: receiver.Answer{Status: 404, Delay: 6 * time.Second}}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var f receiveFlags
			parsed(t, row.args, func(cmd *cobra.Command) { addReception(cmd, &f) })
			got, err := f.config(appWith(map[string]string{"STATE": "sesame"}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRequest: each flag of a subscription reaches the service.
func TestRequest(t *testing.T) {
	s := subscription{
		url: "3000/hook", lifecycle: "http://localhost:3000/life", resource: "me/events", change: "created,deleted",
		dialect: "graph-beta", life: "3d", clientState: "STATE",
	}
	got, d, err := appWith(map[string]string{"STATE": "sesame"}).request(s)
	if err != nil {
		t.Fatal(err)
	}
	want := subscriber.Request{
		Resource: "me/events", Changes: notify.Created | notify.Deleted, NotificationURL: "http://localhost:3000/hook",
		LifecycleURL: "http://localhost:3000/life", ClientState: "sesame", For: 72 * time.Hour,
	}
	if diff := cmp.Diff(want, got); diff != "" || d.String() != "graph-beta" {
		t.Errorf("in %s (-want +got):\n%s", d, diff)
	}
}
