package journal

import (
	"strings"
	"unicode"
)

// maskText masks the URLs and tokens inside text that a person wrote, or that
// came back as an error or a page. It goes word by word, a word being what
// stands between blanks, double quotes and angle brackets.
func maskText(text string) string {
	if !strings.Contains(text, "://") && !hasParameter(text) && !strings.Contains(text, jwtStart) && !containsFold(text, bearer) {
		return text
	}
	var b strings.Builder
	afterBearer := false
	for text != "" {
		end := strings.IndexFunc(text, wordBreak)
		if end == 0 {
			end = len(text) - len(strings.TrimLeftFunc(text, wordBreak))
			b.WriteString(text[:end])
			text = text[end:]
			continue
		}
		if end < 0 {
			end = len(text)
		}
		word := text[:end]
		text = text[end:]
		if afterBearer && !challenge(word) && !placeholder(word) {
			b.WriteString(mask)
		} else {
			b.WriteString(maskWord(word))
		}
		afterBearer = strings.HasSuffix(strings.ToLower(word), bearer)
	}
	return b.String()
}

const (
	bearer   = "bearer" // the word before an access token
	jwtStart = "eyJ"    // how a JSON Web Token begins: the Base64 of `{"`
)

// wordBreak does not count a single quote: it stands in OData paths, before
// the query, and what follows it has to be masked as well.
func wordBreak(r rune) bool {
	return unicode.IsSpace(r) || r == '"' || r == '<' || r == '>'
}

// maskWord masks one word that is, or holds, a URL or a token.
func maskWord(word string) string {
	if strings.Contains(word, "://") || hasParameter(word) {
		url, trailer := cutTrailer(word)
		word = MaskURL(url) + trailer
	}
	if at := strings.Index(word, jwtStart); at >= 0 && strings.Contains(word[at:], ".") {
		return word[:at] + mask
	}
	return word
}

// challenge tells whether a word after Bearer is no token but the beginning of
// a WWW-Authenticate header's parameters.
func challenge(word string) bool {
	switch strings.ToLower(word) {
	case "realm=", "authorization_uri=", "client_id=", "error=", "error_description=", "scope=":
		return true
	}
	return false
}

// placeholder tells whether a word after Bearer stands for a token, as in what helps: Authorization: Bearer TOKEN.
func placeholder(word string) bool {
	return strings.TrimRight(word, ".,;:") == "TOKEN"
}

// cutTrailer parts the punctuation of the sentence around a URL from the URL.
func cutTrailer(word string) (url, trailer string) {
	url = strings.TrimRight(word, `'".,;:!?)]}`)
	return url, word[len(url):]
}

func containsFold(text, lower string) bool {
	return strings.Contains(strings.ToLower(text), lower)
}
