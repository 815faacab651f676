//go:build !notunnel

package tunnel_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/tunnel"
)

func TestFindToken(t *testing.T) {
	const secret = "2found_tokentokentoken"
	const v2, v3 = "version: \"2\"\nauthtoken: " + secret + "\nregion: eu\n", "version: 3\nagent:\n  authtoken: " + secret + "\n  connect_url: x\nendpoints: []\n"
	for _, row := range []struct {
		name     string
		goos     string
		variable string
		env      map[string]string
		files    map[string]string // below the home folder
		source   string            // with HOME for that; empty for none
		refusal  string
	}{
		{name: "the variable that was named", variable: "WORK", env: map[string]string{"WORK": secret, "NGROK_AUTHTOKEN": "x"}, source: "the variable WORK"},
		{name: "spaces around it", variable: "WORK", env: map[string]string{"WORK": " " + secret + "\n"}, source: "the variable WORK"},
		{
			name: "the variable that was named is empty", variable: "WORK", env: map[string]string{"NGROK_AUTHTOKEN": secret},
			files: map[string]string{".config/ngrok/ngrok.yml": v3}, refusal: "the variable WORK holds none",
		},
		{
			name: "ngrok's variable before its file", env: map[string]string{"NGROK_AUTHTOKEN": secret},
			files: map[string]string{".config/ngrok/ngrok.yml": "authtoken: x"}, source: "the variable NGROK_AUTHTOKEN",
		},
		{name: "version 3", goos: "linux", files: map[string]string{".config/ngrok/ngrok.yml": v3}, source: "the file HOME/.config/ngrok/ngrok.yml"},
		{name: "version 2", goos: "linux", files: map[string]string{".config/ngrok/ngrok.yml": v2}, source: "the file HOME/.config/ngrok/ngrok.yml"},
		{name: "no version", goos: "linux", files: map[string]string{".config/ngrok/ngrok.yml": "authtoken: " + secret}, source: "the file HOME/.config/ngrok/ngrok.yml"},
		{
			name: "another configuration folder", goos: "linux", env: map[string]string{"XDG_CONFIG_HOME": "HOME/xdg"},
			files: map[string]string{"xdg/ngrok/ngrok.yml": v3, ".config/ngrok/ngrok.yml": "authtoken: x"}, source: "the file HOME/xdg/ngrok/ngrok.yml",
		},
		{name: "an old agent", goos: "linux", files: map[string]string{".ngrok2/ngrok.yml": "authtoken: " + secret}, source: "the file HOME/.ngrok2/ngrok.yml"},
		{
			name: "a snap's", goos: "linux", files: map[string]string{"snap/ngrok/current/.config/ngrok/ngrok.yml": v3},
			source: "the file HOME/snap/ngrok/current/.config/ngrok/ngrok.yml",
		},
		{
			name: "a newer file without a token", goos: "linux", files: map[string]string{".config/ngrok/ngrok.yml": "version: 3\nagent: {}\n", ".ngrok2/ngrok.yml": v2},
			source: "the file HOME/.ngrok2/ngrok.yml",
		},
		{name: "macOS", goos: "darwin", files: map[string]string{"Library/Application Support/ngrok/ngrok.yml": v3}, source: "the file HOME/Library/Application Support/ngrok/ngrok.yml"},
		{name: "nothing", goos: "linux", refusal: "neither NGROK_AUTHTOKEN nor a configuration file"},
		{name: "an API key is none", goos: "linux", files: map[string]string{".config/ngrok/ngrok.yml": "version: 3\nagent:\n  api_key: " + secret}, refusal: "neither NGROK_AUTHTOKEN nor"},
		{name: "no home", goos: "linux", env: map[string]string{"HOME": ""}, refusal: "neither NGROK_AUTHTOKEN nor"},
		{name: "a file that is no YAML", goos: "linux", files: map[string]string{".config/ngrok/ngrok.yml": "authtoken: [" + secret}, refusal: "it is not the YAML"},
		{name: "a token that is no text", goos: "linux", files: map[string]string{".config/ngrok/ngrok.yml": "authtoken:\n  - " + secret}, refusal: "it is not the YAML"},
	} {
		t.Run(row.name, func(t *testing.T) {
			home := t.TempDir()
			for name, text := range row.files {
				file := filepath.Join(home, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			token, err := tunnel.FindToken(tunnel.Places{Variable: row.variable, GOOS: row.goos, Getenv: func(name string) string {
				if value, ok := row.env[name]; ok || name != "HOME" {
					return strings.ReplaceAll(value, "HOME", home)
				}
				return home
			}})
			if row.refusal != "" {
				var refused *tunnel.Error
				if !errors.As(err, &refused) || !strings.Contains(err.Error(), row.refusal) || refused.Hint() == "" || !refused.WrongUse() || strings.Contains(err.Error(), secret) {
					t.Errorf("the error is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.ReplaceAll(row.source, "HOME", home); token.Source() != want || tunnel.Reveal(token) != secret {
				t.Errorf("found %q in %s, want it in %s", tunnel.Reveal(token), token.Source(), want)
			}
		})
	}
}

// TestTokenFiles says where ngrok's agent keeps its files on each system.
func TestTokenFiles(t *testing.T) {
	env := map[string]string{"HOME": "/home/ann", "USERPROFILE": `C:\Users\ann`, "LOCALAPPDATA": `C:\Users\ann\AppData\Local`, "APPDATA": `C:\roaming`}
	for goos, want := range map[string]string{
		"linux":   "/home/ann/.config/ngrok/ngrok.yml /home/ann/.ngrok2/ngrok.yml /home/ann/snap/ngrok/current/.config/ngrok/ngrok.yml",
		"darwin":  "/home/ann/Library/Application Support/ngrok/ngrok.yml /home/ann/.ngrok2/ngrok.yml",
		"windows": `C:\Users\ann\AppData\Local\ngrok\ngrok.yml C:\Users\ann\.ngrok2\ngrok.yml`,
	} {
		if got := strings.Join(tunnel.Files(tunnel.Places{GOOS: goos, Getenv: func(name string) string { return env[name] }}), " "); got != want {
			t.Errorf("on %s %s, want %s", goos, got, want)
		}
	}
}

// TestFileThatCannotBeRead is told, not passed over: its user would wonder whose token was taken.
func TestFileThatCannotBeRead(t *testing.T) {
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".config", "ngrok", "ngrok.yml"), 0o700); err != nil { // a folder
		t.Fatal(err)
	}
	_, err := tunnel.FindToken(tunnel.Places{GOOS: "linux", Getenv: func(name string) string { return map[string]string{"HOME": home}[name] }})
	var refused *tunnel.Error
	if !errors.As(err, &refused) || !strings.Contains(refused.Text, "ngrok.yml") || refused.Hint() == "" {
		t.Errorf("the error is %v", err)
	}
}
