package archtest

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// CheckText returns the lines of a tree that hold one of the forbidden texts.
// Folders that are made on this machine are passed over, and binary files.
func CheckText(tree fs.FS, forbidden []string) ([]string, error) {
	var offences []string
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && madeHere(name):
			return fs.SkipDir
		case !entry.Type().IsRegular() || madeHere(name):
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		if bytes.IndexByte(text, 0) >= 0 {
			return nil
		}
		number := 0
		for line := range bytes.Lines(text) {
			number++
			for _, word := range forbidden {
				if bytes.Contains(line, []byte(word)) {
					offences = append(offences, fmt.Sprintf("%s:%d: names %s, which means something on one machine only", name, number, word))
				}
			}
		}
		return nil
	})
	return offences, err
}

// madeHere reports what .gitignore keeps out of the repository.
func madeHere(name string) bool {
	switch name {
	case ".git", "bin", "dist", "outlocal":
		return true
	}
	return path.Base(name) == "node_modules" || strings.HasSuffix(name, ".test") || strings.HasSuffix(name, ".out")
}
