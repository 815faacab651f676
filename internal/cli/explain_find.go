package cli

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/nearmiss"
	"github.com/outlocal/outlocal/internal/signin"
	"github.com/outlocal/outlocal/tunnel"
)

// explainSchema names the form of what explain --json prints.
const explainSchema = "outlocal/explain/1"

// explanation is what there is to say about a text.
type explanation struct {
	Findings []knownFinding `json:"findings" doc:"what it may stand for, the likeliest first"`
	Codes    []knownCode    `json:"codes" doc:"codes of Microsoft's sign-in and of ngrok that stand in it"`
	Command  string         `json:"command,omitempty" doc:"the one command that tells the findings apart"`
}

// knownFinding is a finding with all that helps. Of one that a text stands for, the sentence tells by what.
type knownFinding struct {
	ID        string             `json:"id"`
	Case      string             `json:"case,omitempty" doc:"the narrower cause that was told apart"`
	Title     string             `json:"title"`
	Severity  diagnosis.Severity `json:"severity"`
	Strict    diagnosis.Severity `json:"strict" doc:"its severity under --strict"`
	Cause     string             `json:"cause"`
	Cure      string             `json:"cure"`
	Cases     []diagnosis.Case   `json:"cases,omitempty" doc:"narrower causes, each with its own cure"`
	Sentence  string             `json:"sentence,omitempty" doc:"the service's sentence that the text quotes"`
	Sentences []spokenSentence   `json:"sentences" doc:"all that the service answers for it, with places in braces"`
	Rules     []string           `json:"rules" doc:"of docs/protocol.md"`
	Command   string             `json:"command" doc:"shows whether it is so"`
	Confused  []lookAlike        `json:"confused,omitempty" doc:"findings that look like it, and what tells them apart"`
	Page      string             `json:"page" doc:"in the repository"`
}

type spokenSentence struct {
	Service string `json:"service"`
	Text    string `json:"text"`
}

type lookAlike struct {
	With  []string `json:"with"`
	Tells string   `json:"tells"`
}

// knownCode is an error of somebody else's that is known by its number.
type knownCode struct {
	Code  string `json:"code"`
	Cure  string `json:"cure,omitempty"`
	Known bool   `json:"known"`
}

// mostExplained is how much of a text is read: an error is no longer, and a log of gigabytes would only cost time.
const mostExplained = 1 << 20

// explainable is the text to explain.
func (a *app) explainable(args []string) (string, error) {
	const hint = "name a finding, or quote what the service answered, or pipe it in: outlocal explain --list lists the findings"
	text := strings.Join(args, " ")
	if len(args) == 0 || text == "-" {
		if stdin, ok := a.process.In.(io.Writer); a.process.In == nil || ok && len(args) == 0 && a.process.Terminal(stdin) {
			return "", wrongUse(hint, "explain: ID or TEXT is missing")
		}
		read, err := io.ReadAll(io.LimitReader(a.process.In, mostExplained+1))
		if err != nil {
			return "", notJudged("", "read standard input: %w", err)
		}
		if len(read) > mostExplained {
			a.err.line("%s only the first megabyte is read", a.err.caution())
		}
		text = string(read)
	}
	if len(text) > mostExplained {
		text = text[:mostExplained]
	}
	if strings.TrimSpace(text) == "" {
		return "", wrongUse(hint, "explain: there is nothing to explain")
	}
	return text, nil
}

// explanationOf finds what a text stands for: the finding that it names, codes that stand in it, what the service says by it.
func explanationOf(text string) (explanation, error) {
	e := explanation{Findings: []knownFinding{}, Codes: codesIn(text)}
	word := strings.ToLower(strings.TrimSpace(text))
	id, name, _ := strings.Cut(word, "/")
	f, known := diagnosis.Lookup(id)
	switch {
	case known:
		if err := checkCase(f, name); err != nil {
			return e, err
		}
		e.Findings = append(e.Findings, explainedOf(f, name))
	case idForm.MatchString(word) && len(e.Codes) == 0:
		return e, unknownFinding(word)
	default:
		e.Findings = likelyFindings(text)
	}
	if len(e.Findings) > 0 {
		e.Command = e.Findings[0].Command
	}
	return e, e.unknown()
}

