package cli

import (
	"reflect"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/internal/schema"
	"github.com/outlocal/outlocal/internal/state"
	"github.com/outlocal/outlocal/journal"
)

// form is the form of a document that is printed with --json, by the name in its member schema. A new document needs a line in [forms] and
// nothing more: its schema is made of the type, and tests hold what is printed to it.
type form struct {
	name  string // such as outlocal/status/1
	title string // what such a document tells
	of    string // the commands that print it
	is    reflect.Type
}

// forms are all that there are.
func forms() []form {
	return slices.Concat(formsOfLooking(), formsOfRunning(), formsOfSteering(), formsOfSubscriptions(), formsOfKnowing())
}

func formsOfLooking() []form {
	return []form{
		{demoSchema, "what the demo played, and whether it was as the schemas say", "demo", reflect.TypeFor[demoDocument]()},
		{verifySchema, "what a webhook makes of what it is asked, in one dialect", "verify", reflect.TypeFor[verifyDocument]()},
		{checkListSchema, "what a webhook can be asked", "verify --list", reflect.TypeFor[checkList]()},
		{handshakeSchema, "a handshake that failed", "expose", reflect.TypeFor[handshakeDocument]()},
		{runSchema, "what became of scenarios", "run", reflect.TypeFor[runDocument]()},
	}
}

func formsOfRunning() []form {
	return []form{
		{state.Schema, "something runs, and where it is reached", "emulate, receive, expose", reflect.TypeFor[state.Running]()},
		{watchSchema, "what became of subscribing --webhook", "emulate", reflect.TypeFor[watched]()},
		{stagedSchema, "what became of --setup", "emulate", reflect.TypeFor[staged]()},
		{entrySchema, "something happened", "journal and replay, and emulate, receive, expose while they run", reflect.TypeFor[journal.Entry]()},
		{gapSchema, "entries of the journal were overwritten before they could be shown", "as journal-entry", reflect.TypeFor[journalGap]()},
		{certificateSchema, "a key and its certificate were made", "certificate new", reflect.TypeFor[newPair]()},
		{execSchema, "how a command ended, and how often it called", "exec, on standard error, and exec --summary", reflect.TypeFor[execDocument]()},
	}
}

func formsOfSteering() []form {
	return []form{
		{"outlocal/trigger/1", "changes were made", "trigger", reflect.TypeFor[control.Raised]()},
		{"outlocal/trigger-lifecycle/1", "lifecycle events were raised", "trigger lifecycle…", reflect.TypeFor[control.LifecycleRaised]()},
		{"outlocal/advance/1", "time went on", "advance", reflect.TypeFor[control.Advanced]()},
		{"outlocal/faults/1", "faults in force", "fault add, fault list", reflect.TypeFor[control.FaultList]()},
		{"outlocal/fault-clear/1", "faults were taken away", "fault clear", reflect.TypeFor[control.Removed]()},
		{"outlocal/fault-kinds/1", "faults that there are", "fault kinds", reflect.TypeFor[faultKinds]()},
		{"outlocal/wait/1", "notifications were handled", "wait", reflect.TypeFor[control.Handled]()},
		{"outlocal/status/1", "how it is doing", "status", reflect.TypeFor[control.Status]()},
		{"outlocal/serve/1", "what is served under which path", "serve", reflect.TypeFor[servedPaths]()},
		{"outlocal/token/1", "a token was issued", "token", reflect.TypeFor[control.IssuedToken]()},
		{"outlocal/reset/1", "what was forgotten", "reset", reflect.TypeFor[control.ResetReport]()},
		{"outlocal/stop/1", "it has ended", "stop", reflect.TypeFor[stopped]()},
	}
}

func formsOfSubscriptions() []form {
	return []form{
		{subscribedSchema, "a subscription was made", "subscribe", reflect.TypeFor[subscribedDocument]()},
		{"outlocal/subscription/1", "a subscription that there is", "subscriptions", reflect.TypeFor[listed]()},
		{"outlocal/renewed/1", "a subscription was renewed", "subscriptions renew", reflect.TypeFor[renewedDocument]()},
		{"outlocal/deleted/1", "a subscription was deleted", "subscriptions delete, subscriptions prune", reflect.TypeFor[deletedDocument]()},
		{stepSchema, "what would be sent", "subscriptions prune --dry-run, expose --dry-run", reflect.TypeFor[plannedStep]()},
	}
}

func formsOfKnowing() []form {
	return []form{
		{explainSchema, "what findings, codes and sentences mean", "explain", reflect.TypeFor[explanation]()},
		{scenariosSchema, "scenarios that there are", "scenarios list", reflect.TypeFor[scenarioList]()},
		{"outlocal/scenario/1", "the file of a scenario", "scenarios show", reflect.TypeFor[scenarioFile]()},
		{validateSchema, "what is wrong with scenario files", "scenarios validate, and whatever reads them", reflect.TypeFor[validated]()},
		{newSchema, "a scenario was begun", "scenarios new", reflect.TypeFor[scenarioBegun]()},
		{"outlocal/dialects/1", "schemas that outlocal speaks", "dialects", reflect.TypeFor[dialectList]()},
		{"outlocal/dialects-diff/1", "in what two schemas differ", "dialects diff", reflect.TypeFor[dialectDifferences]()},
		{"outlocal/doctor/1", "what could stand in the way on this machine", "doctor", reflect.TypeFor[doctorDocument]()},
		{schemasSchema, "forms that documents have", "schema", reflect.TypeFor[schemaList]()},
		{"outlocal/man/1", "man pages were written", "man", reflect.TypeFor[manPages]()},
		{"outlocal/version/1", "which version it is", "version", reflect.TypeFor[versionDocument]()},
		{errorSchema, "something went wrong, and what helps", "every command", reflect.TypeFor[failure]()},
	}
}

// short is the name without what all have: status/1.
func (f form) short() string { return strings.TrimPrefix(f.name, schemaPrefix) }

// file is what its schema is called in docs/schemas: status.1.json.
func (f form) file() string { return strings.ReplaceAll(f.short(), "/", ".") + ".json" }

// schemaPrefix stands before every name.
const schemaPrefix = "outlocal/"

// dialect2020 is the JSON Schema that schemas are written in.
const dialect2020 = "https://json-schema.org/draft/2020-12/schema"

// schema is the JSON Schema of such documents. A document that has more than it names is right: later versions say more.
func (f form) schema() schema.Object {
	w := schema.NewWriter("#/$defs/", schema.Open)
	document := w.Structure(f.is)
	properties, _ := document["properties"].(schema.Object)
	properties["schema"] = schema.Object{"const": f.name}
	required, _ := document["required"].([]string)
	document["required"] = append([]string{"schema"}, required...)
	document["$schema"] = dialect2020
	document["$id"] = "https://github.com/outlocal/outlocal/docs/schemas/" + f.file()
	document["title"] = f.name
	document["description"] = f.title + "; printed by " + f.of
	if len(w.Definitions) > 0 {
		document["$defs"] = w.Definitions
	}
	return document
}
