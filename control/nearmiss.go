package control

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/internal/nearmiss"
)

// hintNear names the word that was probably meant, or all that there are: "did you mean url?", "lead a, b, c".
func hintNear(lead, word string, known []string) string {
	if len(known) == 0 {
		return lead + " none"
	}
	if near := nearmiss.Of(word, known); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return lead + " " + strings.Join(known, ", ")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
