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
	tick           = 100 * time.Nanosecond // the service counts in these
	fractionDigits = 7                     // of a second, in ticks
)

// appendDate writes a date. Every notification bears one, so that it is written without detours over a layout.
func appendDate(dst []byte, t time.Time, form DateForm) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	dst = append(dst, '"')
	dst = append(appendDigits(dst, year, 4), '-')
	dst = append(appendDigits(dst, int(month), 2), '-')
	dst = append(appendDigits(dst, day, 2), 'T')
	dst = append(appendDigits(dst, hour, 2), ':')
	dst = append(appendDigits(dst, minute, 2), ':')
	dst = appendDigits(dst, second, 2)
	switch fraction := t.Nanosecond() / int(tick); {
	case form == Documented:
		dst = appendDigits(append(dst, '.'), fraction, fractionDigits)
	case fraction != 0:
		dst = bytes.TrimRight(appendDigits(append(dst, '.'), fraction, fractionDigits), "0")
	}
	if form == Observed {
		return append(dst, `+00:00"`...)
	}
	return append(dst, `Z"`...)
}

// appendDigits writes a number with so many digits.
func appendDigits(dst []byte, n, digits int) []byte {
	at := len(dst)
	for range digits {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; i >= at; i-- {
		dst[i] += byte(n % 10)
		n /= 10
	}
	return dst
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
	if !isPlain([]byte(text)) {
		return appendHardText(dst, text)
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}

// appendETag writes a change key the way an entity tag stands in JSON: W/"…".
func appendETag(dst []byte, key string) []byte {
	if !isPlain([]byte(key)) {
		return appendHardText(dst, `W/"`+key+`"`)
	}
	dst = append(dst, `"W/\"`...)
	dst = append(dst, key...)
	return append(dst, `\""`...)
}

// isPlain tells whether a text stands in JSON as it is. It looks at eight bytes at a time, as ids and paths are long. A string is not
// copied to be looked at.
func isPlain(text []byte) bool {
	const low, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		t := text[i : i+8]
		w := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		quote, slash := w^(low*'"'), w^(low*'\\')
		// A byte's high bit ends up set where it was, where the byte is below a blank, and where it is one of the two.
		if (w|(w-low*' ')|(quote-low)&^quote|(slash-low)&^slash)&high != 0 {
			return false
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
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
