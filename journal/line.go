package journal

import (
	"strconv"
	"strings"
)

// Line is the entry on a line, masked, for the log of a test that failed: when by its own time, what, the request and its answer, and
// the id of what is wrong with it. Bodies and headers stay in the journal, or they would bury what one looks for.
func (e Entry) Line() string {
	shown := e.Masked()
	words := []string{shown.At.UTC().Format("15:04:05.000"), string(shown.Kind)}
	if shown.Note != "" {
		words = append(words, shown.Note)
	}
	if x := shown.Exchange; x != nil {
		address, query, _ := strings.Cut(x.URL, "?")
		if query != "" {
			address += "?…" // a validation token is long, and the rest masked
		}
		answer := "no answer"
		if x.Status != 0 {
			answer = strconv.Itoa(x.Status)
		}
		words = append(words, x.Method+" "+address, answer)
		if x.Finding != "" {
			words = append(words, x.Finding)
		}
	}
	return strings.Join(words, "  ")
}
