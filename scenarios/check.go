package scenarios

import (
	"net/url"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/outlocal/outlocal/notify"
)

// What a type's form alone does not tell is checked here, as each is read.

func (s *Scenario) check(r *reader, n *yaml.Node) {
	if len(s.Setup) == 0 && len(s.Steps) == 0 && memberNode(n, "steps") == n && memberNode(n, "setup") == n {
		r.wrong(n, "", "a scenario needs steps")
	}
}

func (s *Step) check(r *reader, n *yaml.Node) {
	if s.Await != nil && s.Await.After.told {
		r.wrong(memberNode(n, "await"), "list both in expect calls", "no call stands before this one, which could have been told how long to wait")
	}
	if s.Await != nil && s.Await.count() == 0 {
		r.wrong(memberNode(n, "await"), "expect: {calls: none} says that nothing comes", "what never comes can't be awaited")
	}
	s.At = r.at(n)
	r.define(n, s)
	if s.Serve != nil && len(s.Serve) == 0 {
		r.wrong(memberNode(n, "serve"), "write PATH: DIALECT", "serve names no path")
	}
}

func (c *ChangeWords) readNode(r *reader, n *yaml.Node) {
	r.text(n, reflect.ValueOf((*string)(c)).Elem())
	if _, err := notify.ParseChangeType(string(*c)); err != nil && n.Kind == yaml.ScalarNode {
		word := *c
		for part := range strings.SplitSeq(string(*c), ",") {
			if _, err := notify.ParseChangeType(part); err != nil {
				word = ChangeWords(strings.TrimSpace(part))
			}
		}
		r.wrong(n, hintNear(string(word), []string{"created", "updated", "deleted"}), "there is no change type %q", word)
	}
}

func (s *SubName) readNode(r *reader, n *yaml.Node) {
	r.text(n, reflect.ValueOf((*string)(s)).Elem())
	if kind := r.names.kinds[string(*s)]; kind != givesSubscription && n.Kind == yaml.ScalarNode {
		var known []string
		for name, kind := range r.names.kinds {
			if kind == givesSubscription {
				known = append(known, name)
			}
		}
		hint := hintNear(string(*s), known)
		if len(known) == 0 {
			hint = "give one a name: a line as: NAME beside subscribe"
		}
		r.wrong(n, hint, "no subscription before this has the name %q", *s)
	}
}

func (o *Name) readNode(r *reader, n *yaml.Node) {
	r.text(n, reflect.ValueOf((*string)(o)).Elem())
	if _, known := r.names.kinds[string(*o)]; !known && n.Kind == yaml.ScalarNode {
		r.wrong(n, hintNear(string(*o), r.names.known()), "nothing before this has the name %q", *o)
	}
}

// needsSubscription is for steps that mean the last subscription where they name none.
func needsSubscription(r *reader, n *yaml.Node, name SubName) {
	if name == "" && !r.names.subscription {
		r.wrong(n, "subscribe first", "there is no subscription yet")
	}
}

func (s *Renew) check(r *reader, n *yaml.Node) {
	needsSubscription(r, n, s.Subscription)
	if s.URL != "" && s.For != 0 {
		r.wrong(n, "make two steps of it", "renew prolongs, or gives another URL")
	}
	s.Hope.check(r, n)
}

func (s *Owned) check(r *reader, n *yaml.Node) {
	needsSubscription(r, n, s.Subscription)
	s.Hope.check(r, n)
}

func (h *Hope) check(r *reader, n *yaml.Node) {
	if h.Refused && h.Unanswered {
		r.wrong(n, "a refusal is an answer: leave one of them out", "a call is refused, or it is unanswered")
	}
}

func (s *Lifecycle) check(r *reader, n *yaml.Node) { needsSubscription(r, n, s.Subscription) }

