package delivery

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/dialect"
)

// Notifications name their own subscription, however often that was named before, and in the form of the schema that is served by then.
//
// rules: W4.7-12 W4.7-13
func TestEachNotificationNamesItsSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := &hook{}, &hook{}
		r := newRig(t, withHook("first.test", first), withHook("second.test", second))
		one := r.subscribe(dialect.OutlookFinal, "https://first.test/cb")
		other := r.subscribe(dialect.OutlookFinal, "https://second.test/cb")
		for _, item := range []string{"AAMk1", "AAMk2"} {
			r.create(item)
			r.settle()
		}
		for _, h := range []struct {
			*hook
			id string
		}{{first, one.ID}, {second, other.ID}} {
			if diff := cmp.Diff([]any{h.id, h.id}, h.values("SubscriptionId")); diff != "" {
				t.Errorf("named in Outlook's form (-want +got):\n%s", diff)
			}
		}
		r.serve(one.Mount, dialect.GraphV1)
		r.create("AAMk3")
		r.settle()
		if got := first.values("subscriptionId")[2]; got != one.GUID.String() {
			t.Errorf("named %v in Graph's form, want %s", got, one.GUID)
		}
	})
}
