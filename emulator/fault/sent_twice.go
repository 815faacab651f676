package fault

import (
	"cmp"
	"fmt"
)

// usualTwice is how often SentTwice asks if it is not said.
const usualTwice = 2

// SentTwice asks a webhook more than once, as if the first answer had not been seen.
type SentTwice struct {
	Times int `option:"times" min:"2" max:"10" doc:"how often in all; 2 if left out"`
}

// Name implements [Fault].
func (*SentTwice) Name() string { return "sent-twice" }

// What implements [Fault].
func (*SentTwice) What() string {
	return "The webhook is asked to echo a token again right after it did; every answer has to be right."
}

// EditHandshake implements [HandshakeFault].
func (f *SentTwice) EditHandshake(h *Handshake) string {
	h.Times *= cmp.Or(f.Times, usualTwice)
	return fmt.Sprintf("the %s URL is asked %d times", h.What, h.Times)
}
