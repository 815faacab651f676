package dialect

import (
	"fmt"
	"strings"
	"time"
)

// Authorization is how long an app may watch, and how it is asked to show that it still may. Its zero value is that nobody asks.
type Authorization struct {
	First time.Duration // the first challenge comes when a quarter of what is left is no longer than this (W5-06)
	Often time.Duration // each further one when half of what was left is over, until a quarter of it is shorter than this
	Every time.Duration // from then on one comes so often
	// HoldFor is how long a change waits that came while authorization was lacking; 0: it is lost (W10-37).
	HoldFor time.Duration
}

// The documented code counts in quarters of what is left of a token's life.
const quarters = 4

// FirstChallenge tells how soon the first challenge comes when authorization ends in left: at once, if that is soon.
func (a Authorization) FirstChallenge(left time.Duration) time.Duration {
	return max(left-quarters*a.First, 0)
}

// NextChallenge tells how soon the next challenge comes after one that had left before the end.
func (a Authorization) NextChallenge(left time.Duration) time.Duration {
	if left/quarters >= a.Often {
		return left / 2
	}
	return a.Every
}

// LoseUnauthorized loses changes that come while authorization is lacking, as the page of 2024 has it, in place of holding them back for
// four hours as the later one does (W10-37).
func LoseUnauthorized(d *Dialect) { d.Authorization.HoldFor = 0 }

// lifecycleForm is how Graph's lifecycle notifications look: the pages have one form, captures another, and that has changed.
type lifecycleForm struct {
	name   string
	parts  []Part
	tokens bool
}

// documentedForm is that of the pages (W5-07).
const documentedForm = "documented"

// lifecycleForms are the forms by age: that of the pages first, then captures of 2023 and 2026 (W5-08, W5-09, W5-10).
var lifecycleForms = []lifecycleForm{
	{name: documentedForm, parts: []Part{
		{"subscriptionId", PartSubscription}, {"subscriptionExpirationDateTime", PartExpiresInFull}, {"tenantId", PartTenant},
		{"clientState", PartClientState}, {"lifecycleEvent", PartLifecycle},
	}},
	{name: "observed-2023", tokens: true, parts: []Part{
		{"lifecycleEvent", PartLifecycle}, {"subscriptionId", PartSubscription}, {"resource", PartOwnPath}, {"clientState", PartClientState},
		{"sequence", PartNull}, {"resourceData", PartOwnData}, {"encryptedContent", PartNull}, {"organizationId", PartTenant},
		{"subscriptionExpirationDateTime", PartExpiresObserved},
	}},
	{name: "observed-2026", parts: []Part{
		{"subscriptionId", PartSubscription}, {"subscriptionExpirationDateTime", PartExpiresObserved}, {"clientState", PartClientState},
		{"lifecycleEvent", PartLifecycle}, {"organizationId", PartTenant}, {"resource", PartOwnPath}, {"resourceData", PartOwnData},
		{"encryptedContent", PartNull}, {"resourceChangeType", PartNull},
	}},
}

// LifecycleForms are the names that LifecycleForm takes.
func LifecycleForms() []string {
	var names []string
	for _, f := range lifecycleForms {
		names = append(names, f.name)
	}
	return names
}

// LifecycleForm turns lifecycle notifications into the form of that name, where they have forms: in Graph (W10-20).
func LifecycleForm(name string) (turn func(*Dialect), err error) {
	for _, f := range lifecycleForms {
		if f.name == name {
			return func(d *Dialect) {
				if d.Notification.Lifecycle != nil {
					d.Notification.Lifecycle, d.Notification.LifecycleTokens = f.parts, f.tokens
				}
			}, nil
		}
	}
	return nil, fmt.Errorf("find lifecycle form %q: known are %s", name, strings.Join(LifecycleForms(), ", "))
}

// LifecycleForm is the name of the form of the dialect's lifecycle notifications; empty where they have none.
func (d *Dialect) LifecycleForm() string {
	for _, f := range lifecycleForms {
		if len(f.parts) == len(d.Notification.Lifecycle) && f.parts[0] == d.Notification.Lifecycle[0] {
			return f.name
		}
	}
	return ""
}

// observedPart is a member that only the observed forms have: it is understood in whichever form was asked for.
func (n *Notification) observedPart(name string) (Part, bool) {
	if n.Lifecycle == nil {
		return Part{}, false
	}
	for _, f := range lifecycleForms {
		for _, p := range f.parts {
			if p.Name == name {
				return p, true
			}
		}
	}
	return Part{}, false
}

// appendOwnData writes what an observed lifecycle notification says of its subscription, as if that were an item (W5-10).
func appendOwnData(dst []byte, subscription string) []byte {
	dst = append(dst, `{"@odata.type":"`+graphSubscription+`","@odata.id":`...)
	dst = appendText(dst, "subscriptions/"+subscription)
	dst = appendText(append(dst, `,"id":`...), subscription)
	return append(dst, '}')
}
