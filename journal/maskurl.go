package journal

import (
	"net/url"
	"regexp"
	"strings"
)

// MaskURL returns a notification URL as it may be shown: query values, which
// is where many webhooks keep their key (?code=, ?sig=, ?token=), become "…",
// whatever their names, and so do a user name and password. Names of
// parameters stay.
//
// It is textual, so that it masks what is no valid URL just as well.
func MaskURL(u string) string { return maskURL(u, nil) }

// MaskRequest is [MaskURL] for a request of a client to the API: it shows
// OData options ($filter=…), which are no secret, but for their literals.
func MaskRequest(u string) string { return maskURL(u, shownOption) }

// MaskHandshake is [MaskURL] for the URL of a handshake: it shows the
// validation token, which is good for one handshake and the first thing one
// looks at when that fails. That is the parameter at the end: one before it is
// the webhook's own, whatever its name.
func MaskHandshake(u string) string {
	own, token := cutToken(u)
	return MaskURL(own) + token
}

// cutToken parts the URL of a handshake from the validation token at its end,
// with what comes before that; without one, the token is empty.
func cutToken(u string) (own, token string) {
	path, query, _ := strings.Cut(u, "?")
	last := query[strings.LastIndexByte(query, '&')+1:]
	name, _, _ := strings.Cut(last, "=")
	if strings.ContainsRune(u, '#') || !strings.EqualFold(name, "validationToken") {
		return u, ""
	}
	at := len(u) - len(last) - 1
	if at < len(path) {
		return u, ""
	}
	return u[:at], u[at:]
}

// maskURL masks all values of the query but those that shown returns something for.
func maskURL(u string, shown func(name, value string) string) string {
	rest, fragment, hasFragment := strings.Cut(u, "#")
	base, query, hasQuery := strings.Cut(rest, "?")

	masked := maskUserinfo(base)
	if hasQuery {
		masked += "?" + maskQuery(query, shown)
	}
	if hasFragment {
		masked += "#"
		if strings.ContainsAny(fragment, "=?@") { // OAuth puts tokens there
			masked += mask
		} else {
			masked += fragment
		}
	}
	return masked
}

// maskUserinfo masks what stands before an @ in the authority, up to the last
// one: a password may hold an @ of its own.
func maskUserinfo(base string) string {
	var b strings.Builder
	for {
		at := strings.Index(base, "//")
		if at < 0 {
			b.WriteString(base)
			return b.String()
		}
		b.WriteString(base[:at+len("//")])
		base = base[at+len("//"):]
		authority, _, _ := strings.Cut(base, "/")
		if user := strings.LastIndexByte(authority, '@'); user >= 0 {
			b.WriteString(mask)
			base = base[user:]
		}
	}
}

// maskQuery masks the values of a query or of a form. What has no = is taken
// for a value: a bare key is as good a secret as a named one. Only & separates,
// as what follows a ; may still be part of a value.
func maskQuery(query string, shown func(name, value string) string) string {
	if query == "" {
		return ""
	}
	var b strings.Builder
	for i, pair := range strings.Split(query, "&") {
		if i > 0 {
			b.WriteByte('&')
		}
		name, value, named := strings.Cut(pair, "=")
		switch {
		case pair == "":
		case !named:
			b.WriteString(mask)
		case value == "":
			b.WriteString(pair)
		case shown != nil && shown(name, value) != "":
			b.WriteString(name + "=" + shown(name, value))
		default:
			b.WriteString(name + "=" + mask)
		}
	}
	return b.String()
}

// shownOption is what may be shown of the value of an OData option, "" for any
// other parameter. A literal may be what a client state or an item is compared
// with; one without quotes can't be told from the rest.
func shownOption(name, value string) string {
	switch strings.ToLower(name) {
	case "$filter", "$select", "$expand", "$orderby", "$top", "$skip", "$count", "$search", "$format":
	default:
		return ""
	}
	masked := literal.ReplaceAllString(value, "$1$3"+mask+"$2")
	if masked == value && strings.EqualFold(name, "$filter") && secretWord(unescapeQuery(value)) {
		return mask
	}
	return masked
}

// literal is a string in OData's quotes, or in those that somebody took for
// them, plain or escaped, closed or not. A doubled quote does not end it.
var literal = regexp.MustCompile(`(?is)('|%27|"|%22).*('|%27|"|%22)|('|%27|"|%22).*$`)

// unescapeQuery decodes the escapes of a query, as long as they are none.
func unescapeQuery(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
