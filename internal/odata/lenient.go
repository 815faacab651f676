package odata

import "bytes"

// QuoteNames puts quotes around the names of members that have none, the way the service's own pages once printed requests. It is for
// a lenient reader only: what it returns may still be no JSON.
func QuoteNames(doc []byte) []byte {
	var out []byte
	kept := 0 // doc[:kept] is in out
	for at := 0; at < len(doc); {
		switch c := doc[at]; {
		case c == '"':
			at = skipString(doc, at)
		case c == '@' || c == '_' || isLetter(c):
			end := at + 1
			for end < len(doc) && (isLetter(doc[end]) || doc[end] == '.' || doc[end] == '_' || doc[end] == '@' || '0' <= doc[end] && doc[end] <= '9') {
				end++
			}
			if rest := bytes.TrimLeft(doc[end:], " \t\r\n"); len(rest) > 0 && rest[0] == ':' {
				out = append(append(out, doc[kept:at]...), '"')
				out = append(append(out, doc[at:end]...), '"')
				kept = end
			}
			at = end
		default:
			at++
		}
	}
	return append(out, doc[kept:]...)
}

// skipString is the place behind the string that begins at a place; it may lack its end.
func skipString(doc []byte, at int) int {
	for at++; at < len(doc); at++ {
		switch doc[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(doc)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
