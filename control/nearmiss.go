package control

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// hintNear names the word that was probably meant, or all that there are: "did you mean url?", "lead a, b, c".
func hintNear(lead, word string, known []string) string {
	if len(known) == 0 {
		return lead + " none"
	}
	if near := nearest(word, known); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return lead + " " + strings.Join(known, ", ")
}

// nearest is the known word that is most like word, empty when none is much like it: at most a third of its letters may differ.
func nearest(word string, known []string) string {
	best, fewest := "", len(word)/3+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < fewest {
			best, fewest = k, d
		}
	}
	return best
}

// distance counts the letters that have to be put in, taken out or replaced to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
