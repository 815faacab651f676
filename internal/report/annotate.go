package report

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Host is a machine that reads commands from what a program prints.
type Host string

// The hosts.
const (
	GitHub Host = "github" // GitHub Actions
	Azure  Host = "azure"  // Azure Pipelines
)

// Hosts are those that [Report.Annotate] writes for.
func Hosts() []string { return []string{string(GitHub), string(Azure)} }

// Annotate writes the commands that let a host show what is not good beside the line that it is written on, where it is written on one,
// and among the errors and warnings of the job. Each is followed by the rest of its text, folded. What is good has none.
//
// GitHub shows the first ten errors and the first ten warnings of a step; all stand in its log.
func (r *Report) Annotate(w io.Writer, host Host) error {
	out := bufio.NewWriter(w)
	for _, o := range outcomes() {
		var level string
		switch o {
		case Failed, Error:
			level = "error"
		case Warning:
			level = "warning"
		default: // nobody has to do anything about it
			continue
		}
		r.each(o, func(c *Case) {
			switch host {
			case GitHub:
				annotateGitHub(out, level, c)
			case Azure:
				annotateAzure(out, level, c)
			}
		})
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write annotations: %w", err)
	}
	return nil
}

func annotateGitHub(w io.Writer, level string, c *Case) {
	escape := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	var properties []string
	for _, p := range c.properties("file", "line", "col", "title") {
		properties = append(properties, p.Name+"="+escape.Replace(p.Value))
	}
	text := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(visible(c.words()))
	fmt.Fprintf(w, "::%s %s::%s\n", level, strings.Join(properties, ","), tame(text))
	fold(w, "::group::", "::endgroup::", c)
}

func annotateAzure(w io.Writer, level string, c *Case) {
	escape := strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A", ";", "%3B", "]", "%5D")
	properties := "type=" + level
	for _, p := range c.properties("sourcepath", "linenumber", "columnnumber", "code") {
		properties += ";" + p.Name + "=" + escape.Replace(p.Value)
	}
	text := strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A").Replace(visible(c.ID + ": " + c.words()))
	fmt.Fprintf(w, "##vso[task.logissue %s]%s\n", properties, tame(text))
	fold(w, "##[group]", "##[endgroup]", c)
}

// words is what an annotation says.
func (c *Case) words() string {
	switch {
	case c.Message == "":
		return c.Name
	case c.Name == "" || c.Name == c.Message:
		return c.Message
	}
	return c.Name + ": " + c.Message
}

// properties tell where a case is written, as far as it is, and which it is; each is called as the host calls it.
func (c *Case) properties(file, line, column, id string) []Property {
	var all []Property
	if c.File != "" {
		all = append(all, Property{file, visible(filepath.ToSlash(c.File))})
		if c.Line > 0 {
			all = append(all, Property{line, strconv.Itoa(c.Line)})
		}
		if c.Line > 0 && c.Column > 0 {
			all = append(all, Property{column, strconv.Itoa(c.Column)})
		}
	}
	return append(all, Property{id, visible(c.ID)})
}

// fold writes the text of a case between the marks of a host. A bar before each line keeps what a webhook answered from being read as a
// command, which GitHub looks for at the beginning of a line.
func fold(w io.Writer, begin, end string, c *Case) {
	story := c.story()
	if story == "" {
		return
	}
	fmt.Fprintf(w, "%s%s\n", begin, tame(oneLine(c.ID)))
	for line := range strings.Lines(visible(story)) {
		fmt.Fprintf(w, "| %s\n", tame(strings.TrimSuffix(line, "\n")))
	}
	fmt.Fprintln(w, end)
}

// Reads tells whether a host reads commands from all that is printed, by the variables that it sets.
func Reads(env func(string) string) bool { return env("GITHUB_ACTIONS") != "" || env("TF_BUILD") != "" }

// Tame is a text without commands of any host, for what is printed beside annotations: a stranger may have a part in it. GitHub's begin
// a line, after blanks of whatever kind, and a carriage return ends one.
func Tame(text string) string {
	return regexp.MustCompile(`(?i)((?:^|[\r\n])[\s\v\x{85}\p{Z}]*):(:[a-z].*::)`).ReplaceAllString(tame(text), "$1: $2")
}

// tame takes away what Azure, and GitHub in its older form, reads as a command wherever it stands in a line, in whatever case.
func tame(text string) string {
	return regexp.MustCompile(`(?i)##((?:vso)?\[)`).ReplaceAllString(text, "# #$1")
}
