package odata

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
)

// part is a value or a name in a document. All of them are noted when the document is checked, in the order in which they begin, so that
// whoever walks it then looks at no byte twice.
type part struct {
	start, end uint32 // in bytes from the start of the document
	inside     uint32 // how many of the parts that follow are in it
}

// parse checks that doc is one JSON value, exactly as json.Valid does, and notes its parts, itself first: bodies come in batches, and
// that takes one byte at a time through a state machine, which was most of the time it took to read one.
func parse(doc []byte, room []part) (parts []part, ok bool) {
	if uint64(len(doc)) > math.MaxUint32 {
		return room, false // which nobody takes
	}
	if cap(room) == 0 {
		// Two quotes make a part; some have none, as numbers and what is in brackets.
		quotes := bytes.Count(doc, []byte{'"'})
		room = make([]part, 0, quotes/2+quotes/8+4)
	}
	p := parser{doc: doc, parts: room}
	p.blank()
	if !p.value() {
		return p.parts, false
	}
	p.blank()
	return p.parts, p.at == len(doc)
}

// valueOf is the value that a document is.
func valueOf(doc []byte, parts []part) Value {
	all := Value{parts: parts, Raw: doc}
	return all.part(0)
}

// maxDepth is how deep json.Valid goes: beyond it a document is an attack on the stack.
const maxDepth = 10_000

type parser struct {
	doc   []byte
	at    int
	depth int
	parts []part
}

// blank skips what may stand between values.
func (p *parser) blank() {
	for p.at < len(p.doc) {
		switch p.doc[p.at] {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return
		}
	}
}

// take steps over one byte, if it is that.
func (p *parser) take(b byte) bool {
	if p.at < len(p.doc) && p.doc[p.at] == b {
		p.at++
		return true
	}
	return false
}

func (p *parser) value() bool {
	if p.at == len(p.doc) {
		return false
	}
	switch p.doc[p.at] {
	case '{':
		return p.list('}')
	case '[':
		return p.list(']')
	case '"':
		return p.text()
	}
	start := p.at
	var ok bool
	switch p.doc[p.at] {
	case 't':
		ok = p.word("true")
	case 'f':
		ok = p.word("false")
	case 'n':
		ok = p.word("null")
	default:
		ok = p.number()
	}
	p.note(start)
	return ok
}

// note notes a part that is over and has nothing in it.
func (p *parser) note(start int) {
	p.parts = append(p.parts, part{start: uint32(start), end: uint32(p.at)})
}

// list checks what stands between brackets or braces, separated by commas.
func (p *parser) list(end byte) bool {
	if p.depth++; p.depth > maxDepth {
		return false
	}
	own := len(p.parts)
	p.note(p.at)
	p.at++
	p.blank()
	for first := true; !p.take(end); first = false {
		if !first {
			if !p.take(',') {
				return false
			}
			p.blank()
		}
		if end == '}' && !p.name() || !p.value() {
			return false
		}
		p.blank()
	}
	p.depth--
	p.parts[own].end, p.parts[own].inside = uint32(p.at), uint32(len(p.parts)-own-1)
	return true
}

// name checks what stands before a member's value.
func (p *parser) name() bool {
	if !p.text() {
		return false
	}
	p.blank()
	if !p.take(':') {
		return false
	}
	p.blank()
	return true
}

func (p *parser) word(word string) bool {
	if len(p.doc)-p.at < len(word) || string(p.doc[p.at:p.at+len(word)]) != word {
		return false
	}
	p.at += len(word)
	return true
}

func (p *parser) number() bool {
	p.take('-')
	if !p.take('0') && !p.digits() {
		return false
	}
	if p.take('.') && !p.digits() {
		return false
	}
	if p.take('e') || p.take('E') {
		if !p.take('+') {
			p.take('-')
		}
		return p.digits()
	}
	return true
}

// digits steps over one digit at least.
func (p *parser) digits() bool {
	start := p.at
	for p.at < len(p.doc) && p.doc[p.at]-'0' <= 9 {
		p.at++
	}
	return p.at > start
}

func (p *parser) text() bool {
	start := p.at
	if !p.take('"') {
		return false
	}
	for {
		p.plain()
		if p.at == len(p.doc) {
			return false
		}
		switch p.doc[p.at] {
		case '"':
			p.at++
			p.note(start)
			return true
		case '\\':
			if !p.escape() {
				return false
			}
		default:
			return false // a control character
		}
	}
}

// plain steps over what needs no look: anything but quotes, backslashes and control characters, eight bytes at a time.
func (p *parser) plain() {
	const low, high = 0x0101010101010101, 0x8080808080808080
	doc, at := p.doc, p.at
	for ; at+8 <= len(doc); at += 8 {
		x := binary.LittleEndian.Uint64(doc[at:])
		quote, slash := x^(low*'"'), x^(low*'\\')
		// A byte's high bit is set below where the byte is 0, or less than a blank. One above such a byte may be set by mistake, never one
		// below it, so the lowest is right.
		special := ((quote-low)&^quote | (slash-low)&^slash | (x-low*' ')&^x) & high
		if special != 0 {
			p.at = at + bits.TrailingZeros64(special)/8
			return
		}
	}
	for at < len(doc) && doc[at] >= ' ' && doc[at] != '"' && doc[at] != '\\' {
		at++
	}
	p.at = at
}

func (p *parser) escape() bool {
	rest := p.doc[p.at+1:]
	if len(rest) == 0 {
		return false
	}
	switch rest[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		p.at += 2
		return true
	case 'u':
		const digits = 4
		if len(rest) <= digits {
			return false
		}
		for _, d := range rest[1 : 1+digits] {
			if d-'0' > 9 && (d|0x20)-'a' > 5 {
				return false
			}
		}
		p.at += 2 + digits
		return true
	}
	return false
}
