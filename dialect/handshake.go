package dialect

import (
	"encoding/base64"
	"strings"
)

// sentence opens Graph's validation token; the id of the request that created the subscription follows (W2.1-12).
const sentence = "Validation: Testing client application reachability for subscription Request-Id: "

// Token is the text that a webhook must answer: id is a GUID, the request's own where the token names it (W2.1-11, W2.1-12, W2.2-01).
func (h *Handshake) Token(id string) string {
	if h.Sentence {
		return sentence + id
	}
	return base64.StdEncoding.EncodeToString([]byte(id))
}

// URL is the address that a token is posted to: a query of the URL's own stays, a fragment does not (W2.1-07, W1.4-04).
func (h *Handshake) URL(notificationURL, token string) string {
	address, _, _ := strings.Cut(notificationURL, "#")
	separator := ""
	switch {
	case !strings.Contains(address, "?"):
		separator = "?"
	case !strings.HasSuffix(address, "?") && !strings.HasSuffix(address, "&"):
		separator = "&"
	}
	return address + separator + h.Parameter + "=" + EncodeToken(token)
}

// EncodeToken escapes a token the way .NET does: a blank is +, hex digits are lower case, and !*()-._ stay (W2.2-01, R21).
func EncodeToken(token string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	b.Grow(len(token) + len(token)/4) // few characters of the service's own tokens are escaped
	for i := range len(token) {
		switch c := token[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("!*()-._", c) >= 0:
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('+')
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
