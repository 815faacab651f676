package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/internal/report"
)

// outsideFences is a text without what stands between fences.
func outsideFences(text string) string {
	var out strings.Builder
	fence := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case fence == "" && strings.HasPrefix(line, "```"):
			fence = strings.TrimSuffix(line, "text")
		case fence != "" && line == fence:
			fence = ""
		case fence == "":
			out.WriteString(line + "\n")
		}
	}
	return out.String()
}

func TestMarkdown(t *testing.T) {
	var out bytes.Buffer
	if err := sample().Markdown(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"## ✗ outlocal run\n\n**1 failed, 1 stopped by an error, 1 with a warning, 1 not judged, 1 skipped, 1 good** in 1.5s · version v1.2.3 · seed 7\n\nAgain: `outlocal run stories --seed 7`\n",
		"| ✗ | graph-v1.0 | 1 failed, 1 good | 1.2s |\n",
		"<details><summary>✗ <b>app-renews</b> The app renews, in time</summary>\n\nit was not renewed: 50% of 2; see \\[a\\]\n\n``````text\nat stories/a,b:c;d]/app-renews.yaml:12:5\n",
		"<details><summary>– 1 skipped</summary>\n\n- `lifecycle` : the dialect has none, @<!-- -->octocat, says #<!-- -->12\n\n</details>",
		"- `roll-out` A roll-out\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the summary has no %q:\n%s", want, &out)
		}
	}
	outside := outsideFences(out.String())
	if opened, closed := strings.Count(outside, "<details>"), strings.Count(outside, "</details>"); opened != 6 || closed != opened {
		t.Errorf("it folds %d times and ends %d", opened, closed)
	}
	for _, never := range []string{"<script>", "\x00", "\x1b", "</failure>"} {
		if strings.Contains(outside, never) {
			t.Errorf("outside of fences there is a %q:\n%s", never, outside)
		}
	}
	if first, second := strings.Index(outside, "<b>app-renews"), strings.Index(outside, "<b>content-type"); first > second {
		t.Error("a warning comes before what failed")
	}
}

// GitHub takes no summary that is too long.
func TestMarkdownIsCutOff(t *testing.T) {
	r := report.Report{Suites: []report.Suite{{Cases: []report.Case{{ID: "long", Outcome: report.Failed, Detail: strings.Repeat("ä", 4000)}}}}}
	var out bytes.Buffer
	if err := r.Markdown(&out); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 5000 || !strings.Contains(out.String(), "ä… (3904 more bytes)") {
		t.Errorf("%d bytes:\n%s", out.Len(), &out)
	}
}

// However many cases there are, GitHub takes the summary, and it says how many it has not.
func TestMarkdownOfManyCases(t *testing.T) {
	const each = 20_000
	var cases []report.Case
	for i := range each {
		cases = append(cases,
			report.Case{ID: fmt.Sprintf("good %d", i), Name: strings.Repeat("n", 50), Outcome: report.Good},
			report.Case{ID: fmt.Sprintf("failed %d", i), Message: strings.Repeat("m", 50), Outcome: report.Failed})
	}
	r := report.Report{Suites: []report.Suite{{Cases: cases}}}
	var out bytes.Buffer
	if err := r.Markdown(&out); err != nil {
		t.Fatal(err)
	}
	const takes = 1 << 20
	if out.Len() > takes {
		t.Errorf("it has %d bytes, and GitHub takes %d", out.Len(), takes)
	}
	shown := strings.Count(out.String(), "<b>failed ")
	for _, want := range []string{
		"**20000 failed, 20000 good**",
		fmt.Sprintf("✗ %d more failed: a JUnit report has them all\n", each-shown),
		"<details><summary>✔ 20000 good</summary>\n\n- and 20000 more, which a JUnit report has\n\n</details>",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the summary, which shows %d that failed, has no %q", shown, want)
		}
	}
	if opened, closed := strings.Count(out.String(), "<details>"), strings.Count(out.String(), "</details>"); opened != closed || shown == 0 {
		t.Errorf("it folds %d times and ends %d", opened, closed)
	}
}
