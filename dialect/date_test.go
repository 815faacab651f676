package dialect

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestDates holds what is written by hand to the layouts that say the same.
func TestDates(t *testing.T) {
	layouts := map[DateForm]string{
		Trimmed:    "2006-01-02T15:04:05.9999999Z",
		Observed:   "2006-01-02T15:04:05.9999999+00:00",
		Documented: "2006-01-02T15:04:05.0000000Z",
	}
	zone := time.FixedZone("elsewhere", -5*60*60)
	same := func(t interface{ Errorf(string, ...any) }, at time.Time) {
		for form, layout := range layouts {
			want := at.UTC().Truncate(tick).Format(`"` + layout + `"`)
			if got := string(appendDate(nil, at, form)); got != want {
				t.Errorf("form %d: %s, want %s", form, got, want)
			}
		}
	}
	for _, at := range []time.Time{
		{}, time.Date(2015, 10, 24, 18, 40, 0, 500_000_000, time.UTC), time.Date(2015, 12, 31, 23, 59, 59, 999_999_999, zone),
		time.Date(2016, 2, 29, 0, 0, 0, 99, time.UTC), time.Date(2016, 2, 29, 0, 0, 0, 100, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 10_000_000, time.UTC),
	} {
		same(t, at)
	}
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(0, 250_000_000_000).Draw(t, "seconds")
		same(t, time.Unix(seconds, rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).In(zone))
	})
}

func BenchmarkDate(b *testing.B) {
	at := time.Date(2015, 10, 24, 18, 40, 0, 512_345_600, time.UTC)
	room := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		appendDate(room, at, Trimmed)
	}
}
