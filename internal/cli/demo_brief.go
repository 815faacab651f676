package cli

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/outlocal/outlocal/internal/odata"
)

// briefItems is how many elements of a list are shown; the rest is counted.
const briefItems = 1

// brief is a JSON body for a glance: names and order as they are, ids, dates and addresses shortened, nulls left out. There is a blank
// after each comma, so that it can be folded. What is no JSON stays as it is.
func brief(body []byte) string {
	document, err := odata.Parse(body)
	if err != nil {
		return visible(string(body))
	}
	var b strings.Builder
	writeBrief(&b, document)
	return b.String()
}

func writeBrief(b *strings.Builder, v odata.Value) {
	switch text, isText := v.Text(); {
	case isText:
		writeQuoted(b, briefText(text))
	case v.IsObject():
		b.WriteByte('{')
		separator := ""
		for m := range v.Members {
			if m.Value.IsNull() {
				continue
			}
			b.WriteString(separator)
			writeQuoted(b, m.Name)
			b.WriteByte(':')
			writeBrief(b, m.Value)
			separator = ", "
		}
		b.WriteByte('}')
	case v.IsArray():
		b.WriteByte('[')
		n := 0
		for element := range v.Elements {
			if n++; n > briefItems {
				continue
			}
			writeBrief(b, element)
		}
		if n > briefItems {
			b.WriteString(", and " + strconv.Itoa(n-briefItems) + " more")
		}
		b.WriteByte(']')
	default:
		b.Write(v.Raw)
	}
}

func writeQuoted(b *strings.Builder, text string) {
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(text) == nil { // texts always encode
		b.WriteString(strings.TrimSuffix(quoted.String(), "\n"))
	}
}

var (
	dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d`)
	origin   = regexp.MustCompile(`^https?://[^/]+`)
	longKey  = regexp.MustCompile(`[A-Za-z0-9+=_-]{25,}`)
)

// briefLength is as much of a text as tells what it is: an address, a subject.
const briefLength = 48

// briefText shortens one value.
func briefText(text string) string {
	switch {
	case strings.HasPrefix(text, "#"): // a type's name
		return text
	case dateTime.MatchString(text):
		return text[:len("2026-01-02T15:04")] + "…"
	case origin.MatchString(text):
		text = "…" + shortPath(strings.TrimPrefix(text, origin.FindString(text)))
	case strings.HasPrefix(text, "W/"): // an etag
		return "W/…"
	case strings.Contains(text, "/"):
		text = shortPath(text)
	case isID(text):
		return shortID(text)
	}
	return clip(longKey.ReplaceAllStringFunc(text, shortID), briefLength)
}
