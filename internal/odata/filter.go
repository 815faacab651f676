package odata

import (
	"fmt"
	"slices"
	"strings"
)

// maxFilterDepth bounds how deep parentheses, nots and functions may nest. No client comes near; a text made to exhaust the
// stack stops here.
const maxFilterDepth = 50

// Filter is a parsed $filter. It keeps no state, so that any number of goroutines may use it.
type Filter struct {
	root       term
	properties []string
}

// ParseFilter reads a decoded $filter: comparisons (eq ne gt ge lt le), and, or, not, in any case (rule W1.5-18), parentheses,
// contains, startswith, endswith, and any over a collection. Its error is a *SyntaxError; Column counts from 1.
func ParseFilter(text string) (*Filter, error) {
	p := &filterParser{lexer: lexer{text: text}}
	p.next()
	root, err := p.or()
	if err == nil && p.token.kind != end {
		err = p.expected("and, or, or the end")
	}
	if err != nil {
		return nil, err
	}
	return &Filter{root: root, properties: p.properties}, nil
}

// Match judges an item. lookup gives the value of a property path, each step in the filter's own spelling, or nil when there is
// none; see Lookup. Like the service, Match finds a comparison with what is missing, or is of another type, not true, but for eq
// null and ne.
func (f *Filter) Match(lookup func(path []string) any) bool {
	return f.root.holds(lookup)
}

// Properties lists the paths that the filter names, each once, in their order and spelling, with slashes between steps.
func (f *Filter) Properties() []string { return slices.Clone(f.properties) }

// filterParser descends: or, and, not, comparison.
type filterParser struct {
	lexer
	token      token
	depth      int
	variables  []string // of the lambdas around
	properties []string
}

func (p *filterParser) or() (term, error) {
	return p.chain("or", p.and, func(terms []term) term { return anyOf(terms) })
}

func (p *filterParser) and() (term, error) {
	return p.chain("and", p.not, func(terms []term) term { return allOf(terms) })
}

// chain reads operands with one operator between them.
func (p *filterParser) chain(operator string, operand func() (term, error), join func([]term) term) (term, error) {
	var terms []term
	for {
		t, err := operand()
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
		if !p.token.is(operator) {
			break
		}
		p.next()
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return join(terms), nil
}

func (p *filterParser) not() (term, error) {
	if err := p.descend(); err != nil {
		return nil, err
	}
	defer p.ascend()
	if !p.token.is("not") {
		return p.comparison()
	}
	p.next()
	t, err := p.not()
	return inverse{t}, err
}

func (p *filterParser) comparison() (term, error) {
	if p.token.is("(") {
		return p.group(p.or)
	}
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	operator, known := operators[strings.ToLower(p.token.text)]
	if p.token.kind != word || !known {
		// A truth may stand alone, but before another word or value it is an operator that is missing.
		follows := p.token.kind == literal || p.token.kind == word && !p.token.is("and") && !p.token.is("or")
		if truth, stands := left.(standsAlone); stands && !follows {
			return truth.alone(), nil
		}
		return nil, p.expected("one of eq, ne, gt, ge, lt, le")
	}
	p.next()
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	return comparison{operator, left, right}, nil
}

// operand reads a literal, a property or a function's call.
func (p *filterParser) operand() (operand, error) {
	t := p.token
	switch t.kind {
	case literal:
		p.next()
		return constant{t.value}, nil
	case word:
		if _, operator := operators[strings.ToLower(t.text)]; operator || t.is("and") || t.is("or") || t.is("not") {
			break
		}
		p.next()
		if function, known := functions[strings.ToLower(t.text)]; known && p.token.is("(") {
			return p.call(function)
		}
		return p.property(t)
	}
	return nil, p.expected("a property or a value")
}

func (p *filterParser) call(test func(text, part string) bool) (operand, error) {
	if err := p.descend(); err != nil {
		return nil, err
	}
	defer p.ascend()
	p.next()
	var arguments [2]operand
	for i := range arguments {
		argument, err := p.operand()
		if err != nil {
			return nil, err
		}
		arguments[i] = argument
		closing := []string{",", ")"}[i]
		if !p.token.is(closing) {
			return nil, p.expected(closing)
		}
		p.next()
	}
	return call{test, arguments[0], arguments[1]}, nil
}

// property reads a path whose words come as one token, and what may follow it: (v:…) after any.
func (p *filterParser) property(t token) (operand, error) {
	path := strings.Split(t.text, "/")
	if slices.Contains(path, "") {
		p.token = t
		return nil, p.fail(fmt.Sprintf("the path %q has an empty step", t.text))
	}
	if last := len(path) - 1; last > 0 && strings.EqualFold(path[last], "any") && p.token.is("(") {
		return p.lambda(path[:last])
	}
	if slices.Contains(p.variables, path[0]) {
		return property{path}, nil
	}
	p.note(path)
	return property{path}, nil
}

func (p *filterParser) lambda(path []string) (operand, error) {
	p.note(path)
	p.next()
	if p.token.is(")") { // any(): is there anything at all
		p.next()
		return lambda{path: path}, nil
	}
	variable := p.token
	if variable.kind != word || strings.Contains(variable.text, "/") {
		return nil, p.expected("a variable, as in any(c:c eq 'x')")
	}
	if p.next(); !p.token.is(":") {
		return nil, p.expected(":")
	}
	p.variables = append(p.variables, variable.text)
	defer func() { p.variables = p.variables[:len(p.variables)-1] }()
	condition, err := p.group(p.or)
	return lambda{path, variable.text, condition}, err
}

// group reads what stands between the token that opens it, ( or :, and the closing parenthesis.
func (p *filterParser) group(inner func() (term, error)) (term, error) {
	p.next()
	t, err := inner()
	if err != nil {
		return nil, err
	}
	if !p.token.is(")") {
		return nil, p.expected(")")
	}
	p.next()
	return t, nil
}

func (p *filterParser) descend() error {
	if p.depth++; p.depth > maxFilterDepth {
		return p.fail(fmt.Sprintf("nested deeper than %d", maxFilterDepth))
	}
	return nil
}

func (p *filterParser) ascend() { p.depth-- }

func (p *filterParser) note(path []string) {
	if name := strings.Join(path, "/"); !slices.Contains(p.variables, path[0]) && !slices.Contains(p.properties, name) {
		p.properties = append(p.properties, name)
	}
}

func (p *filterParser) next() { p.token = p.lexer.next() }

func (p *filterParser) expected(what string) error {
	switch p.token.kind {
	case broken:
		return p.fail(p.token.text)
	case end:
		return p.fail("expected " + what + ", but the filter ends")
	}
	return p.fail(fmt.Sprintf("expected %s, not %q", what, p.text[p.token.at:p.at]))
}

func (p *filterParser) fail(reason string) error { return errorAt([]byte(p.text), p.token.at, reason) }
