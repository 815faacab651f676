package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sumsFile is what people check downloads with: sha256sum -c SHA256SUMS.
const sumsFile = "SHA256SUMS"

// writeSums writes the checksum of every archive in a folder.
func writeSums(folder string) error {
	names, err := archives(folder)
	if err != nil {
		return err
	}
	var lines strings.Builder
	for _, name := range names {
		sum, err := sumOf(filepath.Join(folder, name))
		if err != nil {
			return fmt.Errorf("write the checksums: %w", err)
		}
		fmt.Fprintf(&lines, "%s  %s\n", sum, name)
	}
	if err := os.WriteFile(filepath.Join(folder, sumsFile), []byte(lines.String()), fileMode); err != nil {
		return fmt.Errorf("write the checksums: %w", err)
	}
	return nil
}

// checkSums holds the archives to their checksums, and both to each other: an archive without one, or one without an archive, is wrong too.
func checkSums(folder string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(folder, sumsFile))
	if err != nil {
		return nil, fmt.Errorf("check the checksums: %w", err)
	}
	var listed []string
	for line := range strings.Lines(string(text)) {
		want, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || name != filepath.Base(name) {
			return nil, fmt.Errorf("check the checksums: %q is no line of them", line)
		}
		got, err := sumOf(filepath.Join(folder, name))
		if err != nil {
			return nil, fmt.Errorf("check the checksums: %w", err)
		}
		if got != want {
			return nil, fmt.Errorf("check the checksums: %s has %s, want %s", name, got, want)
		}
		listed = append(listed, name)
	}
	names, err := archives(folder)
	if err != nil {
		return nil, err
	}
	if slices.Sort(listed); !slices.Equal(names, listed) {
		return nil, fmt.Errorf("check the checksums: they are of %v, but there are %v", listed, names)
	}
	return names, nil
}

// archives are the names of those in a folder, sorted.
func archives(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("list the archives: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "outlocal_") && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func sumOf(file string) (string, error) {
	text, err := os.ReadFile(file) // some ten megabytes
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
