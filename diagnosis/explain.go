package diagnosis

import (
	"cmp"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// minimumPart is how much of a sentence has to be given: less fits them all.
const minimumPart = 12

// convincing is how much of a sentence can't be there by chance, though it goes
// on otherwise or is cut by what stands around it.
const convincing = 24

// Explain returns the findings that the service answers with the given text: a
// sentence of it whole, in part, or inside a longer message, a body in JSON or
// a line of a log. The likeliest comes first: who says more of what was given,
// then what people meet most. Service is the sentence, with its places open.
// There are none if the text is not known.
func Explain(text string) []Diagnosis {
	text = normal(text)
	if len(text) < minimumPart {
		return nil
	}
	status := statusIn(text)
	var likely []candidate
	for _, f := range Catalog() {
		c := candidate{finding: f}
		for _, s := range f.sentences() {
			if n := agreement(normal(s.Text), text); n > c.agreed {
				c.agreed, c.sentence = n, s.Text
			}
		}
		if c.agreed > 0 && c.fits(status) {
			likely = append(likely, c)
		}
	}
	slices.SortStableFunc(likely, func(a, b candidate) int {
		return cmp.Or(b.agreed-a.agreed, a.rank()-b.rank())
	})
	found := make([]Diagnosis, 0, len(likely))
	for _, c := range likely {
		r := report{}
		r.add(c.finding.ID, fact{name: c.name})
		r.found[0].Service = c.sentence
		found = append(found, r.found...)
	}
	return found
}

// candidate is a finding that a text may stand for.
type candidate struct {
	finding  Finding
	status   int    // of the webhook, as far as the text tells it
	name     string // of the case that it tells
	sentence string
	agreed   int // how much of the text is the sentence's
}

// fits takes the status that the text tells into account, where the finding
// has statuses of its own; 0 is none.
func (c *candidate) fits(status int) bool {
	if status == 0 || c.finding.Kind != KindStatus {
		return true
	}
	c.status = status
	known := statuses()
	for _, k := range c.finding.Cases {
		if slices.Contains(known[c.finding.ID+"/"+k.Name], status) {
			c.name = k.Name
			return true
		}
	}
	own, ok := known[c.finding.ID]
	return !ok || slices.Contains(own, status)
}

// rank is the place in which people meet a finding: what the status itself
// tells first, then what is common. A status that has findings of its own
// leaves the one for all the others last.
func (c *candidate) rank() int {
	common := commonest()
	if c.finding.ID == "handshake-status" && c.status != 0 {
		if c.name != "" {
			return -1
		}
		return len(common)
	}
	if i := slices.Index(common, c.finding.ID); i >= 0 {
		return i
	}
	return len(common)
}

// commonest are the findings that the threads of help forums and issue
// trackers are full of, in that order.
func commonest() []string {
	return []string{
		"handshake-json-quotes", "handshake-timeout", "handshake-status", "handshake-late", "handshake-undecoded",
		"handshake-login-redirect", "handshake-refused", "handshake-html", "handshake-empty", "handshake-other-token",
		"handshake-tls", "handshake-method", "handshake-cold-start", "handshake-functions-code", "handshake-ngrok", "handshake-tunnel",
		"handshake-dns", "handshake-plus", "handshake-whitespace", "handshake-json-object", "handshake-after-post", "handshake-get-only",
		"subscribe-http-url", "subscribe-payload", "subscribe-too-long", "subscribe-forbidden", "subscribe-duplicate",
	}
}

// statuses are the answers of a webhook that a finding, or a case of it, is
// told by.
func statuses() map[string][]int {
	redirects := []int{301, 302, 303, 307, 308}
	return map[string][]int{
		"handshake-method":              {405, 501},
		"handshake-get-only":            {404, 405},
		"handshake-login-redirect":      redirects,
		"handshake-redirect":            redirects,
		"handshake-functions-code":      {401},
		"handshake-host":                {400, 403, 421},
		"handshake-ngrok/offline":       {404},
		"handshake-ngrok/upstream":      {502},
		"handshake-ngrok":               {404, 502, 503},
		"handshake-tunnel":              {401, 403, 404, 502, 503, 504, 530},
		"handshake-airplay":             {403},
		"handshake-status/success":      {201, 202, 203, 204, 206},
		"handshake-status/unauthorized": {401, 407},
		"handshake-status/forbidden":    {403},
		"handshake-status/not-found":    {404, 410},
		"handshake-status/body-parser":  {400, 406, 411, 415, 422},
		"handshake-status/throttled":    {429},
		"handshake-status/crash":        {500},
		"handshake-status/gateway":      {502, 503, 504},
	}
}

// statusIn is the webhook's status that a refusal tells, 0 for none.
func statusIn(text string) int {
	if m := regexp.MustCompile(`http status code is '(\w+)'`).FindStringSubmatch(text); m != nil {
		for code := 100; code < 600; code++ {
			if strings.EqualFold(StatusName(code), m[1]) {
				return code
			}
		}
	}
	if m := regexp.MustCompile(`returned an error: \((\d{3})\)`).FindStringSubmatch(text); m != nil {
		code, _ := strconv.Atoi(m[1]) // three digits always are a number
		return code
	}
	return 0
}

// agreement is how much of a text quotes a sentence, within whatever else, or
// is a part of it, however much of its places is filled; 0 if it does not.
func agreement(sentence, text string) int {
	parts := literals(sentence)
	if slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(part, text) }) {
		return len(text)
	}
	most := follows(parts, text, 0)
	for i, part := range parts {
		if n := shared(part, text); n > 0 {
			most = max(most, follows(parts[i+1:], text[n:], n))
		}
	}
	return most
}