func (s *Subscribe) check(r *reader, n *yaml.Node) {
	if s.Count > 1 && !strings.Contains(s.Mailbox+s.Resource, counter) {
		r.wrong(n, "write mailbox: user{n}@contoso.com", "subscribe can be done %d times only where {n} tells mailboxes or resources apart", s.Count)
	}
	if s.Count > 1 && (s.Refused || s.Unanswered) {
		r.wrong(n, "", "subscribe can be refused, or go unanswered, once at a time only")
	}
	s.Hope.check(r, n)
	if !s.Rich && s.Certificate+s.CertID != "" {
		r.wrong(n, "write rich: true", "a certificate says nothing where notifications bring no data")
	}
	if s.Rich && (s.Certificate == "" || s.CertID == "") {
		r.names.encrypts = true
	}
}

func (c *Change) check(r *reader, n *yaml.Node) {
	if c.Batch > c.Count {
		if c.Count != 0 {
			r.wrong(memberNode(n, "batch"), "", "batch is %d, and count only %d", c.Batch, c.Count)
		}
		c.Count = c.Batch
	}
	if c.Batch > 0 && strings.Contains(c.Mailbox, counter) {
		r.wrong(memberNode(n, "batch"), "", "changes of several mailboxes are made one after the other, not in batches")
	}
}

func (s *Call) check(r *reader, n *yaml.Node) {
	if s.Path != "" && !strings.HasPrefix(s.Path, "/") && !strings.HasPrefix(s.Path, "${") {
		r.wrong(memberNode(n, "path"), "did you mean /"+s.Path+"?", "a path begins with /")
	}
	if s.URL != "" {
		r.checkURL(memberNode(n, "url"), s.URL)
	}
}

func (s *Advance) check(r *reader, n *yaml.Node) {
	if s.Tell != "" {
		r.checkURL(memberNode(n, "tell"), s.Tell)
	}
}

func (r *reader) checkURL(n *yaml.Node, text string) {
	if strings.HasPrefix(text, "${") {
		return
	}
	if u, err := url.Parse(withoutReferences(text)); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		r.wrong(n, "write it as http://localhost:3000/path", "this is no URL")
	}
}

func (h *Hook) check(r *reader, n *yaml.Node) {
	if h.Path != "" && !strings.HasPrefix(h.Path, "/") {
		r.wrong(memberNode(n, "path"), "did you mean /"+h.Path+"?", "a path begins with /")
	}
}

func (a *Reply) check(r *reader, n *yaml.Node) {
	if a.Hold && a.Delay != 0 {
		r.wrong(n, "", "an answer is held or delayed, not both")
	}
}

func (want *ExpectDeliveries) check(r *reader, n *yaml.Node) {
	if want.Count != nil && len(want.Items) > 0 && *want.Count != len(want.Items) {
		r.wrong(memberNode(n, "items"), "say each, or leave out count", "there are %d items, and count is %d", len(want.Items), *want.Count)
	}
}

func (c *ExpectCalls) check(r *reader, n *yaml.Node) {
	if len(c.Items) == 0 {
		r.wrong(n, "to say that nothing is called write calls: none", "there are no calls to be expected")
		return
	}
	if c.Items[0].After.told {
		r.wrong(n, "list the call that is told to wait before it", "no call stands before the first, which could have been told how long to wait")
	}
}

func (want *ExpectCall) check(r *reader, n *yaml.Node) {
	if want.Call == noCall {
		if want.count() > 0 && want.Count != nil {
			r.wrong(memberNode(n, "count"), "", "what never comes can't come %d times", *want.Count)
		}
		want.Count = new(int)
	}
	if want.Call == signsIn && (want.Path.given() || want.Status.given() || len(want.Request) > 0 || want.Subscription != "") {
		r.wrong(n, "leave out what else is said of it", "of a sign-in is known only that it came")
	}
}

func (e *ExpectAPI) check(r *reader, n *yaml.Node) {
	if kind := r.names.kinds[string(e.Of)]; kind != "" && kind != givesAnswer && kind != givesSubscription {
		r.wrong(memberNode(n, "of"), "", "%q is %s, no answer of the service", e.Of, kind)
	}
}

func (e *ExpectAnswer) check(r *reader, n *yaml.Node) {
	if kind := r.names.kinds[string(e.Of)]; kind != "" && kind != givesReply {
		r.wrong(memberNode(n, "of"), "", "%q is %s, no answer of the webhook to a send", e.Of, kind)
	}
}
