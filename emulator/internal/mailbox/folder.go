package mailbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/outlocal/outlocal/internal/nearmiss"
	"github.com/outlocal/outlocal/notify"
)

// folder holds items of one collection: a mail folder, a calendar, a contact folder, a task list.
type folder struct {
	collection notify.Collection
	counter    uint64 // in its id, and in those of its items
	name       string // well-known, lower case; empty for folders that somebody made
	display    string
}

// wellKnown are the folders that every mailbox has. The 17 names for mail are rule W7.5-01's; the counters of the folders that
// captured ids show are those of wire captures, the others fill the gaps.
var wellKnown = [...]folder{
	{notify.Messages, 0x0108, "msgfolderroot", "Top of Information Store"},
	{notify.Messages, 0x0109, "sentitems", "Sent Items"},
	{notify.Messages, 0x010a, "deleteditems", "Deleted Items"},
	{notify.Messages, 0x010b, "outbox", "Outbox"},
	{notify.Messages, 0x010c, "inbox", "Inbox"},
	{notify.Events, 0x010d, "calendar", "Calendar"},
	{notify.Contacts, 0x010e, "contacts", "Contacts"},
	{notify.Messages, 0x010f, "drafts", "Drafts"},
	{notify.Tasks, 0x0112, "tasks", "Tasks"},
	{notify.Messages, 0x0113, "junkemail", "Junk Email"},
	{notify.Messages, 0x0114, "archive", "Archive"},
	{notify.Messages, 0x0115, "clutter", "Clutter"},
	{notify.Messages, 0x0116, "conflicts", "Conflicts"},
	{notify.Messages, 0x0117, "conversationhistory", "Conversation History"},
	{notify.Messages, 0x0118, "localfailures", "Local Failures"},
	{notify.Messages, 0x0119, "recoverableitemsdeletions", "Recoverable Items Deletions"},
	{notify.Messages, 0x011a, "scheduled", "Scheduled"},
	{notify.Messages, 0x011b, "searchfolders", "Search Folders"},
	{notify.Messages, 0x011c, "serverfailures", "Server Failures"},
	{notify.Messages, 0x011d, "syncissues", "Sync Issues"},
}

const (
	// firstCustom is the counter of the first folder that somebody makes, beyond all well-known ones.
	firstCustom = 0x0200

	// maxFolders that somebody makes in one mailbox: far more than a test needs, and an end to a loop that runs wild.
	maxFolders = 1000
)

// arrivals names the folder where new items of a collection arrive.
var arrivals = map[notify.Collection]string{
	notify.Messages: "inbox", notify.Events: "calendar", notify.Contacts: "contacts", notify.Tasks: "tasks",
}

// Naming tells which names of folders are understood beside ids and well-known names.
type Naming uint8

// The namings.
const (
	WellKnown    Naming = iota // no others: a display name is refused (rule W1.5-14)
	DisplayNames               // display names too, as in graph-preview (rule W1.5-04)
)

// Folder finds a folder's id from an id or a name, in any case: one of the 17 well-known names for messages (rule W7.5-01);
// calendar, contacts or tasks for the folder that each of the other collections has. An empty name is the folder where new
// items of the collection arrive: inbox for messages, the default calendar for events.
func (m *Mailboxes) Folder(mailbox notify.Mailbox, c notify.Collection, nameOrID string, naming Naming) (id string, ok bool) {
	b, err := m.of(mailbox)
	if err != nil {
		return "", false
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	f, ok := b.folder(c, nameOrID, naming)
	if !ok {
		return "", false
	}
	return b.folderID(f.counter), true
}

// AddFolder makes a folder (a calendar, a contact folder, a task list) with a display name, or finds the one that has it.
func (m *Mailboxes) AddFolder(mailbox notify.Mailbox, c notify.Collection, displayName string) (id string, err error) {
	b, err := m.of(mailbox)
	if err != nil {
		return "", err
	}
	if displayName = strings.TrimSpace(displayName); displayName == "" || arrivals[c] == "" {
		return "", fmt.Errorf("add folder %q for %q: it needs a name, and a collection to hold", displayName, c)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	f, known := b.folder(c, displayName, DisplayNames)
	if !known {
		if len(b.custom) >= maxFolders {
			return "", fmt.Errorf("add folder %q: the mailbox of %s has %d already", displayName, b.name.Address, maxFolders)
		}
		f = folder{collection: c, counter: firstCustom + uint64(len(b.custom)), display: strings.Clone(displayName)}
		b.custom = append(b.custom, f)
	}
	return b.folderID(f.counter), nil
}

// folder is Folder, under the lock.
func (b *box) folder(c notify.Collection, nameOrID string, naming Naming) (folder, bool) {
	if nameOrID == "" {
		nameOrID = arrivals[c]
	}
	matches := func(f folder) bool {
		return f.collection == c && (f.name != "" && strings.EqualFold(f.name, nameOrID) ||
			naming == DisplayNames && strings.EqualFold(f.display, nameOrID))
	}
	if id, err := parseID(nameOrID); err == nil {
		matches = func(f folder) bool { return f.collection == c && id == b.folderEntry(f.counter) }
	}
	for _, folders := range [][]folder{wellKnown[:], b.custom} {
		if i := slices.IndexFunc(folders, matches); i >= 0 {
			return folders[i], true
		}
	}
	return folder{}, false
}

// folderOf finds a folder by its counter.
func (b *box) folderOf(counter uint64) (folder, bool) {
	if counter >= firstCustom {
		if i := counter - firstCustom; i < uint64(len(b.custom)) {
			return b.custom[i], true
		}
		return folder{}, false
	}
	i := slices.IndexFunc(wellKnown[:], func(f folder) bool { return f.counter == counter })
	if i < 0 {
		return folder{}, false
	}
	return wellKnown[i], true
}

func (id *identity) folderEntry(counter uint64) entryID {
	return entryID{mailbox: id.name.Store, provider: id.provider, folder: entry{id.replica, counter}}
}

func (id *identity) folderID(counter uint64) string { return id.folderEntry(counter).String() }

// refuseFolder names the folder that there is not, and those that there are.
func (b *box) refuseFolder(c notify.Collection, name string) *notify.Error {
	var names []string
	for _, f := range wellKnown {
		if f.collection == c {
			names = append(names, f.name)
		}
	}
	for _, f := range b.custom {
		if f.collection == c {
			names = append(names, f.display)
		}
	}
	hint := "there are " + strings.Join(names, ", ")
	if near := nearmiss.Of(name, names); near != "" {
		hint = "did you mean " + near + "?"
	}
	return &notify.Error{
		Status:  http.StatusBadRequest,
		Message: fmt.Sprintf("find folder %q in the mailbox of %s: there is none of that name for %s", name, b.name.Address, c),
		Hint:    hint,
	}
}
