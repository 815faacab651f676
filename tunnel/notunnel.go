//go:build notunnel

package tunnel

import "context"

// openNgrok says why there is no agent.
func openNgrok(context.Context, Config) (Endpoint, error) { return nil, linked() }

// linked tells that there is no agent.
func linked() error {
	return wrongUse("open the tunnel", "this program was built without ngrok",
		"build it without the tag notunnel, or bring a tunnel of your own with --public-url https://HOST")
}

// tokenIn finds no token, as nobody could use one: a file would need a library to be read.
func tokenIn([]byte) (string, error) { return "", nil }
