package control_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/control"
)

// TestReplay: the last one unless it is said otherwise, and what makes no sense reaches nobody.
func TestReplay(t *testing.T) {
	for _, row := range []struct {
		name    string
		asked   control.ReplayRequest
		want    control.ReplayRequest
		refused string
	}{
		{"nothing said", control.ReplayRequest{}, control.ReplayRequest{Last: 1}, ""},
		{"the last three", control.ReplayRequest{Last: 3}, control.ReplayRequest{Last: 3}, ""},
		{"one", control.ReplayRequest{Seq: 7}, control.ReplayRequest{Seq: 7}, ""},
		{"both", control.ReplayRequest{Seq: 7, Last: 1}, control.ReplayRequest{}, "replay: it says both seq and last"},
		{"fewer than none", control.ReplayRequest{Last: -1}, control.ReplayRequest{}, "replay: last is -1"},
		{"more than anybody needs", control.ReplayRequest{Last: 1001}, control.ReplayRequest{}, "replay: last is 1001"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, client := start(t)
			replayed, err := client.Replay(t.Context(), row.asked)
			var refused *control.Error
			if row.refused != "" {
				if !errors.As(err, &refused) || refused.Code != control.CodeBadRequest || refused.Message != row.refused || len(f.take()) > 0 {
					t.Errorf("the error is %v", err)
				}
				return
			}
			if err != nil || len(replayed.Entries) != 1 || replayed.Entries[0].Seq != 9 {
				t.Errorf("got %v, %v", replayed, err)
			}
			if diff := cmp.Diff([]any{row.want}, f.take()); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}
