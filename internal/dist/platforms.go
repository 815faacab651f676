package main

import (
	"runtime"
	"strings"
)

// A platform is a system and an architecture that outlocal is built for.
type platform struct {
	system, architecture string // as Go calls them
	node                 string // as Node calls both
}

func platforms() []platform {
	return []platform{
		{"linux", "amd64", "linux-x64"},
		{"linux", "arm64", "linux-arm64"},
		{"darwin", "amd64", "darwin-x64"},
		{"darwin", "arm64", "darwin-arm64"},
		{"windows", "amd64", "win32-x64"},
		{"windows", "arm64", "win32-arm64"},
	}
}

func choose(only string) []platform {
	var chosen []platform
	for _, p := range platforms() {
		if strings.Contains(p.String(), only) {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

// host is the platform of this machine. It need not be one that is released for: then it has no name in Node.
func host() platform {
	for _, p := range platforms() {
		if p.system == runtime.GOOS && p.architecture == runtime.GOARCH {
			return p
		}
	}
	return platform{system: runtime.GOOS, architecture: runtime.GOARCH}
}

func (p platform) String() string { return p.system + "/" + p.architecture }

// program is the name of the binary.
func (p platform) program() string {
	if p.system == "windows" {
		return "outlocal.exe"
	}
	return "outlocal"
}

// stem is the name of the archive without its ending, and of the one folder in it. People look for the version as it is spoken of, without
// the v of the tag.
func (p platform) stem(version string) string {
	return "outlocal_" + strings.TrimPrefix(version, "v") + "_" + p.system + "_" + p.architecture
}

// archive is the name of the archive, in the form that the system can open by itself.
func (p platform) archive(version string) string {
	if p.system == "windows" {
		return p.stem(version) + ".zip"
	}
	return p.stem(version) + ".tar.gz"
}
