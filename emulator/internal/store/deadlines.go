package store

import "cmp"

// deadline is when to look at a record again: never later than its expiry. A renewal leaves it where it is, and the record
// gets a new one when the old has come; a removed record's is skipped then.
type deadline struct {
	at     ticks
	handle Handle
}

// deadlines is a heap, earliest first, and of one moment in the order of creation. It is written out here because
// container/heap would put each entry into an interface.
type deadlines []deadline

func (d deadlines) less(i, j int) bool {
	return cmp.Or(cmp.Compare(d[i].at, d[j].at), cmp.Compare(d[i].handle, d[j].handle)) < 0
}

func (d *deadlines) push(e deadline) {
	*d = append(*d, e)
	h := *d
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h.less(i, parent) {
			break
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

// pop drops the earliest.
func (d *deadlines) pop() {
	h := *d
	last := len(h) - 1
	h[0] = h[last]
	*d = h[:last]
	d.down(0)
}

// postpone moves the earliest to a later moment.
func (d deadlines) postpone(at ticks) {
	d[0].at = at
	d.down(0)
}

// order makes a heap of entries in any order.
func (d deadlines) order() {
	for i := len(d)/2 - 1; i >= 0; i-- {
		d.down(i)
	}
}

func (d deadlines) down(i int) {
	for {
		least := 2*i + 1
		if least >= len(d) {
			return
		}
		if right := least + 1; right < len(d) && d.less(right, least) {
			least = right
		}
		if !d.less(least, i) {
			return
		}
		d[i], d[least] = d[least], d[i]
		i = least
	}
}
