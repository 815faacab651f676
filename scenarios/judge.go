package scenarios

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
)

// expect judges what has happened.
func (p *play) expect(ctx context.Context, s *Step) error {
	switch e := s.Expect; {
	case e.Handshake != nil:
		return p.expectHandshake(ctx, e.Handshake)
	case e.Deliveries != nil:
		return p.expectDeliveries(ctx, e.Deliveries)
	case e.Answer != nil:
		return p.expectAnswer(e.Answer)
	case e.Calls != nil:
		return p.expectCalls(ctx, e.Calls, s.As)
	case e.API != nil:
		return p.expectAPI(e.API)
	case e.Nothing != nil:
		return p.expectNothing(ctx, e.Nothing)
	case e.Received != nil:
		return p.expectReceived(ctx, e.Received)
	case e.Endpoint != nil:
		return p.expectEndpoint(ctx, e.Endpoint)
	case e.Journal != nil:
		return p.expectJournal(ctx, e.Journal)
	}
	return nil
}

// compare notes how a value is not as it has to be.
func (p *play) compare(what string, want Match, got found) error {
	differs, err := want.differs(&p.scope, got)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if text, ok := got.value.(string); ok && differs != "" && p.server == nil && strings.Contains(text, masked) {
		p.now.Note = what + " is masked at an emulator that runs, and can't be judged"
		return nil
	}
	if differs != "" {
		p.now.problem("%s: %s", what, differs)
	}
	return nil
}

// comparison is one of several values that are compared.
type comparison struct {
	what string
	want Match
	got  found
}

func (p *play) compareAll(all ...comparison) error {
	for _, c := range all {
		if !c.want.given() {
			continue
		}
		if err := p.compare(c.what, c.want, c.got); err != nil {
			return err
		}
	}
	return nil
}

// comparePaths compares values of a JSON document.
func (p *play) comparePaths(what string, want ByPath, document any) error {
	for _, text := range slices.Sorted(maps.Keys(want)) {
		path, err := parsePath(text)
		if err != nil {
			return err
		}
		if err := p.compare(what+" "+text, want[text], path.of(document)); err != nil {
			return err
		}
	}
	return nil
}

// compareHeaders finds names in any case: over the wire that is Go's for most of them.
func (p *play) compareHeaders(what string, want map[string]Match, header http.Header) error {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if err := p.compare(what+" "+name, want[name], headerOf(header, name)); err != nil {
			return err
		}
	}
	return nil
}

// compareAnswer compares what a webhook answered.
func (p *play) compareAnswer(want *ExpectAnswer, x *journal.Exchange) error {
	if want == nil {
		return nil
	}
	if x.Status == 0 && want.Status.given() {
		p.now.problem("the webhook did not answer: %s", x.Error)
		return nil
	}
	err := p.compareAll(
		comparison{"the answer's status", want.Status, this(float64(x.Status))},
		comparison{"the answer's body", want.Text, this(string(x.ResponseBody))})
	if err == nil {
		err = p.compareHeaders("the answer's header", want.Headers, x.ResponseHeader)
	}
	if err == nil {
		err = p.comparePaths("the answer's", want.Body, jsonOf(x.ResponseBody))
	}
	return err
}

func (p *play) expectAnswer(want *ExpectAnswer) error {
	all := p.shown
	if x := p.calls[string(want.Of)]; x != nil {
		all = []*journal.Exchange{x}
	}
	if len(all) == 0 {
		p.now.problem("the webhook was asked nothing that a step looked at")
	}
	for _, x := range all {
		p.show(x)
		if err := p.compareAnswer(want, x); err != nil {
			return err
		}
	}
	return nil
}

