package diagnosis

import (
	"net/http"
	"strconv"
	"strings"
)

// StatusName returns the name by which Graph's messages call a status code,
// that of .NET's HttpStatusCode without blanks: 403 is Forbidden, 404 is
// NotFound. A code without a name there is its number, as .NET prints it.
func StatusName(code int) string {
	if name, ok := renamed(code); ok {
		return name
	}
	text := http.StatusText(code)
	if text == "" {
		return strconv.Itoa(code)
	}
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, text)
}

// renamed holds what .NET calls otherwise than the registry does.
func renamed(code int) (string, bool) {
	switch code {
	case http.StatusNonAuthoritativeInfo:
		return "NonAuthoritativeInformation", true
	case http.StatusRequestEntityTooLarge:
		return "RequestEntityTooLarge", true
	case http.StatusRequestURITooLong:
		return "RequestUriTooLong", true
	case http.StatusRequestedRangeNotSatisfiable:
		return "RequestedRangeNotSatisfiable", true
	case http.StatusHTTPVersionNotSupported:
		return "HttpVersionNotSupported", true
	case http.StatusTeapot, http.StatusTooEarly:
		return strconv.Itoa(code), true // .NET names neither
	case 306: // reserved; .NET kept its name
		return "Unused", true
	default:
		return "", false
	}
}
