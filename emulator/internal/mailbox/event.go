package mailbox

import (
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"github.com/outlocal/outlocal/notify"
)

// event has the properties of the service's documents, in their order (rule W7.1-10).
var event = schema{
	idField, createdField, changedField, etagField,
	{name: "categories", kind: texts},
	{name: "transactionId"},
	{name: "originalStartTimeZone", draw: always("UTC")},
	{name: "originalEndTimeZone", draw: always("UTC")},
	{name: "iCalUId", draw: func(d *draft) any { return d.calendarUID() }},
	{name: "reminderMinutesBeforeStart", kind: whole, draw: always(15)},
	{name: "isReminderOn", kind: truth, draw: always(true)},
	{name: "hasAttachments", kind: truth},
	{name: "subject", draw: func(d *draft) any { return d.numbered(meetings[d.pick(forSubject, len(meetings))].subject) }},
	previewField,
	{name: "importance", kind: word, words: importances, draw: first(importances)},
	{name: "sensitivity", kind: word, words: sensitivities, draw: first(sensitivities)},
	{name: "isAllDay", kind: truth},
	{name: "isCancelled", kind: truth},
	{name: "isOrganizer", kind: truth, draw: always(true)},
	{name: "responseRequested", kind: truth, draw: always(true)},
	{name: "seriesMasterId"},
	{name: "showAs", kind: word, words: []notify.Enum{"free", "tentative", "busy", "oof", "workingElsewhere", "unknown"}, draw: always(notify.Enum("busy"))},
	{name: "type", kind: word, words: []notify.Enum{"singleInstance", "occurrence", "exception", "seriesMaster"}, draw: always(notify.Enum("singleInstance"))},
	{name: "webLink", access: ours, draw: func(d *draft) any { return eventLink(d.item.id(d.id)) }},
	{name: "onlineMeetingUrl"},
	{name: "isOnlineMeeting", kind: truth},
	{name: "onlineMeetingProvider", kind: word, words: providers, draw: first(providers)},
	{name: "allowNewTimeProposals", kind: truth, draw: always(true)},
	{name: "isDraft", kind: truth},
	{name: "hideAttendees", kind: truth},
	{name: "responseStatus", kind: object, members: response, short: asMember("response", "a word"), draw: func(*draft) any { return answered("organizer") }},
	{name: "body", kind: object, members: itemBody, short: asBody, draw: func(d *draft) any { return d.agenda() }},
	{name: "start", kind: object, members: zonedTime, short: asTime, draw: func(d *draft) any { return zoned(d.begins()) }},
	{name: "end", kind: object, members: zonedTime, short: asTime, draw: func(d *draft) any { return d.ends() }},
	{name: "location", kind: object, members: place, short: asMember("displayName", "a name"), draw: func(d *draft) any { return d.room() }},
	{name: "locations", kind: objects, members: place, short: asMember("displayName", "a name"), draw: func(d *draft) any { return notify.List{d.of("location")} }},
	{name: "recurrence", access: ours},
	{name: "attendees", kind: objects, members: attendee, short: asPerson, draw: func(d *draft) any { return d.attendees() }},
	{name: "organizer", kind: object, members: recipient, short: asPerson, draw: func(d *draft) any { return d.owner().object() }},
	{name: "onlineMeeting", access: ours},
}

var (
	providers = []notify.Enum{"unknown", "teamsForBusiness", "skypeForBusiness", "skypeForConsumer"}
	place     = []field{
		{name: "displayName", draw: nothing},
		{name: "locationType", kind: word, words: []notify.Enum{
			"default", "conferenceRoom", "homeAddress", "businessAddress", "geoCoordinates", "streetAddress", "hotel", "restaurant", "localBusiness", "postalAddress",
		}},
	}
	attendee = []field{
		{name: "type", kind: word, words: []notify.Enum{"required", "optional", "resource"}},
		{name: "status", kind: object, members: response},
		{name: "emailAddress", kind: object, members: emailAddress},
	}
)

// meetings are what events are about.
var meetings = [...]struct{ subject, text string }{
	{"Weekly sync %d", "What went well, what is in the way, what comes next."},
	{"Planning %d", "We go through the list from the top and stop when the week is full."},
	{"Interview %d", "The candidate's letter is in the shared folder. Please read it before."},
	{"Review %d", "Bring what you have, finished or not."},
}

var rooms = [...]string{"Room Ada", "Room Grace", "Room Linus", "Online"}

// calendarUID has the layout of all that Exchange makes: a constant, no date, no time, eight zeros, 16 bytes of a GUID.
func (d *draft) calendarUID() string {
	guid := d.guid(forUID)
	const date, moment, reserved, length = "00000000", "0000000000000000", "0000000000000000", "10000000"
	return "040000008200E00074C5B7101A82E008" + date + moment + reserved + length + strings.ToUpper(hex.EncodeToString(guid[:]))
}

func (d *draft) agenda() notify.Object {
	return body("text", meetings[d.pick(forSubject, len(meetings))].text)
}

// begins is a full hour of the day after the event was made.
func (d *draft) begins() time.Time {
	const opens, hours = 9, 8
	day := d.item.made.AddDate(0, 0, 1)
	return time.Date(day.Year(), day.Month(), day.Day(), opens+d.pick(forHour, hours), 0, 0, 0, time.UTC)
}

// ends is an hour after the start, also after one that was set and can be read.
func (d *draft) ends() notify.Object {
	start, _ := d.of("start").(notify.Object)
	begins := d.begins()
	for _, p := range start {
		if t, err := time.Parse("2006-01-02T15:04:05", textOf(p.Value)); err == nil {
			begins = t
		}
	}
	return zoned(begins.Add(time.Hour))
}

func (d *draft) room() notify.Object {
	return notify.Object{
		{Name: "displayName", Value: rooms[d.pick(forPlace, len(rooms))]},
		{Name: "locationType", Value: notify.Enum("default")},
	}
}

func (d *draft) attendees() notify.List {
	guest := d.person().object()
	return notify.List{append(notify.Object{
		{Name: "type", Value: notify.Enum("required")},
		{Name: "status", Value: answered("none")},
	}, guest...)}
}

// answered at year 1 is never (rule W7.1-11).
func answered(how notify.Enum) notify.Object {
	return notify.Object{{Name: "response", Value: how}, {Name: "time", Value: time.Time{}}}
}

func eventLink(id string) string {
	return "https://outlook.office365.com/owa/?itemid=" + url.QueryEscape(id) + "&exvsurl=1&path=/calendar/item"
}
