package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// whole are the papers of an archive that has all it should.
func whole(program string, text []byte) []paper {
	papers := []paper{{program, programMode, text}}
	for _, name := range []string{
		"LICENSE", "README.md", "CHANGELOG.md", "man/man1/outlocal.1", "man/man1/outlocal-verify.1",
		"completions/outlocal.bash", "completions/_outlocal", "completions/outlocal.fish", "completions/outlocal.ps1",
	} {
		papers = append(papers, paper{name, fileMode, []byte("text of " + name)})
	}
	return papers
}

// foreign is a platform that is not this machine's, so that its program is not run.
func foreign(t *testing.T, system string) platform {
	t.Helper()
	for _, p := range choose(system) {
		if p != host() {
			return p
		}
	}
	t.Fatalf("no platform of %s is foreign", system)
	return platform{}
}

// TestInspect: what is wrong with a release is found.
func TestInspect(t *testing.T) {
	const version = "1.2.3"
	tarred, zipped := foreign(t, "linux"), foreign(t, "windows")
	for _, row := range []struct {
		name  string
		spoil func(t *testing.T, folder string)
		want  string // part of the complaint; empty for none
	}{
		{"nothing", func(*testing.T, string) {}, ""},
		{"an archive that was changed", func(t *testing.T, folder string) { write(t, folder, tarred.archive(version), []byte("other")) }, "has "},
		{"an archive that is gone", func(t *testing.T, folder string) {
			if err := os.Remove(filepath.Join(folder, zipped.archive(version))); err != nil {
				t.Fatal(err)
			}
		}, zipped.archive(version)},
		{"an archive without a checksum", func(t *testing.T, folder string) { write(t, folder, "outlocal_1.2.2_x.zip", nil) }, "but there are"},
		{"checksums that are none", func(t *testing.T, folder string) { write(t, folder, sumsFile, []byte("x\n")) }, "is no line of them"},
		{"a checksum of what stands elsewhere", func(t *testing.T, folder string) { write(t, folder, sumsFile, []byte("0  ../x\n")) }, "is no line of them"},
		{"a program that can't be run", func(t *testing.T, folder string) {
			papers := whole(tarred.program(), []byte("x"))
			papers[0].mode = fileMode
			archive(t, folder, tarred, version, papers)
		}, "has mode"},
		{"no licence", func(t *testing.T, folder string) {
			archive(t, folder, zipped, version, append(whole(zipped.program(), []byte("x"))[:1], whole(zipped.program(), nil)[2:]...))
		}, "LICENSE is missing"},
		{"files outside of their folder", func(t *testing.T, folder string) {
			archive(t, folder, tarred, version, append(whole(tarred.program(), []byte("x")), paper{"../evil", fileMode, nil}))
		}, "is not below"},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder := t.TempDir()
			for _, p := range []platform{tarred, zipped} {
				archive(t, folder, p, version, whole(p.program(), []byte("a program")))
			}
			row.spoil(t, folder)
			err := inspect(t.Context(), folder, io.Discard)
			if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("said %v, want %q", err, row.want)
			}
		})
	}
}

// testInspection: a program of another version than its archive says is found.
func testInspection(t *testing.T, program string) {
	if host().node == "" {
		t.Skipf("nothing is released for %s", host())
	}
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ version, want string }{
		{"1.2.3", ""},
		{"1.2.4", "it says that it is v1.2.3 for " + host().String() + ", want 1.2.4"},
	} {
		folder := t.TempDir()
		archive(t, folder, host(), row.version, whole(host().program(), text))
		err := inspect(t.Context(), folder, io.Discard)
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: said %v, want %q", row.version, err, row.want)
		}
	}
}

// archive writes an archive, and the checksums anew.
func archive(t *testing.T, folder string, p platform, version string, papers []paper) {
	t.Helper()
	var text bytes.Buffer
	err := writeTar(&text, p.stem(version), papers, time.Unix(0, 0), gzip.BestSpeed)
	if p.system == "windows" {
		text.Reset()
		err = writeZip(&text, p.stem(version), papers, time.Unix(0, 0))
	}
	if err != nil {
		t.Fatal(err)
	}
	write(t, folder, p.archive(version), text.Bytes())
	if err := writeSums(folder); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, folder, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), text, fileMode); err != nil {
		t.Fatal(err)
	}
}
