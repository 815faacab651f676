package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// day is what lives of subscriptions are counted in.
const day = 24 * time.Hour

// longestLife is longer than anything that outlocal waits for or keeps, and far from what a Duration holds.
const longestLife = 100 * 365 * day

// durationHint shows what durations look like.
const durationHint = "write it as 90s, 20m, 1h30m or 3d"

// lasting reads a positive duration, which may also be given in days: 3d.
func lasting(text string) (time.Duration, error) {
	d, err := parseDuration(text)
	switch {
	case err != nil:
		return 0, wrongUse(durationHint, "read %q: it is %w", text, err)
	case d <= 0:
		return 0, wrongUse(durationHint, "read %q: want more than 0", text)
	}
	return d, nil
}

var (
	errNoDuration  = errors.New("no duration")
	errNoUnit      = errors.New("no duration, it has no unit")
	errTooLong     = errors.New("longer than a hundred years")
	errBrokenInTwo = errors.New("no duration: days stand alone")
)

// parseDuration reads a duration of any sign, in Go's form or in days.
func parseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseInt(days, 10, 64)
		switch {
		case err != nil && strings.ContainsAny(days, "dhms"):
			return 0, errBrokenInTwo
		case errors.Is(err, strconv.ErrSyntax):
			return 0, errNoDuration
		case err != nil, n > int64(longestLife/day), n < -int64(longestLife/day):
			return 0, errTooLong
		}
		return time.Duration(n) * day, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		if _, number := strconv.ParseFloat(text, 64); number == nil {
			return 0, errNoUnit
		}
		return 0, errNoDuration
	}
	if d > longestLife || d < -longestLife {
		return 0, errTooLong
	}
	return d, nil
}

// durationFlag is a flag that takes a duration, in days too.
type durationFlag time.Duration

// durationVar declares one. Whether it may be negative is for its verb to say. None at all is no default to tell of.
func durationVar(flags *pflag.FlagSet, d *time.Duration, name string, usual time.Duration, usage string) {
	*d = usual
	flags.Var((*durationFlag)(d), name, usage)
	if usual == 0 {
		flags.Lookup(name).DefValue = ""
	}
}

// Set implements [pflag.Value].
func (f *durationFlag) Set(text string) error {
	d, err := parseDuration(text)
	*f = durationFlag(d)
	return err
}

func (f *durationFlag) String() string { return time.Duration(*f).String() }

// Type implements [pflag.Value]. It is what the help calls the value.
func (f *durationFlag) Type() string { return "duration" }

// span is a length of time as it is talked about: 365 d, 2 d 6 h, 45 min, 20 s.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + span(-d)
	case d < time.Minute:
		return short(d)
	}
	d = d.Round(time.Second)
	var words []string
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / unit.length; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, unit.name))
		}
		d %= unit.length
	}
	return strings.Join(words, " ")
}
