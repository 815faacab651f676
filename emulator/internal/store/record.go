package store

import (
	"time"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

// Handle names a record for as long as the store lives: it is the ordinal of its creation and is never given out again, so
// that a stale one finds nothing. 0 names none.
type Handle uint64

// Record is a copy of one subscription; nothing in it aliases the store. Times are in UTC, to the 100 ns that the service
// itself counts in; what Add is given is rounded down to that.
type Record struct {
	notify.Subscription // ID is what New's function makes of the rest; it is not kept

	Handle   Handle
	GUID     uuid.UUID
	Mount    string          // base path it was made under, such as /api/beta
	Family   string          // such as outlook or graph: records of one may duplicate each other; empty: of none
	Origin   string          // scheme://host that its creator used, for absolute links
	Spoken   string          // Outlook: how its creator named the user in the path: "Me", "Users('ann%40contoso.com')"
	Watch    notify.Resource // Resource, understood; Folder is the folder's id
	Mailbox  notify.Mailbox  // the watched one
	Created  time.Time
	AppOnly  bool  // made with an app's own token, not a user's
	Sequence int32 // the last number given out; 0 is the acknowledgement's, sent or not
}
