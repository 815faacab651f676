package mailbox

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

// The mailbox that "me" means unless a token or a flag says otherwise, and the tenant of all mailboxes but consumers'.
const (
	DefaultUser   = "user@contoso.com"
	DefaultUserID = "8f3c2a51-6d0e-4b7a-9c18-2e5f7a90b6d4"
	DefaultTenant = "c7d1b0e2-94a6-4f35-8e2b-61f0a3d5c879"
	DefaultStore  = "3b9e6f04-1c57-4d82-a3f6-0895e1c7d24b" // the GUID inside its item ids

	// ConsumerTenant is the tenant of personal accounts, such as ann@outlook.com: Microsoft's own number for it.
	ConsumerTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"
)

// consumers are the domains of personal accounts.
var consumers = [...]string{"outlook.com", "hotmail.com", "live.com", "msn.com"}

// identity is all that never changes about a mailbox. It follows from the address.
type identity struct {
	name     notify.Mailbox
	provider uuid.UUID // of the store, inside ids
	replica  uuid.UUID // inside ids and etags
	seed     uint64    // what is drawn at random is drawn from it
}

func identify(address string, seed uint64) identity {
	hash := fnv.New64a()
	hash.Write([]byte(address)) // never fails
	id := identity{
		name: notify.Mailbox{
			ID: derive("user", address).String(), Tenant: DefaultTenant, Address: address,
			Store: derive("store", address).String(),
		},
		provider: derive("provider", address),
		replica:  derive("replica", address),
		seed:     seed ^ hash.Sum64(),
	}
	_, domain, _ := strings.Cut(address, "@")
	switch {
	case address == DefaultUser:
		id.name.ID, id.name.Store = DefaultUserID, DefaultStore
	case isConsumer(domain):
		// A personal account's mailbox is known by its PUID, which is no GUID but is written as one (rule W4.7-08).
		puid := binary.BigEndian.Uint64(id.provider[:8])
		id.name.Tenant = ConsumerTenant
		id.name.Store = fmt.Sprintf("0003%04x-%04x-%04x-0000-000000000000", uint16(puid>>32), uint16(puid>>16), uint16(puid))
	}
	return id
}

// derive makes the GUID of something of an address: the same in every run, for tests that compare with what they saw.
func derive(what, address string) uuid.UUID {
	return uuid.NewSHA1(uuid.MustParse(DefaultTenant), []byte(what+":"+address))
}

func isConsumer(domain string) bool {
	for _, d := range consumers {
		if domain == d {
			return true
		}
	}
	return false
}