// follows tells how much agrees of a text that goes on with the given parts of
// a sentence, to the sentence's end, to its own within a part, or as far as
// convinces; 0 if that is little, as a few letters agree with everything.
func follows(parts []string, text string, agreed int) int {
	for _, part := range parts {
		_, rest, found := strings.Cut(text, part)
		if !found {
			n := shared(text, part)
			if n == 0 && agreed < convincing {
				return 0
			}
			agreed += n
			break
		}
		agreed += len(part)
		text = rest
	}
	if agreed < minimumPart {
		return 0
	}
	return agreed
}

// shared is the length of the longest end of one text with which the other
// begins.
func shared(end, begin string) int {
	for n := min(len(end), len(begin)); n > 0; n-- {
		if strings.HasPrefix(begin, end[len(end)-n:]) {
			return n
		}
	}
	return 0
}

// literals splits a template at its places.
func literals(template string) []string {
	var parts []string
	for template != "" {
		part, rest, _ := strings.Cut(template, "{")
		if part != "" {
			parts = append(parts, part)
		}
		_, template, _ = strings.Cut(rest, "}")
	}
	return parts
}

// escapings is how often a text may have been escaped: a body in JSON inside a
// log in JSON is so twice.
const escapings = 3

// normal makes texts comparable that were copied from logs: without case or
// escapes, with plain quotes, and with one blank where there are several or a
// line end.
func normal(text string) string {
	text = strings.ToValidUTF8(text, " ")
	escapes := strings.NewReplacer(
		`\"`, `"`, `\/`, "/", `\n`, " ", `\r`, " ", `\t`, " ", `\\`, `\`,
		`\u0022`, `"`, `\u0026`, "&", `\u0027`, "'", `\u003c`, "<", `\u003C`, "<", `\u003e`, ">", `\u003E`, ">",
	)
	for range escapings {
		plain := html.UnescapeString(escapes.Replace(text))
		if plain == text {
			break
		}
		text = plain
	}
	text = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`).Replace(text)
	return strings.ToLower(strings.Join(strings.Fields(text), " "))
}
