package cli

import (
	"crypto/x509"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/tunnel"
)

// exposeTunnel says how the world reaches the webhook.
type exposeTunnel struct {
	url       string
	pooling   bool
	policy    string // FILE
	authtoken string // name of the variable that holds it
	edge      string
	edgeCA    string // FILE
	publicURL string
	none      bool
	port      int
	moveAfter time.Duration
}

func addExposeTunnel(cmd *cobra.Command, f *exposeTunnel) {
	flags := cmd.Flags()
	flags.StringVar(&f.url, "url", "", "the name to ask ngrok for, as `HOST`; the one that your plan has if left out")
	flags.BoolVar(&f.pooling, "pooling", false, "share that name with other endpoints that pool")
	flags.StringVar(&f.policy, "traffic-policy", "", "`FILE` with a traffic policy for ngrok's edge, in place of one that lets only POST to the webhook's paths through")
	flags.StringVar(&f.authtoken, "authtoken-env", "", "`NAME` of the variable with ngrok's authtoken; NGROK_AUTHTOKEN, then ngrok's own files, if left out")
	flags.StringVar(&f.edge, "edge", "", "another edge than ngrok's, by `HOST:PORT`")
	flags.StringVar(&f.edgeCA, "edge-ca", "", "PEM `FILE` of the certificates to trust there")
	flags.StringVar(&f.publicURL, "public-url", "", "a tunnel of your own instead, by its https `URL`: it has to lead to --port on this machine")
	flags.BoolVar(&f.none, "no-tunnel", false, "no tunnel: a service on this machine calls --port itself")
	flags.IntVar(&f.port, "port", defaultPortBase+receiverOffset, "with --public-url or --no-tunnel, the port on loopback that is called; 0 for a free one")
	durationVar(flags, &f.moveAfter, "move-after", tunnel.DefaultMoveAfter, "without --url: how long a name that is lost is asked for again before another is taken, to which the subscriptions are led")
	needs(cmd, "edge-ca", "edge")
	for _, other := range []string{"public-url", "no-tunnel"} {
		for _, name := range []string{"url", "pooling", "traffic-policy", "authtoken-env", "edge"} {
			excludes(cmd, name, other)
		}
	}
	excludes(cmd, "public-url", "no-tunnel")
}

// kind is which tunnel is wanted.
func (f *exposeTunnel) kind() tunnel.Kind {
	switch {
	case f.none:
		return tunnel.None
	case f.publicURL != "":
		return tunnel.Public
	}
	return tunnel.Ngrok
}

// config reads what the flags and the files that they name say. The policy is left to be made once the paths are known.
func (f *exposeTunnel) config(a *app, h *host) (c tunnel.Config, err error) {
	c = tunnel.Config{Kind: f.kind(), URL: f.url, HTTP: h.http}
	switch c.Kind {
	case tunnel.None, tunnel.Public:
		if f.port < 0 || f.port > 0xffff {
			return c, wrongUse("such as --port 3654, or 0 for a free one", "expose at port %d: there is no such port", f.port)
		}
		if c.Kind == tunnel.None && h.real {
			return c, wrongUse("leave --no-tunnel out, or name an emulator with --emulator", "expose: %s can't call this machine without a tunnel", h.name)
		}
		c.URL, c.Listen = f.publicURL, (&listenFlags{bind: "127.0.0.1"}).on(f.port)
		return c, c.Check()
	}
	if err := c.Check(); err != nil {
		return c, err
	}
	c.Agent = tunnel.Agent{Pooling: f.pooling, Version: a.process.Version, Edge: f.edge, MoveAfter: f.moveAfter}
	if f.moveAfter <= 0 {
		return c, wrongUse("such as --move-after 30s", "read --move-after: want more than 0")
	}
	if c.Agent.Token, err = tunnel.FindToken(tunnel.Places{Variable: f.authtoken, Getenv: a.process.Env}); err != nil {
		return c, err
	}
	if f.policy != "" {
		text, err := os.ReadFile(f.policy)
		if err != nil {
			return c, wrongUse("name a file with a traffic policy; https://ngrok.com/docs/traffic-policy/ tells its form", "read --traffic-policy: %w", err)
		}
		c.Agent.Policy = string(text)
	}
	if f.edgeCA != "" {
		if c.Agent.EdgeCAs, err = readPool(f.edgeCA); err != nil {
			return c, err
		}
	}
	return c, nil
}

// readPool reads the certificates of a file, and no others.
func readPool(file string) (*x509.CertPool, error) {
	if _, err := readRoots(file); err != nil { // which words what is wrong with it
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return pool, nil
}

// withPolicy lets nothing but the webhook's requests through the edge, unless there is one of the user's own.
func withPolicy(c tunnel.Config, paths receiver.Paths) (tunnel.Config, error) {
	if c.Kind != tunnel.Ngrok || c.Agent.Policy != "" {
		return c, nil
	}
	policy, err := tunnel.DefaultPolicy(receiver.DefaultBodyLimit, paths.Notification, paths.Lifecycle)
	c.Agent.Policy = policy
	return c, err
}

// throughTunnel says how the world reaches the webhook, before anything is opened.
func throughTunnel(c tunnel.Config) string {
	switch c.Kind {
	case tunnel.None:
		return "none: " + called(c.Listen) + " is called on this machine"
	case tunnel.Public:
		return "your own, " + c.URL + ", which leads to " + called(c.Listen)
	}
	where := "ngrok"
	if c.Agent.Edge != "" {
		where = "the edge at " + c.Agent.Edge
	}
	if c.URL != "" {
		where += ", as " + c.URL
	}
	return where + ", with the authtoken of " + c.Agent.Token.Source()
}

// called is an address where nothing listens yet.
func called(address string) string {
	if strings.HasSuffix(address, ":0") {
		return "a free port"
	}
	return address
}
