package cli

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/outlocal/outlocal/internal/nearmiss"
	"github.com/outlocal/outlocal/internal/report"
)

// reportFlags are the flags of verbs that tell continuous integration how it went.
type reportFlags struct {
	junit    string
	markdown string
	annotate string
	given    *pflag.FlagSet // to tell what was given, though empty
}

func (f *reportFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.given = flags
	flags.StringVar(&f.junit, "junit", "", "write a report as JUnit XML to this `FILE`; - is standard output")
	flags.StringVar(&f.markdown, "markdown", "", "write a summary in Markdown to this `FILE`, such as GitHub's $GITHUB_STEP_SUMMARY; - is standard output")
	flags.StringVar(&f.annotate, "annotate", "", "say what is wrong so that `github|azure` shows it beside its line")
	completes(cmd, "annotate", report.Hosts)
}

// reports are those that a verb was asked for. They are open before anything is done, and written when all is.
type reports struct {
	junit, markdown *report.File // nil if not wanted
	host            report.Host
	commands        io.Writer // where the host reads them
	taken           bool      // standard output is a report's
}

// openReports opens the files, and refuses those that can't be written. Who gets them closes them.
func (a *app) openReports(f reportFlags) (*reports, error) {
	r := &reports{host: report.Host(f.annotate), commands: a.process.Out}
	if err := f.check(a.json); err != nil {
		return nil, err
	}
	if r.host != "" { // it obeys what stands beside the annotations as well
		a.out.read, a.err.read = true, true
	}
	if r.taken = f.junit == report.Stdout || f.markdown == report.Stdout; r.taken || a.json {
		r.commands = a.process.Err
	}
	for _, wanted := range []struct {
		path string
		file **report.File
	}{{f.junit, &r.junit}, {f.markdown, &r.markdown}} {
		if wanted.path == "" {
			continue
		}
		file, err := report.Open(wanted.path, a.process.Out)
		if err != nil {
			r.close()
			return nil, notJudged("nothing was sent; name a file that can be written", "%w", err)
		}
		*wanted.file = file
	}
	if r.junit != nil && r.markdown != nil && report.Same(r.junit, r.markdown) {
		r.close()
		return nil, oneFile(f.markdown)
	}
	return r, nil
}

// check refuses what makes no sense together.
func (f *reportFlags) check(json bool) error {
	for _, flag := range []struct{ name, value string }{{"junit", f.junit}, {"markdown", f.markdown}, {"annotate", f.annotate}} {
		if flag.value == "" && f.given != nil && f.given.Changed(flag.name) {
			return wrongUse("leave it out, or set the variable that it was to come from", "--%s was given, but empty", flag.name)
		}
	}
	switch toStdout := f.junit == report.Stdout || f.markdown == report.Stdout; {
	case f.annotate != "" && !slices.Contains(report.Hosts(), f.annotate):
		hint := "known are " + strings.Join(report.Hosts(), ", ")
		if near := nearmiss.Of(f.annotate, report.Hosts()); near != "" {
			hint = "did you mean " + near + "?"
		}
		return wrongUse(hint, "--annotate: nobody is called %q", f.annotate)
	case f.junit != "" && f.markdown != "" && filepath.Clean(f.junit) == filepath.Clean(f.markdown):
		return oneFile(f.junit)
	case toStdout && json:
		return wrongUse("write the report to a file", "--json has standard output for itself")
	}
	return nil
}

// oneFile refuses to write one report over the other.
func oneFile(path string) error {
	return wrongUse("give each a file of its own", "--junit and --markdown can't both write %s", path)
}

// wanted tells whether there is anything to write.
func (r *reports) wanted() bool { return r.junit != nil || r.markdown != nil || r.host != "" }

// teller is where a person is told how it goes: not where a report goes.
func (r *reports) teller(a *app) *printer {
	if r.taken {
		return a.err
	}
	return a.out
}

// write writes all that were asked for, and what is wrong to where its host reads it.
func (r *reports) write(all *report.Report) error {
	var errs []error
	if r.junit != nil {
		errs = append(errs, r.junit.Write(all.JUnit))
	}
	if r.markdown != nil {
		errs = append(errs, r.markdown.Write(all.Markdown))
	}
	if r.host != "" {
		errs = append(errs, all.Annotate(r.commands, r.host))
	}
	if err := errors.Join(errs...); err != nil {
		return notJudged("", "%w", err)
	}
	return nil
}

// close leaves no trace of reports that were not written.
func (r *reports) close() {
	for _, file := range []*report.File{r.junit, r.markdown} {
		if file != nil {
			file.Close()
		}
	}
}
