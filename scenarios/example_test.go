package scenarios_test

import (
	"net/http"
	"os"
	"testing"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/scenarios"
)

// newWebhook is the constructor of the webhook under test.
func newWebhook(clientState string) http.Handler { return happyWebhook(clientState) }

// Stories of one's own are files; each is a subtest, and each of its steps one below that.
func ExampleRunWith() {
	_ = func(t *testing.T) { // func TestStories(t *testing.T)
		scenarios.RunWith(t, scenarios.Options{Handler: newWebhook("s3cret"), ClientState: "s3cret"}, os.DirFS("testdata"), "*.yaml")
	}
}

// A webhook has to pass these in each schema that it is to understand.
func ExampleConformance() {
	_ = func(t *testing.T) { // func TestConformance(t *testing.T)
		for _, d := range []*dialect.Dialect{dialect.GraphV1, dialect.OutlookFinal} {
			t.Run(d.String(), func(t *testing.T) {
				scenarios.Conformance(t, scenarios.Options{Handler: newWebhook("s3cret"), ClientState: "s3cret", Dialect: d.String()})
			})
		}
	}
}
