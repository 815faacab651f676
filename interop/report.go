package main

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// A result is what came of one program in one way.
type result struct {
	steps  int // chapters of the story that went well
	took   time.Duration
	err    error // that of the program's end
	output []byte
}

func (r result) verdict() string {
	if r.err != nil {
		return "FAILED: " + r.err.Error()
	}
	return "good"
}

// A row is one program's, with a result for each way.
type row struct {
	program  program
	versions []string // name and version of each package
	results  [2]result
}

func (r row) failed() bool { return r.results[0].err != nil || r.results[1].err != nil }

func failed(rows []row) int {
	n := 0
	for _, r := range rows {
		if r.failed() {
			n++
		}
	}
	return n
}

// stepsIn counts the lines by which a story says that a chapter went well.
func stepsIn(output []byte) int {
	n := 0
	for line := range bytes.Lines(output) {
		if bytes.HasPrefix(line, []byte("ok    ")) {
			n++
		}
	}
	return n
}

// table is all that a person wants to know.
func table(rows []row) string {
	var text strings.Builder
	out := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	columns := "CLIENT\tSIGNS IN BY"
	for _, w := range ways() {
		columns += "\tBY " + strings.ToUpper(w.name)
	}
	_, _ = fmt.Fprintln(out, columns+"\tVERDICT") // into memory: this can't fail, nor what follows
	for _, r := range rows {
		line := strings.Join(r.versions, ", ") + "\t" + r.program.by
		for _, got := range r.results {
			line += fmt.Sprintf("\t%d steps, %.1f s", got.steps, got.took.Seconds())
		}
		verdict := "good"
		if r.failed() {
			verdict = "FAILED"
		}
		_, _ = fmt.Fprintln(out, line+"\t"+verdict)
	}
	_ = out.Flush()
	return text.String()
}
