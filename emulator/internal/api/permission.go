package api

import (
	"fmt"
	"strings"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/internal/login"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/notify"
)

// use is what somebody wants with a collection.
type use uint8

const (
	toWatch use = iota // to be told of changes, which is asked again with every renewal
	toRead             // an item
)

// permissions are those of which a token needs one (W1.8-01, W1.8-02).
func permissions(f dialect.Family, c notify.Collection, u use, held *login.Claims) []string {
	area := map[notify.Collection]string{notify.Messages: "Mail", notify.Events: "Calendars", notify.Contacts: "Contacts", notify.Tasks: "Tasks"}[c]
	wanted := []string{area + ".Read", area + ".ReadWrite"}
	if f == dialect.Graph && (c == notify.Messages || c == notify.Events && u == toRead) {
		wanted = append(wanted, area+".ReadBasic")
		if held.AppOnly() {
			wanted = append(wanted, area+".ReadBasic.All")
		}
	}
	return wanted
}

// permit refuses what a checked token does not carry the permission for. Where any token will do, all is permitted.
func (c *call) permit(collection notify.Collection, u use, kind dialect.Kind) *notify.Error {
	held := c.who.claims
	if held == nil {
		return nil
	}
	wanted := permissions(c.d.Family, collection, u, held)
	if held.Has(wanted...) {
		return nil
	}
	e := c.d.Refuse(kind)
	carried := "scopes: " + firstOf(held.Scope, "none")
	if held.AppOnly() {
		carried = "roles: " + firstOf(strings.Join(held.Roles, " "), "none")
	}
	e.Hint = fmt.Sprintf("for %s the token needs one of %s; it carries %s", collection, strings.Join(wanted, ", "), carried)
	return e
}

// permitRecord asks again what the creation of a subscription asked.
func (c *call) permitRecord(r *store.Record) *notify.Error {
	return c.permit(r.Watch.Collection, toWatch, dialect.AccessDenied)
}
