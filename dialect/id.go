package dialect

import (
	"encoding/base64"
	"strings"

	"github.com/google/uuid"
)

// SubscriptionID is a subscription's id as the dialect writes it: a lower-case GUID in Graph (W4.7-12), in Outlook the base64 of
// the GUID and the mailbox's store GUID, both in capitals (W4.7-13).
func (d *Dialect) SubscriptionID(guid uuid.UUID, store string) string {
	if d.Family == Graph {
		return guid.String()
	}
	var room [80]byte // for two GUIDs; every notification bears such an id, so it is written without detours
	plain := room[:0]
	for i, b := range guid {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			plain = append(plain, '-')
		}
		plain = append(plain, upperHex[b>>4], upperHex[b&15])
	}
	plain = append(plain, '_')
	for i := range len(store) {
		c := store[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		plain = append(plain, c)
	}
	var text [108]byte // what they come to
	return string(base64.StdEncoding.AppendEncode(text[:0], plain))
}

const upperHex = "0123456789ABCDEF"

// GUID finds the GUID in an id that SubscriptionID wrote; false for any other text, be it the same in other letters: ids count in
// exact case (W1.1-18). What it does not recognise may still be a fine id of somebody else's (W4.7-14).
func (d *Dialect) GUID(id string) (guid uuid.UUID, ok bool) {
	if d.Family == Graph {
		guid, err := uuid.Parse(id)
		return guid, err == nil && guid.String() == id
	}
	plain, err := base64.StdEncoding.DecodeString(id)
	if err != nil {
		return uuid.UUID{}, false
	}
	first, store, cut := strings.Cut(string(plain), "_")
	guid, err = uuid.Parse(first)
	return guid, err == nil && cut && d.SubscriptionID(guid, store) == id
}
