package tunneltest

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// expression is one of a policy's, in the small part of CEL that tells requests apart: !, &&, ||, comparisons, in, lists, strings, whole
// numbers, and three variables. It comes to a bool, a string, an int64 or a list of these.
type expression func(*http.Request) (any, error)

var tokenPattern = regexp.MustCompile(`^\s*(==|!=|<=|>=|&&|\|\||[!<>()\[\],]|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\d+|[A-Za-z_][\w.]*)`)

// parser reads an expression from its tokens.
type parser struct{ tokens []string }

func parseExpression(text string) (expression, error) {
	var p parser
	for rest := strings.TrimSpace(text); rest != ""; {
		match := tokenPattern.FindStringSubmatch(rest)
		if match == nil {
			return nil, fmt.Errorf("read expression %q: %q is not understood here", text, rest)
		}
		p.tokens = append(p.tokens, match[1])
		rest = strings.TrimSpace(rest[len(match[0]):])
	}
	e, err := p.or()
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("there is %q at the end", p.tokens[0])
	}
	if err != nil {
		return nil, fmt.Errorf("read expression %q: %w", text, err)
	}
	return e, nil
}

// next takes the next token if it is one of these.
func (p *parser) next(wanted ...string) (string, bool) {
	if len(p.tokens) == 0 || !slices.Contains(wanted, p.tokens[0]) {
		return "", false
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return token, true
}

func (p *parser) or() (expression, error)  { return p.chain("||", true, p.and) }
func (p *parser) and() (expression, error) { return p.chain("&&", false, p.relation) }

// chain reads operands of || or &&, of which the first that comes to enough decides.
func (p *parser) chain(operator string, enough any, operand func() (expression, error)) (expression, error) {
	first, err := operand()
	operands := []expression{first}
	for err == nil {
		if _, more := p.next(operator); !more {
			break
		}
		var e expression
		e, err = operand()
		operands = append(operands, e)
	}
	if err != nil || len(operands) == 1 {
		return first, err
	}
	return func(r *http.Request) (any, error) {
		for _, e := range operands {
			if value, err := e(r); err != nil || value == enough {
				return value, err
			}
		}
		return enough == false, nil
	}, nil
}

func (p *parser) relation() (expression, error) {
	left, err := p.unary()
	operator, found := p.next("==", "!=", "<", "<=", ">", ">=", "in")
	if err != nil || !found {
		return left, err
	}
	right, err := p.unary()
	if err != nil {
		return nil, err
	}
	return func(r *http.Request) (any, error) {
		a, errA := left(r)
		b, errB := right(r)
		if err := errors.Join(errA, errB); err != nil {
			return nil, err
		}
		return relate(a, operator, b)
	}, nil
}

func relate(a any, operator string, b any) (any, error) {
	list, isList := b.([]any)
	if _, nested := a.([]any); nested {
		return nil, fmt.Errorf("%v %s %v makes no sense", a, operator, b)
	}
	m, isNumber := a.(int64)
	n, areNumbers := b.(int64)
	switch {
	case operator == "in" && isList:
		return slices.Contains(list, a), nil
	case operator == "==" && !isList:
		return a == b, nil
	case operator == "!=" && !isList:
		return a != b, nil
	case !isNumber || !areNumbers:
		return nil, fmt.Errorf("%v %s %v makes no sense", a, operator, b)
	case operator == "<":
		return m < n, nil
	case operator == "<=":
		return m <= n, nil
	case operator == ">":
		return m > n, nil
	default:
		return m >= n, nil
	}
}

func (p *parser) unary() (expression, error) {
	if _, found := p.next("!"); !found {
		return p.primary()
	}
	e, err := p.unary()
	if err != nil {
		return nil, err
	}
	return func(r *http.Request) (any, error) {
		value, err := e(r)
		truth, ok := value.(bool)
		if err == nil && !ok {
			err = fmt.Errorf("!%v makes no sense", value)
		}
		return !truth, err
	}, nil
}

func (p *parser) primary() (expression, error) {
	if len(p.tokens) == 0 {
		return nil, errors.New("it ends too early")
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	switch {
	case token == "(":
		e, err := p.or()
		if _, closed := p.next(")"); err == nil && !closed {
			err = errors.New("a bracket is not closed")
		}
		return e, err
	case token == "[":
		return p.list()
	}
	if value, ok := literal(token); ok {
		return constant(value), nil
	}
	return variable(token)
}

// list reads literals up to the closing bracket.
func (p *parser) list() (expression, error) {
	var items []any
	for len(p.tokens) > 0 {
		if _, closed := p.next("]"); closed {
			return constant(items), nil
		}
		item, ok := literal(p.tokens[0])
		if !ok {
			return nil, fmt.Errorf("a list holds literals, not %q", p.tokens[0])
		}
		items = append(items, item)
		p.tokens = p.tokens[1:]
		if _, more := p.next(","); !more && len(p.tokens) > 0 && p.tokens[0] != "]" {
			return nil, fmt.Errorf("a list goes on with %q", p.tokens[0])
		}
	}
	return nil, errors.New("a list is not closed")
}

// literal is the value of a token that has one by itself.
func literal(token string) (any, bool) {
	if token[0] == '\'' || token[0] == '"' {
		return unescape(token[1 : len(token)-1]), true
	}
	n, err := strconv.ParseInt(token, 10, 64)
	return n, err == nil
}

func constant(value any) expression {
	return func(*http.Request) (any, error) { return value, nil }
}

// unescape undoes backslashes, of which CEL has more than stand here.
func unescape(text string) string {
	return strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\"`, `"`).Replace(text)
}

// variable is what is known of a request. Variables that are not known here are refused rather than taken for anything.
func variable(name string) (expression, error) {
	switch name {
	case "true", "false":
		return constant(name == "true"), nil
	case "req.method":
		return func(r *http.Request) (any, error) { return r.Method, nil }, nil
	case "req.url.path":
		return func(r *http.Request) (any, error) { return r.URL.Path, nil }, nil
	case "req.content_length":
		return func(r *http.Request) (any, error) { return r.ContentLength, nil }, nil
	}
	return nil, fmt.Errorf("the variable %s is not known here", name)
}
