// Package nearmiss guesses which word was meant by one that nobody knows: "did you mean duplicate?".
//
// Use [Of] to name the one likely word of a set. Use [Distance] where the choice is made otherwise, as among flags. It knows letters
// only, neither keyboards nor languages.
package nearmiss

import "strings"

// Of is the known word that is most like word, in any case; empty when none is much like it: at most a third of its letters may
// differ. Of two that are alike, it is the first.
func Of(word string, known []string) string {
	best, fewest := "", len(word)/3+1
	for _, k := range known {
		if d := Distance(strings.ToLower(word), strings.ToLower(k)); d < fewest {
			best, fewest = k, d
		}
	}
	return best
}

// Distance counts the letters that have to be put in, taken out, replaced or exchanged with their neighbour to make b of a.
func Distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			replaced := last[j]
			if a[i] != b[j] {
				replaced++
			}
			row[j+1] = min(replaced, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
