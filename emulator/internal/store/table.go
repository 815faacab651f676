package store

import "strings"

// value is something that many records share.
type value[T any] interface {
	comparable
	clone() T // a copy that holds on to nothing of its maker's, such as the request that a string was cut from
}

// table keeps each distinct value once, under a small number, for as long as somebody refers to it.
type table[T value[T]] struct {
	numbers map[T]uint32
	rows    []row[T]
	free    []uint32
}

type row[T any] struct {
	value T
	users uint32
}

// take adds a user to v's row, which is made if need be.
func (t *table[T]) take(v T) uint32 {
	if n, known := t.numbers[v]; known {
		t.rows[n].users++
		return n
	}
	if t.numbers == nil {
		t.numbers = make(map[T]uint32)
	}
	v = v.clone()
	n := uint32(len(t.rows))
	if last := len(t.free) - 1; last >= 0 {
		n, t.free = t.free[last], t.free[:last]
		t.rows[n] = row[T]{v, 1}
	} else {
		t.rows = append(t.rows, row[T]{v, 1})
	}
	t.numbers[v] = n
	return n
}

// release ends one use of row n; the last one frees it.
func (t *table[T]) release(n uint32) {
	r := &t.rows[n]
	if r.users--; r.users > 0 {
		return
	}
	delete(t.numbers, r.value)
	if len(t.numbers) == 0 { // a map never shrinks by itself
		*t = table[T]{}
		return
	}
	*r = row[T]{}
	t.free = append(t.free, n)
}

func (t *table[T]) at(n uint32) *T { return &t.rows[n].value }

type text string

func (t text) clone() text { return text(strings.Clone(string(t))) }

// maker is where a subscription comes from, equal for all that one user made through one application.
type maker struct {
	mount, family, origin, spoken, app, creator, changeType string
}

func (m maker) clone() maker {
	return maker{
		mount: strings.Clone(m.mount), family: strings.Clone(m.family), origin: strings.Clone(m.origin),
		spoken: strings.Clone(m.spoken), app: strings.Clone(m.app), creator: strings.Clone(m.creator),
		changeType: strings.Clone(m.changeType),
	}
}

// extras are what few subscriptions have.
type extras struct {
	lifecycleURL, certificate, certificateID, contentType, queryOptions, tlsVersion, urlApp string
}

func (e extras) clone() extras {
	return extras{
		lifecycleURL: strings.Clone(e.lifecycleURL), certificate: strings.Clone(e.certificate),
		certificateID: strings.Clone(e.certificateID), contentType: strings.Clone(e.contentType),
		queryOptions: strings.Clone(e.queryOptions), tlsVersion: strings.Clone(e.tlsVersion),
		urlApp: strings.Clone(e.urlApp),
	}
}
