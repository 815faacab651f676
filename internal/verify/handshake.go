package verify

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
)

// greet plays the plain handshake, by which all others are measured.
func (p *play) greet(ctx context.Context) error {
	if !hasHandshake(p.Dialect) {
		p.reached = true
		return nil
	}
	var err error
	v := p.verification(p.URL.String(), "")
	v.Sending, v.Answered = p.Sending, p.Answered
	if p.handshake, err = p.Server.Verify(ctx, v); err != nil {
		return err
	}
	p.handshake.Diagnoses = diagnosis.Handshake(p.handshake.Answer, p.Mode)
	p.unmet = unmet(p.handshake.Diagnoses)
	p.reached = !diagnosis.Failed(p.answers()) || p.handshake.Answer.Err == nil && p.handshake.Answer.Status == 200 && !p.came("handshake-html", "handshake-empty")
	return nil
}

func (p *play) verification(address, token string) emulator.Verification {
	return emulator.Verification{Dialect: p.Dialect, URL: address, ClientState: p.ClientState, Token: token}
}

// answers are the findings about the plain handshake but for those about the address and the certificate, which hinder nothing here.
func (p *play) answers() []diagnosis.Diagnosis {
	return slices.DeleteFunc(slices.Clone(p.handshake.Diagnoses), p.aboutAddress)
}

// handshakeFails says that the plain handshake does, and of what.
func (p *play) handshakeFails() string {
	return "the plain handshake fails (" + p.answers()[0].ID + ")"
}

// aboutAddress tells what the service minds before it asks, or while it connects, though it could be asked all the same.
func (p *play) aboutAddress(d diagnosis.Diagnosis) bool {
	switch d.ID {
	case "handshake-http-url", "handshake-credentials":
		return true
	case "handshake-tls":
		return p.handshake.Answer.Status != 0 && d.Case != "needs-tls"
	}
	return false
}

func (p *play) came(ids ...string) bool {
	return slices.ContainsFunc(p.handshake.Diagnoses, func(d diagnosis.Diagnosis) bool { return slices.Contains(ids, d.ID) })
}

// facet reads a check off the plain handshake.
func (p *play) facet(c *Check) (answer, error) {
	var mine []diagnosis.Diagnosis
	for _, d := range p.answers() {
		if slices.Contains(c.Findings, d.ID) && !p.reflects(d) {
			d.Sent = "" // the plain handshake, which is shown by itself
			mine = append(mine, d)
		}
	}
	switch {
	case len(mine) > 0:
		return came(mine[:1])
	case diagnosis.Failed(p.answers()) && c.ID == "handshake-reached" && p.handshake.Answer.Status != 0:
		return good("")
	case diagnosis.Failed(p.answers()):
		return notJudged(p.handshakeFails())
	}
	return good("")
}

// reflects tells whether a wrong content type is but the lesser part of what the check with a script is going to find.
func (p *play) reflects(d diagnosis.Diagnosis) bool {
	return d.ID == "handshake-content-type" && d.Severity == diagnosis.SeverityWarning && diagnosis.OpensAsPage(p.handshake.Answer.Header) &&
		slices.ContainsFunc(p.Checks, func(c Check) bool { return c.ID == "token-script" }) && !p.Visiting
}

// again asks for one more handshake, with a token of its own or the dialect's.
func (p *play) again(ctx context.Context, address, token string) (diagnosis.HandshakeAnswer, error) {
	return p.shake(ctx, p.verification(address, token))
}

// shake makes a handshake, and notes if nothing came back.
func (p *play) shake(ctx context.Context, v emulator.Verification) (diagnosis.HandshakeAnswer, error) {
	got, err := p.Server.Ask(ctx, v)
	if err == nil && got.Status == 0 {
		p.lost.Store(true)
	}
	return got, err
}

func playAgain(ctx context.Context, p *play, c *Check) (answer, error) {
	got, err := p.again(ctx, p.URL.String(), "")
	if err != nil {
		return answer{}, err
	}
	found := diagnosis.VariedHandshake(diagnosis.HandshakeVariation{Finding: c.Findings[0], Sent: "the handshake again, with another token", Answer: got}, p.Mode)
	p.single = len(found) > 0
	return came(found)
}

// crowd is how many handshakes are asked at once: enough for tokens to be mixed up that are kept in one place.
const crowd = 8

