package login

import (
	"bytes"
	"crypto/rand"
	_ "embed" // for the pages
	"html/template"
	"net/url"
	"slices"
	"strings"
	"sync"
)

//go:embed pages.html
var pagesHTML string

// pages makes the few things that a person sees when the first of them is shown: most emulators show none.
var pages = sync.OnceValue(func() *template.Template { return template.Must(template.New("pages").Parse(pagesHTML)) })

// choosePage asks who signs in.
type choosePage struct {
	App, User, Field string
	Fields           []field
}

// postPage sends an answer to the program by a form.
type postPage struct {
	To     string
	Fields []field
	Nonce  string
}

// devicePage asks for the code that a device shows.
type devicePage struct {
	Code, User, Problem string
}

// messagePage tells something and asks nothing.
type messagePage struct {
	Title, Text, Hint string
}

// field is a hidden one of a form.
type field struct{ Name, Value string }

// hiddenFields keep a request's parameters while a page asks.
func hiddenFields(values url.Values) []field {
	var fields []field
	for name, all := range values {
		for _, v := range all {
			fields = append(fields, field{name, v})
		}
	}
	slices.SortFunc(fields, func(a, b field) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

// showPage answers a person. A page loads nothing, can't be framed, and runs no script but the one line that sends its form.
func (x *exchange) showPage(status int, name string, data any) {
	script := "'none'"
	if p, ok := data.(postPage); ok {
		p.Nonce = rand.Text()
		script, data = "'nonce-"+p.Nonce+"'", p
	}
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, name, data); err != nil {
		x.refuse(failed(err))
		return
	}
	h := x.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store, no-cache")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src "+script+"; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	x.w.WriteHeader(status)
	x.w.Write(b.Bytes())
}

// refusePage shows what is wrong to the person at the browser, as there is no program to tell.
func (x *exchange) refusePage(e *Error) {
	setHint(x.w, e.Hint)
	x.config.Record(Event{Grant: "authorize", Refusal: e.Error()})
	x.showPage(e.status(), "message", messagePage{Title: "Sorry, but we're having trouble signing you in.", Text: x.traceOf(x.r).description(e), Hint: e.Hint})
}
