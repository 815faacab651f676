package scenarios

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outlocal/outlocal/journal"
)

// await waits until the webhook or its app has made a call as often as is wanted.
func (p *play) await(ctx context.Context, s *Step) error {
	want := *s.Await
	want.AtLeast = true
	l, err := p.listenFor(ctx, []ExpectCall{want}, want.Within.Wall.std())
	if err != nil {
		return err
	}
	return p.judgeCalls(l, "", s.As)
}

// expectCalls judges the calls that the webhook or its app made since.
func (p *play) expectCalls(ctx context.Context, want *ExpectCalls, as string) error {
	l, err := p.listenFor(ctx, want.Items, want.Within.std())
	if err != nil {
		return err
	}
	return p.judgeCalls(l, want.Order, as)
}

// ledger books calls to what is wanted: each to the first that it fits and that is not full, else to the first that it fits.
type ledger struct {
	play  *play
	wants []booked
	seen  uint64 // up to here
	err   error
}

// booked is what is wanted, and what came of it.
type booked struct {
	*ExpectCall
	came    []journal.Entry
	differs []string // how others were not as they had to be
}

func (want *ExpectCall) count() int {
	if want.Count == nil {
		return 1
	}
	return *want.Count
}

// gives is what a name stands for.
func (want *ExpectCall) gives() given {
	switch {
	case want.count() == 0 || want.Call == signsIn:
		return ""
	case want.Call == "subscribe":
		return givesSubscription
	}
	return givesAnswer
}

// listenFor follows the journal until there is what is wanted, or for so long. Where all that a step sets off can be settled, it is there
// already.
func (p *play) listenFor(ctx context.Context, wants []ExpectCall, within time.Duration) (*ledger, error) {
	since := max(p.acted, p.waited)
	l := &ledger{play: p, seen: since}
	never := true
	for i := range wants {
		l.wants = append(l.wants, booked{ExpectCall: &wants[i]})
		never = never && wants[i].count() == 0
		within = max(within, wants[i].Within.Wall.std())
	}
	if p.local() {
		if err := p.settle(ctx); err != nil {
			return nil, err
		}
		entries, err := p.entries(ctx, since)
		for i := range entries {
			l.book(&entries[i])
		}
		return l, errors.Join(err, l.err)
	}
	const quiet = defaultWithin / 5 // what is called at all is called at once
	if never {
		within = cmp.Or(within, quiet)
	}
	_, err := p.collect(ctx, since, cmp.Or(within, defaultWithin), func(e *journal.Entry) bool {
		l.book(e)
		return !never && l.full()
	})
	return l, errors.Join(err, l.err)
}

// full tells whether there is all that is wanted.
func (l *ledger) full() bool {
	return !slices.ContainsFunc(l.wants, func(b booked) bool { return len(b.came) < b.count() })
}

// book books an entry, if it is a call of the webhook or its app.
func (l *ledger) book(e *journal.Entry) {
	if x := e.Exchange; x != nil && x.RequestHeader.Get("User-Agent") == runnerAgent {
		return
	}
	l.seen = max(l.seen, e.Seq)
	var last *booked
	for i := range l.wants {
		b := &l.wants[i]
		if !b.Call.is(e) {
			continue
		}
		why, err := l.play.callDiffers(b.ExpectCall, e)
		l.err = errors.Join(l.err, err)
		if why != "" {
			b.differs = append(b.differs, why)
			l.play.show(e.Exchange)
			continue
		}
		if last = b; len(b.came) < b.count() {
			break
		}
	}
	if last != nil {
		last.came = append(last.came, *e)
	}
}

// is tells whether an entry is of such a call.
func (c CallName) is(e *journal.Entry) bool {
	if !slices.Contains(c.kinds(), e.Kind) || e.Exchange == nil && e.Kind != journal.SignIn {
		return false
	}
	return c != resyncs || e.Exchange.Method == http.MethodGet && manyItems.MatchString(withoutQuery(e.Exchange.URL))
}

// manyItems is the path of a list of items, or of what has changed among them. The service itself may refuse it here.
var manyItems = regexp.MustCompile(`(?i)/(messages|events|contacts|tasks|calendarview)(/delta(\(\))?)?/?$`)

func withoutQuery(address string) string {
	path, _, _ := strings.Cut(address, "?")
	return path
}

// callDiffers says why a call is none that is wanted.
func (p *play) callDiffers(want *ExpectCall, e *journal.Entry) (string, error) {
	if want.Subscription != "" && !p.concerns(e, p.sub(want.Subscription).id) {
		return "another subscription came: it is " + cmp.Or(e.Subscription, "none"), nil
	}
	x := e.Exchange
	if x == nil {
		x = &journal.Exchange{}
	}
	for _, c := range []comparison{
		{"another path came", want.Path, this(pathIn(x.URL))},
		{"another status came", want.Status, this(float64(x.Status))},
	} {
		if why, err := c.want.differs(&p.scope, c.got); err != nil || why != "" {
			return c.what + ": " + why, err
		}
	}
	if len(want.Request) == 0 {
		return "", nil
	}
	trial := *p
	trial.now = &StepReport{}
	err := trial.comparePaths("another request came: its", want.Request, jsonOf(x.RequestBody))
	return strings.Join(trial.now.Problems, "; "), err
}

