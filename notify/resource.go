package notify

// Collection is a kind of item that can be watched.
type Collection uint8

// The collections; None stands for a resource that names none.
const (
	None Collection = iota
	Messages
	Events
	Contacts
	Tasks
)

var collections = [...]struct{ plural, singular string }{
	None:     {"", ""},
	Messages: {"messages", "message"},
	Events:   {"events", "event"},
	Contacts: {"contacts", "contact"},
	Tasks:    {"tasks", "task"},
}

// String is the collection's name in lower case, such as messages.
func (c Collection) String() string { return collections[c].plural }

// Singular is the name of one item of it, such as message.
func (c Collection) Singular() string { return collections[c].singular }

// ParseCollection takes the plural or the singular, in lower case; anything else is None.
func ParseCollection(name string) Collection {
	for c, names := range collections {
		if name != "" && (name == names.plural || name == names.singular) {
			return Collection(c)
		}
	}
	return None
}

// Resource is what a subscription watches, or what a notification points at, understood.
type Resource struct {
	User       string // "me", or what stood after users: an address, a GUID, or user@tenant GUIDs
	Collection Collection
	Folder     string // id, well-known name or, in some schemas, display name of the folder; empty for the whole mailbox
	Item       string // empty for a collection
	Filter     string // $filter, decoded
	Select     []string
	// Immutable says that the client prefers immutable ids.
	Immutable bool
}
