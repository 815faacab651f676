package odata

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/notify"
)

// letter is an item with a property of every type.
func letter() []notify.Property {
	address := func(name, address string) notify.Object {
		return notify.Object{{Name: "emailAddress", Value: notify.Object{{Name: "name", Value: name}, {Name: "address", Value: address}}}}
	}
	return []notify.Property{
		{Name: "subject", Value: "It's Monday"},
		{Name: "importance", Value: notify.Enum("high")},
		{Name: "isRead", Value: false},
		{Name: "hasAttachments", Value: true},
		{Name: "reminderMinutesBeforeStart", Value: 15},
		{Name: "receivedDateTime", Value: time.Date(2026, 11, 20, 20, 49, 19, 861000000, time.UTC)},
		{Name: "categories", Value: notify.List{"Red category", "Work"}},
		{Name: "from", Value: address("Ann", "ann@contoso.com")},
		{Name: "toRecipients", Value: notify.List{address("Bob", "bob@contoso.com"), address("Eve", "eve@contoso.com")}},
		{Name: "start", Value: notify.Object{{Name: "dateTime", Value: "2026-04-21T10:00:00.0000000"}, {Name: "timeZone", Value: "UTC"}}},
		{Name: "seriesMasterId", Value: nil},
	}
}

func TestFilterMatch(t *testing.T) {
	for _, tt := range []struct {
		name, rules, filter string
		want                bool
	}{
		{"a documented one", "rules: W1.5-18", "IsRead eq false", true},
		{"documented, operators with capitals", "rules: W1.5-18", "HasAttachments eq true AND Importance eq 'High'", true},
		{"documented, not of this item", "rules: W1.5-18", "IsAllDay eq true", false},
		{"documented, a text not of this item", "rules: W1.5-18", "CompanyName eq 'Contoso'", false},
		{"camelCase names", "rules: R11", "isRead eq false", true},
		{"true is not false", "", "isRead eq true", false},
		{"other than", "", "importance ne 'low'", true},
		{"other than the same", "", "importance ne 'HIGH'", false},

		{"a moment and a fraction", "rules: R11", "receivedDateTime ge 2026-11-20T20:49:19.861Z", true},
		{"an offset of zero", "rules: R11", "receivedDateTime ge 2026-11-20T20:49:19.861Z and receivedDateTime lt 2026-11-21T20:49:19.861+00:00", true},
		{"an offset that is another moment", "rules: R11", "receivedDateTime lt 2026-11-20T20:49:19.861+01:00", false},
		{"seven digits", "rules: R11", "receivedDateTime gt 2026-11-20T20:49:19.8609999Z", true},
		{"long ago", "rules: R11", "receivedDateTime ge 1900-01-01T00:00:00Z and (isRead eq false)", true},
		{"a day", "", "receivedDateTime gt 2026-11-20", true},
		{"a date as text", "", "receivedDateTime gt '2026-11-20T00:00:00Z'", true},
		{"local time, text", "", "start/dateTime ge '2026-04-21T10:00'", true},
		{"local time, moment", "", "start/dateTime eq 2026-04-21T10:00:00Z", true},
		{"moment first", "", "2026-04-21T10:00:01Z gt start/dateTime", true},

		{"a path", "rules: R11", "from/emailAddress/address eq 'ann@contoso.com'", true},
		{"a path with capitals", "", "From/EmailAddress/Address eq 'ANN@contoso.com'", true},
		{"a path to nowhere", "", "from/nobody/address eq 'x'", false},
		{"a path through a text", "", "subject/length eq 'x'", false},
		{"groups", "rules: R11", "(from/emailAddress/address eq 'x' or from/emailAddress/name eq 'Ann') and isRead eq false", true},
		{"and binds before or", "", "isRead eq false or isRead eq true and isRead eq true", true},
		{"a group changes that", "", "(isRead eq false or isRead eq true) and isRead eq true", false},
		{"not", "", "not (isRead eq true)", true},
		{"not binds before and", "", "not isRead eq false and isRead eq false", false},
		{"not of not", "", "not not isRead eq false", true},

		{"doubled quotes", "rules: W7.2-09", "subject eq 'It''s Monday'", true},
		{"an empty text", "", "subject eq ''", false},
		{"signs in a text", "", "contains(subject, 'it''s m')", true},
		{"startswith", "", "startswith(subject,'It')", true},
		{"startswith, no", "", "startswith(subject,'Monday')", false},
		{"endswith", "", "endsWith(subject,'day')", true},
		{"endswith, no", "", "endswith(subject,'It')", false},
		{"a function compared", "", "contains(subject,'x') eq false", true},
		{"a function of what is missing", "", "contains(nothing,'x')", false},

		{"numbers", "", "reminderMinutesBeforeStart ge 15 and reminderMinutesBeforeStart lt 15.5 and reminderMinutesBeforeStart gt -1", true},
		{"less or equal", "", "reminderMinutesBeforeStart le 14", false},
		{"value first", "", "15 eq reminderMinutesBeforeStart", true},
		{"null", "", "seriesMasterId eq null and nothing eq null", true},
		{"something is not null", "", "subject ne null", true},
		{"null is not something", "", "subject eq null", false},
		{"another type never equals", "", "isRead eq 'false' or subject eq 5 or reminderMinutesBeforeStart eq '15' or receivedDateTime eq true", false},
		{"nor is it less or more", "", "isRead lt true or subject gt 5 or null lt subject or receivedDateTime lt 'soon'", false},
		{"a truth alone", "", "hasAttachments and not isRead", true},
		{"a text alone is not true", "", "subject", false},
		{"literals alone", "", "true and not false", true},

		{"any text", "", "categories/any(c:c eq 'work')", true},
		{"any text, no", "", "categories/any(c:c eq 'Blue')", false},
		{"any at all", "", "categories/any()", true},
		{"any at all of nothing", "", "ccRecipients/any()", false},
		{"any object, and the item from within", "", "toRecipients/any(r: r/emailAddress/address eq 'eve@contoso.com' and hasAttachments)", true},
		{"any within any", "", "categories/any(c: c eq 'Work' and toRecipients/any(r: startswith(r/emailAddress/name, 'E') and c eq 'Work'))", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := ParseFilter(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			properties := letter()
			if got := f.Match(func(path []string) any { return Lookup(properties, path) }); got != tt.want {
				t.Errorf("%s is %v, want %v", tt.filter, got, tt.want)
			}
		})
	}
}

