package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

// mark is a moment in both journals.
type mark struct {
	service, webhook uint64
}

func (s *stage) mark() mark { return mark{s.service.Journal().Last(), s.webhook.Journal().Last()} }

// check notes what was checked, and what is wrong with it if anything is.
func (p *player) check(what string, problems ...string) {
	var different []string
	for _, problem := range problems {
		if !slices.Contains(different, problem) {
			different = append(different, problem)
		}
	}
	p.now.Checks = append(p.now.Checks, sceneCheck{What: what, Good: len(different) == 0, Problems: different})
}

// happens makes something happen in the mailbox, and tells it.
func (p *player) happens(ctx context.Context, change control.Change, text string) (control.Raised, error) {
	raised, err := p.steer.RaiseChange(ctx, change)
	if err == nil {
		p.happened("mailbox", text)
	}
	return raised, err
}

func (p *player) happened(where, text string) {
	p.now.Lines = append(p.now.Lines, sceneLine{From: where, Text: text})
}

// told waits until the webhook has got n notifications after a moment and the service has judged its answers, and tells of the
// requests that they came in.
func (p *player) told(ctx context.Context, since mark, n int) ([]*receiver.Item, error) {
	entries, err := p.webhook.Journal().Wait(ctx, since.webhook, n, func(e *journal.Entry) bool { return e.Kind == journal.Notified })
	if err != nil {
		return nil, fmt.Errorf("wait for what the webhook is told: %w", err)
	}
	items := make([]*receiver.Item, len(entries))
	for i := range entries {
		items[i] = entries[i].Data.(*receiver.Item)
	}
	attempts, err := p.steer.Wait(ctx, control.WaitRequest{Since: since.service, Kinds: []journal.Kind{journal.Attempt}, Count: p.posts(since)})
	if err != nil {
		return nil, fmt.Errorf("wait for what the service makes of the answers: %w", err)
	}
	for i := range attempts {
		data := decode[attempt](attempts[i].Data)
		lines := p.delivery(&attempts[i], count(len(data.Items), "notification")+": "+strings.ToLower(changes(&data)))
		lines[0].terse = len(attempts) > 1 && len(data.Items) == 1 // the others have more to show
		p.now.Lines = append(p.now.Lines, lines...)
		if data.Class != diagnosis.ClassGood {
			p.check("the service takes the webhook's answer", fmt.Sprintf("%d is %s: %s", attempts[i].Exchange.Status, data.Class, data.Next))
		}
	}
	return items, nil
}

// posts counts the requests that the webhook has got after a moment, handshakes apart.
func (s *stage) posts(since mark) int {
	got, _ := s.webhook.Journal().Since(since.webhook, func(e *journal.Entry) bool { return e.Kind == journal.Received }, 0)
	return len(got)
}

// problems are what is wrong with notifications of this dialect, whatever they tell.
func (p *player) problems(items ...*receiver.Item) []string {
	var problems []string
	for _, item := range items {
		if item.Dialect == nil || !sameWords(item.Dialect, p.d) {
			problems = append(problems, fmt.Sprintf("it is in the words of %s", item.Dialect))
		}
		if item.Subscription != p.sub.ID {
			problems = append(problems, "it names another subscription, "+shortID(item.Subscription))
		}
		if item.ClientState != diagnosis.ClientStateRight {
			problems = append(problems, "its client state is "+string(item.ClientState))
		}
		if !item.Good() {
			problems = append(problems, item.Problems...)
			for _, d := range item.Findings() {
				problems = append(problems, d.ID+": "+d.Title)
			}
		}
		problems = append(problems, p.numbered(item)...)
	}
	return append(problems, p.headers()...)
}

// numbered checks the sequence: 0 for an acknowledgement, then one after the other (W3.3-01, W3.3-03).
func (p *player) numbered(item *receiver.Item) []string {
	if !p.d.Notification.Sequence {
		if item.HasSequence {
			return []string{"it is numbered"}
		}
		return nil
	}
	want := p.number + 1
	if item.Change == notify.Acknowledgment {
		want = 0
	}
	p.number = item.Sequence
	if !item.HasSequence || item.Sequence != want {
		return []string{fmt.Sprintf("it has the number %d, want %d", item.Sequence, want)}
	}
	return nil
}

// headers checks those of the last request that the webhook got, as it got them (W4.1-02 to W4.1-08).
func (p *player) headers() []string {
	got, _ := p.webhook.Journal().Since(0, func(e *journal.Entry) bool { return e.Kind == journal.Received }, 0)
	if len(got) == 0 {
		return []string{"there was no request"}
	}
	var problems []string
	for name, want := range p.d.NotificationHeader(p.state) {
		if have := got[len(got)-1].Exchange.RequestHeader.Values(name); len(have) != 1 || have[0] != want[0] {
			problems = append(problems, fmt.Sprintf("its header %s is not as it should be", name)) // what it is may be a secret
		}
	}
	return problems
}

