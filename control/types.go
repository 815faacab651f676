package control

import (
	"time"

	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
)

// Status is how an emulator or a receiver is doing.
type Status struct {
	Name    string `json:"name" doc:"what it was called when it was started"`
	Version string `json:"version"`
	Kind    Kind   `json:"kind" doc:"emulator, receiver or expose"`

	HTTP      string `json:"http,omitempty" doc:"base of its API"`
	HTTPS     string `json:"https,omitempty" doc:"the same with TLS"`
	Authority string `json:"authority,omitempty" doc:"where programs sign in, with a tenant at its end: any GUID, domain, common, organizations or consumers"`
	Auth      string `json:"auth,omitempty" doc:"which bearer tokens its API takes: any, or those issued by it"`
	Webhook   string `json:"webhook,omitempty" doc:"where a receiver takes notifications; of what is exposed, the public URL"`
	Target    string `json:"target,omitempty" doc:"the local webhook that what is exposed passes on to, query values masked; empty where it answers itself"`
	Tunnel    string `json:"tunnel,omitempty" doc:"of what is exposed: connecting, up, reconnecting or closed"`
	Proxy     string `json:"proxy,omitempty" doc:"a forward proxy that answers for the services by their own names"`
	Control   string `json:"control,omitempty" doc:"base of this API"`
	CA        string `json:"ca,omitempty" doc:"path of the certificate that clients have to trust"`

	PID     int       `json:"pid,omitempty"`
	Started time.Time `json:"started,omitzero" doc:"real time"`
	Now     time.Time `json:"now,omitzero" doc:"its own, virtual time"`

	Serve         []Mount          `json:"serve,omitempty" doc:"which dialect each base path speaks"`
	Subscriptions int              `json:"subscriptions" doc:"how many there are"`
	Counters      map[string]int64 `json:"counters,omitempty" doc:"what has been counted since the start or the last reset of everything, by name; at any moment, raised and others (notifications that no change raised) are as many as delivered, lost, dropped and pending together"`
	Endpoints     []Endpoint       `json:"endpoints,omitempty" doc:"the webhooks that were delivered to"`
	InFlight      []string         `json:"inFlight,omitempty" doc:"requests that keep time from jumping, and their age"`
	Journal       JournalState     `json:"journal"`
}

// Kind is what a control API steers.
type Kind string

// The kinds.
const (
	Emulator Kind = "emulator"
	Receiver Kind = "receiver"
	Exposure Kind = "expose" // a webhook of this machine behind a public URL, and its subscriptions
)

// Mount is a base path and the dialect that it speaks.
type Mount struct {
	Path    string `json:"path" doc:"such as /api/beta"`
	Dialect string `json:"dialect" doc:"such as outlook-interim, or with a profile: outlook-final@2015"`
	// LifecycleForm is a word of dialect.LifecycleForms.
	LifecycleForm string `json:"lifecycleForm,omitempty" doc:"of Graph's lifecycle notifications: documented, observed-2023 or observed-2026; as the emulator was started if left out"`
}

// Endpoint is one scheme, host and port that is delivered to, as the service sees it.
type Endpoint struct {
	Endpoint string    `json:"endpoint" doc:"such as https://localhost:8443"`
	State    string    `json:"state" doc:"good, slow or drop: how long it takes decides; good is who is neither slow nor dropped, also if it answers nothing but errors"`
	Since    time.Time `json:"since,omitzero"`
	Queued   int       `json:"queued"`
	InFlight int       `json:"inFlight"`
	Attempts int64     `json:"attempts" doc:"since the state began"`
	Late     int64     `json:"late" doc:"of these, answered, but not in good time"`
	Failed   int64     `json:"failed" doc:"of these, not answered well"`
}

// JournalState tells which entries a journal holds.
type JournalState struct {
	First   uint64 `json:"first" doc:"seq of the oldest entry kept, 0 if there is none"`
	Last    uint64 `json:"last" doc:"seq of the newest entry ever made"`
	Dropped uint64 `json:"dropped" doc:"entries that made room for newer ones"`
}

// Change asks for something to happen in a mailbox, so that subscriptions are notified of it.
type Change struct {
	Change     string         `json:"change" doc:"created, updated or deleted"`
	Collection string         `json:"collection" doc:"message, event, contact or task"`
	Mailbox    string         `json:"mailbox,omitempty" doc:"address; the default user's if left out"`
	Folder     string         `json:"folder,omitempty" doc:"id or well-known name; where new items arrive if left out"`
	Item       string         `json:"item,omitempty" doc:"id of the item to be updated or deleted; the newest if left out"`
	Count      int            `json:"count,omitempty" doc:"how many changes; 1 if left out"`
	Set        map[string]any `json:"set,omitempty" doc:"properties of the item, by Graph's names"`
	Together   bool           `json:"together,omitempty" doc:"nothing is sent before all changes are made, so that their notifications share requests as far as they may"`
}

