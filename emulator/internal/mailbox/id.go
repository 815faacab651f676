package mailbox

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

// The layout of an id (rules W4.7-01 to W4.7-04).
const (
	plain      = 0x00 // first byte: the rest stands as it is
	runLength  = 0x01 // first byte: the rest is run-length coded
	guidBased  = 0x03 // second byte: a mailbox GUID follows
	itemTail   = 70   // bytes behind the mailbox GUID's length, GUID and zero
	folderTail = 46
	entryBytes = 24 // replica, counter, pad
	itemID     = 113
	folderID   = 89
)

var (
	itemMark   = [2]byte{7, 0}
	folderMark = [2]byte{1, 0}
)

// entryID is what an id says: whose mailbox, which folder, which item in it. As the folder is part of it, a move changes an
// item's id (rule W4.7-07).
type entryID struct {
	mailbox  string // its Store
	provider uuid.UUID
	folder   entry
	item     entry // zero in a folder's id
}

type entry struct {
	replica uuid.UUID
	counter uint64 // 48 bits
}

// String is the id as the service writes it: not compressed, in padded base64url.
func (id entryID) String() string { return base64.URLEncoding.EncodeToString(id.bytes()) }

func (id entryID) isItem() bool { return id.item != entry{} }

func (id entryID) bytes() []byte {
	tail, mark := uint16(folderTail), folderMark
	if id.isItem() {
		tail, mark = itemTail, itemMark
	}
	b := make([]byte, 0, itemID)
	b = append(b, plain, guidBased)
	b = binary.LittleEndian.AppendUint16(b, uint16(guidLength))
	b = append(append(b, id.mailbox...), 0)
	b = binary.LittleEndian.AppendUint16(b, tail)
	b = append(b, 0, 0, 0, 0)
	b = append(append(b, id.provider[:]...), mark[:]...)
	b = id.folder.append(b)
	if id.isItem() {
		b = id.item.append(b)
	}
	return b
}

func (e entry) append(b []byte) []byte {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], e.counter)
	b = append(append(b, e.replica[:]...), counter[2:]...)
	return append(b, 0, 0)
}

// parseID reads an id by its structure, compressed or not (rule W4.7-06). Its error is ErrMalformedID.
func parseID(text string) (entryID, error) {
	b, err := base64.URLEncoding.Strict().DecodeString(text)
	if err != nil {
		return entryID{}, ErrMalformedID
	}
	if len(b) > 0 && b[0] == runLength {
		if b, err = expand(b); err != nil {
			return entryID{}, err
		}
	}
	if len(b) != itemID && len(b) != folderID {
		return entryID{}, ErrMalformedID
	}
	var id entryID
	head, rest := b[:4+guidLength], b[4+guidLength+1+2+4:]
	id.mailbox = string(head[4:])
	id.provider, rest = uuid.UUID(rest[:16]), rest[16+2:]
	id.folder, rest = cutEntry(rest)
	if len(rest) > 0 {
		if id.item, _ = cutEntry(rest); !id.isItem() {
			return entryID{}, ErrMalformedID
		}
	}
	// What was not looked at (lengths, marks, zeros) is right if writing the id anew gives the same.
	if !isGUID(id.mailbox) || id.mailbox != strings.ToLower(id.mailbox) || !bytes.Equal(id.bytes(), b) {
		return entryID{}, ErrMalformedID
	}
	return id, nil
}

func cutEntry(b []byte) (entry, []byte) {
	counter := append([]byte{0, 0}, b[16:22]...)
	return entry{uuid.UUID(b[:16]), binary.BigEndian.Uint64(counter)}, b[entryBytes:]
}

// compress codes runs: two equal bytes are followed by how often the byte comes again, at most 255 (rule W4.7-02).
func compress(b []byte) []byte {
	coded := []byte{runLength}
	for rest := b[1:]; len(rest) > 0; {
		run := 1
		for run < len(rest) && rest[run] == rest[0] && run < 2+0xff {
			run++
		}
		if coded = append(coded, rest[0]); run > 1 {
			coded = append(coded, rest[0], byte(run-2))
		}
		rest = rest[run:]
	}
	return coded
}

// expand undoes compress. It refuses what would grow beyond any id.
func expand(coded []byte) ([]byte, error) {
	b := []byte{plain}
	for rest := coded[1:]; len(rest) > 0; {
		run, used := 1, 1
		if len(rest) > 1 && rest[1] == rest[0] {
			if len(rest) == 2 {
				return nil, fmt.Errorf("expand: a run without its count: %w", ErrMalformedID)
			}
			run, used = 2+int(rest[2]), 3
		}
		if len(b)+run > itemID {
			return nil, fmt.Errorf("expand: longer than any id: %w", ErrMalformedID)
		}
		b = append(b, bytes.Repeat(rest[:1], run)...)
		rest = rest[used:]
	}
	return b, nil
}

// The layout of an etag (rule W4.7-10).
const (
	etagKind   = 9
	etagLength = 22 // of what follows
)

// etag is a change key: of a message, a contact or a task 30 bytes, of an event the last 22 of them.
func etag(replica uuid.UUID, change uint64, c notify.Collection) string {
	b := make([]byte, 0, 8+etagLength)
	if c != notify.Events {
		b = binary.LittleEndian.AppendUint32(b, etagKind)
		b = binary.LittleEndian.AppendUint32(b, etagLength)
	}
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], change)
	b = append(append(b, replica[:]...), counter[2:]...)
	return base64.StdEncoding.EncodeToString(b)
}
