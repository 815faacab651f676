package odata

import (
	"strconv"
	"strings"
	"time"
)

type kind uint8

const (
	end  kind = iota
	word      // a name, a path or an operator
	mark      // one of ( ) , :
	literal
	broken // text says what is wrong
)

type token struct {
	kind  kind
	at    int
	text  string
	value any // of a literal
}

func (t token) is(text string) bool {
	return (t.kind == word || t.kind == mark) && strings.EqualFold(t.text, text)
}

// lexer cuts a filter into tokens. After next, at stands behind the token.
type lexer struct {
	text string
	at   int
}

const blanks = " \t\r\n"

func (l *lexer) next() token {
	l.at += len(l.text[l.at:]) - len(strings.TrimLeft(l.text[l.at:], blanks))
	start := l.at
	if start == len(l.text) {
		return token{kind: end, at: start}
	}
	switch l.text[start] {
	case '(', ')', ',', ':':
		l.at++
		return token{kind: mark, at: start, text: l.text[start:l.at]}
	case '\'':
		return l.quoted(start)
	}
	// A date has colons of its own; any other word ends at one.
	run := l.text[start:]
	if cut := strings.IndexAny(run, blanks+"(),'"); cut >= 0 {
		run = run[:cut]
	}
	if moment, is := date(run); is {
		l.at += len(run)
		return token{kind: literal, at: start, text: run, value: moment}
	}
	if cut := strings.IndexByte(run, ':'); cut >= 0 {
		run = run[:cut]
	}
	l.at += len(run)
	return bare(run, start)
}

// quoted reads a string; a quote inside is doubled (rule W7.2-09).
func (l *lexer) quoted(start int) token {
	var b strings.Builder
	for rest := l.text[start+1:]; ; {
		before, after, closed := strings.Cut(rest, "'")
		if !closed {
			l.at = len(l.text)
			return token{kind: broken, at: start, text: "the string that begins here has no closing quote"}
		}
		b.WriteString(before)
		if !strings.HasPrefix(after, "'") {
			l.at = len(l.text) - len(after)
			return token{kind: literal, at: start, value: b.String()}
		}
		b.WriteByte('\'')
		rest = after[1:]
	}
}

// bare reads a number, true, false or null, or else a word.
func bare(run string, at int) token {
	t := token{kind: literal, at: at, text: run}
	switch strings.ToLower(run) {
	case "true":
		t.value = true
		return t
	case "false":
		t.value = false
		return t
	case "null":
		return t
	}
	if c := run[0]; c >= '0' && c <= '9' || c == '-' || c == '+' {
		number, err := strconv.ParseFloat(run, 64)
		if err != nil {
			return token{kind: broken, at: at, text: strconv.Quote(run) + " is neither a number nor a date with its offset, such as 2026-01-02T03:04:05Z"}
		}
		t.value = number
		return t
	}
	for i := range len(run) {
		if !isNameByte(run[i]) {
			return token{kind: broken, at: at + i, text: strconv.QuoteRune([]rune(run[i:])[0]) + " can't stand here; strings stand in single quotes"}
		}
	}
	t.kind = word
	return t
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_/.$@", c) >= 0
}

// date reads a day or a moment with any fraction and offset (rule R11).
func date(run string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if moment, err := time.Parse(layout, run); err == nil {
			return moment, true
		}
	}
	return time.Time{}, false
}
