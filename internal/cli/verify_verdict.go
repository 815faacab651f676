package cli

import (
	"slices"

	"github.com/outlocal/outlocal/diagnosis"
)

// verdict is what the check of a webhook came to.
type verdict string

const (
	verdictGood      verdict = "good"
	verdictFailed    verdict = "failed"
	verdictNotJudged verdict = "notJudged"
)

// verdictOf tells a webhook that is wrong from one that nobody met: where nothing answers, there is nothing to judge.
func verdictOf(diagnoses []diagnosis.Diagnosis) verdict {
	unmet := func(d diagnosis.Diagnosis) bool {
		switch d.ID {
		case "handshake-refused", "handshake-dns", "handshake-failed":
			return true
		}
		return false
	}
	switch {
	case slices.ContainsFunc(diagnoses, unmet):
		return verdictNotJudged
	case diagnosis.Failed(diagnoses):
		return verdictFailed
	}
	return verdictGood
}

// conclude turns verdicts into the exit code of all: a failure outweighs what could not be judged.
func conclude(verdicts []verdict) error {
	switch {
	case slices.Contains(verdicts, verdictFailed):
		return told(ExitFailed)
	case slices.Contains(verdicts, verdictNotJudged):
		return told(ExitUnjudged)
	}
	return nil
}
