package localca

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

func memory(t testing.TB) *Authority {
	t.Helper()
	authority, err := Memory()
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

// reachedAt is a connection that came in at an address.
type reachedAt struct {
	net.Conn
	addr net.Addr
}

func (c reachedAt) LocalAddr() net.Addr { return c.addr }

func at(ip string) net.Conn {
	return reachedAt{addr: &net.TCPAddr{IP: net.ParseIP(ip), Port: 443}}
}

func TestLeaves(t *testing.T) {
	authority := memory(t)
	config := authority.TLSConfig("Dev.Box", "10.0.0.7")

	for _, row := range []struct {
		name  string
		hello tls.ClientHelloInfo
		valid []string
		not   []string
	}{
		{"by localhost", tls.ClientHelloInfo{ServerName: "localhost"}, []string{"localhost", "127.0.0.1", "::1", "dev.box", "10.0.0.7"}, []string{"example.com", "127.0.0.2"}},
		{"by a configured name", tls.ClientHelloInfo{ServerName: "DEV.box"}, []string{"dev.box", "localhost"}, []string{"example.com"}},
		{"by address", tls.ClientHelloInfo{Conn: at("127.0.0.1")}, []string{"127.0.0.1", "localhost"}, nil},
		{"by another address", tls.ClientHelloInfo{Conn: at("192.168.1.2")}, []string{"192.168.1.2", "localhost"}, []string{"192.168.1.3"}},
		{"by another name", tls.ClientHelloInfo{ServerName: "graph.microsoft.com", Conn: at("127.0.0.1")}, []string{"graph.microsoft.com", "localhost"}, []string{"login.microsoftonline.com"}},
		{"by a full name", tls.ClientHelloInfo{ServerName: "example.com."}, []string{"example.com"}, nil},
		{"by no name over no network", tls.ClientHelloInfo{}, []string{"localhost"}, []string{""}},
		{"by what is no name", tls.ClientHelloInfo{ServerName: "*.com"}, []string{"localhost"}, []string{"example.com"}},
		{"by a name with an empty label", tls.ClientHelloInfo{ServerName: "a..b"}, []string{"localhost"}, nil},
		{"by a name too long", tls.ClientHelloInfo{ServerName: strings.Repeat("a.", 127) + "a"}, []string{"localhost"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			cert, err := config.GetCertificate(&row.hello)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range row.valid {
				if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: authority.Pool(), DNSName: name}); err != nil {
					t.Errorf("not valid for %s: %v", name, err)
				}
			}
			for _, name := range row.not {
				if cert.Leaf.VerifyHostname(name) == nil {
					t.Errorf("valid for %q", name)
				}
			}
			if len(cert.Certificate) != 2 {
				t.Errorf("%d certificates are sent, want the leaf's and the authority's", len(cert.Certificate))
			}
		})
	}
}

// A real handshake, both ends of it Go's.
func TestHandshake(t *testing.T) {
	authority := memory(t)
	near, far := net.Pipe()
	defer near.Close()
	served := make(chan error, 1)
	go func() {
		served <- tls.Server(far, authority.TLSConfig()).HandshakeContext(t.Context())
		far.Close()
	}()
	client := tls.Client(near, &tls.Config{RootCAs: authority.Pool(), ServerName: "hooks.example.com"})
	if err := client.HandshakeContext(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestStrangersDoNotVerify(t *testing.T) {
	cert, err := memory(t).TLSConfig().GetCertificate(&tls.ClientHelloInfo{ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: memory(t).Pool(), DNSName: "localhost"}); err == nil {
		t.Error("another authority's pool trusts the leaf")
	}
}

func TestLeavesAreKept(t *testing.T) {
	authority := memory(t)
	now := time.Now()
	authority.now = func() time.Time { return now }
	config := authority.TLSConfig("dev.box")
	get := func(name string) *tls.Certificate {
		t.Helper()
		cert, err := config.GetCertificate(&tls.ClientHelloInfo{ServerName: name})
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
	first := get("localhost")
	if get("dev.box") != first || get("localhost") != first {
		t.Error("names that one leaf is valid for got several")
	}
	other := get("example.com")
	if other == first || get("example.com") != other {
		t.Error("a name of its own did not get, and keep, a leaf of its own")
	}
	now = first.Leaf.NotAfter.Add(-leafMargin - time.Minute)
	if get("localhost") != first {
		t.Error("a leaf was replaced before its time")
	}
	now = now.Add(2 * time.Minute)
	again := get("localhost")
	if again == first || !again.Leaf.NotAfter.After(first.Leaf.NotAfter) {
		t.Error("a leaf that is about to expire was not replaced")
	}
}

func TestLeavesAreBounded(t *testing.T) {
	authority := memory(t)
	i := &issuer{authority: authority, base: []string{"localhost"}, leaves: map[string]*tls.Certificate{}}
	for n := range maxLeaves + 10 {
		cert, err := i.certificate(&tls.ClientHelloInfo{ServerName: fmt.Sprintf("host%d.example", n)})
		if err != nil {
			t.Fatal(err)
		}
		if err := cert.Leaf.VerifyHostname(fmt.Sprintf("host%d.example", n)); err != nil {
			t.Fatal(err)
		}
	}
	if len(i.leaves) != maxLeaves {
		t.Errorf("%d leaves are kept, want %d", len(i.leaves), maxLeaves)
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	config := memory(t).TLSConfig()
	var group sync.WaitGroup
	for n := range 20 {
		group.Go(func() {
			if _, err := config.GetCertificate(&tls.ClientHelloInfo{ServerName: fmt.Sprintf("host%d.example", n%3)}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestPEM(t *testing.T) {
	authority := memory(t)
	block, rest := pem.Decode(authority.PEM())
	if block == nil || block.Type != "CERTIFICATE" || len(rest) != 0 {
		t.Fatalf("PEM() = %s", authority.PEM())
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil || !cert.IsCA || !cert.Equal(authority.cert) {
		t.Errorf("PEM holds %v, error %v", cert.Subject, err)
	}
	if authority.Path() != "" {
		t.Errorf("an authority in memory has path %q", authority.Path())
	}
}

// First creation is part of the first start, which must not be felt.
func BenchmarkOpenNew(b *testing.B) {
	for b.Loop() {
		if _, _, err := Open(b.TempDir()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIssue(b *testing.B) {
	authority := memory(b)
	for b.Loop() {
		if _, err := authority.issue([]string{"localhost"}, ""); err != nil {
			b.Fatal(err)
		}
	}
}
