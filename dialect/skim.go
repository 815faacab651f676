package dialect

import (
	"net/http"
	"sync"

	"github.com/outlocal/outlocal/internal/odata"
)

// Skimmer is [Read] for who judges many notifications and shows few of them. The zero value is ready; it is safe for concurrent use, and
// keeps the memory that it reads in.
type Skimmer struct{ rooms sync.Pool }

// Skim reads what tells an entry from others, and leaves out Resource and Data, which are long. What is wrong with them is told all the
// same, and what the item is stands in Marks. [Dialect.ReadItem] gives the rest.
func (s *Skimmer) Skim(header http.Header, body []byte) (*Body, error) {
	room, _ := s.rooms.Get().(*odata.Room)
	if room == nil {
		room = new(odata.Room)
	}
	defer s.rooms.Put(room)
	return read(header, body, marks, room)
}

// Marks are what a notification calls the item that it is about. The bytes are the body's own.
type Marks struct {
	HasData bool   // it is about an item at all
	ID      []byte // in quotes, as it is spelled
	ETag    []byte
}

// AppendState appends what is the same for the same state of the same item only, however that is spelled; ok is false where no etag
// tells the state.
func (m *Marks) AppendState(dst []byte) (state []byte, ok bool) {
	before := len(dst)
	dst = odata.Value{Raw: m.ETag}.AppendText(dst)
	if len(dst) == before {
		return dst, false
	}
	return odata.Value{Raw: m.ID}.AppendText(append(dst, 0)), true
}

func (d *Dialect) marks(v odata.Value) Marks {
	m := Marks{HasData: v.IsObject()}
	for name, value := range v.Named {
		switch {
		case !value.IsString():
		case string(name) == "@odata.etag":
			m.ETag = value.Raw
		case string(name) == d.Notification.ItemID:
			m.ID = value.Raw
		}
	}
	return m
}