// concerns tells whether a call is about a subscription. One that was refused has it in its path only.
func (p *play) concerns(e *journal.Entry, id string) bool {
	return e.Subscription == id || e.Exchange != nil && strings.Contains(strings.ToLower(e.Exchange.URL), strings.ToLower(id))
}

// judgeCalls notes how calls are not as they have to be.
func (p *play) judgeCalls(l *ledger, order Order, as string) error {
	for i := range l.wants {
		b := &l.wants[i]
		for j := range b.came {
			p.show(b.came[j].Exchange)
		}
		if n := len(b.came); n < b.count() || n > b.count() && !b.AtLeast {
			p.now.problem("%s came %s, want %s", b.Call, times(n), times(b.count()))
			p.now.Problems = append(p.now.Problems, b.differs[:min(len(b.differs), shownExchanges)]...)
		}
	}
	if len(p.now.Problems) > 0 {
		return nil
	}
	var before *journal.Entry // the last one of those that are listed before
	for i := range l.wants {
		b := &l.wants[i]
		if len(b.came) == 0 {
			continue
		}
		first := &b.came[0]
		if order != "any" && before != nil && first.Seq < before.Seq {
			p.now.problem("%s came before what is listed before it", b.Call)
		}
		p.judgeMoment(b.ExpectCall, first, before)
		before = &b.came[len(b.came)-1]
	}
	p.waited = l.seen
	if as != "" && len(l.wants[0].came) > 0 {
		p.adopt(as, l.wants[0].ExpectCall, &l.wants[0].came[0])
	}
	return nil
}

// judgeMoment judges when a call came, by the service's clock.
func (p *play) judgeMoment(want *ExpectCall, e, before *journal.Entry) {
	since, what := p.when, "the step before"
	if before != nil {
		since, what = before.At, "the call before"
	}
	pause := want.After.std()
	if want.After.told {
		if before == nil || before.Exchange == nil || headerOf(before.Exchange.ResponseHeader, "Retry-After").value == nil {
			p.now.problem("%s: the call before was not told how long to wait", want.Call)
			return
		}
		pause = retryAfter(before.Exchange.ResponseHeader, before.At)
	}
	passed := e.At.Sub(since)
	if passed < pause {
		p.now.problem("%s came %s after %s, want %s at least", want.Call, Duration(passed.Round(time.Millisecond)), what, Duration(pause))
	}
	if limit := want.Within.Virtual.std(); limit > 0 && passed > limit {
		p.now.problem("%s came %s after %s, want %s at most", want.Call, Duration(passed.Round(time.Millisecond)), what, Duration(limit))
	}
}

// retryAfter is how long an answer asks to wait: seconds, or a date (W6.1-08).
func retryAfter(h http.Header, now time.Time) time.Duration {
	text, _ := headerOf(h, "Retry-After").value.(string)
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return date.Sub(now.Truncate(time.Second))
	}
	return 0
}

// adopt gives a call a name: a subscription that the app made itself can be used like one that a step made.
func (p *play) adopt(as string, want *ExpectCall, e *journal.Entry) {
	if e.Exchange == nil {
		return
	}
	values := answerValues(e.Exchange)
	if want.gives() == givesSubscription {
		mount := mountIn(e.Exchange.URL)
		body, _ := jsonOf(e.Exchange.ResponseBody).(map[string]any)
		for _, name := range []string{"id", "resource", "changeType", "clientState"} {
			values[name] = memberOf(body, name)
		}
		values["url"], values["expires"] = memberOf(body, "notificationUrl"), memberOf(body, "expirationDateTime")
		values["id"], values["mailbox"], values["dialect"] = e.Subscription, e.Mailbox, e.Dialect
		values["path"] = strings.TrimSuffix(pathIn(withoutQuery(e.Exchange.URL)), "/") + "/" + e.Subscription
		p.subs, p.ids[e.Subscription] = append(p.subs, &subscribed{name: as, id: e.Subscription, mount: mount, user: e.Mailbox}), true
	}
	p.named = values
}

// memberOf finds a member of an object, whose name the early schemas begin with a capital letter and the others do not.
func memberOf(object map[string]any, name string) any {
	for member, value := range object {
		if strings.EqualFold(member, name) || name == "notificationUrl" && strings.EqualFold(member, "notificationURL") ||
			name == "expirationDateTime" && strings.EqualFold(member, "subscriptionExpirationDateTime") {
			return value
		}
	}
	return nil
}

// mountIn is the base path that a request for subscriptions went to.
func mountIn(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	path := u.Path
	for _, below := range []string{"/me/", "/users/", "/users(", "/subscriptions"} {
		if at := strings.Index(strings.ToLower(path), below); at >= 0 {
			path = path[:at]
		}
	}
	return path
}

// times says how often.
func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
