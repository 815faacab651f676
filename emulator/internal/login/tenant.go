package login

import (
	"net"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// consumerTenant is the tenant of personal accounts: the service's own number for it.
const consumerTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

// tenant is the first step of every path.
type tenant struct {
	name string // as links repeat it
	id   string // a GUID; empty where it is the user's own
}

// anyTenant stands in issuers where the tenant is the user's own: programs put the GUID in its place.
const anyTenant = "{tenantid}"

// issuing is what an issuer is called after.
func (t tenant) issuing() string {
	if t.id == "" {
		return anyTenant
	}
	return t.id
}

var domain = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)

// tenantOf reads the first step of a path (R1): a GUID, which need not be known, a domain, which is the Config's tenant whatever its
// name, or one of the three words.
func (a *Authority) tenantOf(step string) (tenant, *Error) {
	name := strings.ToLower(step)
	switch name {
	case "common", "organizations":
		return tenant{name: name}, nil
	case "consumers":
		return tenant{name: name, id: consumerTenant}, nil
	}
	if isGUID(name) {
		return tenant{name, name}, nil
	}
	if domain.MatchString(name) && net.ParseIP(name) == nil {
		return tenant{a.config.Tenant, a.config.Tenant}, nil
	}
	return tenant{}, refuse(invalidRequest, 900023, "Specified tenant identifier '%s' is neither a valid DNS name, nor a valid external domain.", step).
		hinted("begin the path with a tenant: any GUID, any domain such as contoso.com, common, organizations or consumers")
}

func isGUID(text string) bool {
	_, err := uuid.Parse(text)
	return err == nil && len(text) == len("00000000-0000-0000-0000-000000000000")
}
