package diagnosis

// connectionFindings are the findings about a handshake that got no answer in
// HTTP.
func connectionFindings() []Finding {
	return []Finding{
		{
			ID: "handshake-refused", Title: "nothing listens at the address",
			Kind: KindConnect, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.4-02 W2.4-07",
			Cause: "The connection was refused: no program listens on this port.",
			Cure:  "Start the webhook, compare its port with the URL's, and see whether it has ended with an error.",
			Cases: []Case{{
				Name:  "container",
				Cause: "No program listens on this port. outlocal runs in a container, whose localhost is the container itself: a webhook outside of it is not there.",
				Cure:  "Is the webhook running, and on this port? If it runs elsewhere, name its container (`http://webhook:3000`) or your machine (`host.docker.internal`), and let it listen on 0.0.0.0.",
			}, {
				Name:  "wsl",
				Cause: "No program listens on this port. outlocal runs in WSL, whose localhost is not that of Windows.",
				Cure:  "Is the webhook running, and on this port? If it runs in Windows, set `networkingMode=mirrored` in .wslconfig, or use the address of Windows (`ip route show default`).",
			}, {
				Name:  "unreachable",
				Cause: "No way leads to the address: it belongs to a network that this machine is not in.",
				Cure:  "Check the address, the VPN and the network; a public service reaches public addresses only.",
			}},
		},
		{
			ID: "handshake-ipv6", Title: "the webhook listens on the other loopback address",
			Kind: KindConnect, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.4-07",
			Cause: "localhost is both 127.0.0.1 and ::1, and the webhook listens on only one of them.",
			Cure:  "Name the address in the URL (`http://127.0.0.1:3000`), or listen on both: `app.listen(3000)` without a host, `--host ::` or `0.0.0.0`.",
		},
		{
			ID: "handshake-dns", Title: "the host name has no address",
			Kind: KindDNS, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.4-07",
			Cause: "The name in the URL cannot be resolved: misspelled, not yet published, or known in a private network only.",
			Cure:  "Check the spelling and the DNS record from outside your network. A tunnel's old name is gone once the tunnel is.",
		},
		{
			ID: "handshake-tls", Title: "the https connection fails",
			Kind: KindTLS, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.4-07 R20",
			Cause: "The TLS handshake failed before any request was sent.",
			Cure:  "Try `openssl s_client -connect HOST:PORT -servername HOST`; offer TLS 1.2 and 1.3 with usual ciphers, and ask for no client certificate.",
			Cases: tlsCases(),
		},
		{
			ID: "handshake-reset", Title: "the connection is closed without an answer",
			Kind: KindReset, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.4-07",
			Cause: "The server closed the connection before it had answered in full: it crashed on the request, was restarting, or a proxy cut it.",
			Cure:  "Look into the webhook's log at this moment; wait for a restart by a file watcher (nodemon, `--reload`) to end, and check the proxy's limits.",
		},
		{
			ID: "handshake-protocol", Title: "the answer is not HTTP",
			Kind: KindProtocol, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.4-07",
			Cause: "Something other than an HTTP/1.1 server listens on this port, or its answer is malformed.",
			Cure:  "Check the port. A server with HTTP/2 only (h2c, gRPC) has to offer HTTP/1.1; headers written by hand end their lines with \\r\\n.",
		},
		{
			ID: "handshake-failed", Title: "the request could not be made",
			Kind: KindConnect, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.4-07",
			Cause: "The request failed in a way that has no name here; the detail says how.",
			Cure:  "Try the URL with `curl -v -X POST` from the same machine, and compare.",
		},
	}
}

// tlsCases have titles of their own: with most of them there is a connection
// where they are borne.
func tlsCases() []Case {
	return []Case{
		{
			"self-signed", "the certificate is signed by itself",
			"The certificate is signed by itself, and the service trusts public authorities only.",
			"Use a certificate of a public authority, such as Let's Encrypt, or a tunnel that brings one. To have outlocal trust yours: `verify --ca FILE`, `emulate --webhook-ca FILE`.",
		}, {
			"authority", "the certificate's authority is not trusted",
			"The certificate's chain leads to no public authority: it is private, or an intermediate certificate is not sent.",
			"Serve the full chain (`fullchain.pem`, not `cert.pem`) of a public authority. To have outlocal trust your own: `verify --ca FILE`, `emulate --webhook-ca FILE`.",
		}, {
			"expired", "the certificate is not valid now",
			"The certificate is not valid now: it has expired, or its time has not begun.",
			"Renew the certificate, reload the server so that it serves the new one, and check the clock.",
		}, {
			"host", "the certificate is for another name",
			"The certificate is for another name than the URL's.",
			"Subscribe with a name that is in the certificate, or add this name (subject alternative name) to it. Does the server need SNI?",
		}, {
			"version", "the TLS version is too old",
			"Server and client have no TLS version or cipher in common; the service wants TLS 1.2 or later.",
			"Turn on TLS 1.2 and 1.3 in the web server, and ciphers of today.",
		}, {
			"no-tls", "https is spoken to a port of plain http",
			"The URL says https, but the server on this port speaks plain http.",
			"Use the server's https port, or put a tunnel or proxy before it that ends TLS.",
		}, {
			"needs-tls", "http is spoken to a port of https",
			"The URL says http, but the server on this port speaks https.",
			"Write https in the notification URL.",
		},
	}
}
