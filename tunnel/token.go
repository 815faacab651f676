package tunnel

import (
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"
)

// Token is an authtoken and where it was found. Printing, logging or encoding one shows the place, never the token.
type Token struct {
	secret *string // a pointer, as fmt prints fields of a struct in which it can't call Format
	source string
}

// NewToken is a token that was found in a place, such as "the variable WORK_TOKEN".
func NewToken(secret, source string) Token {
	secret = strings.TrimSpace(secret)
	return Token{&secret, source}
}

// Source is where the token was found, for people.
func (t Token) Source() string { return t.source }

// Format writes where the token was found, whatever the verb.
func (t Token) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "the authtoken of %s", t.source) }

// MarshalText writes where the token was found.
func (t Token) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(t)), nil }

// reveal is the token itself, empty if there is none.
func (t Token) reveal() string {
	if t.secret == nil {
		return ""
	}
	return *t.secret
}

// redact takes the token out of a text, also as it stands in a URL.
func (t Token) redact(text string) string {
	secret := t.reveal()
	if secret == "" {
		return text
	}
	return strings.NewReplacer(secret, "…", url.QueryEscape(secret), "…").Replace(text)
}

// Places are where a token is looked for, in this order: a variable that the user named, NGROK_AUTHTOKEN, the files of ngrok's own agent.
// The zero value looks at this process and this system, and at no other variable.
type Places struct {
	Variable string              // named by the user; then it is the only place
	Getenv   func(string) string // os.Getenv if nil
	GOOS     string              // runtime.GOOS if empty
}

// tokenVariable is the one that ngrok's own programs read.
const tokenVariable = "NGROK_AUTHTOKEN"

const (
	findingToken = "find ngrok's authtoken"
	signUp       = "copy it from https://dashboard.ngrok.com/get-started/your-authtoken and set " + tokenVariable + " to it, or run: ngrok config add-authtoken TOKEN"
)

// FindToken finds an authtoken. That there is none, or that a file of ngrok's can't be read, is an [*Error].
func FindToken(p Places) (Token, error) {
	if p.Getenv == nil {
		p.Getenv = os.Getenv
	}
	if p.GOOS == "" {
		p.GOOS = runtime.GOOS
	}
	if p.Variable != "" {
		if t := NewToken(p.Getenv(p.Variable), "the variable "+p.Variable); t.reveal() != "" {
			return t, nil
		}
		return Token{}, wrongUse(findingToken, "the variable "+p.Variable+" holds none", "set it to the authtoken of https://dashboard.ngrok.com/get-started/your-authtoken")
	}
	if t := NewToken(p.Getenv(tokenVariable), "the variable "+tokenVariable); t.reveal() != "" {
		return t, nil
	}
	for _, file := range p.files() {
		text, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return Token{}, &Error{Doing: findingToken, Text: err.Error(), Cure: "let this user read the file, or set " + tokenVariable, use: true, err: err}
		}
		secret, err := tokenIn(text)
		if err != nil {
			return Token{}, wrongUse(findingToken, "read "+file+": "+err.Error(), "mend the file, which `ngrok config check` helps with, or set "+tokenVariable)
		}
		if t := NewToken(secret, "the file "+file); t.reveal() != "" {
			return t, nil
		}
	}
	return Token{}, wrongUse(findingToken, "neither "+tokenVariable+" nor a configuration file of ngrok's has one", signUp)
}

// files are where ngrok's agent keeps its configuration, the newer ones first. On Windows it is not the folder that roams, in which
// os.UserConfigDir would look.
func (p Places) files() []string {
	join := func(separator string, parts ...string) string {
		for i, part := range parts {
			if part == "" {
				return ""
			}
			if i > 0 {
				parts[i] = strings.Trim(part, separator)
			} else {
				parts[i] = strings.TrimRight(part, separator)
			}
		}
		return strings.Join(parts, separator)
	}
	var files []string
	home := p.Getenv("HOME")
	switch p.GOOS {
	case "windows":
		home = p.Getenv("USERPROFILE")
		files = []string{join(`\`, p.Getenv("LOCALAPPDATA"), "ngrok", "ngrok.yml"), join(`\`, home, ".ngrok2", "ngrok.yml")}
	case "darwin":
		files = []string{join("/", home, "Library", "Application Support", "ngrok", "ngrok.yml"), join("/", home, ".ngrok2", "ngrok.yml")}
	default:
		first := join("/", p.Getenv("XDG_CONFIG_HOME"), "ngrok", "ngrok.yml")
		if first == "" {
			first = join("/", home, ".config", "ngrok", "ngrok.yml")
		}
		files = []string{first, join("/", home, ".ngrok2", "ngrok.yml"), join("/", home, "snap", "ngrok", "current", ".config", "ngrok", "ngrok.yml")}
	}
	found := files[:0]
	for _, f := range files {
		if f != "" {
			found = append(found, f)
		}
	}
	return found
}
