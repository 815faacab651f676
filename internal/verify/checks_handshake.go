package verify

// facets are what there is to see in the answer to one plain handshake.
func facets() []Check {
	list := []Check{
		{
			ID: "handshake-reached", Title: "is there, and answers for itself",
			Findings: []string{
				"handshake-refused", "handshake-ipv6", "handshake-dns", "handshake-reset", "handshake-protocol", "handshake-failed",
				"handshake-ngrok", "handshake-tunnel", "handshake-airplay", "handshake-host",
			},
		},
		{ID: "handshake-redirect", Title: "redirects nowhere", Findings: []string{"handshake-redirect"}},
		{ID: "handshake-login", Title: "asks for no login and no key", Findings: []string{"handshake-login-redirect", "handshake-functions-code"}},
		{ID: "handshake-status", Title: "answers exactly 200", Findings: []string{"handshake-status", "handshake-method", "handshake-get-only"}},
		{ID: "handshake-page", Title: "answers no web page", Findings: []string{"handshake-html"}},
		{
			ID: "handshake-token", Title: "echoes the token, decoded",
			Findings: []string{
				"handshake-undecoded", "handshake-plus", "handshake-double-encoded", "handshake-double-decoded", "handshake-empty", "handshake-cut",
				"handshake-case", "handshake-charset", "handshake-gzip", "handshake-other-token", "handshake-parameter",
			},
		},
		{
			ID: "handshake-bare", Title: "with nothing else in the body",
			Findings: []string{
				"handshake-json-quotes", "handshake-json-object", "handshake-whitespace", "handshake-prefix-suffix", "handshake-too-long",
				"handshake-html-escaped",
			},
		},
		{ID: "handshake-content-type", Title: "as text/plain", Findings: []string{"handshake-content-type"}},
		{
			ID: "handshake-time", Title: "in time, to the last byte",
			Findings: []string{"handshake-timeout", "handshake-late", "handshake-cold-start", "handshake-slow", "handshake-after-post"},
		},
	}
	for i := range list {
		list[i].Group, list[i].facet, list[i].gentle, list[i].has = Handshakes, true, true, hasHandshake
	}
	return list
}

// handshakeChecks are handshakes other than the first and plain one.
func handshakeChecks() []Check {
	list := []Check{
		{ID: "handshake-again", Title: "answers a second one as well", Findings: []string{"handshake-again"}, gentle: true, play: playAgain},
		{ID: "handshake-at-once", Title: "keeps tokens apart when several are asked at once", Findings: []string{"handshake-at-once"}, play: playAtOnce},
		{ID: "handshake-query", Title: "finds the token after a query of the URL's own", Findings: []string{"handshake-query"}, gentle: true, play: playQuery},
		{ID: "handshake-spelling", Title: "bears the other spelling of the parameter", gentle: true, hostile: true, play: playSpelling},
		{ID: "token-plus", Title: "echoes + and /", Findings: []string{"handshake-plus", "handshake-double-decoded", "handshake-odd-token"}, play: playToken(tokenPlus)},
		{ID: "token-percent", Title: "echoes % and &", Findings: []string{"handshake-double-decoded", "handshake-odd-token"}, play: playToken(tokenPercent)},
		{ID: "token-unicode", Title: "echoes letters beyond ASCII, in UTF-8", Findings: []string{"handshake-charset", "handshake-odd-token"}, play: playToken(tokenUnicode)},
		{ID: "token-long", Title: "echoes a token of 2000 characters", Findings: []string{"handshake-long-token", "handshake-cut"}, play: playToken(tokenLong)},
		{ID: "token-script", Title: "lets no script through as a web page", Findings: []string{"handshake-reflected"}, hostile: true, play: playScript},
	}
	for i := range list {
		list[i].Group, list[i].has = Handshakes, hasHandshake
	}
	return list
}

// probeChecks are what passers-by send. They come after the plain notification: who answers that no better makes no second mistake.
func probeChecks() []Check {
	list := []Check{
		{ID: "probe-get", Title: "bears a GET without a token", Findings: []string{"handshake-probe", "webhook-died"}, hostile: true, play: playProbe("GET")},
		{ID: "probe-head", Title: "bears a HEAD without a token", Findings: []string{"handshake-probe", "webhook-died"}, hostile: true, play: playProbe("HEAD")},
	}
	for i := range list {
		list[i].Group, list[i].has = Handshakes, hasHandshake
	}
	return list
}

// httpsChecks look at the connection, as far as there is TLS.
func httpsChecks() []Check {
	return []Check{
		{ID: "https-url", Group: HTTPS, Title: "is an https URL without a user name", Findings: []string{"handshake-http-url", "handshake-credentials"}, gentle: true, has: hasHandshake, play: playURL},
		{ID: "https-certificate", Group: HTTPS, Title: "has a certificate of this host that the service trusts, with its chain", Findings: []string{"handshake-tls"}, gentle: true, has: hasHandshake, play: playCertificate},
		{ID: "https-expiry", Group: HTTPS, Title: "has a certificate for more than a fortnight", Findings: []string{"https-expires-soon"}, gentle: true, play: playExpiry},
		{ID: "https-tls12", Group: HTTPS, Title: "speaks TLS 1.2", Findings: []string{"https-tls12"}, gentle: true, play: playModern},
		{ID: "https-old-tls", Group: HTTPS, Title: "speaks no TLS before 1.2", Findings: []string{"https-old-tls"}, gentle: true, play: playOld},
	}
}
