package verify

import (
	"context"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
)

// Group is what checks have in common.
type Group string

// The groups, in the order in which they are played.
const (
	Handshakes    Group = "handshake"
	HTTPS         Group = "https"
	Notifications Group = "notification"
	Lifecycle     Group = "lifecycle"
	Calls         Group = "calls"
)

// Groups lists them.
func Groups() []Group { return []Group{Handshakes, HTTPS, Notifications, Lifecycle, Calls} }

// Depth is how deep one can look into a webhook.
type Depth uint8

// The depths. What the wire alone shows needs nothing; what a webhook does with notifications needs some that it believes, by their
// subscription or their client state; what it does about them needs an app that calls the emulator.
const (
	Wire Depth = iota
	Believed
	CallsBack
)

func (d Depth) String() string { return [...]string{"wire", "believed", "calls"}[d] }

// Check is one question to a webhook.
type Check struct {
	ID    string // stays what it is
	Group Group
	Title string // what a good webhook does
	Depth Depth  // that a good answer can be told at
	// Findings are those that it can come to.
	Findings []string

	facet   bool // it is read off the plain handshake
	gentle  bool // it is asked of webhooks beyond this machine, too
	hostile bool // the webhook may be dead afterwards
	foreign bool // what is sent is not the webhook's to take, so that a 4xx is as good as a 2xx
	// kin are ids of checks before this one that the same mistake makes fail: one that fails just like them comes to their finding.
	kin  []string
	has  func(*dialect.Dialect) bool
	play player
}

// player puts a check's question to the webhook.
type player func(ctx context.Context, p *play, c *Check) (answer, error)

// Rules are the ids in docs/protocol.md that the check rests on.
func (c *Check) Rules() string {
	var rules []string
	for _, id := range c.Findings {
		f, _ := diagnosis.Lookup(id)
		for rule := range strings.FieldsSeq(f.Rule) {
			if !slices.Contains(rules, rule) {
				rules = append(rules, rule)
			}
		}
	}
	return strings.Join(rules, " ")
}

// In tells whether a dialect has what the check asks.
func (c *Check) In(d *dialect.Dialect) bool { return c.has == nil || c.has(d) }

// Checks lists all checks in the order in which they are played.
func Checks() []Check {
	notifications := notificationChecks()
	plain, others := notifications[:1], notifications[1:]
	return slices.Concat(facets(), handshakeChecks(), httpsChecks(), plain, probeChecks(), others, lifecycleChecks(), callChecks(), lastChecks())
}

// Words are what checks can be chosen by: ids of checks and findings, and groups.
func Words() []string {
	var words []string
	for _, g := range Groups() {
		words = append(words, string(g))
	}
	for _, c := range Checks() {
		words = append(words, c.ID)
		words = append(words, c.Findings...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// Choose returns the checks that only names, or all without it, but for those that skip names.
func Choose(only, skip []string) []Check {
	named := func(c Check, words []string) bool {
		return slices.ContainsFunc(words, func(w string) bool {
			return w == c.ID || w == string(c.Group) || slices.Contains(c.Findings, w)
		})
	}
	return slices.DeleteFunc(Checks(), func(c Check) bool { return len(only) > 0 && !named(c, only) || named(c, skip) })
}

func hasHandshake(d *dialect.Dialect) bool { return d.Handshake != nil }
func isGraph(d *dialect.Dialect) bool      { return d.Family == dialect.Graph }
