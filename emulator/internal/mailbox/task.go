package mailbox

import "github.com/outlocal/outlocal/notify"

// task has the properties that Outlook's tasks had, in the order of their documents.
var task = schema{
	idField, createdField, changedField, etagField,
	{name: "categories", kind: texts},
	{name: "assignedTo"},
	{name: "hasAttachments", kind: truth},
	{name: "importance", kind: word, words: importances, draw: first(importances)},
	{name: "isReminderOn", kind: truth},
	{name: "owner", draw: func(d *draft) any { return d.owner().name }},
	parentField,
	{name: "sensitivity", kind: word, words: sensitivities, draw: first(sensitivities)},
	{name: "status", kind: word, words: statuses, draw: first(statuses)},
	{name: "subject", draw: func(d *draft) any { return d.numbered(chores[d.pick(forSubject, len(chores))]) }},
	{name: "completedDateTime", kind: object, members: zonedTime, short: asTime},
	{name: "dueDateTime", kind: object, members: zonedTime, short: asTime, draw: func(d *draft) any { return zoned(d.begins()) }},
	{name: "recurrence", access: ours},
	{name: "reminderDateTime", kind: object, members: zonedTime, short: asTime},
	{name: "startDateTime", kind: object, members: zonedTime, short: asTime},
	{name: "body", kind: object, members: itemBody, short: asBody, draw: func(*draft) any { return body("text", "") }},
}

var statuses = []notify.Enum{"notStarted", "inProgress", "completed", "waitingOnOthers", "deferred"}

var chores = [...]string{"Answer ticket %d", "Renew contract %d", "Call back customer %d", "Check invoice %d"}
