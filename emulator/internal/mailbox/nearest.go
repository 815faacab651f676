package mailbox

import (
	"strings"

	"github.com/outlocal/outlocal/internal/nearmiss"
)

// nearest finds the word that name was probably meant to be; empty if none is near.
func nearest(name string, words []string) string {
	best, least := "", 1+len(name)/3 // a slip in a short word, more in a long one
	for _, word := range words {
		if d := nearmiss.Distance(strings.ToLower(name), strings.ToLower(word)); d <= least {
			if best == "" || d < least {
				best, least = word, d
			}
		}
	}
	return best
}