// playAtOnce asks at two URLs, as it comes about where subscriptions with a lifecycle URL are made at the same time: each of the two is
// asked (W2.1-13). The second one differs in its query alone, and is used only if it is answered well by itself.
func playAtOnce(ctx context.Context, p *play, c *Check) (answer, error) {
	addresses := []string{p.URL.String()}
	sent := "eight handshakes at once, each with a token of its own"
	if p.hasLifecycleURL() {
		second := p.besides("lifecycle")
		alone, err := p.again(ctx, second, "")
		if err != nil {
			return answer{}, err
		}
		if len(diagnosis.VariedHandshake(diagnosis.HandshakeVariation{Finding: c.Findings[0], Answer: alone}, p.Mode)) == 0 {
			addresses = append(addresses, second)
			sent = "eight handshakes at once, four of them at the URL with outlocal=lifecycle in its query, each with a token of its own"
		}
	}
	answers, errs := make([]diagnosis.HandshakeAnswer, crowd), make([]error, crowd)
	var asking sync.WaitGroup
	for i := range crowd {
		asking.Go(func() { answers[i], errs[i] = p.again(ctx, addresses[i%len(addresses)], "") })
	}
	asking.Wait()
	for i := range crowd {
		if errs[i] != nil {
			return answer{}, errs[i]
		}
		v := diagnosis.HandshakeVariation{Finding: c.Findings[0], Sent: sent, Answer: answers[i]}
		if found := diagnosis.VariedHandshake(v, p.Mode); len(found) > 0 {
			return came(found)
		}
	}
	return good("")
}

// besides is the URL with one more parameter in its query, behind those that it has.
func (p *play) besides(value string) string {
	other := *p.URL
	if other.RawQuery != "" {
		other.RawQuery += "&"
	}
	other.RawQuery += "outlocal=" + value
	return other.String()
}

func playQuery(ctx context.Context, p *play, c *Check) (answer, error) {
	if p.URL.RawQuery != "" {
		return good("")
	}
	got, err := p.again(ctx, p.besides("verify"), "")
	if err != nil {
		return answer{}, err
	}
	return came(diagnosis.VariedHandshake(diagnosis.HandshakeVariation{Finding: c.Findings[0], Sent: "the handshake at ?outlocal=verify", Answer: got}, p.Mode))
}

// playSpelling finds out whether the webhook is ready for the schemas that spell the parameter otherwise (W2.1-02, W2.1-03). It is no
// mistake not to be.
func playSpelling(ctx context.Context, p *play, _ *Check) (answer, error) {
	other := dialect.GraphV1
	if isGraph(p.Dialect) && p.Dialect.Handshake.Parameter == dialect.GraphV1.Handshake.Parameter {
		other = dialect.OutlookFinal
	}
	v := p.verification(p.URL.String(), "")
	v.Dialect = p.Dialect.With(func(d *dialect.Dialect) { d.Handshake.Parameter = other.Handshake.Parameter })
	got, err := p.shake(ctx, v)
	if err != nil {
		return answer{}, err
	}
	varied := diagnosis.VariedHandshake(diagnosis.HandshakeVariation{Finding: "handshake-parameter", Answer: got}, p.Mode)
	switch family := strings.ToLower(other.Handshake.Parameter) == other.Handshake.Parameter; {
	case len(varied) == 0 && family:
		return good("accepts both spellings of the parameter: ready for Outlook's schemas, too")
	case len(varied) == 0:
		return good("accepts both spellings of the parameter: ready for Graph")
	}
	return good("knows " + p.Dialect.Handshake.Parameter + " only, which is all that " + p.Dialect.String() + " sends")
}

// The tokens that nobody expects. None looks like the service's, and each has one difficulty: what means something in a query, what means
// something to who decodes twice, and letters of two to four bytes.
const (
	tokenPlus    = "Validation: one+two/three=four"
	tokenPercent = "Validation: 100%25 & 7%2B7"
	tokenUnicode = "Validation: prüfen 検証 🙂"
	tokenMarkup  = "<script>alert('outlocal')</script>"
)

// longToken is far longer than any that was seen, and shorter than what servers take for a URL.
const longToken = 2000

// tokenLong stands for a token of that length.
const tokenLong = "long"

func playToken(token string) player {
	return func(ctx context.Context, p *play, c *Check) (answer, error) {
		v := diagnosis.HandshakeVariation{Finding: c.Findings[len(c.Findings)-1], Token: true, Sent: "the handshake with the token " + token}
		if token == tokenLong {
			token = strings.Repeat("0123456789", longToken/10)
			v.Finding, v.Sent = c.Findings[0], "the handshake with a token of 2000 characters"
		}
		var err error
		if v.Answer, err = p.again(ctx, p.URL.String(), token); err != nil {
			return answer{}, err
		}
		return came(diagnosis.VariedHandshake(v, p.Mode))
	}
}

// playScript is content with any answer to a token that nobody honest sends, unless it is a page with the script in it.
func playScript(ctx context.Context, p *play, _ *Check) (answer, error) {
	got, err := p.again(ctx, p.URL.String(), tokenMarkup)
	if err != nil {
		return answer{}, err
	}
	return came(diagnosis.Reflected(got, p.Mode))
}
