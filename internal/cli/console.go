package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
)

// console tells a person what happened: one line for one thing, and below it what is wrong with it and what helps. Arrows are seen
// from the process that it watches: --> is what that sent, <-- what came to it.
type console struct {
	p     *printer
	kind  control.Kind // of what it watches
	json  bool
	known map[string]bool // findings whose cause and cure were told: once is enough
}

// entrySchema names the form of a journal entry in JSON.
const entrySchema = "outlocal/journal-entry/1"

// gapSchema names the form of entries that are lost.
const gapSchema = "outlocal/journal-gap/1"

type journalGap struct {
	Dropped uint64 `json:"dropped"`
}

// watch is the console of an emulator or a receiver.
func (a *app) watch(p *printer, kind control.Kind) *console {
	return &console{p: p, kind: kind, json: a.json, known: map[string]bool{}}
}

// entry tells one entry, which may hold secrets: they are masked here.
func (c *console) entry(e journal.Entry) error {
	e = e.Masked()
	if c.json {
		return c.p.document(entrySchema, e)
	}
	if c.kind == control.Exposure && c.exposed(&e) {
		return nil
	}
	switch e.Kind {
	case journal.Retry, journal.Delivery: // the attempts tell both
	case journal.Handshake:
		c.handshake(&e)
	case journal.Attempt:
		c.attempt(&e)
	case journal.Received:
		c.received(&e)
	case journal.Notified:
		c.notified(&e)
	case journal.Refused:
		c.refused(&e)
	default:
		c.event(&e)
	}
	return nil
}

// missed tells of entries that were overwritten before they could be told.
func (c *console) missed(n uint64) error {
	if c.json {
		return c.p.document(gapSchema, journalGap{n})
	}
	c.p.line("%s %s", c.p.caution(), c.p.warn(fmt.Sprintf("%d entries were overwritten before they could be shown", n)))
	return nil
}

func (c *console) handshake(e *journal.Entry) {
	if c.kind == control.Receiver {
		line := fmt.Sprintf("%s handshake  %s  %s", c.came(), shortURL(e.URL), e.Note)
		c.line(e, "%s  %s  %s", line, c.answered(c.went(), e.Exchange), c.verdict(e.Exchange != nil && e.Exchange.Status == http.StatusOK && e.Exchange.Finding == "", nil))
		return
	}
	found := decode[[]diagnosis.Diagnosis](e.Data)
	c.line(e, "%s handshake  %s  %s  %s", c.went(), shortURL(e.URL), c.answered(c.came(), e.Exchange), c.verdict(!diagnosis.Failed(found), found))
	c.findings(found)
}

// attempt is what the console needs of an attempt's data.
type attempt struct {
	Items []struct {
		Change string `json:"change"`
	} `json:"items"`
	Try       int                   `json:"try"`
	Class     diagnosis.Class       `json:"class"`
	Next      string                `json:"next"`
	Diagnoses []diagnosis.Diagnosis `json:"diagnoses"`
}

func (c *console) attempt(e *journal.Entry) {
	data := decode[attempt](e.Data)
	what := changes(&data)
	if data.Try > 1 {
		what += fmt.Sprintf(", try %d", data.Try)
	}
	c.line(e, "%s %s  %s  %s  %s", c.went(), what, shortURL(e.URL), c.answered(c.came(), e.Exchange), c.verdict(data.Class != diagnosis.ClassFailed, data.Diagnoses))
	c.findings(data.Diagnoses)
	if data.Class != diagnosis.ClassGood {
		c.below("next", data.Next)
	}
}

// changes says what an attempt carried: created ×3, updated.
func changes(a *attempt) string {
	var order []string
	count := map[string]int{}
	for _, item := range a.Items {
		if item.Change == "" {
			continue
		}
		if count[item.Change]++; count[item.Change] == 1 {
			order = append(order, item.Change)
		}
	}
	for i, change := range order {
		order[i] = strings.ToLower(change[:1]) + change[1:]
		if n := count[change]; n > 1 {
			order[i] += fmt.Sprintf(" ×%d", n)
		}
	}
	if len(order) == 0 {
		return "notification"
	}
	return strings.Join(order, ", ")
}

