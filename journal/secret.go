package journal

import (
	"regexp"
	"strings"
)

// secretName tells whether a property's value is a secret: the client state as
// the dialects call it (W1.2-03, W1.2-04, W1.2-05), and the tokens and
// credentials of sign-in. A map of headers is known by the headers' names. A
// certificate is public, but it is where a private key ends up by mistake.
func secretName(name string) bool {
	switch strings.ToLower(name) {
	case "context",
		"access_token", "refresh_token", "id_token", "device_code", "assertion",
		"client_secret", "client_assertion", "code_verifier", "password", "secret",
		"validationtokens", "webpushencryptionsecret", "encryptioncertificate":
		return true
	}
	return secretHeader(name)
}

// meantSecret tells whether what is called so in a body may be a secret,
// though misspelt: nobody's typing error is to be what gives one away.
func meantSecret(name string) bool {
	if secretName(name) {
		return true
	}
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune("_-. @", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
	switch plain {
	case "state", "context", "xcontext", "clientcontext", "apikey", "accesskey", "functionkey", "authorization", "assertion":
		return !strings.HasPrefix(name, "@") // @odata.context is no client state
	}
	if strings.HasSuffix(plain, "token") {
		return plain != "validationtoken" // good for one handshake, and what one debugs
	}
	return secretWord(plain)
}

// secretWord tells whether a text names a client state or a credential somewhere.
func secretWord(text string) bool { return almostSecret.MatchString(text) }

// almostSecret is the client state with letters swapped, left out or parted,
// and what is called a secret.
var almostSecret = regexp.MustCompile(`(?i)(?:cl[ien]{1,3}|c[ien]{2,3})t?[_\-. ]?s\w{0,2}t|client_?context|secret|passw(?:or)?d`)

// maskNamed masks, in a body that is no JSON, what follows the names of
// secrets: rather too much than too little, as nobody knows where it ends.
func maskNamed(text string) string {
	if strings.Contains(text, "form-data") {
		text = maskAfter(text, part, partEnd)
	}
	if strings.Contains(text, "<") || strings.Contains(text, "&lt;") {
		text = maskAfter(text, tag, tagEnd)
	}
	var b strings.Builder
	for text != "" {
		from := strings.IndexFunc(text, inName)
		if from < 0 {
			break
		}
		to := from + len(text[from:]) - len(strings.TrimLeftFunc(text[from:], inName))
		b.WriteString(text[:to])
		name := text[from:to]
		text = text[to:]
		if !maybeSecret(name) || !meantSecret(name) {
			continue
		}
		if separated := separator.FindStringIndex(text); separated != nil {
			b.WriteString(text[:separated[1]])
			length := valueEnd(text[separated[1]:], text[:separated[1]])
			if length > 0 {
				b.WriteString(mask)
			}
			text = text[separated[1]+length:]
		}
	}
	b.WriteString(text)
	return b.String()
}

// inName tells whether names are made of a letter; what else there is of @, - and . does no harm.
func inName(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_@-.", r)
}

// maybeSecret is a quick look at a word before a long one: pages are long, and few of their words are names of secrets.
func maybeSecret(word string) bool {
	const shortest = len("key")
	if len(word) < shortest {
		return false
	}
	word = strings.ToLower(word)
	for _, hint := range []string{"sta", "sec", "pass", "tok", "key", "con", "aut", "ass", "coo", "cod"} {
		if strings.Contains(word, hint) {
			return true
		}
	}
	_, rest, clientState := strings.Cut(word, "c")
	_, rest, inner := strings.Cut(rest, "s")
	return clientState && inner && strings.Contains(rest, "t")
}

// maskAfter masks the values that come after what begin finds, whose first
// group is a name, where that is the name of a secret.
func maskAfter(text string, begin *regexp.Regexp, end func(text, beginning string) int) string {
	var b strings.Builder
	for {
		at := begin.FindStringSubmatchIndex(text)
		if at == nil {
			b.WriteString(text)
			return b.String()
		}
		if !meantSecret(text[at[2]:at[3]]) {
			b.WriteString(text[:at[3]]) // what separates may begin the next
			text = text[at[3]:]
			continue
		}
		b.WriteString(text[:at[1]])
		length := end(text[at[1]:], text[at[3]:at[1]])
		if length > 0 {
			b.WriteString(mask)
		}
		text = text[at[1]+length:]
	}
}

// These begin a value. None looks far ahead in vain: bodies may be long.
var (
	// part is one of a multipart form.
	part = regexp.MustCompile(`(?i)form-data;[^\n]{0,50}name="?([^"\r\n;]{0,100})"?[^\n]{0,200}\n(?:[^\n]{2,200}\n){0,3}\r?\n`)

	// tag is one of XML, with its attributes, also as a page shows it.
	tag = regexp.MustCompile(`(?i)(?:<|&lt;)(?:\w+:)?([@\w][\w@.\-]*)(?:\s[^<>]*?)?(?:>|&gt;)`)

	// separator stands between a name and its value in JSON, YAML, a form, an
	// attribute, a dump, and in what is escaped for a page or a URL.
	separator = regexp.MustCompile(`^(?i)(?:["'\\\s]|&quot;|&#34;|&#39;|%22|%20|%5c)*` +
		`(?:=>|=&gt;|[:=]|%3a|%3d)(?:[ \t]|%20)*(?:\\*["']|&quot;|&#34;|&#39;|%22)?`)
)

func partEnd(text, _ string) int {
	if end := strings.Index(text, "\n--"); end >= 0 {
		return end
	}
	return len(text)
}

func tagEnd(text, beginning string) int {
	if strings.HasSuffix(strings.TrimRight(strings.TrimSuffix(beginning, ">"), " "), "/") { // it has no value
		return 0
	}
	for _, closing := range []string{"</", "&lt;/"} {
		if end := strings.Index(text, closing); end >= 0 {
			return end
		}
	}
	return len(text)
}

// valueEnd is where a value ends that follows a separator: at the quote that
// it begins with, else with its line, or with those that are indented below.
func valueEnd(text, beginning string) int {
	for _, quote := range []string{`\\\"`, `\"`, `"`, `\'`, `'`, "&quot;", "&#34;", "&#39;", "%22"} {
		if !strings.HasSuffix(beginning, quote) {
			continue
		}
		if end := closing(text, quote); end >= 0 {
			return end
		}
		return len(text)
	}
	end := lineEnd(text, 0)
	for end < len(text) {
		below := end + 1
		if below == len(text) || end > 0 && text[below] != ' ' && text[below] != '\t' {
			break
		}
		end = lineEnd(text, below)
	}
	return end
}

// closing is where a quote stands that is not escaped; -1 if nowhere.
func closing(text, quote string) int {
	for from := 0; ; {
		at := strings.Index(text[from:], quote)
		if at < 0 {
			return -1
		}
		at += from
		if at == 0 || text[at-1] != '\\' {
			return at
		}
		from = at + len(quote)
	}
}

func lineEnd(text string, from int) int {
	if n := strings.IndexByte(text[from:], '\n'); n >= 0 {
		return from + n
	}
	return len(text)
}
