package verify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// wrongConnections are webhooks that are right about everything that is said once one is connected.
func wrongConnections() []flaw {
	right := broken(func(*webhook) {})
	secured := func(change func(*certified)) func(*testing.T, http.Handler) place {
		return func(t *testing.T, hook http.Handler) place { return secure(t, hook, change) }
	}
	return []flaw{
		{
			name: "is an http URL", thread: "microsoftgraph/microsoft-graph-docs#7821", want: "handshake-http-url", hook: right, strict: true,
		},
		{
			name: "has a user name in its URL", want: "handshake-credentials", hook: right,
			place: func(t *testing.T, hook http.Handler) place {
				p := secure(t, hook, func(*certified) {})
				p.address = strings.Replace(p.address, "://", "://me:secret@", 1)
				return p
			},
		},
		{
			name: "has a certificate for another name", want: "handshake-tls/host", hook: right,
			place: secured(func(c *certified) { c.leaf.IPAddresses, c.leaf.DNSNames = nil, []string{"other.example.com"} }),
		},
		{
			name: "leaves the intermediate certificate out", want: "handshake-tls/authority", hook: right,
			place: secured(func(c *certified) { c.bare = true }),
		},
		{
			name: "has signed its certificate itself", thread: "microsoftgraph/microsoft-graph-docs#11943", want: "handshake-tls/self-signed", hook: right,
			place: secured(func(c *certified) { c.self = true }),
		},
		{
			name: "has a certificate that is over", want: "handshake-tls/expired", hook: right,
			place: secured(func(c *certified) { c.leaf.NotAfter = time.Now().Add(-time.Hour) }),
		},
		{
			name: "has a certificate for three more days", want: "https-expires-soon", hook: right,
			place: secured(func(c *certified) { c.leaf.NotAfter = time.Now().Add(72 * time.Hour) }),
		},
		{
			name: "speaks TLS 1.1 only", thread: "microsoftgraph/microsoft-graph-docs-contrib#8957", want: "handshake-tls/version", hook: right,
			place: secured(func(c *certified) { c.config.MinVersion, c.config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }),
		},
		{
			name: "speaks TLS 1.3 only", thread: "microsoftgraph/java-spring-webhooks-sample#82", want: "https-tls12", hook: right,
			place: secured(func(c *certified) { c.config.MinVersion = tls.VersionTLS13 }),
		},
		{
			name: "still speaks TLS 1.0", want: "https-old-tls", hook: right,
			place: secured(func(c *certified) { c.config.MinVersion = tls.VersionTLS10 }),
		},
		{
			name: "speaks https on a port that is said to be http", want: "handshake-tls/needs-tls", hook: right,
			place: func(t *testing.T, hook http.Handler) place {
				p := secure(t, hook, func(*certified) {})
				p.address = strings.Replace(p.address, "https:", "http:", 1)
				return p
			},
		},
		{
			name: "speaks http on a port that is said to be https", want: "handshake-tls/no-tls", hook: right,
			place: func(t *testing.T, hook http.Handler) place {
				p := plainly(t, hook)
				p.address = strings.Replace(p.address, "http:", "https:", 1)
				return p
			},
		},
		{
			name: "is another service's port", want: "handshake-protocol", hook: right,
			place: spoken(func(conn net.Conn) { _, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.9\r\n") }),
		},
		{
			name: "hangs up on whoever comes", want: "handshake-reset", hook: right,
			place: spoken(func(net.Conn) {}),
		},
		{
			name: "does not run", want: "handshake-refused", hook: right,
			place: func(t *testing.T, hook http.Handler) place {
				server := httptest.NewServer(hook)
				server.Close() // nobody gets the port so soon
				return place{address: server.URL + "/hook"}
			},
		},
	}
}

// spoken listens and says something of its own to whoever connects.
func spoken(say func(net.Conn)) func(*testing.T, http.Handler) place {
	return func(t *testing.T, _ http.Handler) place {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Error(err)
			return place{}
		}
		over := make(chan struct{})
		go func() {
			defer close(over)
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				buffer := make([]byte, 4096)
				_, _ = conn.Read(buffer) // so that closing is no reset
				say(conn)
				conn.Close()
			}
		}()
		t.Cleanup(func() { listener.Close(); <-over })
		return place{address: "http://" + listener.Addr().String() + "/hook"}
	}
}

// certified is how a server's certificate and its TLS are.
type certified struct {
	leaf       *x509.Certificate
	bare, self bool // without the intermediate certificate; signed by its own key
	config     *tls.Config
}

// secure lets a webhook stand behind TLS, with a certificate of this address by an intermediate one by an authority that is trusted, but
// for what change does to it.
func secure(t *testing.T, hook http.Handler, change func(*certified)) place {
	now := time.Now()
	c := certified{config: &tls.Config{MinVersion: tls.VersionTLS12}, leaf: &x509.Certificate{
		Subject: pkix.Name{CommonName: "hooks.example.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: now.Add(-48 * time.Hour), NotAfter: now.Add(90 * 24 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}}
	change(&c)
	authority := func(name string) *x509.Certificate {
		return &x509.Certificate{
			Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
			NotBefore: now.Add(-48 * time.Hour), NotAfter: now.Add(1000 * time.Hour),
		}
	}
	root := sign(t, authority("a root"), signed{})
	between := sign(t, authority("an intermediate"), root)
	signer := between
	if c.self {
		signer = signed{}
	}
	own := sign(t, c.leaf, signer)
	chain := tls.Certificate{Certificate: [][]byte{own.cert.Raw, between.cert.Raw}, PrivateKey: own.key}
	if c.bare || c.self {
		chain.Certificate = chain.Certificate[:1]
	}
	c.config.Certificates = []tls.Certificate{chain}
	server := httptest.NewUnstartedServer(hook)
	server.Config.ErrorLog, server.TLS = log.New(io.Discard, "", 0), c.config
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(root.cert)
	return place{address: server.URL + "/hook", roots: roots}
}

// signed is a certificate with its key.
type signed struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// sign makes a certificate that another one signs, or itself if there is none.
func sign(t *testing.T, template *x509.Certificate, by signed) signed {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Error(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if by.cert == nil {
		by = signed{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, &key.PublicKey, by.key)
	if err != nil {
		t.Error(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Error(err)
	}
	return signed{cert, key}
}
