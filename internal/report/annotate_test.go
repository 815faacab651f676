package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/internal/report"
)

// commands are the lines that a host obeys: GitHub those that begin with two colons, after blanks, and those that have its older form
// anywhere; Azure those that have either of its forms anywhere.
func commands(text, host string) (all []string) {
	for line := range strings.Lines(text) {
		lower := strings.ToLower(line)
		switch {
		case host == "github" && (strings.HasPrefix(strings.TrimLeft(line, " \t"), "::") || strings.Contains(line, "##[")):
			all = append(all, line)
		case host == "azure" && (strings.Contains(lower, "##vso[") || strings.Contains(line, "##[")):
			all = append(all, line)
		}
	}
	return all
}

func TestAnnotate(t *testing.T) {
	for _, row := range []struct {
		host report.Host
		want []string
	}{
		{report.GitHub, []string{
			"::error file=stories/a%2Cb%3Ac;d]/app-renews.yaml,line=12,col=5,title=app-renews::The app renews, in time: it was not renewed: 50%25 of 2; see [a]\n",
			"::group::app-renews\n", "::endgroup::\n",
			"::error title=https::TLS: nothing answers\n",
			"::warning title=content-type::Says what it is: ]]></failure> <script>␀␛[31m \\xff\\ufffe |`````| %0A::error::mine%0A  ::set-output name=a::b%0A# #vso[task.setvariable variable=a]b # #[add-path]c 100%25\n",
		}},
		{report.Azure, []string{
			"##vso[task.logissue type=error;sourcepath=stories/a,b:c%3Bd%5D/app-renews.yaml;linenumber=12;columnnumber=5;code=app-renews]app-renews: The app renews, in time: it was not renewed: 50%AZP25 of 2; see [a]\n",
			"##[group]app-renews\n", "##[endgroup]\n",
			"##vso[task.logissue type=error;code=https]https: TLS: nothing answers\n",
			"##vso[task.logissue type=warning;code=content-type]content-type: Says what it is: ]]></failure> <script>␀␛[31m \\xff\\ufffe |`````| %0A::error::mine%0A  ::set-output name=a::b%0A# #vso[task.setvariable variable=a]b # #[add-path]c 100%AZP25\n",
		}},
	} {
		t.Run(string(row.host), func(t *testing.T) {
			var out bytes.Buffer
			if err := sample().Annotate(&out, row.host); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, commands(out.String(), string(row.host))); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
			for _, want := range []string{"| at stories/a,b:c;d]/app-renews.yaml:12:5\n", "| ::error::mine\n", "| step: 3\n", "| again: outlocal run app-renews.yaml --seed 7\n"} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the text has no %q:\n%s", want, &out)
				}
			}
		})
	}
}

// Where all is good, nothing is shown.
func TestAnnotateNothing(t *testing.T) {
	r := report.Report{Suites: []report.Suite{{Cases: []report.Case{{ID: "a", Outcome: report.Good}, {ID: "b", Outcome: report.Skipped}, {ID: "c", Outcome: report.NotJudged}}}}}
	for _, host := range report.Hosts() {
		var out bytes.Buffer
		if err := r.Annotate(&out, report.Host(host)); err != nil || out.Len() > 0 {
			t.Errorf("%s: %v, %q", host, err, &out)
		}
	}
}

// What is printed beside annotations is obeyed by no host, and otherwise stays as it is.
func TestTame(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"GitHub's, at the beginning of a line", "a\n \t::set-output name=a::b\n::error::c", "a\n \t: :set-output name=a::b\n: :error::c"},
		{"GitHub's older form", "seen `##[add-path]/tmp`", "seen `# #[add-path]/tmp`"},
		{"Azure's, in any case", "x ##VsO[task.complete result=Failed] ##vso[a]b", "x # #VsO[task.complete result=Failed] # #vso[a]b"},
		{"GitHub's, after other blanks", "a\r::add-mask::b\n\u00a0::Stop-Commands::c", "a\r: :add-mask::b\n\u00a0: :Stop-Commands::c"},
		{"an address", "::1 listens\n::ffff:127.0.0.1", "::1 listens\n::ffff:127.0.0.1"},
		{"colons within a line", "https://[::1]:3000 a::b", "https://[::1]:3000 a::b"},
		{"a heading", "## title [a]", "## title [a]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := report.Tame(row.text)
			if got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
			for _, host := range report.Hosts() {
				if obeyed := commands(got, host); row.text != row.want && len(obeyed) > 0 {
					t.Errorf("%s obeys %q", host, obeyed)
				}
			}
		})
	}
}
