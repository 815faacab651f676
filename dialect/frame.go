package dialect

import "strconv"

// Frame encodes notifications as AppendItem does, at a third of the cost where many to one subscription follow each other: what is the
// same in them is written once. The zero value is ready for use, by one goroutine at a time.
type Frame struct {
	dialect *Dialect
	head    Head
	text    []byte // with a byte that stands for the sequence number, where there is one, and one for what is shared
	number  int    // where; 0 without one, as no text begins with it
	shared  int    // where
}

// AppendItem encodes the notification of one subscription around shared, which AppendShared gave.
func (f *Frame) AppendItem(dst []byte, d *Dialect, h *Head, shared []byte) []byte {
	if d.Notification.OwnID || h.Encrypted != nil {
		return d.AppendItem(dst, h, shared) // nothing in common
	}
	switch {
	case !f.fits(d, h): // perhaps this is the only one: a frame pays from the second on
		f.dialect, f.head, f.text = d, *h, f.text[:0]
		return d.AppendItem(dst, h, shared)
	case len(f.text) == 0:
		f.make()
	}
	rest := 0
	if f.number > 0 {
		dst = strconv.AppendInt(append(dst, f.text[:f.number]...), int64(h.Sequence), 10)
		rest = f.number + 1
	}
	dst = append(append(dst, f.text[rest:f.shared]...), shared...)
	return append(dst, f.text[f.shared+1:]...)
}

func (f *Frame) fits(d *Dialect, h *Head) bool {
	return f.dialect == d && f.head.Subscription == h.Subscription && f.head.Expires.Equal(h.Expires) &&
		f.head.ClientState == h.ClientState && f.head.Tenant == h.Tenant
}

// make writes the frame. In every dialect that has a number it stands right before what is shared.
func (f *Frame) make() {
	d := f.dialect
	f.number, f.head.Sequence = 0, 0 // one digit
	f.text = d.appendParts(f.text[:0], d.Notification.Item, &f.head, func(dst []byte, part Part) []byte {
		if part.Is != PartChange {
			return dst
		}
		if d.Notification.Sequence {
			f.number = len(dst) - 1
		}
		f.shared = len(dst) + 1
		return append(dst, ",0"...)
	})
}
