package cli

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
)

// verifyPrinter tells a person how a handshake goes.
type verifyPrinter struct {
	out     *printer
	dialect *dialect.Dialect
}

// request tells of a request before it is made: who waits for an answer knows to what.
func (p *verifyPrinter) request(r emulator.Request) {
	switch r.Probe {
	case emulator.ProbeHandshake:
		line := fmt.Sprintf("%s %s", r.Method, r.URL)
		p.out.line("%s %s", p.out.sent("-->"), clip(line, p.columns()-len("--> ")))
	case emulator.ProbeAgain:
		p.aside("no answer within " + short(p.dialect.Handshake.Limit) + "; asking once more, to tell a slow start from a slow webhook")
	case emulator.ProbeOtherParameter:
		p.aside("asking again with the parameter's name in the other case, to find the cause")
	case emulator.ProbeGET:
		p.aside("asking again with GET, to find the cause")
	case emulator.ProbeOtherLoopback:
		p.aside("asking at this machine's other loopback address, to find the cause")
	case emulator.ProbeHTTPS:
		p.aside("asking the same port in https, to find the cause")
	}
}

func (p *verifyPrinter) aside(text string) { p.out.line("%*s%s", margin, "", p.out.dim(text)) }

// answer tells what came back, on the handshake itself and on what was asked to find the cause.
func (p *verifyPrinter) answer(r emulator.Request, a diagnosis.HandshakeAnswer) {
	if r.Probe != emulator.ProbeHandshake {
		p.aside(clip("<-- "+cameBack(a), p.columns()-margin))
		return
	}
	p.out.line("%s %s", p.out.sent("<--"), clip(cameBack(a), p.columns()-len("<-- ")))
}

// margin is how far asides stand to the right.
const margin = len("    ")

// cameBack is an answer in a line.
func cameBack(a diagnosis.HandshakeAnswer) string {
	if a.Status == 0 {
		why := "no answer"
		for _, d := range diagnosis.Handshake(a, diagnosis.Faithful) {
			switch {
			case d.At != "connection" || d.Detail == "": // in words that hold no URL
			case d.Kind == diagnosis.KindTimeout:
				why = d.Detail
			default:
				why += ": " + d.Detail
			}
		}
		return why + " · " + short(a.Took)
	}
	parts := []string{strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status)))}
	if media := a.Header.Get("Content-Type"); media != "" {
		parts = append(parts, visible(media))
	}
	if a.Err == nil && a.Status == http.StatusOK && string(a.Body) == a.Token {
		parts = append(parts, "the token")
	} else {
		parts = append(parts, count(len(a.Body), "byte"))
	}
	return strings.Join(append(parts, short(a.Took)), " · ")
}

// result tells what is right or wrong with the answer, and the verdict last.
func (p *verifyPrinter) result(v verdict, result emulator.Verified) {
	for _, d := range result.Diagnoses {
		p.out.line("")
		p.finding(d)
	}
	p.out.line("")
	name, took, limit := p.dialect.String(), short(result.Answer.Took), short(p.dialect.Handshake.Limit)
	mark, text := p.out.tick(), fmt.Sprintf("%s: your webhook passes the handshake, in %s of %s", name, took, limit)
	switch v {
	case verdictGood:
		if n := len(result.Diagnoses); n > 0 {
			text += ", with " + count(n, "warning")
		}
	case verdictFailed:
		mark, text = p.out.cross(), name+": your webhook fails the handshake, so no subscription would be made"
	case verdictNotJudged:
		mark, text = p.out.caution(), name+": your webhook could not be judged, as nothing answers"
	}
	p.out.line("%s %s", mark, p.out.strong(text))
}

// finding tells one finding: what it is called, why it is there, and what to do.
func (p *verifyPrinter) finding(d diagnosis.Diagnosis) {
	if isExpected(d) {
		p.heading(p.out.caution(), p.out.warn(d.ID), d.ID, d.Title+": "+d.Detail)
		return
	}
	failure := d.Severity == diagnosis.SeverityFailure
	cure := p.out.asIs
	if failure {
		p.heading(p.out.cross(), p.out.bad(d.ID), d.ID, d.Title)
		cure = p.out.strong
	} else {
		p.heading(p.out.caution(), p.out.warn(d.ID), d.ID, d.Title)
	}
	p.row("cause", d.Cause, p.out.asIs)
	p.row("cure", d.Cure, cure)
	p.row("sent", d.Sent, p.out.asIs)
	p.row("seen", d.Detail, p.out.asIs)
	if !failure { // it can wait
		return
	}
	if d.Service != "" {
		p.row("Microsoft", "“"+d.Service+"”", p.out.asIs)
	}
	p.row("rules", d.Rule, p.out.dim)
}

