package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/outlocal/outlocal/subscriber"
)

// DefaultProfile is the profile of who has one only.
const DefaultProfile = "default"

// Subscriptions is a file that remembers the subscriptions of a profile, of one process at a time. It is a [subscriber.Store]: what was
// written is on the disk, whatever becomes of the process. [Folder.Subscriptions] opens one.
type Subscriptions struct {
	db   *sql.DB
	path string
}

var _ subscriber.Store = (*Subscriptions)(nil)

// BusyError is a profile that another process has.
type BusyError struct{ Profile string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("open the subscriptions of profile %s: another outlocal keeps them", e.Profile)
}

// Hint says what helps.
func (e *BusyError) Hint() string { return "end that one, or keep these apart: --profile NAME" }

// DamagedError is a file that can't be understood.
type DamagedError struct {
	Path string
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("read subscriptions in %s: the file is damaged: %v", e.Path, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// Hint says what helps.
func (e *DamagedError) Hint() string {
	return "move the file away; what it knew of is then found by outlocal subscriptions list, or ends by itself within days"
}

// busyTimeout is how long another process is waited for: one that ends has done so by then.
const busyTimeout = 2 * time.Second

// Subscriptions opens the file of a profile, and makes it if need be. Close lets others have it; so does the end of the process, however
// it comes. Errors that tell more are a [*NameError], a [*BusyError] and a [*DamagedError].
func (f Folder) Subscriptions(ctx context.Context, profile string) (*Subscriptions, error) {
	if err := CheckName(profile); err != nil {
		return nil, err
	}
	path := filepath.Join(f.path, "subscriptions", profile+".db")
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if err := makePrivate(path); err != nil {
		return nil, &FolderError{fmt.Errorf("open the subscriptions of profile %s: %w", profile, err)}
	}
	db, err := sql.Open("sqlite", source(path))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // it is the connection that holds the lock
	s := &Subscriptions{db, path}
	if err := s.prepare(ctx); err != nil {
		_ = db.Close()
		if code(err) == sqlite3.SQLITE_BUSY {
			return nil, &BusyError{profile}
		}
		return nil, s.explain(err)
	}
	return s, nil
}

// source says how the file is opened: locked for as long as it is open, and with what was written on the disk before it counts as written.
func source(path string) string {
	query := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)",
	}, "_txlock": {"exclusive"}}
	path = "/" + strings.TrimPrefix(filepath.ToSlash(path), "/") // also before a drive's letter
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

// makePrivate makes the file before SQLite does, which would let others read it. What SQLite puts beside it is as private.
func makePrivate(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return err
	}
	return errors.Join(file.Chmod(fileMode), file.Close())
}

// migrations bring a file to the next version each; its user_version says which it has.
func migrations() []string {
	return []string{
		`CREATE TABLE subscription (
			key TEXT PRIMARY KEY, service TEXT NOT NULL, dialect TEXT NOT NULL, mailbox TEXT NOT NULL,
			resource TEXT NOT NULL, changes INTEGER NOT NULL, rich INTEGER NOT NULL, lifecycle INTEGER NOT NULL,
			url TEXT NOT NULL, lifecycle_url TEXT NOT NULL, client_state TEXT NOT NULL, certificate TEXT NOT NULL, id TEXT NOT NULL,
			intended INTEGER NOT NULL, expires INTEGER NOT NULL, due INTEGER NOT NULL, renewed INTEGER NOT NULL, reauthorized INTEGER NOT NULL
		) STRICT;
		CREATE TABLE bookmark (
			service TEXT NOT NULL, dialect TEXT NOT NULL, mailbox TEXT NOT NULL, resource TEXT NOT NULL,
			link TEXT NOT NULL, covers TEXT NOT NULL, behind INTEGER NOT NULL,
			PRIMARY KEY (service, dialect, mailbox, resource)
		) STRICT`,
	}
}

// prepare takes the lock, makes sure that the file is whole, and brings it to the newest version.
func (s *Subscriptions) prepare(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	var sound string
	if err := tx.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&sound); err != nil {
		return err
	}
	if sound != "ok" {
		return &DamagedError{s.path, errors.New(sound)}
	}
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	all := migrations()
	if version > len(all) {
		return fmt.Errorf("it is of version %d, this outlocal knows %d: use the newer one that wrote it", version, len(all))
	}
	for _, migration := range all[version:] {
		if _, err := tx.ExecContext(ctx, migration); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(all))); err != nil {
		return err
	}
	return tx.Commit()
}

// Path is where the file is.
func (s *Subscriptions) Path() string { return s.path }

// Close lets another process have the profile.
func (s *Subscriptions) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close %s: %w", s.path, err)
	}
	return nil
}

