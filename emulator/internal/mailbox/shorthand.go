package mailbox

import (
	"net/mail"
	"time"
)

// shorthand lets a text stand for an object: an address for a recipient, a date for a start.
type shorthand struct {
	sample string // what may be given
	read   func(text string) (members map[string]any, ok bool)
}

var (
	asPerson  = &shorthand{"an address such as ann@contoso.com", readPerson}
	asAddress = &shorthand{asPerson.sample, readAddress}
	asTime    = &shorthand{"a date such as 2026-01-02T03:04:05Z", readTime}
	asBody    = &shorthand{"a text", readBody}
)

// asMember lets a text stand for the one member that matters.
func asMember(name, sample string) *shorthand {
	return &shorthand{sample, func(text string) (map[string]any, bool) { return map[string]any{name: text}, true }}
}

func readPerson(text string) (map[string]any, bool) {
	members, ok := readAddress(text)
	return map[string]any{"emailAddress": members}, ok
}

func readAddress(text string) (map[string]any, bool) {
	address, err := mail.ParseAddress(text)
	if err != nil {
		return nil, false
	}
	name := address.Name
	if name == "" {
		name = address.Address
	}
	return map[string]any{"name": name, "address": address.Address}, true
}

func readTime(text string) (map[string]any, bool) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, false
	}
	return map[string]any{"dateTime": t.UTC().Format(localTime), "timeZone": "UTC"}, true
}

func readBody(text string) (map[string]any, bool) {
	return map[string]any{"contentType": "text", "content": text}, true
}