func (p *play) expectAPI(want *ExpectAPI) error {
	x := p.said
	if want.Of != "" {
		x = p.calls[string(want.Of)]
	}
	if x == nil {
		p.now.problem("the service was asked nothing")
		return nil
	}
	p.show(x)
	if took := p.lasted[x]; took < want.After.std() {
		p.now.problem("the answer came after %s, want %s at least", Duration(took.Round(time.Millisecond)), want.After)
	}
	answer := jsonOf(x.ResponseBody)
	err := p.compareAll(
		comparison{"the status", want.Status, this(float64(x.Status))},
		comparison{"the error's code", want.Code, jsonPath{"error", "code"}.of(answer)},
		comparison{"the error's message", want.Message, jsonPath{"error", "message"}.of(answer)},
		comparison{"the body", want.Text, this(string(x.ResponseBody))},
		comparison{"the method", want.Method, this(x.Method)},
		comparison{"the path", want.Path, this(pathIn(x.URL))})
	if err == nil {
		err = p.compareHeaders("the header", want.Headers, x.ResponseHeader)
	}
	if err == nil {
		err = p.comparePaths("the answer's", want.Body, answer)
	}
	if err == nil {
		err = p.comparePaths("the request's", want.Request, jsonOf(x.RequestBody))
	}
	return err
}

// pathIn is path and query of a URL, unescaped as far as that is safe to read.
func pathIn(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if u.RawQuery == "" {
		return u.Path
	}
	return u.Path + "?" + u.RawQuery
}

func (p *play) expectHandshake(ctx context.Context, want *ExpectHandshake) error {
	if p.local() {
		if err := p.settle(ctx); err != nil {
			return err
		}
	}
	all, err := p.entries(ctx, p.acted)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(e journal.Entry) bool { return e.Kind != journal.Handshake })
	count := 1
	if want.Count != nil {
		count = *want.Count
	}
	p.shown = nil
	for i := range all {
		p.show(all[i].Exchange)
		p.shown = append(p.shown, all[i].Exchange)
	}
	if len(all) != count {
		p.now.problem("the webhook was asked to echo %s, want %d", counted(len(all), "token"), count)
		return nil
	}
	for i := range all {
		if err := p.handshakeDiffers(want, &all[i]); err != nil {
			return err
		}
	}
	if len(all) > 0 {
		p.named = p.deliveryValues(all[0].Exchange)
	}
	return nil
}

func (p *play) handshakeDiffers(want *ExpectHandshake, e *journal.Entry) error {
	found := decode[[]diagnosis.Diagnosis](e.Data)
	p.compareFinding(want.Finding, found)
	verdict := HandshakeVerdict("good")
	if diagnosis.Failed(found) || e.Exchange.Error != "" {
		verdict = "failed"
	}
	if want.Verdict != "" && verdict != want.Verdict {
		p.now.problem("the handshake is %s, want %s: %s", verdict, want.Verdict, told(found, e.Note))
	}
	err := p.compare("the URL", want.URL, this(e.Exchange.URL))
	if err == nil {
		err = p.compareHeaders("the header", want.Headers, e.Exchange.RequestHeader)
	}
	if err == nil {
		err = p.compareAnswer(want.Answer, e.Exchange)
	}
	return err
}

// compareFinding looks for a finding among what was found out.
func (p *play) compareFinding(want FindingID, found []diagnosis.Diagnosis) {
	if want == "" || slices.ContainsFunc(found, func(d diagnosis.Diagnosis) bool { return d.ID == string(want) }) {
		return
	}
	p.now.problem("%s was not found, but: %s", want, told(found, "nothing"))
}

// told names what was found out, with cause and cure.
func told(found []diagnosis.Diagnosis, otherwise string) string {
	var all []string
	for _, d := range found {
		all = append(all, strings.Join([]string{d.ID + ":", d.Title + ".", d.Cause, d.Cure}, " "))
	}
	if len(all) == 0 {
		return otherwise
	}
	return strings.Join(all, "; ")
}

// deliveryValues are what can be asked of a request to the webhook. What an emulator that runs masks of its address is known here.
func (p *play) deliveryValues(x *journal.Exchange) map[string]any {
	address := x.URL
	if p.server == nil && address == journal.MaskURL(p.hookURL) {
		address = p.hookURL
	}
	return map[string]any{"url": address, "header": headerValues(x.RequestHeader), "body": jsonOf(x.RequestBody)}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