func (c *console) received(e *journal.Entry) {
	data := decode[struct {
		Items    int                   `json:"items"`
		Findings []diagnosis.Diagnosis `json:"findings"`
	}](e.Data)
	what := e.Note
	if e.Dialect != "" {
		what = e.Dialect
	}
	if data.Items > 0 {
		what += ", " + count(data.Items, "item")
	}
	c.line(e, "%s %s  %s  %s  %s", c.came(), method(e.Exchange), shortURL(e.URL), what, c.answered(c.went(), e.Exchange))
	c.findings(data.Findings)
}

func (c *console) notified(e *journal.Entry) {
	data := decode[struct {
		Good     bool                  `json:"good"`
		Change   string                `json:"change"`
		Event    string                `json:"lifecycle"`
		Sequence *int32                `json:"sequence"`
		Resource string                `json:"resource"`
		Problems []string              `json:"problems"`
		Findings []diagnosis.Diagnosis `json:"findings"`
		richDetail
	}](e.Data)
	what := strings.ToLower(data.Change) + data.Event
	if data.Sequence != nil {
		what += fmt.Sprintf(" #%d", *data.Sequence)
	}
	c.line(e, "    %s %s  subscription %s  %s", c.verdict(data.Good, data.Findings), what, shortID(e.Subscription), shortPath(data.Resource))
	for _, problem := range data.Problems {
		c.below("", c.p.cross()+" "+problem)
	}
	c.rich(&data.richDetail)
	c.findings(data.Findings)
}

func (c *console) refused(e *journal.Entry) {
	data := decode[struct {
		Code string `json:"code"`
		Hint string `json:"hint"`
	}](e.Data)
	c.line(e, "%s %s %s  %s  %s %s", c.came(), method(e.Exchange), path(e.Exchange), c.answered(c.went(), e.Exchange), c.p.cross(), data.Code)
	message, _, _ := strings.Cut(e.Note, " Hint: ")
	c.below("", message)
	if id, _, _ := strings.Cut(data.Hint, ":"); !c.known[id] { // the handshake's line has told it
		c.below("hint", data.Hint)
	}
}

// event is everything that needs no more than a line.
func (c *console) event(e *journal.Entry) {
	var words []string
	for _, word := range []string{sentence(e), e.Note, e.Mailbox, item(e)} {
		if word != "" {
			words = append(words, word)
		}
	}
	text := strings.Join(words, "  ")
	switch {
	case e.Exchange == nil:
		glyph := " * "
		if e.Kind == journal.Dropped || e.Kind == journal.Missed || e.Kind == journal.EndpointState || e.Kind == journal.Fault {
			glyph = " " + c.p.caution() + " "
		}
		c.line(e, "%s %s", glyph, text)
	case c.kind != control.Emulator: // it reads the items it was notified of
		c.line(e, "%s %s %s  %s  %s", c.went(), method(e.Exchange), path(e.Exchange), c.answered(c.came(), e.Exchange), text)
		c.readItem(e)
	default:
		c.line(e, "%s %s %s  %s  %s", c.came(), method(e.Exchange), path(e.Exchange), c.answered(c.went(), e.Exchange), text)
	}
}

// item names what changed in a mailbox.
func item(e *journal.Entry) string {
	if e.Kind != journal.Change {
		return ""
	}
	return shortID(decode[struct {
		Item string `json:"item"`
	}](e.Data).Item)
}

// sentence begins what an entry says: its kind, and the subscription it is about.
func sentence(e *journal.Entry) string {
	text := string(e.Kind)
	switch e.Kind {
	case journal.EndpointState, journal.Change, journal.Clock, journal.Serve, journal.Import:
		return "" // their notes say it all
	}
	if e.Subscription != "" {
		text += " " + shortID(e.Subscription)
	}
	data := decode[struct {
		Resource string    `json:"resource"`
		Changes  string    `json:"changeType"`
		Expires  time.Time `json:"expires"`
	}](e.Data)
	if data.Resource != "" {
		text += "  " + shortPath(data.Resource)
		if data.Changes != "" { // a renewal leaves them as they are
			text += " (" + strings.ToLower(data.Changes) + ")"
		}
		text += " until " + data.Expires.Format("2 Jan 15:04:05Z")
	}
	return text
}

// timeLead is how far the emulator's time is from ours before it shows.
const timeLead = time.Second

// decode reads the detail of an entry, whatever it is here: a value of this process or what came over the control API. Detail that
// does not fit is left out: it is for people.
func decode[T any](data any) T {
	var detail T
	if document, err := json.Marshal(data); err == nil {
		_ = json.Unmarshal(document, &detail)
	}
	return detail
}
