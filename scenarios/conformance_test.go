package scenarios_test

import (
	"encoding/json"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/scenarios"
)

// happyWebhook does all that it should, in every schema: it echoes the token by either name, and takes what has its client state.
func happyWebhook(clientState string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"validationToken", "validationtoken"} {
			if token := r.URL.Query().Get(name); token != "" {
				w.Header().Set("Content-Type", "text/plain")
				io.WriteString(w, token)
				return
			}
		}
		var body struct {
			Value []*struct{ ClientState string }
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			http.Error(w, "this is no notification", http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
}

// TestConformance: a webhook that does as it should passes in every schema, on the same options that an example shows.
func TestConformance(t *testing.T) {
	for _, d := range []*dialect.Dialect{dialect.GraphV1, dialect.GraphBeta, dialect.OutlookFinal} {
		t.Run(d.String(), func(t *testing.T) {
			var asked atomic.Int64
			webhook := happyWebhook("s3cret")
			scenarios.Conformance(t, scenarios.Options{ClientState: "s3cret", Dialect: d.String(), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				webhook.ServeHTTP(w, r)
			})})
			if asked.Load() == 0 {
				t.Error("the webhook was asked nothing")
			}
		})
	}
}
