// Package metrics shows Prometheus what an emulator or a receiver counts, and a profiler what its process does.
//
// [Handler] puts both beside a control API; put its guard around all of it. What is counted is asked for when Prometheus asks, so that
// nothing is counted twice and nothing runs in between.
//
// It holds no counters of its own, keeps no history and sends nothing anywhere. No label holds a URL: a webhook is named by scheme, host
// and port alone.
package metrics

import (
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/outlocal/outlocal/control"
)

// The paths that Handler adds to those of the control API.
const (
	Path        = "/metrics"
	ProfilePath = "/debug/pprof/"
)

// Profiling says whether profiles are served.
type Profiling bool

// The two ways.
const (
	WithProfiles    Profiling = true
	WithoutProfiles Profiling = false
)

// Handler serves the metrics of what is steered, its profiles if so wanted, and all else from next.
func Handler(next http.Handler, of control.Backend, profiling Profiling) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister( // of three that don't overlap: never panics
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		newCollector(of),
	)
	routes := http.NewServeMux()
	routes.Handle(Path, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	if profiling == WithProfiles {
		routes.HandleFunc(ProfilePath, pprof.Index)
		routes.HandleFunc(ProfilePath+"cmdline", pprof.Cmdline)
		routes.HandleFunc(ProfilePath+"profile", pprof.Profile)
		routes.HandleFunc(ProfilePath+"symbol", pprof.Symbol)
		routes.HandleFunc(ProfilePath+"trace", pprof.Trace)
	}
	// What is no route of these is the control API's to answer as it stands: a mux would clean its path and redirect.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := routes.Handler(r); pattern != "" {
			routes.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
