package serve

import (
	"net"
	"net/netip"
	"strings"
)

// IsLoopback tells whether host, or host:port, means this machine and no
// other: localhost and the names under it, 127.0.0.0/8 and ::1. It asks no
// resolver, so a name that merely happens to resolve to loopback is not.
func IsLoopback(host string) bool {
	name := hostname(host)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.IsLoopback()
}

// hostname returns the host of host or host:port in one spelling: lower case,
// without the brackets of IPv6 or the dot at the end of a full name, an address
// in its shortest form.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().String()
	}
	return host
}
