package fault

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
)

// WrongHeader sends a header otherwise than it should be.
type WrongHeader struct {
	Header string `option:"name" doc:"which; Content-Type if left out"`
	Value  string `option:"value" doc:"what is sent; text/plain if left out"`
	Tries  int    `option:"attempts" min:"1" doc:"how many attempts are so; the first one if left out"`
}

// Name implements [Fault].
func (*WrongHeader) Name() string { return "wrong-header" }

// What implements [Fault].
func (*WrongHeader) What() string {
	return "The request has a header with another value than it should; left to itself, a Content-Type that is not JSON's."
}

// Check refuses what no request can have.
func (f *WrongHeader) Check() error {
	for _, text := range []string{f.Header, f.Value} {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			return errors.New("name and value can hold printable ASCII only")
		}
	}
	if strings.ContainsAny(f.Header, " :") {
		return errors.New("a header's name holds neither blanks nor colons")
	}
	if name := http.CanonicalHeaderKey(f.Header); name == "Content-Length" || name == "Transfer-Encoding" || name == "Host" {
		return errors.New("a request with a wrong " + name + " is none; cut and truncated break the body")
	}
	return nil
}

// EditPlan implements [PlanFault].
func (f *WrongHeader) EditPlan(p *Plan) string {
	name, value := cmp.Or(f.Header, "Content-Type"), cmp.Or(f.Value, "text/plain")
	p.Shapes = append(p.Shapes, Shape{Attempts: f.Tries, Header: http.Header{name: {value}}})
	return name + " is " + value
}
