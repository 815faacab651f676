// Package span writes lengths of time as people do: 10m, not 10m0s.
//
// Use [Text] wherever a time.Duration stands in a sentence, or in a text that is to be read back by time.ParseDuration. It rounds
// nothing, and knows no days.
package span

import (
	"strings"
	"time"
)

// Text is the duration as Go writes it, without the minutes and seconds that it does not have: 72h, 1h30m, 90ms.
func Text(d time.Duration) string {
	text := d.String()
	for _, nothing := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, nothing) {
			text = text[:len(text)-2]
		}
	}
	return text
}