// expected are the differences between a notification and the change that it should tell of.
func (p *player) expected(item *receiver.Item, change notify.ChangeType, id string) []string {
	n := item.Notification()
	switch {
	case item.Change != change:
		return []string{fmt.Sprintf("it tells %s, want %s", item.Change, change)}
	case n.Data == nil || n.Data.ID != id:
		return []string{"it names another item"}
	case !strings.HasPrefix(n.Data.Type, p.d.Notification.ItemType):
		return []string{"it calls the item " + n.Data.Type}
	}
	return nil
}

// trying is an app that sends what the dialect does not have.
func (p *player) trying() *subscriber.Client {
	app := *p.app
	app.Try = true
	return &app
}

// refused checks that the service said no.
func (p *player) refused(what string, status int, err error) {
	var refusal *subscriber.Error
	var problems []string
	switch {
	case err == nil:
		problems = append(problems, "it was done")
	case !errors.As(err, &refusal):
		problems = append(problems, err.Error())
	case refusal.Status != status:
		problems = append(problems, fmt.Sprintf("%s, want %d", refusal, status))
	}
	p.appSaid()
	p.check(what, problems...)
}

// explained is an error of the service's with the cure that it told.
func explained(err error) error {
	var refusal *subscriber.Error
	if errors.As(err, &refusal) && refusal.Hint != "" {
		return fmt.Errorf("%w (%s)", err, refusal.Hint)
	}
	return err
}

// whereabouts is where a notification says that its item is: legacy says it only in the item itself (W4.2-01).
func whereabouts(n *notify.Notification) string {
	if n.Resource == "" && n.Data != nil {
		return n.Data.URL
	}
	return n.Resource
}

// sameWords tells whether a body can be told to be in one dialect or the other: Graph's beta has the words of v1.0, a profile those of
// its dialect, and v1.0 began with those of the preview (W4.5-04).
func sameWords(a, b *dialect.Dialect) bool {
	words := func(d *dialect.Dialect) string {
		switch d.String() {
		case dialect.GraphBeta.String():
			return dialect.GraphV1.Name
		case dialect.GraphV1Of2016.String():
			return dialect.GraphPreview.Name
		}
		return d.Name
	}
	return words(a) == words(b)
}

// sameItem checks that what was read is the item that a notification points at, in the dialect's names.
func sameItem(body []byte, data *notify.Data, d *dialect.Dialect) []string {
	name := "id"
	if d.Entity.Pascal {
		name = "Id"
	}
	document, err := odata.Parse(body)
	if err != nil {
		return []string{err.Error()}
	}
	value, ok := document.Member(name)
	id, _ := value.Text()
	switch {
	case !ok:
		return []string{"it has no " + name}
	case data == nil || id != data.ID:
		return []string{"its " + name + " is another"}
	}
	return nil
}

// appSays tells what the app asked for, serviceAnswers what it was answered.
func (p *player) appSays(said []journal.Exchange) {
	for _, x := range said {
		p.now.Lines = append(p.now.Lines, sceneLine{From: "app", To: "service", Text: x.Method + " " + whither(&x), Body: brief(x.RequestBody)})
	}
}

func (p *player) serviceAnswers(said []journal.Exchange) {
	for _, x := range said {
		p.now.Lines = append(p.now.Lines, sceneLine{From: "service", To: "app", Answer: true, Text: outcome(x.Status), Body: brief(x.ResponseBody)})
	}
}

// appSaid tells what the app said since it was told the last time, each with its answer.
func (p *player) appSaid() {
	for _, x := range p.wire.take() {
		p.appSays([]journal.Exchange{x})
		p.serviceAnswers([]journal.Exchange{x})
	}
}

// delivery tells of a request to the webhook, and of its answer.
func (p *player) delivery(e *journal.Entry, what string) []sceneLine {
	x := e.Exchange
	text := x.Method + " " + whither(x)
	for name, values := range x.RequestHeader {
		if strings.EqualFold(name, p.d.ClientState.Header) && len(values) > 0 {
			text += " · " + name + ": " + values[0]
		}
	}
	if what != "" {
		text += " · " + what
	}
	answered := outcome(x.Status)
	if x.Status == 0 {
		answered = "no answer: " + x.Error
	}
	if len(x.ResponseBody) > 0 { // a line of text, or else the check tells what is wrong
		answered += " · " + brief(x.ResponseBody)
	}
	return []sceneLine{
		{From: "service", To: "webhook", Text: text, Body: brief(x.RequestBody)},
		{From: "webhook", To: "service", Answer: true, Text: answered},
	}
}

// outcome is a status as it is read on the wire.
func outcome(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// whither is where a request goes, without the host, which is this machine.
func whither(x *journal.Exchange) string {
	u, err := url.Parse(x.URL)
	if err != nil {
		return "?"
	}
	text := shortPath(u.EscapedPath())
	if u.RawQuery != "" {
		text += "?" + u.RawQuery
	}
	return text
}
