package store

import (
	"fmt"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

// listKey names a list: everything that watches one collection of one mailbox.
type listKey struct {
	mailbox    string
	collection notify.Collection
}

// list is threaded through its records, so that each leaves it at no cost.
type list struct {
	first, last Handle
	count       int
}

// shared is what many records have in common.
type shared struct {
	urls      table[text]
	watched   table[watched]
	mailboxes table[box]
	makers    table[maker]
	extras    table[extras]
	states    table[text] // client states that are too long to lie in a record
}

// add, and all below but replace, run under the lock.
func (s *Store) add(r, added *Record) error {
	if _, taken := s.byGUID[r.GUID]; taken {
		return fmt.Errorf("add subscription: the id %s is taken", r.GUID)
	}
	kept := s.ledger.add()
	kept.guid, kept.created, kept.sequence = r.GUID, ticksOf(r.Created), r.Sequence
	kept.watched = s.shared.watched.take(watchedOf(r.Resource, r.Watch))
	kept.mailbox = s.shared.mailboxes.take(box(r.Mailbox))
	s.fill(kept, r)
	s.byGUID[kept.guid] = kept.handle
	s.link(kept)
	s.due.push(deadline{kept.expires, kept.handle})
	s.load(kept, added)
	return nil
}

// replace writes an edited record, and reads it back, unless there is a newer version than the one that was edited.
func (s *Store) replace(h Handle, version uint32, edited *Record) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.ledger.find(h)
	if kept == nil || kept.version != version {
		return false
	}
	old := *kept
	made := s.shared.makers.at(old.maker)
	edited.Mount, edited.Family = made.mount, made.family
	s.fill(kept, edited)
	kept.version++
	if kept.expires < old.expires {
		s.due.push(deadline{kept.expires, kept.handle})
		s.tidy()
	}
	s.release(&old) // last, so that rows which stay in use are not made twice
	s.load(kept, edited)
	return true
}

func (s *Store) remove(r *record) {
	old := *r
	s.unlink(&old)
	s.release(&old)
	s.shared.watched.release(old.watched)
	s.shared.mailboxes.release(old.mailbox)
	delete(s.byGUID, old.guid)
	s.ledger.remove(r)
	s.tidy()
	if s.ledger.live == 0 { // maps never shrink by themselves
		s.byGUID, s.lists = make(map[uuid.UUID]Handle), make(map[listKey]list)
	}
}

// fill writes what an update may change; release gives it up.
func (s *Store) fill(kept *record, r *Record) {
	kept.expires, kept.changes = ticksOf(r.Expires), uint8(r.Changes)
	kept.flags = 0
	if r.AppOnly {
		kept.flags |= appOnly
	}
	if r.IncludeData {
		kept.flags |= includeData
	}
	kept.url = s.shared.urls.take(text(r.NotificationURL))
	kept.maker = s.shared.makers.take(maker{
		mount: r.Mount, family: r.Family, origin: r.Origin, spoken: r.Spoken,
		app: r.App, creator: r.Creator, changeType: r.ChangeType,
	})
	kept.extras = s.shared.extras.take(extras{
		lifecycleURL: r.LifecycleURL, certificate: r.Certificate, certificateID: r.CertificateID,
		contentType: r.ContentType, queryOptions: r.QueryOptions, tlsVersion: r.TLSVersion, urlApp: r.URLApp,
	})
	kept.state.set(r.ClientState, &s.shared.states)
}

func (s *Store) release(r *record) {
	s.shared.urls.release(r.url)
	s.shared.makers.release(r.maker)
	s.shared.extras.release(r.extras)
	r.state.release(&s.shared.states)
}

// load copies all but the ID.
func (s *Store) load(r *record, into *Record) {
	made, more, seen := s.shared.makers.at(r.maker), s.shared.extras.at(r.extras), s.shared.watched.at(r.watched)
	*into = Record{
		Subscription: notify.Subscription{
			Resource: seen.text, ChangeType: made.changeType, Changes: notify.ChangeType(r.changes),
			NotificationURL: string(*s.shared.urls.at(r.url)), LifecycleURL: more.lifecycleURL,
			ClientState: r.state.text(&s.shared.states), Expires: r.expires.time(),
			App: made.app, Creator: made.creator,
			IncludeData: r.flags&includeData != 0, Certificate: more.certificate, CertificateID: more.certificateID,
			ContentType: more.contentType, QueryOptions: more.queryOptions, TLSVersion: more.tlsVersion, URLApp: more.urlApp,
		},
		Handle: r.handle, GUID: r.guid,
		Mount: made.mount, Family: made.family, Origin: made.origin, Spoken: made.spoken,
		Watch: seen.resource(), Mailbox: notify.Mailbox(*s.shared.mailboxes.at(r.mailbox)),
		Created: r.created.time(), AppOnly: r.flags&appOnly != 0, Sequence: atomic.LoadInt32(&r.sequence),
	}
}

func (s *Store) keyOf(r *record) listKey {
	return listKey{s.shared.mailboxes.at(r.mailbox).Store, s.shared.watched.at(r.watched).collection}
}

// link puts r at its list's end.
func (s *Store) link(r *record) {
	key := s.keyOf(r)
	l := s.lists[key]
	r.prev, r.next = l.last, 0
	if l.count == 0 {
		l.first = r.handle
	} else {
		s.ledger.find(l.last).next = r.handle
	}
	l.last = r.handle
	l.count++
	s.lists[key] = l
}

func (s *Store) unlink(r *record) {
	key := s.keyOf(r)
	l := s.lists[key]
	if l.count--; l.count == 0 {
		delete(s.lists, key)
		return
	}
	if r.prev == 0 {
		l.first = r.next
	} else {
		s.ledger.find(r.prev).next = r.next
	}
	if r.next == 0 {
		l.last = r.prev
	} else {
		s.ledger.find(r.next).prev = r.prev
	}
	s.lists[key] = l
}

func (s *Store) matching(hits []Handle, key listKey, folder string, change notify.ChangeType) []Handle {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for h := s.lists[key].first; h != 0; {
		r := s.ledger.find(h)
		h = r.next
		if !notify.ChangeType(r.changes).Has(change) {
			continue
		}
		if watch := s.shared.watched.at(r.watched).folder; watch == "" || watch == folder {
			hits = append(hits, r.handle)
		}
	}
	return hits
}

func (s *Store) duplicate(r *Record) *record {
	if r.Family == "" {
		return nil
	}
	watch := watchedOf(r.Resource, r.Watch)
	for h := s.lists[listKey{r.Mailbox.Store, r.Watch.Collection}].first; h != 0; {
		other := s.ledger.find(h)
		h = other.next
		if notify.ChangeType(other.changes) != r.Changes {
			continue
		}
		made := s.shared.makers.at(other.maker)
		if made.family == r.Family && made.app == r.App && made.creator == r.Creator &&
			s.shared.watched.at(other.watched).sameAs(&watch) {
			return other
		}
	}
	return nil
}
