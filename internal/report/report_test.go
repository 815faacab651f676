package report_test

import (
	"time"

	"github.com/outlocal/outlocal/internal/report"
)

// hostile is what a webhook could answer to break a report, or to command the machine that reads it.
const hostile = "]]></failure> <script>\x00\x1b[31m \xff\ufffe |`````| \r\n::error::mine\n  ::set-output name=a::b\n##vso[task.setvariable variable=a]b ##[add-path]c 100%"

// sample is a report that has everything.
func sample() *report.Report {
	return &report.Report{
		Name: "outlocal run", Version: "v1.2.3", Seed: 7, Again: "outlocal run stories --seed 7", Took: 1500 * time.Millisecond,
		Suites: []report.Suite{
			{Name: "graph-v1.0", Properties: []report.Property{{Name: "webhook", Value: "built in"}}, Cases: []report.Case{
				{ID: "roll-out", Name: "A roll-out", Outcome: report.Good, Took: 12 * time.Millisecond, File: "roll-out.yaml", Line: 1},
				{
					ID: "app-renews", Name: "The app renews, in time", Class: "mine", Outcome: report.Failed, Message: "it was not renewed: 50% of 2; see [a]", Detail: hostile,
					Again: "outlocal run app-renews.yaml --seed 7", Took: 1234 * time.Millisecond, File: "stories/a,b:c;d]/app-renews.yaml", Line: 12, Column: 5,
					Properties: []report.Property{{Name: "step", Value: "3"}},
				},
			}},
			{Name: "verify", Cases: []report.Case{
				{ID: "content-type", Name: "Says what it is", Outcome: report.Warning, Message: hostile},
				{ID: "batch", Outcome: report.NotJudged, Message: "the plain one fails"},
				{ID: "lifecycle", Outcome: report.Skipped, Message: "the dialect has none, @octocat, says #12"},
				{ID: "https", Name: "TLS", Outcome: report.Error, Message: "nothing answers"},
			}},
		},
	}
}
