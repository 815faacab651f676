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

// Distance counts the letters that have to be put in, taken out or replaced to make b of a.
func Distance(a, b string) int {
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