// heading tells what a finding is called, on as many lines as that takes.
func (p *verifyPrinter) heading(mark, painted, id, title string) {
	const gap = 2
	const blank = "\x00" // one that folding leaves alone
	for i, line := range fold(id+blank+" "+title, p.columns()-gap) {
		if i == 0 {
			p.out.line("%s %s", mark, strings.Replace(strings.Replace(line, blank, " ", 1), id, painted, 1))
			continue
		}
		p.out.line("%*s%s", gap, "", line)
	}
}

// isExpected tells a warning that all webhooks get that are tried out on the machine where they are written: cause and cure would be
// noise.
func isExpected(d diagnosis.Diagnosis) bool {
	return d.ID == "handshake-http-url" && d.Severity == diagnosis.SeverityWarning
}

// rowLabel is as wide as the longest label of a row.
const rowLabel = len("Microsoft")

// row tells one fact, on as many lines as it takes.
func (p *verifyPrinter) row(label, text string, paint func(string) string) {
	if text == "" {
		return
	}
	const gap = 2
	width := p.columns() - gap - rowLabel - gap
	for i, line := range fold(parted(text, width), width) {
		if i > 0 {
			label = ""
		}
		p.out.line("%*s%s  %s", gap, "", p.out.dim(pad(label, rowLabel)), paint(line))
	}
}

// columns is how wide lines may be.
func (p *verifyPrinter) columns() int { return p.out.columns() }

// The widths of lines: what is no terminal gets lines that fit into most, and no line gets so long that it is hard to read.
const (
	usualColumns = 100
	fewColumns   = 60
)

// columns is how wide lines may be that are folded or cut.
func (p *printer) columns() int {
	if p.width == 0 {
		return usualColumns
	}
	return max(min(p.width, usualColumns), fewColumns)
}

// asIs is the style of what needs none.
func (p *printer) asIs(text string) string { return text }

// fold breaks text into lines of at most width columns, between words, but not between a number and its unit. A word that is longer gets a
// line of its own.
func fold(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range words(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// parted lets words be folded that are wider than a line, such as a webhook's answer without a blank. URLs stay whole, to be copied.
func parted(text string, width int) string {
	all := strings.Fields(text)
	for i, word := range all {
		if strings.Contains(word, "://") || utf8.RuneCountInString(word) <= width {
			continue
		}
		var pieces []string
		for piece := range slices.Chunk([]rune(word), width) {
			pieces = append(pieces, string(piece))
		}
		all[i] = strings.Join(pieces, " ")
	}
	return strings.Join(all, " ")
}

// words are what may be parted: 10 s may not.
func words(text string) []string {
	var parted []string
	for _, word := range strings.Fields(text) {
		if last := len(parted) - 1; last >= 0 && isUnit(word) && isNumber(parted[last]) {
			parted[last] += " " + word
			continue
		}
		parted = append(parted, word)
	}
	return parted
}

// isUnit tells what [short] and the findings write behind a number, with what ends a clause after it.
func isUnit(word string) bool {
	switch strings.TrimRight(word, ".,;:)") {
	case "ms", "s", "min", "h", "d", "days", "KB", "MB", "KiB", "MiB", "%":
		return true
	}
	return false
}

func isNumber(word string) bool {
	return strings.Trim(word, "0123456789.,(") == "" && strings.ContainsAny(word, "0123456789")
}

// clip cuts text at width columns.
func clip(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width || width < 1 {
		return text
	}
	return string(runes[:width-1]) + "…"
}

// visible drops what a stranger's text could do to a terminal.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, text)
}

// short spells a duration as a person would: 3 ms, 1.2 s, 10 s, 3 h, 3 days.
func short(d time.Duration) string {
	const day = 24 * time.Hour
	number := func(n float64, unit string) string {
		text := strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0")
		return text + " " + unit
	}
	switch {
	case d < time.Millisecond:
		return "under 1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return number(d.Seconds(), "s")
	case d < time.Hour:
		return number(d.Minutes(), "min")
	case d < 2*day:
		return number(d.Hours(), "h")
	}
	return number(d.Hours()/day.Hours(), "days")
}
