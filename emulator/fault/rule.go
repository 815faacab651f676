package fault

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/outlocal/outlocal/internal/nearmiss"
	"github.com/outlocal/outlocal/journal"
)

// Rule lets a fault strike.
type Rule struct {
	Fault Fault
	When  When
	// On narrows it to a part of what happens in its place: created or lifecycle, for example. Any stands for all of it. Left out, it
	// is changes among notifications, creations among what happens to subscriptions, all but batches among API requests, and everything
	// elsewhere.
	On    string
	Where journal.Selector
}

// Any is a rule's On that stands for everything.
const Any = "any"

// When says how often a rule strikes. At most one of its fields is set; with none, it strikes each time, until it is taken away.
type When struct {
	Next        int     // the next so many times
	Nth         int     // the so-manieth time, once
	Every       int     // each time that is a multiple of it
	Probability float64 // by chance, up to 1
}

// random tells whether it is left to chance.
func (w When) random() bool { return w.Probability != 0 }

// due tells whether a rule strikes the n-th time, counted from 1; spent says that it never will again after.
func (w When) due(n int64) (strikes, spent bool) {
	switch {
	case w.Next > 0:
		return n <= int64(w.Next), n >= int64(w.Next)
	case w.Nth > 0:
		return n == int64(w.Nth), n >= int64(w.Nth)
	case w.Every > 0:
		return n%int64(w.Every) == 0, false
	}
	return true, false
}

// Check says what makes no sense in a rule; the error is a [*RuleError].
func (r Rule) Check() error {
	if r.Fault == nil {
		return &RuleError{Problem: "it has no fault"}
	}
	place, ok := placeOf(r.Fault)
	if !ok {
		return r.wrong("", "its fault has to strike in exactly one place")
	}
	if err := checkOptions(r.Fault); err != nil {
		return r.wrong(err.help, "%s", err.problem)
	}
	if checker, ok := r.Fault.(interface{ Check() error }); ok {
		if err := checker.Check(); err != nil {
			return r.wrong("", "%v", err)
		}
	}
	if err := r.checkWhen(); err != nil {
		return err
	}
	if words := onWords(place, r.Fault); r.On != "" && !slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, r.On) }) {
		help := "it can be " + strings.Join(words, ", ")
		if near := nearmiss.Of(r.On, words); near != "" {
			help = "did you mean " + near + "?"
		}
		return r.wrong(help, "on can't be %q for a fault of the %s", r.On, place)
	}
	return nil
}

func (r Rule) checkWhen() error {
	w, set := r.When, 0
	for _, n := range []struct {
		name  string
		value int
	}{{optionNext, w.Next}, {optionNth, w.Nth}, {optionEvery, w.Every}} {
		if n.value < 0 {
			return r.wrong("it can be 1 or more", "%s is %d", n.name, n.value)
		}
		if n.value > 0 {
			set++
		}
	}
	if p := w.Probability; p != 0 {
		if !(p > 0 && p <= 1) || math.IsNaN(p) {
			return r.wrong("it is a probability: more than 0, and 1 at most", "%s is %v", optionChance, p)
		}
		set++
	}
	if set > 1 {
		return r.wrong("give one of next, nth, every and p", "it is to strike in several ways at once")
	}
	return nil
}

func (r Rule) wrong(help, format string, args ...any) error {
	return &RuleError{Rule: r.String(), Problem: fmt.Sprintf(format, args...), Help: help}
}

// String is the rule as [Parse] reads it; what is secret in its URL is masked.
func (r Rule) String() string {
	if r.Fault == nil {
		return ""
	}
	options := writeOptions(r.Fault)
	add := func(name, value string) { options = append(options, name+"="+value) }
	for _, n := range []struct {
		name  string
		value int
	}{{optionNext, r.When.Next}, {optionNth, r.When.Nth}, {optionEvery, r.When.Every}} {
		if n.value != 0 {
			add(n.name, strconv.Itoa(n.value))
		}
	}
	if r.When.Probability != 0 {
		add(optionChance, strconv.FormatFloat(r.When.Probability, 'g', -1, 64))
	}
	for _, t := range []struct{ name, value string }{
		{optionOn, r.On}, {optionApp, r.Where.App}, {optionMailbox, r.Where.Mailbox}, {optionSubscription, r.Where.Subscription},
		{optionURL, journal.MaskURL(r.Where.URL)},
	} {
		if t.value != "" {
			add(t.name, t.value)
		}
	}
	if len(options) == 0 {
		return r.Fault.Name()
	}
	return r.Fault.Name() + ":" + strings.Join(options, ",")
}

// covers tells whether what happens in a rule's place is a matter of the rule.
func (r *Rule) covers(place Place, what string) bool {
	what = strings.ToLower(what)
	if choosy, ok := r.Fault.(Choosy); ok && !slices.Contains(choosy.Only(), what) {
		return false
	}
	switch {
	case strings.EqualFold(r.On, Any):
		return true
	case r.On != "":
		return strings.EqualFold(r.On, what)
	case place == OnNotification:
		return slices.Contains(changeWords(), what)
	case place == OnSubscription:
		return what == lifeCreated
	case place == OnRequest:
		return what != requestBatch // those that it brings are struck one by one
	}
	return true
}

const (
	lifeCreated = "created"
	lifeRenewed = "renewed"
)

// requestBatch is a request that brings several.
const requestBatch = "batch"

func changeWords() []string { return []string{"created", "updated", "deleted"} }

// onWords are what a rule's On can be, in any case.
func onWords(place Place, f Fault) []string {
	if choosy, ok := f.(Choosy); ok {
		return append(choosy.Only(), Any)
	}
	var words []string
	switch place {
	case OnHandshake:
		words = []string{"notification", "lifecycle"}
	case OnNotification:
		words = append(changeWords(), "acknowledgment", "missed", "reauthorizationRequired", "subscriptionRemoved")
	case OnRequest:
		words = []string{"create", "read", "list", "renew", "delete", "reauthorize", "item", requestBatch}
	case OnSubscription:
		words = []string{lifeCreated, lifeRenewed}
	}
	return append(words, Any)
}

// RuleError is a rule that can't be read, or makes no sense.
type RuleError struct {
	Rule    string // as far as it may be shown
	Problem string
	Help    string // what to do about it; may be empty
}

func (e *RuleError) Error() string { return fmt.Sprintf("read fault %q: %s", e.Rule, e.Problem) }

// Hint is what to do about it.
func (e *RuleError) Hint() string { return e.Help }
