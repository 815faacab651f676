package cli

import (
	"io/fs"
	"os"
	"runtime"
	"strings"

	"github.com/outlocal/outlocal/diagnosis"
)

// environment tells where outlocal runs, as far as that explains why a webhook is not reached: localhost means another machine to one
// who is in a container or in WSL.
func (a *app) environment() diagnosis.Environment {
	return environmentOf(runtime.GOOS, os.DirFS("/"), a.process.Env)
}

func environmentOf(goos string, root fs.FS, env func(string) string) diagnosis.Environment {
	e := diagnosis.Environment{GOOS: goos}
	if goos != "linux" {
		return e
	}
	release := strings.ToLower(text(root, "proc/sys/kernel/osrelease"))
	e.WSL = env("WSL_DISTRO_NAME") != "" || strings.Contains(release, "microsoft")
	e.InContainer = env("container") != "" || env("KUBERNETES_SERVICE_HOST") != "" ||
		exists(root, ".dockerenv") || exists(root, "run/.containerenv") || namesContainer(text(root, "proc/1/cgroup"))
	return e
}

// namesContainer tells whether the control groups of the first process are those of a container; newer kernels hide them.
func namesContainer(groups string) bool {
	for _, mark := range []string{"/docker", "/kubepods", "/containerd", "/lxc", "/libpod"} {
		if strings.Contains(groups, mark) {
			return true
		}
	}
	return false
}

func exists(root fs.FS, name string) bool {
	_, err := fs.Stat(root, name)
	return err == nil
}

// text is what is in a file, empty where there is none to be read.
func text(root fs.FS, name string) string {
	content, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return string(content)
}
