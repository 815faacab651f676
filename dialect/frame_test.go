package dialect

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/notify"
)

// A frame writes what AppendItem writes, whatever it wrote before.
//
// rules: W3.3-01 W4.6-05
func TestFrameWritesWhatAppendItemWrites(t *testing.T) {
	at := time.Date(2126, 8, 12, 10, 0, 0, 0, time.UTC)
	heads := []Head{ // each differs from the one before in one respect
		{Subscription: "s1", Expires: at, ClientState: "secret", Tenant: "t1", Sequence: 1},
		{Subscription: "s1", Expires: at, ClientState: "secret", Tenant: "t1", Sequence: 12345},
		{Subscription: "s2", Expires: at, ClientState: "secret", Tenant: "t1", Sequence: 12345},
		{Subscription: "s2", Expires: at.Add(time.Hour), ClientState: "secret", Tenant: "t1", Sequence: 12345},
		{Subscription: "s2", Expires: at.Add(time.Hour), ClientState: `"`, Tenant: "t1", Sequence: 12345},
		{Subscription: "s2", Expires: at.Add(time.Hour), ClientState: "", Tenant: "t1", Sequence: 12345},
		{Subscription: "s2", Expires: at.Add(time.Hour), ClientState: "", Tenant: "t2", Sequence: 12345},
		{Subscription: "s2", Expires: at.Add(time.Hour), ClientState: "", Tenant: "t2", Sequence: 0},
		{Subscription: "s1", Expires: at, ClientState: "secret", Tenant: "t1", Sequence: 1}, // as the first, which the next dialect begins with
	}
	for _, times := range []int{1, 2, 3} { // as from the second on it is the frame that writes
		var f Frame
		for _, d := range All() {
			shared := d.AppendShared(nil, &notify.Change{Type: notify.Created, Collection: notify.Messages, Item: "AAMk="}, "B", nil)
			for i, h := range heads {
				want := string(d.AppendItem([]byte("["), &h, shared))
				for range times {
					if diff := cmp.Diff(want, string(f.AppendItem([]byte("["), d, &h, shared))); diff != "" {
						t.Errorf("%s, head %d (-want +got)\n%s", d, i, diff)
					}
				}
			}
		}
	}
}