func TestFilterTellsWhere(t *testing.T) {
	for _, tt := range []struct {
		name, filter string
		column       int
		reason       string
	}{
		{"empty", "", 1, "a property or a value, but the filter ends"},
		{"no operator", "isRead false", 8, "one of eq, ne"},
		{"a wrong operator", "isRead equals false", 8, "one of eq, ne"},
		{"a truth before another", "isRead hasAttachments", 8, "one of eq, ne"},
		{"no value", "isRead eq", 10, "the filter ends"},
		{"an open group", "(isRead eq true", 16, "expected )"},
		{"a closed nothing", "isRead eq true)", 15, `not ")"`},
		{"no closing quote", "subject eq 'abc", 12, "no closing quote"},
		{"double quotes", `subject eq "abc"`, 12, "single quotes"},
		{"a date without offset", "receivedDateTime ge 2026-01-02T03:04:05", 21, "2026-01-02T03:04:05Z"},
		{"a broken number", "x eq 1.2.3", 6, "neither a number nor a date"},
		{"two operators", "a eq 1 and or b eq 2", 12, "a property or a value"},
		{"one argument", "contains(subject)", 17, "expected ,"},
		{"an unknown function", "length(subject) eq 3", 7, `not "("`},
		{"an empty step", "from//name eq 'x'", 1, "empty step"},
		{"any without a variable", "categories/any('x')", 16, "variable"},
		{"any without a colon", "categories/any(c c eq 'x')", 18, "expected :"},
		{"a sign", "isRead = false", 8, "can't stand here"},
		{"nested too deep", strings.Repeat("(", 100) + "a" + strings.Repeat(")", 100), 51, "nested deeper"},
		{"functions nested too deep", strings.Repeat("contains(", 100), 450, "nested deeper"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseFilter(tt.filter)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Column != tt.column || !strings.Contains(syntax.Reason, tt.reason) {
				t.Errorf("ParseFilter(%q): %v; want column %d and %q", tt.filter, err, tt.column, tt.reason)
			}
		})
	}
}

func TestFilterProperties(t *testing.T) {
	f, err := ParseFilter("IsRead eq false and from/emailAddress/name eq 'x' or contains(subject,'y') and isRead and IsRead and toRecipients/any(r:r/name eq size)")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"IsRead", "from/emailAddress/name", "subject", "isRead", "toRecipients", "size"}
	if diff := cmp.Diff(want, f.Properties()); diff != "" {
		t.Error(diff)
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{
		"IsRead eq false", "HasAttachments eq true AND Importance eq 'High'", "receivedDateTime ge 2026-11-20T20:49:19.861Z",
		"(from/emailAddress/address eq 'x' or a ne null) and not contains(subject,'it''s')", "categories/any(c:c eq 'x')", "a eq -1.5e3", "((", "'",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := ParseFilter(text)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset > len(text) || syntax.Reason == "" {
				t.Fatalf("ParseFilter(%q): %#v", text, err)
			}
			return
		}
		properties := letter()
		item := func(path []string) any { return Lookup(properties, path) }
		inverse, err := ParseFilter("not (" + text + ")")
		if err != nil {
			if !strings.Contains(err.Error(), "nested deeper") {
				t.Fatalf("not (%s): %v", text, err)
			}
			return
		}
		if filter.Match(item) == inverse.Match(item) {
			t.Errorf("%q and its inverse are both %v", text, filter.Match(item))
		}
		for _, name := range filter.Properties() {
			if name == "" || strings.Contains(name, "//") {
				t.Errorf("%q names the property %q", text, name)
			}
		}
	})
}
