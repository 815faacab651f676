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

// Value is a piece of a document that has been checked to be JSON: Parse makes one of it all, and the walks hand out what is in it.
// One made of bytes alone is not: there is nothing in it to walk.
type Value struct {
	Raw    []byte
	Offset int
	parts  []part // what is in it
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
func Parse(doc []byte) (Value, error) { return new(Room).Parse(doc) }

// Room is memory to parse in, for one document after the other. The zero value is ready.
type Room struct{ parts []part }

// Parse is the function of that name. What it returns is valid until the next call.
func (r *Room) Parse(doc []byte) (Value, error) {
	parts, ok := parse(doc, r.parts[:0])
	if r.parts = parts; ok {
		return valueOf(doc, parts), nil
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
	var room [shortText]byte
	if plain, ok := appendPlain(room[:0], inner); ok {
		return string(plain), true
	}
	return unescape(v.Raw)
}

// Spells tells whether v is that text, written without an escape: who expects a certain one needs no memory for it.
func (v Value) Spells(text string) bool {
	return v.IsString() && string(v.Raw[1:len(v.Raw)-1]) == text && strings.IndexByte(text, '\\') < 0
}

// AppendText appends what Text returns, which needs no memory of its own then.
func (v Value) AppendText(dst []byte) []byte {
	if !v.IsString() {
		return dst
	}
	inner := v.Raw[1 : len(v.Raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return append(dst, inner...)
	}
	if plain, ok := appendPlain(dst, inner); ok {
		return plain
	}
	text, _ := unescape(v.Raw)
	return append(dst, text...)
}

// unescape is apart from Text, so that only what it reads has to lie on the heap.
func unescape(raw []byte) (text string, ok bool) {
	err := json.Unmarshal(raw, &text)
	return text, err == nil
}

// shortText is as long as most texts with escapes in them.
const shortText = 128

// appendPlain undoes the escapes of characters that stand for themselves, such as the quotes in every etag; ok is false where there
// are others.
func appendPlain(dst, inner []byte) (plain []byte, ok bool) {
	for i := 0; i < len(inner); i++ {
		c := inner[i]
		if c >= utf8.RuneSelf {
			return dst, false // which may be no UTF-8
		}
		if c == '\\' {
			i++
			if c = inner[i]; c != '"' && c != '\\' && c != '/' {
				return dst, false
			}
		}
		dst = append(dst, c)
	}
	return dst, true
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
	if !v.IsObject() {
		return
	}
	for i := 0; i < len(v.parts); {
		name, value := v.part(i), v.part(i+1)
		text, _ := name.Text()
		if !yield(Member{Name: text, Offset: name.Offset, Value: value}) {
			return
		}
		i += 1 + value.size()
	}
}

// Named walks an object like Members, for who looks at many and keeps no name: it is valid as long as the document doesn't change.
func (v Value) Named(yield func(name []byte, value Value) bool) {
	if !v.IsObject() {
		return
	}
	for i := 0; i < len(v.parts); {
		quoted, value := v.raw(i), v.part(i+1)
		name := quoted[1 : len(quoted)-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			text, _ := v.part(i).Text()
			name = []byte(text)
		}
		if !yield(name, value) {
			return
		}
		i += 1 + value.size()
	}
}

// Elements walks the elements of an array in order.
func (v Value) Elements(yield func(Value) bool) {
	if !v.IsArray() {
		return
	}
	for i := 0; i < len(v.parts); {
		element := v.part(i)
		if !yield(element) {
			return
		}
		i += element.size()
	}
}

// Len counts the elements of an array.
func (v Value) Len() (n int) {
	for range v.Elements {
		n++
	}
	return n
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

// part is what the part of that number is.
func (v *Value) part(i int) Value {
	p := &v.parts[i]
	first := i + 1
	return Value{Raw: v.raw(i), Offset: int(p.start), parts: v.parts[first : first+int(p.inside)]}
}

// raw is how the part of that number stands in the document.
func (v *Value) raw(i int) []byte {
	p := &v.parts[i]
	return v.Raw[int(p.start)-v.Offset : int(p.end)-v.Offset]
}

// size is how many parts a value is, with those in it.
func (v *Value) size() int { return 1 + len(v.parts) }
