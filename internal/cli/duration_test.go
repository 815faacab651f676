package cli

import (
	"errors"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func TestParseDuration(t *testing.T) {
	for _, row := range []struct {
		text string
		want time.Duration
		err  error
	}{
		{"90s", 90 * time.Second, nil}, {"-1h", -time.Hour, nil}, {"0", 0, nil}, {"36500d", 36500 * day, nil}, {"-3d", -3 * day, nil},
		{"5", 0, errNoUnit}, {"2.5", 0, errNoUnit}, {"2x", 0, errNoDuration}, {"", 0, errNoDuration}, {"d", 0, errNoDuration}, {"xd", 0, errNoDuration},
		{"36501d", 0, errTooLong}, {"100000d", 0, errTooLong}, {"99999999999999999999d", 0, errTooLong}, {"2000000h", 0, errTooLong}, {"1h3d", 0, errBrokenInTwo},
	} {
		if got, err := parseDuration(row.text); got != row.want || !errors.Is(err, row.err) {
			t.Errorf("%q: got %v, %v; want %v, %v", row.text, got, err, row.want, row.err)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		8760 * time.Hour: "365 d", 54 * time.Hour: "2 d 6 h", 45 * time.Minute: "45 min", 90 * time.Second: "1 min 30 s", 20 * time.Second: "20 s",
		time.Hour + 3*time.Millisecond: "1 h", -time.Hour: "-1 h", 6*time.Hour + 4*time.Second: "6 h 4 s",
	} {
		if got := span(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

// The help of a duration tells its default where there is one, once.
func TestDurationDefault(t *testing.T) {
	for _, row := range []struct {
		name  string
		usual time.Duration
		want  string
	}{
		{"none", 0, "      --wait duration   how long\n"},
		{"some", 90 * time.Second, "      --wait duration   how long (default 1m30s)\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			flags := pflag.NewFlagSet("", pflag.ContinueOnError)
			var d time.Duration
			durationVar(flags, &d, "wait", row.usual, "how long")
			if got := flags.FlagUsages(); got != row.want || d != row.usual {
				t.Errorf("it is %v, and its help %q, want %q", d, got, row.want)
			}
		})
	}
}
