package cli

import (
	"testing"
	"testing/fstest"

	"github.com/outlocal/outlocal/diagnosis"
)

func TestEnvironment(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for _, row := range []struct {
		name string
		goos string
		root fstest.MapFS
		env  map[string]string
		want diagnosis.Environment
	}{
		{name: "a plain Linux", goos: "linux", root: fstest.MapFS{"proc/1/cgroup": file("0::/init.scope\n"), "proc/sys/kernel/osrelease": file("6.8.0-generic\n")},
			want: diagnosis.Environment{GOOS: "linux"}},
		{name: "Docker", goos: "linux", root: fstest.MapFS{".dockerenv": file("")}, want: diagnosis.Environment{GOOS: "linux", InContainer: true}},
		{name: "Podman", goos: "linux", root: fstest.MapFS{"run/.containerenv": file("")}, want: diagnosis.Environment{GOOS: "linux", InContainer: true}},
		{name: "an old kernel's container", goos: "linux", root: fstest.MapFS{"proc/1/cgroup": file("4:cpu:/docker/0123\n")},
			want: diagnosis.Environment{GOOS: "linux", InContainer: true}},
		{name: "a pod", goos: "linux", env: map[string]string{"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, want: diagnosis.Environment{GOOS: "linux", InContainer: true}},
		{name: "WSL by its kernel", goos: "linux", root: fstest.MapFS{"proc/sys/kernel/osrelease": file("5.15.90.1-microsoft-standard-WSL2\n")},
			want: diagnosis.Environment{GOOS: "linux", WSL: true}},
		{name: "WSL by its variable", goos: "linux", env: map[string]string{"WSL_DISTRO_NAME": "Ubuntu"}, want: diagnosis.Environment{GOOS: "linux", WSL: true}},
		{name: "a Mac has neither", goos: "darwin", root: fstest.MapFS{".dockerenv": file("")}, want: diagnosis.Environment{GOOS: "darwin"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := environmentOf(row.goos, row.root, func(name string) string { return row.env[name] })
			if got != row.want {
				t.Errorf("got %+v, want %+v", got, row.want)
			}
		})
	}
}
