package odata

import (
	"encoding/binary"
	"math/bits"
)

// valid reports whether doc is one JSON value, exactly as json.Valid does: bodies come in batches, and that takes one byte at a time
// through a state machine, which is most of the time it takes to read one.
func valid(doc []byte) bool {
	c := checker{doc: doc}
	c.blank()
	if !c.value() {
		return false
	}
	c.blank()
	return c.at == len(doc)
}

// maxDepth is how deep json.Valid goes: beyond it a document is an attack on the stack.
const maxDepth = 10_000

type checker struct {
	doc   []byte
	at    int
	depth int
}

// blank skips what may stand between values.
func (c *checker) blank() {
	for c.at < len(c.doc) {
		switch c.doc[c.at] {
		case ' ', '\t', '\r', '\n':
			c.at++
		default:
			return
		}
	}
}

// take steps over one byte, if it is that.
func (c *checker) take(b byte) bool {
	if c.at < len(c.doc) && c.doc[c.at] == b {
		c.at++
		return true
	}
	return false
}

func (c *checker) value() bool {
	if c.at == len(c.doc) {
		return false
	}
	switch c.doc[c.at] {
	case '{':
		return c.list('}', c.member)
	case '[':
		return c.list(']', c.value)
	case '"':
		return c.text()
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	}
	return c.number()
}

// list checks what stands between brackets or braces, separated by commas.
func (c *checker) list(end byte, element func() bool) bool {
	if c.depth++; c.depth > maxDepth {
		return false
	}
	c.at++
	c.blank()
	for first := true; !c.take(end); first = false {
		if !first {
			if !c.take(',') {
				return false
			}
			c.blank()
		}
		if !element() {
			return false
		}
		c.blank()
	}
	c.depth--
	return true
}

func (c *checker) member() bool {
	if !c.text() {
		return false
	}
	c.blank()
	if !c.take(':') {
		return false
	}
	c.blank()
	return c.value()
}

func (c *checker) word(word string) bool {
	if len(c.doc)-c.at < len(word) || string(c.doc[c.at:c.at+len(word)]) != word {
		return false
	}
	c.at += len(word)
	return true
}

func (c *checker) number() bool {
	c.take('-')
	if !c.take('0') && !c.digits() {
		return false
	}
	if c.take('.') && !c.digits() {
		return false
	}
	if c.take('e') || c.take('E') {
		if !c.take('+') {
			c.take('-')
		}
		return c.digits()
	}
	return true
}

// digits steps over one digit at least.
func (c *checker) digits() bool {
	start := c.at
	for c.at < len(c.doc) && c.doc[c.at]-'0' <= 9 {
		c.at++
	}
	return c.at > start
}

func (c *checker) text() bool {
	if !c.take('"') {
		return false
	}
	for {
		c.plain()
		if c.at == len(c.doc) {
			return false
		}
		switch c.doc[c.at] {
		case '"':
			c.at++
			return true
		case '\\':
			if !c.escape() {
				return false
			}
		default:
			return false // a control character
		}
	}
}

// plain steps over what needs no look: anything but quotes, backslashes and control characters, eight bytes at a time.
func (c *checker) plain() {
	const low, high = 0x0101010101010101, 0x8080808080808080
	for c.at+8 <= len(c.doc) {
		x := binary.LittleEndian.Uint64(c.doc[c.at:])
		quote, slash := x^(low*'"'), x^(low*'\\')
		// A byte's high bit is set below where the byte is 0, or less than a blank. One above such a byte may be set by mistake, never one
		// below it, so the lowest is right.
		special := ((quote-low)&^quote | (slash-low)&^slash | (x-low*' ')&^x) & high
		if special != 0 {
			c.at += bits.TrailingZeros64(special) / 8
			return
		}
		c.at += 8
	}
	for c.at < len(c.doc) && c.doc[c.at] >= ' ' && c.doc[c.at] != '"' && c.doc[c.at] != '\\' {
		c.at++
	}
}

func (c *checker) escape() bool {
	rest := c.doc[c.at+1:]
	if len(rest) == 0 {
		return false
	}
	switch rest[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		c.at += 2
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
		c.at += 2 + digits
		return true
	}
	return false
}
