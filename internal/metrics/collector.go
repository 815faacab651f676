package metrics

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
)

// prefix of all names.
const prefix = "outlocal_"

// timer is what an emulator has beside its status.
type timer interface{ Timings() []emulator.Timing }

// collector asks for a status and says it in Prometheus' words.
type collector struct {
	of       control.Backend
	counters map[string]counter

	info, subscriptions, entries, overwritten *prometheus.Desc
	state, queued, inFlight, duration         *prometheus.Desc
}

// counter is how one of a status's counters is called here.
type counter struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func newCollector(of control.Backend) *collector {
	return &collector{
		of:            of,
		counters:      counters(),
		info:          describe("info", "What this is.", "name", "kind", "version"),
		subscriptions: describe("subscriptions", "Subscriptions that there are."),
		entries:       describe("journal_entries_total", "Journal entries ever made."),
		overwritten:   describe("journal_overwritten_total", "Journal entries that made room for newer ones."),
		state:         describe("endpoint_state", "1 for the state that a webhook's endpoint is in, 0 for the others.", "endpoint", "state"),
		queued:        describe("endpoint_queued", "Notifications that wait for an endpoint, retries included.", "endpoint"),
		inFlight:      describe("endpoint_in_flight", "Requests to an endpoint that are under way.", "endpoint"),
		duration:      describe("attempt_duration_seconds", "How long requests with notifications took, by what came of them.", "outcome"),
	}
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prefix+name, help, labels, nil)
}

// counters are those of an emulator and of a receiver, by their names in a status.
func counters() map[string]counter {
	total := func(name, help string) counter {
		return counter{describe(name+"_total", help), prometheus.CounterValue}
	}
	now := func(name, help string) counter { return counter{describe(name, help), prometheus.GaugeValue} }
	return map[string]counter{
		"raised":     total("notifications_raised", "Notifications that changes made due."),
		"delivered":  total("notifications_delivered", "Notifications that webhooks accepted, late ones included."),
		"late":       total("notifications_late", "Of those delivered, accepted too late to be good."),
		"retried":    total("notifications_retried", "Failed notifications that are to be tried again, each time."),
		"lost":       total("notifications_lost", "Notifications given up as every attempt failed."),
		"dropped":    total("notifications_dropped", "Notifications given up for any other reason."),
		"overflowed": total("notifications_overflowed", "Of those dropped, for want of room in a queue."),
		"others":     total("notifications_unraised", "Notifications that no change raised: acknowledgements, lifecycle, duplicates."),
		"pending":    now("notifications_pending", "Notifications that are queued, on their way or to be tried again."),
		"faults":     total("faults", "How often faults struck."),
		"throttled":  total("api_requests_throttled", "API requests that were refused as the service would have."),
		"overQuota":  total("api_requests_over_quota", "API requests that were answered, and the service would have refused."),

		"mailboxes":      now("mailboxes", "Mailboxes that there are."),
		"items":          now("items", "Items in mailboxes."),
		"itemsForgotten": total("items_forgotten", "Items that made room for newer ones."),

		"requests":      total("requests", "Requests with notifications: sent by an emulator; of any kind, got by a receiver."),
		"handshakes":    total("handshakes", "Handshakes that a receiver got."),
		"notifications": total("notifications_received", "Notifications that a receiver got."),
		"refused":       total("requests_refused", "Requests that a receiver refused."),
		"doubtful":      total("notifications_doubtful", "Notifications that a receiver found something wrong with."),
	}
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.info, c.subscriptions, c.entries, c.overwritten, c.state, c.queued, c.inFlight, c.duration} {
		to <- d
	}
	for _, known := range c.counters {
		to <- known.desc
	}
}

// patience is more than a status ever takes.
const patience = 5 * time.Second

// Collect implements [prometheus.Collector].
func (c *collector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	status, err := c.of.Status(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(c.info, err)
		return
	}
	to <- constant(c.info, prometheus.GaugeValue, 1, status.Name, string(status.Kind), status.Version)
	to <- constant(c.entries, prometheus.CounterValue, float64(status.Journal.Last))
	to <- constant(c.overwritten, prometheus.CounterValue, float64(status.Journal.Dropped))
	for name, value := range status.Counters {
		if known, ok := c.counters[name]; ok {
			to <- constant(known.desc, known.kind, float64(value))
		}
	}
	if status.Kind != control.Emulator {
		return
	}
	to <- constant(c.subscriptions, prometheus.GaugeValue, float64(status.Subscriptions))
	for i := range status.Endpoints {
		c.endpoint(to, &status.Endpoints[i])
	}
	if of, ok := c.of.(timer); ok {
		for _, t := range of.Timings() {
			to <- c.histogram(t)
		}
	}
}

func (c *collector) endpoint(to chan<- prometheus.Metric, e *control.Endpoint) {
	name := strings.ToValidUTF8(e.Endpoint, "�")
	to <- constant(c.queued, prometheus.GaugeValue, float64(e.Queued), name)
	to <- constant(c.inFlight, prometheus.GaugeValue, float64(e.InFlight), name)
	for _, state := range []string{"good", "slow", "drop"} {
		value := 0.0
		if e.State == state {
			value = 1
		}
		to <- constant(c.state, prometheus.GaugeValue, value, name, state)
	}
}

func (c *collector) histogram(t emulator.Timing) prometheus.Metric {
	within := make(map[float64]uint64, len(t.Within))
	for bound, n := range t.Within {
		within[bound.Seconds()] = n
	}
	return prometheus.MustNewConstHistogram(c.duration, t.Attempts, t.Total.Seconds(), within, t.Outcome)
}

// constant is a value of now; the labels are as many as were described.
func constant(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, kind, value, labels...)
}
