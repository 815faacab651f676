package subscriber

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Record is what a keeper remembers of one subscription: enough for the next one to take it over, or to delete it. It holds a secret, the
// client state, and a URL that may hold others; never a token. Its times are the service's.
type Record struct {
	Key      string // ours: it is there before the service has given an ID
	Service  string // the base URL of its service
	Dialect  string // what it was made in
	Mailbox  string
	Watch    Watch
	Endpoint Endpoint // as it was asked for, without a LifecycleURL where none was

	ClientState   string
	CertificateID string
	ID            string // empty as long as its creation has got no answer

	Intended     time.Time // when its creation was sent
	Expires      time.Time
	Due          time.Time // when it is to be renewed
	Renewed      time.Time // when a renewal was last sent
	Reauthorized time.Time // when a reauthorization was last sent
}

// Bookmark is where a resource is followed from, to tell what was missed.
type Bookmark struct {
	Service  string // as in [Record]
	Dialect  string
	Mailbox  string
	Resource string
	Link     string
	Covers   string // in words
	Behind   bool   // something was missed and has not been made up for
}

// Store keeps what a keeper must know after a crash. What has been saved or removed is durable when the method returns.
type Store interface {
	Load(ctx context.Context) ([]Record, []Bookmark, error)
	SaveRecord(ctx context.Context, r Record) error
	RemoveRecord(ctx context.Context, key string) error
	SaveBookmark(ctx context.Context, b Bookmark) error
	RemoveBookmark(ctx context.Context, b Bookmark) error // with that service, dialect, mailbox and resource
}

// Memory is a [Store] that ends with the process. NewMemory makes one.
type Memory struct {
	mu        sync.Mutex
	records   map[string]Record
	bookmarks map[Bookmark]Bookmark // by what identifies them
}

// NewMemory makes an empty store.
func NewMemory() *Memory {
	return &Memory{records: map[string]Record{}, bookmarks: map[Bookmark]Bookmark{}}
}

func (b Bookmark) identity() Bookmark {
	return Bookmark{Service: b.Service, Dialect: b.Dialect, Mailbox: b.Mailbox, Resource: b.Resource}
}

// Load implements [Store].
func (m *Memory) Load(context.Context) (records []Record, bookmarks []Bookmark, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.records {
		records = append(records, r)
	}
	for _, b := range m.bookmarks {
		bookmarks = append(bookmarks, b)
	}
	slices.SortFunc(records, func(a, b Record) int { return cmp.Compare(a.Key, b.Key) })
	slices.SortFunc(bookmarks, func(a, b Bookmark) int { return cmp.Compare(a.Resource, b.Resource) })
	return records, bookmarks, nil
}

// SaveRecord implements [Store].
func (m *Memory) SaveRecord(_ context.Context, r Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records[r.Key] = r
	return nil
}

// RemoveRecord implements [Store].
func (m *Memory) RemoveRecord(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.records, key)
	return nil
}

// SaveBookmark implements [Store].
func (m *Memory) SaveBookmark(_ context.Context, b Bookmark) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bookmarks[b.identity()] = b
	return nil
}

// RemoveBookmark implements [Store].
func (m *Memory) RemoveBookmark(_ context.Context, b Bookmark) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.bookmarks, b.identity())
	return nil
}