// idForm is what ids look like: words with hyphens between them.
var idForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+(/[a-z0-9-]*)?$`)

// fewMeant is how many findings are named that begin as one that there is not.
const fewMeant = 4

// unknownFinding names the finding that was meant, as far as that can be guessed.
func unknownFinding(id string) error {
	hint := "outlocal explain --list lists them"
	id, _, _ = strings.Cut(id, "/")
	begins := slices.DeleteFunc(findingIDs(), func(known string) bool { return !strings.HasPrefix(known, id) })
	if more := len(begins) - fewMeant; more > 0 {
		begins = append(begins[:fewMeant], fmt.Sprintf("one of %d more", more))
	}
	meant := nearmiss.Of(id, findingIDs())
	if last := len(begins) - 1; last == 0 {
		meant = begins[0]
	} else if last > 0 {
		meant = strings.Join(begins[:last], ", ") + " or " + begins[last]
	}
	if meant != "" {
		hint = "did you mean " + meant + "? " + hint
	}
	return wrongUse(hint, "there is no finding %q", id)
}

// checkCase refuses a case that the finding doesn't have.
func checkCase(f diagnosis.Finding, name string) error {
	var names []string
	for _, c := range f.Cases {
		names = append(names, c.Name)
	}
	switch {
	case name == "", slices.Contains(names, name):
		return nil
	case len(names) == 0:
		return wrongUse("outlocal explain "+f.ID, "%s has no cases", f.ID)
	}
	return wrongUse("its cases are "+strings.Join(names, ", "), "%s has no case %q", f.ID, name)
}

// codesIn are the codes of others that stand in a text, each once.
func codesIn(text string) []knownCode {
	codes := []knownCode{}
	cures := []map[string]string{signin.Cures(), tunnel.Cures()}
	for _, code := range regexp.MustCompile(`(?i)\b(AADSTS|ERR_NGROK_)\d+\b`).FindAllString(text, -1) {
		code = strings.ToUpper(code)
		if slices.ContainsFunc(codes, func(c knownCode) bool { return c.Code == code }) {
			continue
		}
		c := knownCode{Code: code}
		for _, known := range cures {
			if cure, ok := known[code]; ok {
				c.Cure, c.Known = cure, true
			}
		}
		codes = append(codes, c)
	}
	return codes
}

// likelyFindings are those that a text names, as outlocal's own output does, then those whose sentences it quotes.
func likelyFindings(text string) []knownFinding {
	found := []knownFinding{}
	has := func(id string) bool {
		return slices.ContainsFunc(found, func(e knownFinding) bool { return e.ID == id })
	}
	for _, word := range regexp.MustCompile(`\b[a-z]+(-[a-z0-9]+)+\b`).FindAllString(text, -1) {
		if f, ok := diagnosis.Lookup(word); ok && !has(f.ID) {
			found = append(found, explainedOf(f, ""))
		}
	}
	for _, sentence := range sentencesOf(text) {
		for _, d := range diagnosis.Explain(sentence) {
			f, ok := diagnosis.Lookup(d.ID)
			if !ok || has(d.ID) {
				continue
			}
			e := explainedOf(f, d.Case)
			if sentence == text {
				e.Sentence = d.Service
			}
			found = append(found, e)
		}
	}
	return found
}

// sentencesOf are what the service says beside an error code, for a text that is nothing but the code; else the text.
func sentencesOf(text string) []string {
	switch strings.ToLower(strings.Trim(text, " \t\r\n\"':")) {
	case "validationerror":
		return []string{"Subscription validation request timed out.", "Subscription validation request failed."} // fewer stand for the first: both are seen
	case "invalidauthenticationtoken":
		return []string{"Access token is empty.", "Lifetime validation failed, the token is expired."}
	case "erroraccessdenied":
		return []string{"Access is denied. Check credentials and try again."}
	case "resourcenotfound":
		return []string{"The object was not found."}
	case "toomanyrequests":
		return []string{"Please retry again later."}
	}
	return []string{text}
}

// explainedOf is a finding, or a case of it, with all that helps.
func explainedOf(f diagnosis.Finding, name string) knownFinding {
	guide := f.Guide()
	e := knownFinding{
		ID: f.ID, Title: f.Title, Severity: f.Severity, Strict: f.Strict, Cause: f.Cause, Cure: f.Cure, Cases: f.Cases,
		Sentences: []spokenSentence{}, Rules: strings.Fields(f.Rule), Command: guide.Command, Page: "docs/findings/" + f.ID + ".md",
	}
	for _, c := range f.Cases {
		if c.Name == name {
			e.Case, e.Cause, e.Cure = c.Name, c.Cause, c.Cure
			if c.Title != "" {
				e.Title = c.Title
			}
		}
	}
	for _, s := range guide.Sentences {
		e.Sentences = append(e.Sentences, spokenSentence(s))
	}
	for _, c := range guide.Confused {
		others := slices.DeleteFunc(slices.Clone(c.IDs), func(id string) bool { return id == f.ID })
		e.Confused = append(e.Confused, lookAlike{others, c.Tells})
	}
	return e
}

// unknown is what there is to say where nothing is known. The text is not shown: it may hold secrets.
func (e explanation) unknown() error {
	if len(e.Findings) > 0 || slices.ContainsFunc(e.Codes, func(c knownCode) bool { return c.Known }) {
		return nil
	}
	if len(e.Codes) == 0 {
		return notJudged("outlocal verify URL asks your webhook itself; outlocal explain --list lists what is known",
			"none of the service's sentences that outlocal knows is in this text")
	}
	where := "https://login.microsoftonline.com/error"
	if strings.HasPrefix(e.Codes[0].Code, "ERR_") {
		where = "https://ngrok.com/docs/errors/"
	}
	return notJudged("look it up at "+where, "outlocal doesn't know %s", fmt.Sprint(e.Codes[0].Code))
}
