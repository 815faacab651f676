package localca

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// maxLeaves bounds what a client can make a server keep by asking for ever
// other names. Nobody tests with that many hosts.
const maxLeaves = 256

// issuer issues the leaves of one configuration and keeps them.
type issuer struct {
	authority *Authority
	base      []string // in every leaf

	mu     sync.Mutex                  // also held while a leaf is made, which takes less than a handshake
	leaves map[string]*tls.Certificate // by the name or address asked for, "" for none but base
}

// certificate answers a client's hello. See [tls.Config.GetCertificate].
func (i *issuer) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	asked := askedFor(hello)
	if slices.Contains(i.base, asked) {
		asked = ""
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if leaf, ok := i.leaves[asked]; ok && i.authority.now().Add(leafMargin).Before(leaf.Leaf.NotAfter) {
		return leaf, nil
	}
	leaf, err := i.authority.issue(i.base, asked)
	if err != nil {
		return nil, err
	}
	for old := range i.leaves {
		if len(i.leaves) < maxLeaves {
			break
		}
		delete(i.leaves, old) // any: to make one again costs less than to keep count
	}
	i.leaves[asked] = leaf
	return leaf, nil
}

// askedFor returns the name a client asks for or, as none is sent for
// addresses, the address at which it reached us. What could not be a name is
// taken for none: it comes from outside and would go into a certificate.
func askedFor(hello *tls.ClientHelloInfo) string {
	name := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if name == "" && hello.Conn != nil {
		if tcp, ok := hello.Conn.LocalAddr().(*net.TCPAddr); ok {
			if ip, ok := netip.AddrFromSlice(tcp.IP); ok {
				return ip.Unmap().String()
			}
		}
	}
	if !isHostname(name) {
		return ""
	}
	return name
}

// isHostname tells whether name is one that DNS could have.
func isHostname(name string) bool {
	const longestName, longestLabel = 253, 63
	if name == "" || len(name) > longestName {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > longestLabel || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// issue makes a leaf for hosts and, if it is not empty, for asked.
func (a *Authority) issue(hosts []string, asked string) (*tls.Certificate, error) {
	key, err := newKey()
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	if asked != "" {
		hosts = append([]string{asked}, hosts...)
	}
	now := a.now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"outlocal"}},
		NotBefore:    now.Add(-backdate),
		NotAfter:     now.Add(leafLifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip, err := netip.ParseAddr(host); err == nil {
			template.IPAddresses = append(template.IPAddresses, ip.AsSlice())
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("issue certificate for %s: %w", hosts[0], err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("issue certificate for %s: %w", hosts[0], err)
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: parsed}, nil
}
