package verify

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/emulator/fault"
)

// playPlain sends one notification as it should be, by which all others are measured.
func playPlain(ctx context.Context, p *play, _ *Check) (answer, error) {
	if err := p.measure(ctx); err != nil {
		return unheard(err)
	}
	taken := p.plain.taken
	if p.Depth() >= Believed {
		return came(taken.Diagnoses)
	}
	found, open := diagnosis.Stranger(taken)
	if open && len(found) == 0 {
		return notJudged(needsBelief)
	}
	return came(found)
}

// needsBelief is why what a stranger sends says little.
const needsBelief = "it takes notifications that the webhook believes: --adopt, or --client-state-env NAME"

// measure sends the plain notification, once.
func (p *play) measure(ctx context.Context) error {
	if p.plain.done {
		return nil
	}
	to, err := p.audience(ctx, 1)
	if err != nil {
		return err
	}
	defer p.leave(ctx, to)
	attempts, _, err := p.send(ctx, sending{to: to})
	if err != nil {
		return err
	}
	p.plain.done, p.plain.taken = true, attempts[0].Taken
	found := p.plain.taken.Diagnoses
	if p.Depth() == Wire {
		found, _ = diagnosis.Stranger(p.plain.taken)
	}
	switch {
	case !hasHandshake(p.Dialect) && unmet(found):
		p.unmet, p.plain.fails = true, "nothing answers"
	case p.plain.taken.Took > patient:
		p.plain.fails = "the plain notification takes so long"
	case diagnosis.Failed(found):
		p.plain.fails = "the plain notification fails (" + found[0].ID + ")"
	case len(found) > 0:
		p.plain.fails = "the plain notification is not taken well (" + found[0].ID + ")"
	}
	return nil
}

// unmet tells whether findings say that nothing answers at all.
func unmet(found []diagnosis.Diagnosis) bool {
	return slices.ContainsFunc(found, func(d diagnosis.Diagnosis) bool {
		switch d.ID {
		case "handshake-refused", "handshake-dns", "handshake-failed", "delivery-refused", "delivery-dns", "delivery-failed":
			return true
		}
		return false
	})
}

// unheard turns what keeps a check from being asked into an answer.
func unheard(err error) (answer, error) {
	if errors.Is(err, errAlone) || errors.Is(err, errUnheard) {
		return notJudged(err.Error())
	}
	return answer{}, err
}

// vary sends something otherwise than the plain notification, and judges it by that one.
func (p *play) vary(ctx context.Context, c *Check, sent string, n int, s sending) (answer, error) {
	if err := p.measure(ctx); err != nil {
		return unheard(err)
	}
	if p.plain.fails != "" {
		return notJudged(p.plain.fails)
	}
	if s.to.ids == nil {
		to, err := p.audience(ctx, n)
		if err != nil {
			return unheard(err)
		}
		s.to = to
	}
	defer p.leave(ctx, s.to)
	attempts, _, err := p.send(ctx, s)
	if err != nil {
		return unheard(err)
	}
	return p.varied(c, sent, answers(attempts))
}

// varied judges answers to what was sent otherwise. Where the webhook had no reason to believe it, a refusal says nothing unless it took
// the plain one, and an acceptance nothing at all.
func (p *play) varied(c *Check, sent string, taken []diagnosis.Taken) (answer, error) {
	believes := p.Depth() >= Believed
	refusedPlain := diagnosis.RefusesStranger(p.plain.taken.Answer)
	for _, t := range taken {
		if !believes && refusedPlain && diagnosis.RefusesStranger(t.Answer) {
			continue
		}
		v := diagnosis.Variation{Finding: p.mistake(c, t), Foreign: c.foreign, Sent: sent, Answers: []diagnosis.Taken{t}}
		if found := diagnosis.Varied(v, p.Mode); len(found) > 0 {
			p.stumbled[c.ID] = stumble{v.Finding, t.Status, t.Diagnoses[0].ID}
			return came(found)
		}
	}
	if !believes && !c.foreign {
		return notJudged(needsBelief)
	}
	return good("")
}

// stumble is how a check failed.
type stumble struct {
	finding string
	status  int
	manner  string // the finding that the answer would be by itself
}

// mistake is what a check's failure by this answer is called: as that of its kin that was answered just so, or else by its own name.
func (p *play) mistake(c *Check, t diagnosis.Taken) string {
	for _, id := range c.kin {
		if s, ok := p.stumbled[id]; ok && len(t.Diagnoses) > 0 && s.status == t.Status && s.manner == t.Diagnoses[0].ID {
			return s.finding
		}
	}
	return c.Findings[0]
}

func playBatch(n int) player {
	return func(ctx context.Context, p *play, c *Check) (answer, error) {
		sent := "100 notifications in one request"
		if n < largestBatch {
			sent = "5 notifications in one request"
		}
		return p.vary(ctx, c, sent, 1, sending{changes: n, together: true})
	}
}

func playMixed(ctx context.Context, p *play, c *Check) (answer, error) {
	const subscriptions = 3
	return p.vary(ctx, c, "one request with notifications of three subscriptions", subscriptions, sending{together: true})
}

