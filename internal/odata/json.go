// Package odata reads the two notations that every schema here shares: OData's JSON and OData's URLs.
//
// Its JSON reader exists because encoding/json matches names without case and keeps the last of two equal names, so that it takes an
// interim schema's body for a final one. This one hands out each member as it stands, with its offset. The URL reader turns every
// spelling of a path (keys in parentheses or as segments, escapes) into one. It knows no schema and no property.
package odata

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Member is one name and value of an object.
type Member struct {
	Name   string
	Value  Value
	Offset int // of the name's opening quote, in bytes from the start of the document
}

// Value is a piece of a document that has been checked to be JSON.
type Value struct {
	Raw    []byte
	Offset int
}

// SyntaxError tells what is wrong with a document, and where.
type SyntaxError struct {
	Offset       int // bytes from the start
	Line, Column int // from 1; the column counts bytes
	Reason       string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// Parse checks that doc is one JSON value. Its error is a *SyntaxError.
func Parse(doc []byte) (Value, error) {
	if valid(doc) {
		return trim(Value{Raw: doc}), nil
	}
	var anything any
	err := json.Unmarshal(doc, &anything)
	offset, reason := len(doc), "the document ends too early"
	if len(bytes.TrimSpace(doc)) == 0 {
		reason = "the document is empty"
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		if int(syntax.Offset) < len(doc) || !strings.Contains(syntax.Error(), "unexpected end") {
			reason = syntax.Error()
		}
		offset = max(int(syntax.Offset)-1, 0)
	} else if err != nil {
		reason = err.Error()
	}
	return Value{}, errorAt(doc, offset, reason)
}

func errorAt(doc []byte, offset int, reason string) *SyntaxError {
	offset = min(offset, len(doc))
	before := doc[:offset]
	return &SyntaxError{
		Offset: offset,
		Line:   1 + bytes.Count(before, []byte{'\n'}),
		Column: offset - bytes.LastIndexByte(before, '\n'),
		Reason: reason,
	}
}

// IsObject, IsArray, IsString and IsNull tell what v is.
func (v Value) IsObject() bool { return v.starts('{') }
func (v Value) IsArray() bool  { return v.starts('[') }
func (v Value) IsString() bool { return v.starts('"') }
func (v Value) IsNull() bool   { return v.starts('n') }

func (v Value) starts(c byte) bool { return len(v.Raw) > 0 && v.Raw[0] == c }

// Kind names v's type as JSON does, for messages.
func (v Value) Kind() string {
	if len(v.Raw) == 0 {
		return "nothing"
	}
	switch v.Raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// Text is the string that v spells; ok is false when v is no string.
func (v Value) Text() (text string, ok bool) {
	if !v.IsString() {
		return "", false
	}
	inner := v.Raw[1 : len(v.Raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), true
	}
	if plain, ok := unescapePlain(inner); ok {
		return string(plain), true
	}
	return text, json.Unmarshal(v.Raw, &text) == nil
}

// unescapePlain undoes the escapes of characters that stand for themselves, such as the quotes in every etag; ok is false where there
// are others.
func unescapePlain(inner []byte) (plain []byte, ok bool) {
	plain = make([]byte, 0, len(inner))
	for i := 0; i < len(inner); i++ {
		c := inner[i]
		if c >= utf8.RuneSelf {
			return nil, false // which may be no UTF-8
		}
		if c == '\\' {
			i++
			if c = inner[i]; c != '"' && c != '\\' && c != '/' {
				return nil, false
			}
		}
		plain = append(plain, c)
	}
	return plain, true
}

// Bool is the truth value that v spells; ok is false when v is none.
func (v Value) Bool() (truth, ok bool) {
	switch string(v.Raw) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// Members walks the members of an object in order, duplicates included.
func (v Value) Members(yield func(Member) bool) {
	v.walk(func(name, value Value) bool {
		text, _ := name.Text()
		return yield(Member{Name: text, Offset: name.Offset, Value: value})
	})
}

// Named walks an object like Members, for who looks at many and keeps no name: it is valid as long as the document doesn't change.
func (v Value) Named(yield func(name []byte, value Value) bool) {
	v.walk(func(name, value Value) bool {
		inner := name.Raw[1 : len(name.Raw)-1]
		if bytes.IndexByte(inner, '\\') >= 0 {
			text, _ := name.Text()
			inner = []byte(text)
		}
		return yield(inner, value)
	})
}

func (v Value) walk(yield func(name, value Value) bool) {
	if !v.IsObject() {
		return
	}
	s := scanner{doc: v.Raw, at: 1}
	for s.skipBlank(); s.at < len(s.doc) && s.doc[s.at] != '}'; s.skipSeparator() {
		start := s.at
		name := Value{Raw: s.next(), Offset: v.Offset + start}
		s.skipBlank()
		s.at++ // the colon
		s.skipBlank()
		at := s.at
		if !yield(name, Value{Raw: s.next(), Offset: v.Offset + at}) {
			return
		}
	}
}

// Elements walks the elements of an array in order.
func (v Value) Elements(yield func(Value) bool) {
	if !v.IsArray() {
		return
	}
	s := scanner{doc: v.Raw, at: 1}
	for s.skipBlank(); s.at < len(s.doc) && s.doc[s.at] != ']'; s.skipSeparator() {
		at := s.at
		if !yield(Value{Raw: s.next(), Offset: v.Offset + at}) {
			return
		}
	}
}

// Member is the first member of that very name.
func (v Value) Member(name string) (Value, bool) {
	for n, value := range v.Named {
		if string(n) == name {
			return value, true
		}
	}
	return Value{}, false
}

func trim(v Value) Value {
	s := scanner{doc: v.Raw}
	s.skipBlank()
	return Value{Raw: bytes.TrimRight(v.Raw[s.at:], " \t\r\n"), Offset: v.Offset + s.at}
}

// scanner walks a document that is known to be valid, so it never has to look for errors.
type scanner struct {
	doc []byte
	at  int
}

func (s *scanner) skipBlank() {
	for s.at < len(s.doc) {
		switch s.doc[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) skipSeparator() {
	s.skipBlank()
	if s.at < len(s.doc) && s.doc[s.at] == ',' {
		s.at++
		s.skipBlank()
	}
}

// next returns the value at the scanner's place and steps over it.
func (s *scanner) next() []byte {
	start, depth := s.at, 0
	for s.at < len(s.doc) {
		switch s.doc[s.at] {
		case '"':
			s.skipString()
			if depth == 0 {
				return s.doc[start:s.at]
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 { // the end of the container around a bare word
				return s.doc[start:s.at]
			}
			if depth--; depth == 0 {
				s.at++
				return s.doc[start:s.at]
			}
		case ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return s.doc[start:s.at]
			}
		}
		s.at++
	}
	return s.doc[start:]
}

func (s *scanner) skipString() {
	quote := s.at // the next one from s.at on, once it is found
	for s.at++; s.at < len(s.doc); {
		if quote < s.at {
			next := bytes.IndexByte(s.doc[s.at:], '"')
			if next < 0 {
				break
			}
			quote = s.at + next
		}
		slash := bytes.IndexByte(s.doc[s.at:quote], '\\')
		if slash < 0 {
			s.at = quote + 1
			return
		}
		s.at += slash + 2
	}
	s.at = len(s.doc)
}
