package journal

import "strings"

// MaskURL returns a URL as it may be shown: query values, which is where many
// webhooks keep their key (?code=, ?sig=, ?token=), become "…", and so do a
// user name and password. Names of parameters stay, as do the values that are
// no secret: OData options ($filter=…) and the validation token, which is good
// for one handshake and the first thing one looks at when that fails.
//
// It is textual, so that it masks what is no valid URL just as well.
func MaskURL(u string) string {
	rest, fragment, hasFragment := strings.Cut(u, "#")
	base, query, hasQuery := strings.Cut(rest, "?")

	masked := maskUserinfo(base)
	if hasQuery {
		masked += "?" + maskQuery(query)
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
func maskQuery(query string) string {
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
		case value == "" || publicParameter(name):
			b.WriteString(pair)
		default:
			b.WriteString(name + "=" + mask)
		}
	}
	return b.String()
}

// publicParameter tells whether a query parameter's value may be shown.
func publicParameter(name string) bool {
	switch strings.ToLower(name) {
	case "$filter", "$select", "$expand", "$orderby", "$top", "$skip", "$count", "$search", "$format",
		"validationtoken":
		return true
	}
	return false
}
