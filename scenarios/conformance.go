package scenarios

import (
	"slices"
	"testing"

	"github.com/outlocal/outlocal/dialect"
)

// conformance is the tag of what any webhook has to pass.
const conformance = "conformance"

// Conformance plays what any webhook has to pass: those scenarios of the catalogue that are tagged conformance and exist in the dialect
// of the options, Graph v1.0 if they name none. The options have to name the webhook; one that checks its client state needs that, too.
// outlocal verify, on the command line, asks a webhook more, and says what it found in terms of causes and cures.
func Conformance(t *testing.T, o Options) {
	t.Helper()
	if o.Handler == nil && o.Webhook == "" {
		t.Fatal("check conformance: the options name no webhook: set Handler or Webhook")
	}
	if o.Dialect == "" {
		o.Dialect = dialect.GraphV1.String()
	}
	all, err := Load(Catalog())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if slices.Contains(s.Tags, conformance) && slices.Contains(s.Spoken(), o.Dialect) {
			t.Run(s.Name(), func(t *testing.T) { runOne(t, s, o) })
		}
	}
}