// Words reads the words of c. The error is an [*Error] that names the wrong one.
func (c Change) Words() (notify.ChangeType, notify.Collection, error) {
	if err := oneOf("raise change: change", c.Change, []string{"created", "updated", "deleted"}); err != nil {
		return 0, notify.None, err
	}
	if err := oneOf("raise change: collection", c.Collection, []string{"message", "event", "contact", "task"}); err != nil {
		return 0, notify.None, err
	}
	change, err := notify.ParseChangeType(c.Change)
	return change, notify.ParseCollection(c.Collection), err
}

// Raised tells what became of a change.
type Raised struct {
	Items   []RaisedItem `json:"items"`
	Matched int          `json:"matched" doc:"notifications that are due, to all subscriptions together"`
	Entry   uint64       `json:"entry,omitempty" doc:"seq of the journal entry of the first change; what follows has it as its cause"`
	Note    string       `json:"note,omitempty" doc:"one line for a person, such as why nothing matched"`
}

// RaisedItem is an item that was changed.
type RaisedItem struct {
	ID         string `json:"id"`
	Collection string `json:"collection"`
	Mailbox    string `json:"mailbox"`
	Folder     string `json:"folder,omitempty" doc:"id of its folder"`
	Resource   string `json:"resource" doc:"path of the item below a Graph base path"`
	Entry      uint64 `json:"entry,omitempty" doc:"seq of the journal entry of this change"`
}

// Clock is what time it is.
type Clock struct {
	Now   time.Time `json:"now" doc:"virtual time"`
	Wall  time.Time `json:"wall" doc:"real time"`
	Scale float64   `json:"scale" doc:"virtual seconds to a real one while nothing is in flight"`
}

// Advanced is how far time was advanced, and what fell due.
type Advanced struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Fired int       `json:"fired" doc:"things that fell due"`
	After uint64    `json:"after" doc:"journal entries with a seq above this came of it"`

	Webhooks []AdvancedWebhook `json:"webhooks,omitempty" doc:"what was sent meanwhile, a row for each webhook"`
	Lost     int               `json:"lost" doc:"notifications that were given up, as every attempt failed"`
	Expired  int               `json:"expired" doc:"subscriptions whose time ran out"`
	Due      []string          `json:"due,omitempty" doc:"what else fell due, a line for a person each: the first ones"`
	More     int               `json:"more,omitempty" doc:"lines that due leaves out; the journal has all"`
}

// AdvancedWebhook is what was sent to one webhook while time was advanced.
type AdvancedWebhook struct {
	URL       string         `json:"url" doc:"query values are masked"`
	Attempts  int            `json:"attempts" doc:"requests"`
	Answers   map[string]int `json:"answers,omitempty" doc:"how many of them got each status; none stands for no answer"`
	Delivered int            `json:"delivered" doc:"notifications that arrived"`
	Lost      int            `json:"lost,omitempty" doc:"notifications that were given up, as every attempt failed"`
	Dropped   int            `json:"dropped,omitempty" doc:"notifications that were given up for another reason, such as that their subscription ended"`
}

// LifecycleEvent asks for a lifecycle notification.
type LifecycleEvent struct {
	Event string   `json:"event" doc:"missed, reauthorizationRequired or subscriptionRemoved"`
	Lapse bool     `json:"lapse,omitempty" doc:"with reauthorizationRequired: authorization ends at once, and what changes waits until it is renewed"`
	Where Selector `json:"where,omitzero"`
}

// LifecycleRaised tells what became of it.
type LifecycleRaised struct {
	Matched int    `json:"matched" doc:"subscriptions that were selected"`
	Raised  int    `json:"raised" doc:"notifications that are due"`
	Entry   uint64 `json:"entry,omitempty" doc:"seq of the first journal entry of it"`
	Note    string `json:"note,omitempty" doc:"one line for a person, such as why some got none"`
}

// ResetReport counts what a reset took away.
type ResetReport struct {
	Subscriptions int    `json:"subscriptions"`
	Items         int    `json:"items"`
	Entries       int    `json:"entries" doc:"of the journal; it is only cleared as a whole"`
	Note          string `json:"note,omitempty" doc:"one line for a person"`
}

// JournalQuery selects journal entries.
type JournalQuery struct {
	Since uint64         `query:"since" doc:"only entries with a seq above it"`
	Limit int            `query:"limit" doc:"at most so many; 1000 if left out, or all that come when following; a page has fewer if they are long"`
	Kinds []journal.Kind `query:"kind" doc:"only this kind; may be repeated"`
	Where Selector
}

// JournalPage is a part of a journal. Entries are masked.
type JournalPage struct {
	Entries []journal.Entry `json:"entries"`
	Next    uint64          `json:"next" doc:"the since with which to read on, until a page is empty"`
	Dropped uint64          `json:"dropped,omitempty" doc:"entries that were overwritten before they could be looked at"`
}

// WaitRequest waits until so many entries match.
type WaitRequest struct {
	Since  uint64         `json:"since,omitempty" doc:"only entries with a seq above it count"`
	Count  int            `json:"count,omitempty" doc:"how many are waited for; 1 if left out"`
	Kinds  []journal.Kind `json:"kinds,omitempty" doc:"only these; all if left out"`
	Where  Selector       `json:"where,omitzero"`
	Within Duration       `json:"within,omitempty" doc:"real time; 5s if left out"`
}
