package diagnosis

import (
	"slices"
	"strings"
)

// Guide is what helps with a finding beside its cause and cure: what a person
// reads who looks it up. [Finding.Guide] has one for every finding.
type Guide struct {
	// Sentences are all that the service answers for it, or has answered in
	// some year, each once.
	Sentences []Sentence
	// Statuses are the answers of a webhook that tell it; none where others do.
	Statuses []int
	// Command is the one command with which outlocal shows whether it is so.
	// Words in capitals stand for the reader's own.
	Command string
	// Confused are the findings that look like it.
	Confused []Confusion
	// Example is nil where words say more.
	Example *Example
}

// Sentence is what a service answers, with places such as {url}.
type Sentence struct {
	Service string // whose it is, such as "Microsoft Graph until 2023"
	Text    string
}

// Confusion tells findings apart that look alike. It is about all of them, and
// reads the same from each.
type Confusion struct {
	IDs   []string
	Tells string
}

// Example is a finding in an exchange, and the same put right. Each part is an
// HTTP message or the JSON body of one.
type Example struct {
	Sent  string // what the wrong and the right answer; empty where these are requests
	Wrong string
	Right string
}

// Guide returns what helps with the finding.
func (f Finding) Guide() Guide {
	g := Guide{Sentences: f.sentences(), Statuses: f.statuses(), Command: f.command(), Confused: f.confused()}
	if e, ok := examples()[f.ID]; ok {
		g.Example = &e
	}
	return g
}

// Group is what the finding is about: the beginning of its id.
func (f Finding) Group() string {
	if strings.HasPrefix(f.ID, groupClientState+"-") {
		return groupClientState
	}
	group, _, _ := strings.Cut(f.ID, "-")
	return group
}

// groupClientState is the one group of two words.
const groupClientState = "client-state"

// sentences puts today's service first. A sentence that tells nothing (the
// preview's) would fit everything, and is left out.
func (f Finding) sentences() []Sentence {
	var all []Sentence
	add := func(s Sentence) {
		if s.Text != "" && !slices.ContainsFunc(all, func(other Sentence) bool { return other.Text == s.Text }) {
			all = append(all, s)
		}
	}
	if f.Kind == "" || f.Severity != SeverityFailure {
		add(Sentence{"Microsoft Graph", f.Says})
	}
	for _, s := range furtherSentences()[f.ID] {
		add(s)
	}
	if f.Kind != "" && f.Severity == SeverityFailure {
		add(Sentence{"Microsoft Graph", template(StyleGraph, f.Kind)})
		add(Sentence{"Microsoft Graph until 2023", template(StyleGraph2023, f.Kind)})
		add(Sentence{"Microsoft Graph in 2016", template(StyleGraph2016, f.Kind)})
		outlook := "Outlook REST"
		if f.Kind == KindBody {
			outlook = "outlocal, for Outlook REST" // nobody has seen the service's
		}
		add(Sentence{outlook, template(StyleOutlook, f.Kind)})
	}
	return all
}

// furtherSentences are what the service answers for a finding beside what
// stands in the catalogue.
func furtherSentences() map[string][]Sentence {
	const graph, outlook = "Microsoft Graph", "Outlook REST"
	denied := Sentence{outlook, "Access is denied. Check credentials and try again."}
	return map[string][]Sentence{
		"subscribe-http-url":      {{outlook, "The value '{url}' of parameter 'NotificationURL' is invalid."}},
		"subscribe-bad-url":       {{outlook, "The value '{url}' of parameter 'NotificationURL' is invalid."}},
		"subscribe-resource":      {{graph, "Operation: Create; Exception: [Status Code: BadRequest; Reason: The value '{value}' of parameter 'Resource' is {reason}.]"}},
		"subscribe-quota":         {{graph, "Operation: Create; Exception: [Status Code: Forbidden; Reason: Maximum number of subscriptions has been reached]"}},
		"subscribe-token-refused": {{graph, "CompactToken parsing failed with error code: 80049217"}, {graph, "Lifetime validation failed, the token is expired."}},
		"subscribe-forbidden":     {{graph, "Operation: Create; Exception: [Status Code: Forbidden; Reason: Forbidden]"}, denied},
		"subscribe-no-mailbox":    {{outlook, "REST API is not yet supported for this mailbox."}},
		"subscribe-throttled":     {{graph, "Application is over its MailboxConcurrency limit."}},
		"receiver-item-id":        {{outlook, "Item Id doesn't belong to the current mailbox."}},
	}
}

