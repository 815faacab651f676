package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"time"
)

// JUnit writes the report as JUnit XML: a test case per case, named by its id.
//
// No standard says what that is. It keeps to what both the schema of Jenkins (junit-10) and that of Maven's surefire (3.0) allow, which
// all others read as well: so a case has neither properties nor a place of its own, both stand in its text. It has no date, so that two
// reports of one seed differ in how long things took, and in nothing else.
//
// A case with a warning is good, and its text tells; one that was not judged is skipped, and says why.
func (r *Report) JUnit(w io.Writer) error {
	document := junitSuites{Name: visible(r.Name), Time: seconds(r.Took)}
	for i := range r.Suites {
		s := r.junitSuite(&r.Suites[i])
		document.Tests += s.Tests
		document.Failures += s.Failures
		document.Errors += s.Errors
		document.Suites = append(document.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	return nil
}

func (r *Report) junitSuite(s *Suite) junitSuite {
	counts := s.counts()
	suite := junitSuite{
		Name: visible(s.Name), Time: seconds(s.took()), Tests: len(s.Cases),
		Failures: counts[Failed], Errors: counts[Error], Skipped: counts[Skipped] + counts[NotJudged],
	}
	suite.Properties = append(suite.Properties, junitProperty{"seed", strconv.FormatUint(r.Seed, 10)}, junitProperty{"version", visible(r.Version)})
	if r.Again != "" {
		suite.Properties = append(suite.Properties, junitProperty{"again", visible(r.Again)})
	}
	for _, p := range s.Properties {
		suite.Properties = append(suite.Properties, junitProperty{visible(p.Name), visible(p.Value)})
	}
	for i := range s.Cases {
		suite.Cases = append(suite.Cases, s.Cases[i].junit(cmp.Or(s.Cases[i].Class, s.Name)))
	}
	return suite
}

func (c *Case) junit(class string) junitCase {
	out := junitCase{Class: visible(class), Name: visible(c.ID), Time: seconds(c.Took)}
	text, message := visible(titled(c.Name, c.story())), visible(cmp.Or(c.Message, c.Name))
	switch c.Outcome {
	case Failed:
		out.Failure = &junitProblem{Type: visible(c.ID), Message: message, Text: text}
	case Error:
		out.Error = &junitProblem{Type: visible(c.ID), Message: message, Text: text}
	case Skipped:
		out.Skipped = &junitSkipped{Message: message}
	case NotJudged:
		out.Skipped = &junitSkipped{Message: "not judged: " + message}
	case Warning:
		text = titled("warning: "+message, text)
	default:
	}
	if out.Failure == nil && out.Error == nil && text != "" {
		out.Out = &junitText{text}
	}
	return out
}

// titled is a text with a title above it, as far as there are both.
func titled(title, text string) string {
	if title == "" || text == "" {
		return title + text
	}
	return title + "\n" + text
}

// seconds is how long something took, as the schemas want it.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// junitCase has its parts in the order that surefire's schema wants.
type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitProblem `xml:"failure"`
	Skipped *junitSkipped `xml:"skipped"`
	Error   *junitProblem `xml:"error"`
	Out     *junitText    `xml:"system-out"`
}

// junitText is a text that stays readable: its lines are lines, and its quotes are quotes.
type junitText struct {
	Text string `xml:",cdata"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",cdata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}
