package fault

import (
	"encoding/binary"
	"math/rand/v2"
)

// draw is the n-th random number, from 0 up to 1, of one rule for one stream. It depends on nothing else: what happens elsewhere, and
// when, changes nothing about it.
func draw(seed, rule, stream, n uint64) float64 {
	var key [32]byte
	for i, part := range []uint64{seed, rule, stream, n} {
		binary.LittleEndian.PutUint64(key[8*i:], part)
	}
	return rand.New(rand.NewChaCha8(key)).Float64()
}
