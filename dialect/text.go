package dialect

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// DateForm is how a notification prints a date.
type DateForm uint8

// The forms (W0-01, W0-03). Trimmed is the form of subscriptions and of Outlook everywhere.
const (
	Trimmed    DateForm = iota // 2015-10-24T18:40:00.5Z
	Observed                   // 2015-10-24T18:40:00.5+00:00, as captured from Graph
	Documented                 // 2015-10-24T18:40:00.5000000Z, as Graph's pages print it
)

const (
	layoutTrimmed    = "2006-01-02T15:04:05.9999999Z"
	layoutObserved   = "2006-01-02T15:04:05.9999999+00:00"
	layoutDocumented = "2006-01-02T15:04:05.0000000Z"

	tick = 100 * time.Nanosecond // the service counts in these
)

func appendDate(dst []byte, t time.Time, form DateForm) []byte {
	layout := layoutTrimmed
	switch form {
	case Observed:
		layout = layoutObserved
	case Documented:
		layout = layoutDocumented
	}
	dst = append(dst, '"')
	dst = t.UTC().Truncate(tick).AppendFormat(dst, layout)
	return append(dst, '"')
}

// ParseDate reads a date as requests write it: ISO 8601 with a zone, up to any number of digits (W1.6-11).
func ParseDate(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, err
	}
	return t.UTC().Truncate(tick), nil
}

// appendText writes a JSON string the way the service's serialiser does: HTML characters stay as they are.
func appendText(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return appendHardText(dst, text)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}

func appendHardText(dst []byte, text string) []byte {
	buf := bytes.NewBuffer(dst)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil { // a string always encodes; be safe all the same
		return append(dst, `""`...)
	}
	return bytes.TrimRight(buf.Bytes(), "\n")
}

// appendName writes a comma where one is due, and the name of a member.
func appendName(dst []byte, name string) []byte {
	if last := dst[len(dst)-1]; last != '{' && last != '[' && last != ',' {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}
