package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/internal/verify"
)

// verification is what verify is about to do: all that can be refused has been looked at.
type verification struct {
	verifyFlags
	target   webhookURL
	spoken   []*dialect.Dialect
	checks   []verify.Check
	state    string // client state
	config   emulator.Config
	mode     diagnosis.Mode
	visiting bool
	program  string // path of the command
	serving  plan   // of the emulator that the app finds, but for its config
	reports  *reports
	out      *printer
}

// planVerification reads all that was typed, and opens the reports: what can't be is refused before anything is sent.
func (a *app) planVerification(typed string, flags verifyFlags) (v *verification, err error) {
	v = &verification{verifyFlags: flags, mode: diagnosis.Faithful}
	if flags.strict {
		v.mode = diagnosis.Strict
	}
	if v.target, err = readWebhookURL(typed); err != nil {
		return nil, err
	}
	v.visiting = !flags.full && !serve.IsLoopback(v.target.Hostname())
	if v.spoken, err = spokenDialects(flags); err != nil {
		return nil, err
	}
	if flags.adopts() && len(v.spoken) > 1 {
		return nil, wrongUse("the schema is that of the app's own subscription: leave --dialect out", "verify: one subscription is of one schema, and %d were named", len(v.spoken))
	}
	if v.checks, err = chooseChecks(flags); err != nil {
		return nil, err
	}
	if v.state, err = a.clientState(flags.clientStateEnv); err != nil {
		return nil, err
	}
	if v.config.Roots, err = readRoots(flags.caFile); err != nil {
		return nil, err
	}
	v.config.Version, v.config.Environment, v.config.Seed = a.process.Version, a.environment(), flags.seed.value
	if flags.limit > 0 {
		v.config.Tune = append(v.config.Tune, limiter(flags.limit))
	}
	if flags.adopts() {
		if err := a.planAdoption(v); err != nil {
			return nil, err
		}
	}
	if v.reports, err = a.openReports(flags.reports); err != nil {
		return nil, err
	}
	v.out = v.reports.teller(a)
	return v, nil
}

// spokenDialects finds the dialects that were asked for.
func spokenDialects(flags verifyFlags) ([]*dialect.Dialect, error) {
	var found []*dialect.Dialect
	for _, name := range commaSeparated(flags.dialects) {
		d, err := lookUp(name)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(found, func(other *dialect.Dialect) bool { return other.String() == d.String() }) {
			continue
		}
		found = append(found, limited(d, flags.limit))
	}
	if len(found) == 0 {
		return nil, wrongUse("outlocal dialects lists them", "verify: no schema is named")
	}
	return found, nil
}

// limited is a dialect with another time for answers, unless that is 0.
func limited(d *dialect.Dialect, limit time.Duration) *dialect.Dialect {
	if limit <= 0 {
		return d
	}
	return d.With(limiter(limit))
}

// limiter gives a dialect another time for answers.
func limiter(limit time.Duration) func(*dialect.Dialect) {
	return func(d *dialect.Dialect) {
		if d.Handshake != nil {
			d.Handshake.Limit = limit
		}
		d.Delivery.Limit, d.Delivery.Good = limit, min(d.Delivery.Good, limit)
	}
}

// commaSeparated takes values apart that hold several, with commas between: no word of ours has one.
func commaSeparated(values []string) []string {
	var words []string
	for _, value := range values {
		for word := range strings.SplitSeq(value, ",") {
			if word = strings.TrimSpace(word); word != "" {
				words = append(words, word)
			}
		}
	}
	return words
}
