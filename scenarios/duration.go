package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/outlocal/outlocal/internal/span"
)

// Duration is a time.Duration that is written as Go writes it, days besides: 3d, 1d12h, 90s.
type Duration time.Duration

const day = 24 * time.Hour

func (d Duration) std() time.Duration { return time.Duration(d) }

// String writes whole days as such.
func (d Duration) String() string {
	if d != 0 && d.std()%day == 0 {
		return strconv.Itoa(int(d.std()/day)) + "d"
	}
	return span.Text(d.std())
}

func parseDuration(text string) (Duration, error) {
	rest, days := text, 0
	if number, after, found := strings.Cut(text, "d"); found {
		var err error
		if days, err = strconv.Atoi(number); err != nil || days < 0 {
			return 0, fmt.Errorf("%q is no duration", text)
		}
		rest = after
	}
	length := time.Duration(days) * day
	if rest != "" || days == 0 {
		more, err := time.ParseDuration(rest)
		if err != nil {
			return 0, fmt.Errorf("%q is no duration", text)
		}
		length += more
	}
	if length < 0 {
		return 0, fmt.Errorf("%q lies in the past", text)
	}
	return Duration(length), nil
}

func (d *Duration) readNode(r *reader, n *yaml.Node) {
	const hint = "write it as 10s, 4h or 3d"
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		r.wrong(n, hint, "this is %s, and should be a duration", kindOf(n))
		return
	}
	parsed, err := parseDuration(n.Value)
	if err != nil {
		r.wrong(n, r.hintVariable(n, hint), "%s", err)
		return
	}
	*d = parsed
}