// Load implements [subscriber.Store].
func (s *Subscriptions) Load(ctx context.Context) ([]subscriber.Record, []subscriber.Bookmark, error) {
	records, err := all(ctx, s.db, `SELECT key, service, dialect, mailbox, resource, changes, rich, lifecycle, url, lifecycle_url, client_state,
		certificate, id, intended, expires, due, renewed, reauthorized FROM subscription ORDER BY intended, key`, scanRecord)
	if err != nil {
		return nil, nil, s.explain(err)
	}
	bookmarks, err := all(ctx, s.db, `SELECT service, dialect, mailbox, resource, link, covers, behind FROM bookmark ORDER BY 1, 2, 3, 4`,
		func(b *subscriber.Bookmark) []any {
			return []any{&b.Service, &b.Dialect, &b.Mailbox, &b.Resource, &b.Link, &b.Covers, &b.Behind}
		})
	if err != nil {
		return nil, nil, s.explain(err)
	}
	return records, bookmarks, nil
}

// all reads rows, each into the places that scan names.
func all[T any](ctx context.Context, db *sql.DB, query string, scan func(*T) []any) (found []T, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var row T
		if err := rows.Scan(scan(&row)...); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, rows.Err()
}

func scanRecord(r *subscriber.Record) []any {
	return []any{
		&r.Key, &r.Service, &r.Dialect, &r.Mailbox, &r.Watch.Resource, (*uint8)(&r.Watch.Changes), &r.Watch.Rich, &r.Watch.Lifecycle,
		&r.Endpoint.URL, &r.Endpoint.LifecycleURL, &r.ClientState, &r.CertificateID, &r.ID,
		(*moment)(&r.Intended), (*moment)(&r.Expires), (*moment)(&r.Due), (*moment)(&r.Renewed), (*moment)(&r.Reauthorized),
	}
}

// SaveRecord implements [subscriber.Store].
func (s *Subscriptions) SaveRecord(ctx context.Context, r subscriber.Record) error {
	return s.write(ctx, `INSERT OR REPLACE INTO subscription (key, service, dialect, mailbox, resource, changes, rich, lifecycle, url, lifecycle_url,
		client_state, certificate, id, intended, expires, due, renewed, reauthorized) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Key, r.Service, r.Dialect, r.Mailbox, r.Watch.Resource, int64(r.Watch.Changes), r.Watch.Rich, r.Watch.Lifecycle,
		r.Endpoint.URL, r.Endpoint.LifecycleURL, r.ClientState, r.CertificateID, r.ID,
		number(r.Intended), number(r.Expires), number(r.Due), number(r.Renewed), number(r.Reauthorized))
}

// RemoveRecord implements [subscriber.Store].
func (s *Subscriptions) RemoveRecord(ctx context.Context, key string) error {
	return s.write(ctx, `DELETE FROM subscription WHERE key = ?`, key)
}

// SaveBookmark implements [subscriber.Store].
func (s *Subscriptions) SaveBookmark(ctx context.Context, b subscriber.Bookmark) error {
	return s.write(ctx, `INSERT OR REPLACE INTO bookmark (service, dialect, mailbox, resource, link, covers, behind) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		b.Service, b.Dialect, b.Mailbox, b.Resource, b.Link, b.Covers, b.Behind)
}

// RemoveBookmark implements [subscriber.Store].
func (s *Subscriptions) RemoveBookmark(ctx context.Context, b subscriber.Bookmark) error {
	return s.write(ctx, `DELETE FROM bookmark WHERE service = ? AND dialect = ? AND mailbox = ? AND resource = ?`, b.Service, b.Dialect, b.Mailbox, b.Resource)
}

func (s *Subscriptions) write(ctx context.Context, statement string, values ...any) error {
	if _, err := s.db.ExecContext(ctx, statement, values...); err != nil {
		return s.explain(err)
	}
	return nil
}

// explain tells a file that is damaged from other trouble.
func (s *Subscriptions) explain(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return &DamagedError{s.path, err}
	}
	var damaged *DamagedError
	if errors.As(err, &damaged) {
		return err
	}
	return fmt.Errorf("keep subscriptions in %s: %w", s.path, err)
}

// code is SQLite's primary code of an error, 0 if it has none.
func code(err error) int {
	const primary = 0xff // extended codes say more above it
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & primary
	}
	return 0
}

// moment is a time in the file: nanoseconds, and none for none.
type moment time.Time

// Scan implements [sql.Scanner].
func (m *moment) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("read a time: %T", value)
	}
	*m = moment(time.Time{})
	if n != 0 {
		*m = moment(time.Unix(0, n).UTC())
	}
	return nil
}

func number(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
