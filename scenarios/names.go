package scenarios

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/outlocal/outlocal/internal/nearmiss"
)

// given is what a name stands for, which decides on what can be asked of it.
type given string

// What steps give.
const (
	givesSubscription given = "subscription"
	givesItems        given = "items"
	givesAnswer       given = "answer" // of the service
	givesReply        given = "reply"  // of the webhook
	givesDelivery     given = "delivery"
)

// members are what can be asked of what a step gave. Those that end with a dot have names or paths of their own.
func (g given) members() []string {
	answer := []string{"status", "header.", "body."}
	switch g {
	case givesSubscription:
		return append([]string{"id", "path", "resource", "changeType", "url", "clientState", "expires", "mailbox", "dialect"}, answer...)
	case givesItems:
		return []string{"id", "resource", "mailbox", "folder"}
	case givesDelivery:
		return []string{"url", "header.", "body."}
	}
	return answer
}

// builtIn are the names that are always known, with their members.
func builtIn() map[string][]string {
	return map[string][]string{
		"webhook":     {"lifecycle", "clientState"},
		receiverName:  receiverMembers(), // the built-in webhook's keys
		"api":         nil,               // base URL, with the path of the dialect
		"service":     nil,               // base URL, without it
		"dialect":     nil,
		"mailbox":     nil,
		"now":         nil,
		"clientState": nil,
	}
}

// names are what is known so far in a file.
type names struct {
	kinds        map[string]given
	subscription bool // there was one
	encrypts     bool // for the built-in webhook
}

func newNames() names { return names{kinds: map[string]given{}} }

func (ns names) known() []string {
	return append(slices.Sorted(maps.Keys(ns.kinds)), slices.Sorted(maps.Keys(builtIn()))...)
}

// references checks what a text refers to.
func (r *reader) references(n *yaml.Node) {
	for _, ref := range referencesIn(n.Value) {
		place := *n
		if !strings.Contains(n.Value, "\n") { // else a block, whose lines begin elsewhere
			place.Column += ref.from
			if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
				place.Column++
			}
		}
		r.reference(&place, ref)
	}
}

func (r *reader) reference(n *yaml.Node, ref reference) {
	if ref.open {
		r.wrong(n, "write ${NAME.MEMBER}, or $${ for the signs themselves", "a ${ is not closed")
		return
	}
	p, err := parsePath(ref.text)
	if err != nil || len(p) == 0 {
		r.wrong(n, "write ${NAME.MEMBER}", "%q refers to nothing", "${"+ref.text+"}")
		return
	}
	name, _ := p[0].(string)
	if r.declared.at[name] != nil {
		if len(p) > 1 {
			r.wrong(n, "write ${"+name+"}", "%q is a variable, and has nothing below it", name)
		}
		return // it has no value yet
	}
	kind, ours := r.names.kinds[name]
	members, builtin := builtIn()[name]
	if !ours && !builtin {
		r.wrong(n, hintNear(name, append(r.declared.names(), r.names.known()...)), "nothing before this has the name %q", name)
		return
	}
	rest := p[1:]
	if ours {
		members = kind.members()
		if _, indexed := first(rest).(int); indexed && kind == givesItems {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			r.wrong(n, "known are "+listed(members), "%q is %s: say what of it", name, kind)
			return
		}
	}
	if name == receiverName {
		r.names.encrypts = true
		if len(rest) == 0 {
			r.wrong(n, "known are "+listed(members), "%q has to say what of it", name)
		}
	}
	if len(rest) == 0 {
		return
	}
	member, _ := rest[0].(string)
	if slices.Contains(members, member) && len(rest) == 1 || slices.Contains(members, member+".") && (len(rest) > 1 || member == "body") {
		return
	}
	r.wrong(n, hintNear(member, members), "%q has no %q", name, strings.TrimPrefix(ref.text, name+"."))
}

// hintVariable names the variable that was probably meant where a value has to be one that can be read, else what hint says: variables
// that there are have their values by then.
func (r *reader) hintVariable(n *yaml.Node, hint string) string {
	for _, ref := range referencesIn(n.Value) {
		if best := nearmiss.Of(ref.text, r.declared.names()); best != "" && !ref.open {
			return "did you mean ${" + best + "}?"
		}
	}
	return hint
}

func first(p jsonPath) any {
	if len(p) == 0 {
		return nil
	}
	return p[0]
}

// reference is one ${…} in a text.
type reference struct {
	from, to int
	text     string
	open     bool // it is never closed
}

// referencesIn finds them. Signs that are meant as such are written $${.
func referencesIn(text string) []reference {
	var all []reference
	for at := 0; ; {
		from := strings.Index(text[at:], "${")
		if from < 0 {
			return all
		}
		from += at
		if from > 0 && text[from-1] == '$' {
			at = from + len("${")
			continue
		}
		length := strings.IndexByte(text[from:], '}')
		if length < 0 {
			return append(all, reference{from: from, to: len(text), open: true})
		}
		all = append(all, reference{from: from, to: from + length + 1, text: text[from+len("${") : from+length]})
		at = from + length + 1
	}
}

// withoutReferences is a text with something harmless in their place.
func withoutReferences(text string) string {
	for _, ref := range slices.Backward(referencesIn(text)) {
		text = text[:ref.from] + "x" + text[ref.to:]
	}
	return text
}

// nameForm is what a name looks like: it must not look like a path.
var nameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// define makes the name of a step known to those after it.
func (r *reader) define(n *yaml.Node, s *Step) {
	kind := s.gives()
	if kind == givesSubscription {
		r.names.subscription = true
	}
	if s.As == "" {
		return
	}
	n = memberNode(n, "as")
	_, builtin := builtIn()[s.As]
	switch {
	case kind == "":
		r.wrong(n, "as is for "+listed([]string{"subscribe", "change", "call", "send", "renew", "await", "expect calls", "expect handshake", "expect deliveries"}), "%s gives nothing that could have a name", s.Label())
	case !nameForm.MatchString(s.As):
		r.wrong(n, "begin with a letter, and go on with letters, digits, - or _", "%q is no name", s.As)
	case builtin:
		r.wrong(n, "", "%q has a meaning already", s.As)
	case r.declared.at[s.As] != nil:
		r.wrong(n, "", "%q is a variable", s.As)
	case r.names.kinds[s.As] != "":
		r.wrong(n, "", "%q is the name of a step before this", s.As)
	default:
		r.names.kinds[s.As] = kind
	}
}

// gives is what a name of the step stands for; empty if it gives nothing.
func (s *Step) gives() given {
	switch {
	case s.unanswered():
		return ""
	case s.Subscribe != nil && !s.Subscribe.Refused:
		return givesSubscription
	case s.Change != nil:
		return givesItems
	case s.Call != nil, s.Renew != nil, s.Subscribe != nil:
		return givesAnswer
	case s.Send != nil:
		return givesReply
	case s.Await != nil:
		return s.Await.gives()
	case s.Expect != nil && s.Expect.Calls != nil && len(s.Expect.Calls.Items) > 0:
		return s.Expect.Calls.Items[0].gives()
	case s.Expect != nil && (s.Expect.Deliveries != nil || s.Expect.Handshake != nil):
		return givesDelivery
	}
	return ""
}

// memberNode is the value of a member in a mapping, or the mapping where it is not there.
func memberNode(n *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return n
}

// unanswered tells whether nobody hears what came of the step.
func (s *Step) unanswered() bool {
	return s.Subscribe != nil && s.Subscribe.Unanswered || s.Renew != nil && s.Renew.Unanswered || s.Call != nil && s.Call.Unanswered
}
