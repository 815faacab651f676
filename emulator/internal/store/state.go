package store

import (
	"encoding/binary"
	"time"
)

// inlineState bytes of a client state lie in the record itself: enough for the GUID that most clients send. Longer ones are
// shared through a table.
const inlineState = 40

type clientState struct {
	length uint8 // tabled: bytes holds the number of a row
	bytes  [inlineState]byte
}

const tabled = 0xff

func (c *clientState) set(state string, long *table[text]) {
	*c = clientState{}
	if len(state) > inlineState {
		c.length = tabled
		binary.LittleEndian.PutUint32(c.bytes[:], long.take(text(state)))
		return
	}
	c.length = uint8(copy(c.bytes[:], state))
}

func (c *clientState) text(long *table[text]) string {
	if c.length == tabled {
		return string(*long.at(binary.LittleEndian.Uint32(c.bytes[:])))
	}
	return string(c.bytes[:c.length])
}

func (c *clientState) release(long *table[text]) {
	if c.length == tabled {
		long.release(binary.LittleEndian.Uint32(c.bytes[:]))
	}
}

// ticks is a moment in units of 100 ns since the year 1. It is what the service counts in, and half the room of a time.Time
// that could hold any year.
type ticks int64

const (
	ticksPerSecond = int64(time.Second / (100 * time.Nanosecond))
	unixEpoch      = 62135596800 // seconds from the year 1 to 1970
)

func ticksOf(t time.Time) ticks {
	return ticks((t.Unix()+unixEpoch)*ticksPerSecond + int64(t.Nanosecond()/100))
}

func (t ticks) time() time.Time {
	return time.Unix(int64(t)/ticksPerSecond-unixEpoch, int64(t)%ticksPerSecond*100).UTC()
}
