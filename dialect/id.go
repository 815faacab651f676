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
	return base64.StdEncoding.EncodeToString([]byte(strings.ToUpper(guid.String() + "_" + store)))
}

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