// statuses are those of the finding and of its cases, each once.
func (f Finding) statuses() []int {
	known := statuses()
	all := slices.Clone(known[f.ID])
	for _, c := range f.Cases {
		all = append(all, known[f.ID+"/"+c.Name]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// command shows whether it is so. What needs a fault of the emulator names it;
// else the group tells who looks, and how deep: a notification has to be
// believed, and what an app does afterwards is seen only if it is started.
func (f Finding) command() string {
	if command, ok := commands()[f.ID]; ok {
		return command
	}
	switch f.Group() {
	case "receiver":
		return "outlocal receive"
	case "subscribe":
		return "outlocal emulate"
	case "delivery", "notification", "lifecycle":
		return "outlocal verify URL --adopt"
	case groupClientState:
		return "outlocal verify URL -- COMMAND"
	default:
		return "outlocal verify URL"
	}
}

// commands show findings that the command of their group doesn't.
func commands() map[string]string {
	const fault = "outlocal emulate --webhook URL --fault "
	const alone, app = "outlocal verify URL", "outlocal verify URL -- COMMAND"
	return map[string]string{
		"notification-early":                alone,
		"notification-wrong-client-state":   alone,
		"notification-no-client-state":      alone,
		"notification-unknown-subscription": alone,
		"notification-garbage":              alone,
		"notification-empty-body":           alone,
		"notification-first-only":           app,
		"notification-twice":                app,
		"lifecycle-renewed-only":            app,
		"lifecycle-not-reauthorized":        app,
		"lifecycle-not-recreated":           app,
		"lifecycle-not-resynced":            app,
		"handshake-after-post":              "outlocal exec -- COMMAND",
		"handshake-http-url":                "outlocal verify URL --strict",
		"handshake-content-type":            "outlocal verify URL --strict",
		"handshake-parameter":               "outlocal verify URL --dialect outlook-final --dialect graph-v1.0",
		"receiver-null-entry":               fault + "null-entry:next=1",
		"receiver-too-large":                fault + "oversize:next=1",
		"receiver-not-json":                 fault + "malformed:next=1",
		"receiver-client-state":             fault + "wrong-client-state:next=1",
		"receiver-client-state-missing":     fault + "missing-client-state:next=1",
		"receiver-unknown-subscription":     fault + "before-201:next=1",
		"receiver-sequence-gap":             fault + "drop:next=1",
		"receiver-duplicate":                fault + "duplicate:next=1",
		"receiver-late":                     fault + "delay:next=1,for=10m",
		"receiver-content-signature":        fault + "wrong-signature:next=1",
		"receiver-content-certificate":      fault + "wrong-certificate-id:next=1",
		"receiver-content-thumbprint":       fault + "rotated-certificate:next=1",
		"receiver-token-missing":            fault + "missing-validation-tokens:next=1",
		"receiver-token-expired":            fault + "expired-validation-tokens:next=1",
		"receiver-token-signature":          fault + "forged-validation-tokens:next=1",
		"receiver-token-audience":           fault + "wrong-audience:next=1",
		"receiver-token-issuer":             fault + "wrong-issuer:next=1",
		"receiver-token-publisher":          fault + "wrong-publisher:next=1",
		"receiver-item-gone":                "outlocal emulate --webhook URL",
		"receiver-item-id":                  "outlocal emulate --webhook URL",
		"subscribe-throttled":               "outlocal emulate --fault throttle:next=1",
		"subscribe-service":                 "outlocal emulate --fault outage:next=1",
		"subscribe-gone":                    "outlocal emulate --fault expire-early:next=1",
		"subscribe-token-refused":           "outlocal emulate --auth issued",
		"subscribe-forbidden":               "outlocal emulate --auth issued",
		"subscribe-certificate":             "outlocal certificate --help",
		"subscribe-duplicate":               "outlocal subscriptions",
		"subscribe-quota":                   "outlocal subscriptions",
	}
}