// alone lets a notification have a request of its own, and is all else as it should be.
func alone(plan *fault.Plan) {
	plan.Items = append(plan.Items, func(item []byte) []byte { return item })
}

func playDuplicate(ctx context.Context, p *play, c *Check) (answer, error) {
	return p.vary(ctx, c, "the same notification again, in a request of its own", 1, sending{copies: 1, bend: by(&fault.Duplicate{})})
}

// by lets a fault of the catalogue bend it.
func by(f fault.PlanFault) bend { return func(plan *fault.Plan) { f.EditPlan(plan) } }

func playDisorder(ctx context.Context, p *play, c *Check) (answer, error) {
	return p.vary(ctx, c, "two notifications, the later one first", 1, sending{changes: 2, bend: by(&fault.Reorder{})})
}

func playExtra(ctx context.Context, p *play, c *Check) (answer, error) {
	return p.vary(ctx, c, "a notification with properties of every kind that no schema knows", 1, sending{bend: by(&fault.ExtraProperties{})})
}

func playNull(ctx context.Context, p *play, c *Check) (answer, error) {
	return p.vary(ctx, c, "a list that begins with null, and a good notification after it", 1, sending{bend: by(&fault.NullEntry{})})
}

// playBadItem puts before the good item one that is nobody's: of a subscription that there isn't, with another client state where items
// have one. It lacks nothing, so that what else is wrong with the handler doesn't show.
func playBadItem(ctx context.Context, p *play, c *Check) (answer, error) {
	to, err := p.audience(ctx, 1)
	if err != nil {
		return unheard(err)
	}
	return p.vary(ctx, c, "a good notification behind one that is nobody's", 1, sending{to: to, bend: func(plan *fault.Plan) {
		state := plan.ClientState
		plan.Items = append(plan.Items, func(good []byte) []byte {
			bad := bytes.ReplaceAll(good, []byte(to.ids[0]), []byte(strangerOf(to.ids[0])))
			if state != "" {
				bad = bytes.ReplaceAll(bad, []byte(state), []byte("nobody's"))
			}
			return slices.Concat(bad, []byte(","), good)
		})
	}})
}

// largeBody is what a request with encrypted content may come to.
const largeBody = 1 << 20

// playLarge fills the body with blanks: it is as large as it gets, and nothing in it is unknown, or takes longer to be worked on.
func playLarge(ctx context.Context, p *play, c *Check) (answer, error) {
	return p.vary(ctx, c, "a body of 1 MB with one notification, the rest blanks", 1, sending{bend: func(plan *fault.Plan) {
		plan.Shapes = append(plan.Shapes, fault.Shape{Body: func(body []byte) []byte {
			at := bytes.IndexByte(body, '[') + 1
			blanks := bytes.Repeat([]byte(" "), max(0, largeBody-len(body)))
			return bytes.Join([][]byte{body[:at], body[at:]}, blanks)
		}})
	}})
}

// slowly is how long a body takes that comes in pieces: long enough for each to come by itself.
const slowly = 400 * time.Millisecond

func playSlow(ctx context.Context, p *play, c *Check) (answer, error) {
	return p.vary(ctx, c, "a body that comes in pieces, over 400 ms", 1, sending{bend: by(&fault.SlowBody{For: slowly})})
}

func playWrongState(ctx context.Context, p *play, c *Check) (answer, error) {
	return p.vary(ctx, c, "a notification with another client state", 1, sending{bend: by(&fault.WrongClientState{})})
}

func playNoState(ctx context.Context, p *play, c *Check) (answer, error) {
	return p.vary(ctx, c, "a notification without client state", 1, sending{bend: by(&fault.MissingClientState{})})
}

// playUnknown names a subscription that nobody has.
func playUnknown(ctx context.Context, p *play, c *Check) (answer, error) {
	to, err := p.audience(ctx, 1)
	if err != nil {
		return unheard(err)
	}
	known, unknown := []byte(to.ids[0]), []byte(strangerOf(to.ids[0]))
	return p.vary(ctx, c, "a notification of a subscription that does not exist", 1, sending{to: to, bend: func(plan *fault.Plan) {
		plan.Items = append(plan.Items, func(item []byte) []byte { return bytes.ReplaceAll(item, known, unknown) })
	}})
}

// strangerOf is an id of the same form.
func strangerOf(id string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r < '9':
			return r + 1
		case r == '9':
			return '0'
		}
		return r
	}, id)
}

func playGarbage(ctx context.Context, p *play, c *Check) (answer, error) {
	return p.vary(ctx, c, "a body that is no JSON", 1, sending{bend: by(&fault.Malformed{})})
}

func playEmpty(ctx context.Context, p *play, c *Check) (answer, error) {
	return p.vary(ctx, c, "a POST without token and body", 1, sending{bend: func(plan *fault.Plan) {
		plan.Shapes = append(plan.Shapes, fault.Shape{Body: func([]byte) []byte { return nil }})
	}})
}
