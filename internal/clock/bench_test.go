package clock_test

import (
	"testing"
	"time"

	"github.com/outlocal/outlocal/internal/clock"
)

// What every delivery pays: one flight, begun and ended. It costs about what two looks at the wall do (BenchmarkWall); the
// look that gives a flight its age is a quarter of it.
func BenchmarkFlight(b *testing.B) {
	c := clock.New()
	defer c.Close()
	b.ReportAllocs()
	for b.Loop() {
		c.Begin("delivery to http://localhost:3000").End()
	}
}

func BenchmarkFlightsAtOnce(b *testing.B) {
	c := clock.New()
	defer c.Close()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Begin("delivery to http://localhost:3000").End()
		}
	})
}

func BenchmarkNow(b *testing.B) {
	c := clock.New()
	defer c.Close()
	b.ReportAllocs()
	for b.Loop() {
		c.Now()
	}
}

func BenchmarkWall(b *testing.B) { // to compare with
	for b.Loop() {
		time.Now()
	}
}

func BenchmarkTimer(b *testing.B) {
	c := clock.New()
	defer c.Close()
	for i := range 100_000 {
		c.AfterFunc(time.Hour+time.Duration(i), func() {})
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.AfterFunc(time.Hour+time.Duration(i%100_000), func() {}).Stop()
	}
}

func BenchmarkAdvance(b *testing.B) {
	c := clock.New()
	defer c.Close()
	b.ReportAllocs()
	for b.Loop() {
		c.AfterFunc(time.Hour, func() {})
		if _, err := c.Advance(b.Context(), time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}
