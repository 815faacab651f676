package control

import "github.com/outlocal/outlocal/journal"

// Bodies and answers that the Go API spells out as arguments and results.
type (
	advanceRequest struct {
		By Duration `json:"by" doc:"such as 72h"`
	}

	scaleRequest struct {
		Scale float64 `json:"scale" doc:"virtual seconds to a real one"`
	}

	resetRequest struct {
		Where Selector `json:"where,omitzero"`
	}

	mountList struct {
		Serve []Mount `json:"serve"`
	}

	importRequest struct {
		Subscriptions []NewSubscription `json:"subscriptions"`
	}

	waitAnswer struct {
		Entries []journal.Entry `json:"entries" doc:"masked, oldest first"`
	}

	journalParams struct {
		JournalQuery
		Follow bool `query:"follow" doc:"1 to get entries as they come, a JSON line each; a line with a member dropped counts those missed before the next"`
	}

	// nothing stands for a query or a body that is not there.
	nothing struct{}
)

// gapLine is a line of a followed journal that is no entry.
type gapLine struct {
	Dropped uint64 `json:"dropped"`
}
