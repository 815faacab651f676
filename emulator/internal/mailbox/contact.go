package mailbox

import (
	"strings"

	"github.com/outlocal/outlocal/notify"
)

// contact has the properties of the service's documents, in their order (rule W7.1-12).
var contact = schema{
	idField, createdField, changedField, etagField,
	{name: "categories", kind: texts},
	parentField,
	{name: "birthday", kind: moment},
	{name: "fileAs", draw: func(d *draft) any { return textOf(d.of("surname")) + ", " + textOf(d.of("givenName")) }},
	{name: "displayName", draw: func(d *draft) any {
		return strings.TrimSpace(textOf(d.of("givenName")) + " " + textOf(d.of("surname")))
	}},
	{name: "givenName", draw: func(d *draft) any { given, _, _ := strings.Cut(d.person().name, " "); return given }},
	{name: "initials"},
	{name: "middleName"},
	{name: "nickName"},
	{name: "surname", draw: func(d *draft) any { _, family, _ := strings.Cut(d.person().name, " "); return family }},
	{name: "title"},
	{name: "yomiGivenName"},
	{name: "yomiSurname"},
	{name: "yomiCompanyName"},
	{name: "generation"},
	{name: "imAddresses", kind: texts},
	{name: "jobTitle"},
	{name: "companyName", draw: func(d *draft) any { return d.company() }},
	{name: "department"},
	{name: "officeLocation"},
	{name: "profession"},
	{name: "businessHomePage"},
	{name: "assistantName"},
	{name: "manager"},
	{name: "homePhones", kind: texts},
	{name: "mobilePhone", draw: func(d *draft) any { return d.numbered("+1 425 555 01%d") }},
	{name: "businessPhones", kind: texts},
	{name: "spouseName"},
	{name: "personalNotes", draw: nothing},
	{name: "children", kind: texts},
	{name: "emailAddresses", kind: objects, members: emailAddress, short: asAddress, draw: func(d *draft) any { return d.addresses() }},
	{name: "homeAddress", kind: object, members: address, draw: noAddress},
	{name: "businessAddress", kind: object, members: address, draw: noAddress},
	{name: "otherAddress", kind: object, members: address, draw: noAddress},
}

var address = []field{{name: "street"}, {name: "city"}, {name: "state"}, {name: "countryOrRegion"}, {name: "postalCode"}}

// noAddress is how the service writes one that nobody entered.
func noAddress(*draft) any { return notify.Object{} }

// company is the one that the person's address names.
func (d *draft) company() string {
	_, domain, _ := strings.Cut(d.person().address, "@")
	name, _, _ := strings.Cut(domain, ".")
	return strings.ToUpper(name[:1]) + name[1:]
}

func (d *draft) addresses() notify.List {
	p := d.person()
	return notify.List{notify.Object{{Name: "name", Value: p.name}, {Name: "address", Value: p.address}}}
}
