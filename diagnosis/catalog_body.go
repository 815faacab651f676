package diagnosis

// bodyFindings are the findings about a handshake that was answered with 200
// and is wrong in what it says.
func bodyFindings() []Finding {
	return []Finding{
		{
			ID: "handshake-json-quotes", Title: "the token comes back in JSON quotes",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-06",
			Cause: "The answer is the token as a JSON string, with quotes around it: the framework turned your text into JSON.",
			Cure:  "Answer plain text. Express: `res.type('text').send(token)`, not `res.json`. ASP.NET: `Content(token, \"text/plain\")`, not `Ok(token)`. FastAPI: `PlainTextResponse(token)`.",
		},
		{
			ID: "handshake-json-object", Title: "the answer is a JSON document",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-06",
			Cause: "The token comes back inside a JSON document, as other webhook services want it. Outlook wants the bare text.",
			Cure:  "Answer the token alone: `res.type('text').send(req.query.validationToken)` in Express, `return Response(token, mimetype='text/plain')` in Flask.",
			Cases: []Case{{
				Name:  "no-token",
				Cause: "The webhook answers a JSON document of its own, without the token: the request went to the code for notifications.",
				Cure:  "Look for the query parameter validationToken before you read the body. If it is there, answer its value as text/plain and return.",
			}},
		},
		{
			ID: "handshake-undecoded", Title: "the token comes back still URL-encoded",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.2-02 W2.4-06",
			Cause: "The answer is the token as it stands in the query, with %3a and + in it. Your code cuts it out of the raw query string.",
			Cure:  "Read it with your framework's query parser: `req.query.validationToken`, `request.args['validationToken']`, `$_GET['validationToken']`, `r.URL.Query().Get(\"validationToken\")`.",
		},
		{
			ID: "handshake-plus", Title: "the blanks of the token come back as +",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.2-02 W2.4-06",
			Cause: "The %3a were decoded, the + were not. decodeURIComponent, Python's unquote and PHP's rawurldecode leave + alone; a query writes a blank as +.",
			Cure:  "Decode as a form does: `new URLSearchParams(query).get('validationToken')`, Python `unquote_plus` or `parse_qs`, PHP `urldecode` or `$_GET`.",
		},
		{
			ID: "handshake-double-encoded", Title: "the token comes back encoded again",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.2-02 W2.4-06",
			Cause: "The token was URL-encoded again on its way back, by your code or by a proxy or gateway that rewrites the query.",
			Cure:  "Answer the decoded token as it is: drop encodeURIComponent, urlencode or QueryEscape from the answer, and let a gateway pass the query through unchanged.",
		},
		{
			ID: "handshake-double-decoded", Title: "the token was decoded twice",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.2-02 W2.4-06",
			Cause: "Your framework had decoded the token, and your code decodes it once more: a + or % that belongs to the token is lost.",
			Cure:  "Drop your own decodeURIComponent, unquote_plus or urldecode: the query parser has done it.",
		},
		{
			ID: "handshake-html-escaped", Title: "the token comes back escaped for HTML",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-06",
			Cause: "Characters of the token come back as HTML entities such as &amp; or &#x3a;: a template or an escaping function stands between query and answer.",
			Cure:  "Answer without a template or escaping, as text/plain with `X-Content-Type-Options: nosniff`, which is safe for text that a stranger sent.",
		},
		{
			ID: "handshake-html", Title: "the answer is a web page",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-06",
			Cause: "The URL is answered with an HTML page: by a front end, an error page, or a view that shows the token.",
			Cure:  "Point the notification URL to the route of your webhook and answer there with text/plain and the token alone, without a view.",
			Cases: []Case{{
				Name:  "login",
				Cause: "The URL is answered with a sign-in page: the webhook stands behind your app's or your host's login.",
				Cure:  "Let the webhook's path in without login: `[AllowAnonymous]` in ASP.NET, `permitAll()` in Spring, the route before the auth middleware in Express, an excluded path in App Service authentication.",
			}, {
				Name:  "front-end",
				Cause: "The URL is answered with the start page of a single-page app: no route took the POST, so the catch-all did.",
				Cure:  "Register the webhook's route before the catch-all, or proxy its path to your API server (`server.proxy` in Vite, `rewrites` in Next.js).",
			}},
		},
		{
			ID: "handshake-empty", Title: "the answer is empty",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-06",
			Cause: "The status is 200 and the body has nothing in it: the request was taken for a notification, or the token was looked for in the body.",
			Cure:  "The token is in the query, the body is empty: if the query has validationToken, answer its decoded value as text/plain before anything else.",
		},
		{
			ID: "handshake-whitespace", Title: "a line break, blank or BOM beside the token",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-06",
			Cause: "The token is there, with invisible characters before or after it: println instead of print, a template's last line, text before `<?php`, a file with BOM.",
			Cure:  "Write the token without a line end: `fmt.Fprint` in Go, `print` not `println` in Java, `echo` in PHP with no blank line outside the tags and files saved without BOM.",
		},
		{
			ID: "handshake-prefix-suffix", Title: "the token stands inside other text",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-06",
			Cause: "The token is there, with other text around it. The body has to be the token and nothing else.",
			Cure:  "Remove what is written beside the token: labels, debug output, warnings that PHP prints into the page, a second write after the answer.",
			Cases: []Case{{
				Name:  "xml",
				Cause: "The token comes back inside XML: ASP.NET Web API or JAX-RS chose XML for your string.",
				Cure:  "Fix the type: ASP.NET Web API `new StringContent(token, Encoding.UTF8, \"text/plain\")`, JAX-RS and Spring `produces = \"text/plain\"`.",
			}, {
				Name:  "query",
				Cause: "The whole query string comes back, not the value of validationToken alone.",
				Cure:  "Take the parameter by its name with your framework's query parser, and answer its value only.",
			}},
		},
		{
			ID: "handshake-too-long", Title: "the answer goes on after the token should have ended",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-06",
			Cause: "The answer is far longer than the token; reading was given up. A file, a stream or a log is being sent.",
			Cure:  "Answer the token with its Content-Length and end the response there.",
		},
		{
			ID: "handshake-cut", Title: "only the beginning of the token comes back",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.1-12 W2.4-06",
			Cause: "The token is cut: split at a blank or a colon, held in a field that is too short, or sent with a wrong Content-Length. Graph's token is a sentence of 117 characters.",
			Cure:  "Treat the token as one text of any length, don't split it, and let the framework compute Content-Length.",
		},
		{
			ID: "handshake-case", Title: "the token comes back in another case",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-06",
			Cause: "Upper and lower case of the token were changed: something lower-cases the URL or its query before your code reads it.",
			Cure:  "Compare the parameter's name without case if you like, but leave its value alone; look for toLowerCase on the URL and for rewrite rules in the web server.",
		},
		{
			ID: "handshake-charset", Title: "the answer is in another encoding",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.1-16 W2.4-06",
			Cause: "The answer is, or says that it is, in UTF-16 or another encoding in which the token has other bytes.",
			Cure:  "Answer in UTF-8: `Content-Type: text/plain; charset=utf-8`; in .NET `Encoding.UTF8`, not `Encoding.Unicode`.",
		},
		{
			ID: "handshake-gzip", Title: "the answer is compressed",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-05 W2.1-10 W2.4-06",
			Cause: "The answer is compressed although the request did not offer to take that: a compression layer ignores Accept-Encoding.",
			Cure:  "Let the compression obey Accept-Encoding, or leave the webhook's path out of it. Look at a CDN or proxy in front, too.",
		},
		{
			ID: "handshake-other-token", Title: "the answer is not this request's token",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-06",
			Cause: "The webhook answers a text of its own, such as OK. The service wants the token back that it sent with this very request.",
			Cure:  "Answer the decoded value of the query parameter validationToken as text/plain, each time anew.",
			Cases: []Case{{
				Name:  "earlier",
				Cause: "The webhook answers another validation token than the one it was sent: one from a test in the code, or from a cache.",
				Cure:  "Take the token from the request at hand, and keep a cache or CDN away from the URL: `Cache-Control: no-store`.",
			}, {
				Name:  "missing",
				Cause: "The webhook answers undefined, null or None: it looks for the token under another name or in another place.",
				Cure:  "Read the query parameter validationToken (Graph) or validationtoken (Outlook): not the body, not a header, not a path parameter.",
			}},
		},
		{
			ID: "handshake-parameter", Title: "the webhook knows the parameter in another case only",
			Kind: KindBody, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-02 W2.1-03",
			Cause: "With the parameter's name in the other case your webhook answers well: Graph sends validationToken, Outlook and the Graph preview send validationtoken.",
			Cure:  "Take both spellings: `req.query.validationToken ?? req.query.validationtoken`. Then a move from Outlook's API to Graph needs no change here.",
		},
		{
			ID: "handshake-content-type", Title: "the answer is not text/plain",
			Kind: KindBody, Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W2.1-10 W10-25 R23",
			Cause: "The token is right, its content type is not the text/plain that the documents demand. The service is not known to check it, yet.",
			Cure:  "Set it: `res.type('text/plain')`, `Response(token, mimetype='text/plain')`, `header('Content-Type: text/plain')`. As text/html a token with tags would be a hole, too.",
		},
	}
}
