package scenarios

import (
	"cmp"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/internal/nearmiss"
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	At   Position
	What string
	Hint string // what was probably meant; empty where nobody knows
}

func (p Problem) String() string {
	text := p.At.String() + ": " + p.What
	if p.Hint != "" {
		text += "; " + p.Hint
	}
	return text
}

// FileError is a file that is no scenario: all that is wrong with it, from the top.
type FileError struct {
	Problems []Problem
}

func (e *FileError) Error() string {
	var lines []string
	for _, p := range e.Problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// problems collects what is wrong.
type problems []Problem

// err is nil where nothing is wrong.
func (all problems) err() error {
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.At.File, b.At.File), cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column))
	})
	return &FileError{slices.Compact(all)}
}

// hintNear names the word that was probably meant, or all that there are.
func hintNear(word string, known []string) string {
	const listed = 24 // words that one takes in at a glance
	best := nearmiss.Of(word, known)
	switch {
	case best != "":
		return "did you mean " + best + "?"
	case len(known) == 0:
		return ""
	case len(known) > listed:
		return "such as " + strings.Join(known[:listed], ", ")
	case len(known) == 1:
		return "known is " + known[0]
	}
	return "known are " + strings.Join(known, ", ")
}
