package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/tunnel"
)

// exposed tells an entry of a webhook that is exposed, where that is told otherwise than a receiver's. It tells whether it did.
func (c *console) exposed(e *journal.Entry) bool {
	switch e.Kind {
	case journal.Tunnel:
		c.tunnel(e)
	case journal.Handshake:
		c.asked(e)
	case journal.Received:
		c.cameIn(e)
	case journal.Attempt:
		c.passed(e)
	case journal.Read:
		c.fetched(e)
	case journal.Subscribed, journal.Renewed, journal.Reauthorized, journal.Repointed, journal.Deleted, journal.Removed, journal.Expired, journal.Missed, journal.Kept:
		c.keeping(e)
	default:
		return false
	}
	return true
}

// asked tells of a handshake that came in. What the webhook answered, the next line tells.
func (c *console) asked(e *journal.Entry) {
	good := e.Exchange != nil && e.Exchange.Status == http.StatusOK && e.Exchange.Finding == ""
	c.line(e, "%s handshake  %s  %s", c.came(), publicName(e.URL), c.wrongly(e.Exchange, c.verdict(good, nil)))
	c.findings(decode[[]diagnosis.Diagnosis](e.Data))
}

// cameIn tells of a request that came in.
func (c *console) cameIn(e *journal.Entry) {
	data := decode[struct {
		Items    int                   `json:"items"`
		Findings []diagnosis.Diagnosis `json:"findings"`
	}](e.Data)
	what := cmp.Or(e.Dialect, e.Note)
	if data.Items > 0 {
		what += ", " + count(data.Items, "item")
	}
	c.line(e, "%s %s  %s  %s  %s", c.came(), method(e.Exchange), publicName(e.URL), what, c.wrongly(e.Exchange, ""))
	c.findings(data.Findings)
}

// wrongly is what went back, if it is not what should; else fine.
func (c *console) wrongly(x *journal.Exchange, fine string) string {
	if x != nil && x.Status >= http.StatusOK && x.Status < http.StatusMultipleChoices && x.Error == "" {
		return fine
	}
	return c.answered(c.went(), x)
}

// publicName is a public URL as it is told from others: by its host, and the beginning of a path that nobody can guess anyway.
func publicName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "?"
	}
	path := pathOf(address)
	if ours(path) {
		path = path[:1+shownID] + "…"
	}
	return u.Host + path
}

func (c *console) tunnel(e *journal.Entry) {
	data := decode[tunnelEvent](e.Data)
	glyph := c.p.caution()
	if data.State == tunnel.Up {
		glyph = c.p.tick()
	}
	if data.State == tunnel.Closed && data.Error == "" {
		glyph = " "
	}
	c.line(e, " %s  tunnel %s  %s", glyph, e.URL, e.Note)
	c.below("", data.Error)
	c.below("hint", data.Hint)
}

// passed tells what the webhook answered, and what the service makes of it.
func (c *console) passed(e *journal.Entry) {
	data := decode[struct {
		Replay    bool                  `json:"replay"`
		Class     diagnosis.Class       `json:"class"`
		Delivered bool                  `json:"delivered"`
		Diagnoses []diagnosis.Diagnosis `json:"diagnoses"`
	}](e.Data)
	var found []diagnosis.Diagnosis
	for _, d := range data.Diagnoses {
		if d.ID != "handshake-http-url" { // https ends at the tunnel
			found = append(found, d)
		}
	}
	verdict := map[diagnosis.Class]string{
		diagnosis.ClassGood: "", diagnosis.ClassLate: "late", diagnosis.ClassFailed: c.p.bad("the service takes it for failed"),
	}[data.Class]
	what := ""
	if data.Replay {
		what = "replayed  "
	}
	c.line(e, "%s %s%s  %s  %s %s", c.went(), what, shortURL(e.URL), c.answered(c.came(), e.Exchange), c.verdict(data.Class != diagnosis.ClassFailed, found), verdict)
	c.findings(found)
}

// fetched tells the item that a notification named.
func (c *console) fetched(e *journal.Entry) {
	x := e.Exchange
	if x == nil || strings.HasSuffix(x.Error, context.Canceled.Error()) { // it ended meanwhile
		return
	}
	if x.Error != "" {
		c.below("item", c.p.cross()+" "+visible(x.Error))
		return
	}
	c.below("item", inALine(json.RawMessage(x.ResponseBody)))
}

// keeping tells what became of a subscription.
func (c *console) keeping(e *journal.Entry) {
	data := decode[keptEvent](e.Data)
	parts := []string{}
	if data.Resource != "" {
		what := data.Resource
		if data.ChangeType != "" {
			what += " (" + strings.ToLower(data.ChangeType) + ")"
		}
		parts = append(parts, what)
	}
	parts = append(parts, e.Note)
	switch e.Kind {
	case journal.Subscribed, journal.Renewed, journal.Repointed:
		if !data.Expires.IsZero() {
			parts = append(parts, fmt.Sprintf("until %s, %s left", data.Expires.UTC().Format("2 Jan 15:04Z"), aboutSpan(data.Expires.Sub(e.At))))
		}
	}
	if e.Subscription != "" {
		parts = append(parts, c.p.dim(shortID(e.Subscription)))
	}
	glyph := c.p.tick()
	if data.Error != "" || e.Kind == journal.Missed || e.Kind == journal.Removed || e.Kind == journal.Kept && data.Total == 0 && data.Covers == "" {
		glyph = c.p.caution()
	}
	c.line(e, " %s  %s", glyph, strings.Join(parts, "  "))
	c.below("", data.Error)
	c.below("hint", data.Hint)
	for _, m := range data.Missed {
		text := cmp.Or(m.Item, shortID(m.ID))
		if m.Removed {
			text = shortID(m.ID) + " is gone"
		}
		c.below("missed", text)
	}
	if more := data.Total - len(data.Missed); more > 0 && len(data.Missed) > 0 {
		c.below("", fmt.Sprintf("and %d more", more))
	}
}

// aboutSpan is a length of time as it is glanced at: nobody counts a day's seconds.
func aboutSpan(d time.Duration) string {
	switch {
	case d > day:
		d = d.Round(time.Hour)
	case d > time.Hour:
		d = d.Round(time.Minute)
	}
	return span(d.Round(time.Second))
}

// inALine says of an item what people know it by; of one that has nothing of the kind, all.
func inALine(item json.RawMessage) string {
	type address struct {
		Mail struct {
			Name    string `json:"name"`
			Address string `json:"address"`
		} `json:"emailAddress"`
	}
	var known struct {
		Subject   string  `json:"subject"`
		Title     string  `json:"title"`
		Name      string  `json:"displayName"`
		From      address `json:"from"`
		Organizer address `json:"organizer"`
		Start     struct {
			At string `json:"dateTime"`
		} `json:"start"`
	}
	if json.Unmarshal(item, &known) != nil {
		return oneLine(item)
	}
	title := cmp.Or(known.Subject, known.Title, known.Name)
	if title == "" {
		return oneLine(item)
	}
	text := "“" + clip(visible(title), longestTitle) + "”"
	if from := cmp.Or(known.From.Mail.Address, known.Organizer.Mail.Address); from != "" {
		text += " from " + visible(from)
	}
	if known.Start.At != "" {
		at, _, _ := strings.Cut(known.Start.At, ".")
		text += " at " + visible(at)
	}
	return text
}

// longestTitle is how much of a subject is shown.
const longestTitle = 80
