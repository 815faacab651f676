package mailbox

import "strings"

// nearest finds the word that name was probably meant to be; empty if none is near.
func nearest(name string, words []string) string {
	best, least := "", 1+len(name)/3 // a slip in a short word, more in a long one
	for _, word := range words {
		if d := distance(strings.ToLower(name), strings.ToLower(word)); d <= least {
			if best == "" || d < least {
				best, least = word, d
			}
		}
	}
	return best
}

// distance counts the letters to insert, drop or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
