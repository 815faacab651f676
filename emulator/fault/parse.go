package fault

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/outlocal/outlocal/internal/nearmiss"
	"github.com/outlocal/outlocal/journal"
)

// The options that every fault has.
const (
	optionNext         = "next"
	optionNth          = "nth"
	optionEvery        = "every"
	optionChance       = "p"
	optionOn           = "on"
	optionApp          = "app"
	optionMailbox      = "mailbox"
	optionSubscription = "subscription"
	optionURL          = "url"
)

// Parse reads a rule: the name of a fault, and after a colon its options, with commas between them, in any order. Beside the fault's
// own there are next, nth, every and p for [When], on for what it is about, and app, mailbox, subscription and url for whom it concerns.
// The error is a [*RuleError] that says what is known.
func Parse(text string) (Rule, error) {
	name, list, _ := strings.Cut(strings.TrimSpace(text), ":")
	f := named(name)
	if f == nil {
		return Rule{}, unknownFault(text, name)
	}
	r := Rule{Fault: f}
	given := make(map[string]bool)
	for part := range strings.SplitSeq(list, ",") {
		if part == "" && list == "" {
			break
		}
		option, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case !ok || value == "":
			return Rule{}, &RuleError{shown(text), fmt.Sprintf("%q is no option", shown(part)), "write options as NAME=VALUE, with commas between them"}
		case given[option]:
			return Rule{}, &RuleError{shown(text), fmt.Sprintf("%s is given twice", option), "give it once"}
		}
		given[option] = true
		if wrong := r.set(option, value); wrong != nil {
			return Rule{}, &RuleError{shown(text), wrong.problem, wrong.help}
		}
	}
	if err := r.Check(); err != nil {
		return Rule{}, err
	}
	return r, nil
}

// shown is a rule's text without what may be secret in it: the query of a URL.
func shown(text string) string {
	parts := strings.Split(text, ",")
	for i, part := range parts {
		if at := strings.Index(part, optionURL+"="); at >= 0 {
			at += len(optionURL) + 1
			parts[i] = part[:at] + journal.MaskURL(part[at:])
		}
	}
	return strings.Join(parts, ",")
}

func unknownFault(text, name string) error {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	help := "the faults are " + strings.Join(names, ", ")
	if near := nearmiss.Of(name, names); near != "" {
		help = "did you mean " + near + "?"
	}
	if name == "" {
		return &RuleError{shown(text), "it names no fault", help}
	}
	return &RuleError{shown(text), fmt.Sprintf("there is no fault %q", name), help}
}

// set sets an option: one of those that every fault has, or one of its own.
func (r *Rule) set(name, value string) *optionError {
	number := func(target *int) *optionError {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return &optionError{fmt.Sprintf("%s can't be %q", name, value), "it is a whole number from 1 on"}
		}
		*target = n
		return nil
	}
	switch name {
	case optionNext:
		return number(&r.When.Next)
	case optionNth:
		return number(&r.When.Nth)
	case optionEvery:
		return number(&r.When.Every)
	case optionChance:
		p, err := strconv.ParseFloat(value, 64)
		if err != nil || !(p > 0 && p <= 1) {
			return &optionError{fmt.Sprintf("%s can't be %q", name, value), "it is a probability: more than 0, and 1 at most"}
		}
		r.When.Probability = p
	case optionOn:
		r.On = value
	case optionApp:
		r.Where.App = value
	case optionMailbox:
		r.Where.Mailbox = value
	case optionSubscription:
		r.Where.Subscription = value
	case optionURL:
		r.Where.URL = value
	default:
		return r.setOwn(name, value)
	}
	return nil
}

func (r *Rule) setOwn(name, value string) *optionError {
	known := commonOptions()
	own := optionsOf(r.Fault)
	for _, o := range slices.Backward(own) {
		if o.name == name {
			return o.set(value)
		}
		known = append([]string{o.name}, known...)
	}
	help := r.Fault.Name() + " knows " + strings.Join(known, ", ")
	if near := nearmiss.Of(name, known); near != "" {
		help = "did you mean " + near + "?"
	}
	return &optionError{fmt.Sprintf("it has no option %q", name), help}
}

func commonOptions() []string {
	return []string{
		optionNext, optionNth, optionEvery, optionChance, optionOn, optionApp, optionMailbox, optionSubscription, optionURL,
	}
}
