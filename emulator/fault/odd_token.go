package fault

import "cmp"

// oddToken has all that a webhook gets wrong which does not decode the query: what means something in a query, in a form, in HTML or
// in a header, blanks, and letters of two, three and four bytes.
const oddToken = `Validation: 100% <odd> a+b & c=d; "é" — 漢字 🙂 /?#`

// OddToken sends a token that only who decodes it properly can echo.
type OddToken struct {
	Text string `option:"text" doc:"the token; one with everything in it that is often got wrong if left out"`
}

// Name implements [Fault].
func (*OddToken) Name() string { return "odd-token" }

// What implements [Fault].
func (*OddToken) What() string {
	return "The token holds percent signs, pluses, ampersands, angle brackets, blanks and letters beyond ASCII."
}

// EditHandshake implements [HandshakeFault].
func (f *OddToken) EditHandshake(h *Handshake) string {
	h.Token = cmp.Or(f.Text, oddToken)
	return "the " + h.What + " URL is asked for an odd token"
}
