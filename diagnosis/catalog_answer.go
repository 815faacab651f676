package diagnosis

// answerFindings are the findings about a handshake whose answer is wrong
// before its body counts: status, redirect, time.
func answerFindings() []Finding {
	return []Finding{
		statusFinding(),
		{
			ID: "handshake-method", Title: "POST is not allowed",
			Kind: KindStatus, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-02 W2.1-03 W2.4-04",
			Cause: "The URL exists, but not for POST. The handshake is a POST, although its token stands in the query.",
			Cure:  "Route POST: `app.post(…)` in Express, `methods=['POST']` in Flask, `[HttpPost]` in ASP.NET, `@PostMapping` in Spring, `\"post\"` in the trigger of a Function.",
		},
		{
			ID: "handshake-get-only", Title: "the token is answered to GET only",
			Kind: KindStatus, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-02 W2.1-03 W2.4-04",
			Cause: "A GET with the token is answered well, the POST is not: the handshake was written for GET, as other services do it.",
			Cure:  "Answer the token in the POST handler too: it is the same request as a notification, but with validationToken in the query and no body.",
		},
		{
			ID: "handshake-login-redirect", Title: "the answer is a redirect to a login",
			Kind: KindStatus, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-14 W2.4-04",
			Cause: "The webhook stands behind a login, and nobody can sign in here: the service follows no redirect.",
			Cure:  "Let the webhook's path in without login: `[AllowAnonymous]`, `permitAll()`, `login_not_required` in Django, the route before the auth middleware; App Service: an excluded path. Check the client state instead.",
		},
		{
			ID: "handshake-redirect", Title: "the answer is a redirect",
			Kind: KindStatus, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-14 W2.4-04",
			Cause: "The URL is answered with a redirect, and the service follows none.",
			Cure:  "Subscribe with the URL that the redirect leads to, to the letter, or leave the webhook's path out of the redirect.",
			Cases: []Case{{
				Name:  "https",
				Cause: "The URL is redirected from http to https, and the service follows no redirect.",
				Cure:  "Subscribe with the https URL. If the app runs behind a proxy that ends TLS, let it trust X-Forwarded-Proto (`trust proxy`, `UseForwardedHeaders`).",
			}, {
				Name:  "slash",
				Cause: "The URL is redirected because of its last slash, and the service follows no redirect.",
				Cure:  "Subscribe with the spelling that the route has, or let the route take both: `strict_slashes=False` in Flask, `APPEND_SLASH = False` in Django, `trailingSlash` in Next.js.",
			}},
		},
		{
			ID: "handshake-functions-code", Title: "the function's key is missing in the URL",
			Kind: KindStatus, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-07 W2.1-10 W2.4-04",
			Cause: "An Azure Function with authLevel function answers 401 to a URL without its key.",
			Cure:  "Subscribe with the function's whole URL, `…/api/name?code=…` (the query is kept), or set `\"authLevel\": \"anonymous\"` and check the client state.",
		},
		{
			ID: "handshake-host", Title: "the server doesn't accept this host name",
			Kind: KindStatus, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-04",
			Cause: "The server answers for certain host names only, and the tunnel's or proxy's name is not among them.",
			Cure:  "Allow the name (Django ALLOWED_HOSTS, Rails config.hosts, ASP.NET AllowedHosts, Vite server.allowedHosts), or rewrite it: `ngrok http --host-header=rewrite`.",
		},
		{
			ID: "handshake-ngrok", Title: "ngrok answered, not your webhook",
			Kind: KindStatus, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-04",
			Cause: "The answer is ngrok's own; the detail names its error. The request did not reach your webhook.",
			Cure:  "Look the error up in ngrok's documentation, and try the local URL with `outlocal verify` first.",
			Cases: []Case{{
				Name:  "offline",
				Cause: "ngrok knows no tunnel of this name: it has ended, or it got another name when it was started again.",
				Cure:  "Start the tunnel, subscribe with the URL that it prints now, or take a fixed domain: `ngrok http --url=NAME 3000`.",
			}, {
				Name:  "upstream",
				Cause: "The tunnel is there, but its agent cannot reach your webhook at the local port.",
				Cure:  "Start the webhook, and check the port that ngrok forwards to; if the webhook speaks https, forward to `https://localhost:PORT`.",
			}, {
				Name:  "page",
				Cause: "ngrok shows the page that warns visitors on its free plan.",
				Cure:  "It is meant for browsers only; something sends a browser's User-Agent. The service's own requests don't get it.",
			}},
		},
		{
			ID: "handshake-tunnel", Title: "the tunnel answered, not your webhook",
			Kind: KindStatus, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-04",
			Cause: "The answer comes from the tunnel service itself: the tunnel has ended, wants a login, or cannot reach your webhook.",
			Cure:  "Start the tunnel and the webhook behind it, let strangers in (`devtunnel host --allow-anonymous`), and try the local URL with `outlocal verify` first.",
		},
		{
			ID: "handshake-airplay", Title: "macOS's AirPlay answered, not your webhook",
			Kind: KindStatus, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-04",
			Cause: "On macOS the AirPlay receiver listens on ports 5000 and 7000 and answers 403. Your webhook is not asked.",
			Cure:  "Take another port, such as 3000, or turn off AirPlay Receiver in System Settings, General, AirDrop & Handoff.",
		},
		{
			ID: "handshake-late", Title: "the answer comes too late",
			Kind: KindTimeout, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-08 W2.1-09 W2.4-03",
			Cause: "The answer is complete only after the limit (5 s Outlook, 10 s Graph): work is done before answering, or you stopped at a breakpoint.",
			Cure:  "Answer the token at once, before authentication, database and logging. For breakpoints run the emulator with `--patience 1h`.",
			Cases: []Case{{
				Name:  "body",
				Cause: "The status came in time, the end of the body did not: the response is left open or waits in a buffer.",
				Cure:  "End the response after the token: `res.end()`, return from the handler, close the stream; set Content-Length.",
			}},
		},
		{
			ID: "handshake-timeout", Title: "no answer within the limit",
			Kind: KindTimeout, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-08 W2.1-09 W2.4-03",
			Cause: "The connection stands, but no answer came in time: the handler waits for something, forgets to answer, or a breakpoint holds it.",
			Cure:  "Answer the token as the first thing in the handler, on every path through it (`res.send`, `return`), and don't wait for a body: it is empty.",
			Cases: []Case{{
				Name:  "connect",
				Cause: "No connection came about in time: a firewall swallows it, the address is private, or the machine is off.",
				Cure:  "Open the port for the internet, or put a tunnel before the webhook; check that the name leads to the right address.",
			}},
		},
		{
			ID: "handshake-cold-start", Title: "the first answer is too slow, the second is not",
			Kind: KindTimeout, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-08 W2.1-09 W2.4-03",
			Cause: "The first request waited for the app to start (serverless, a sleeping host, a first compile); the next was answered in time.",
			Cure:  "Wake the app before you subscribe, and keep it awake: Always On, a minimum instance, a ping. After a rest its first notification is good within 3 s only.",
		},
		{
			ID: "handshake-after-post", Title: "the webhook answers only after the create call has returned",
			Kind: KindTimeout, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.4-09 W2.4-10 R19",
			Cause: "The handshake comes while your app still waits for its POST to create the subscription, and the app does one thing at a time: each waits for the other.",
			Cure:  "Serve and subscribe at once: `await` the POST, more workers (`gunicorn -w 2`, Flask threaded, `PHP_CLI_SERVER_WORKERS=4`), or subscribe from another process.",
		},
		{
			ID: "handshake-slow", Title: "the answer takes long",
			Severity: SeverityWarning, Strict: SeverityWarning, Rule: "W2.1-08 W2.1-09 W10-06",
			Cause: "The answer came in time for a handshake, but a notification that takes over 3 s counts as slow and delays the next ones.",
			Cure:  "Answer first and work afterwards: put notifications into a queue, and keep the app awake between them.",
		},
		{
			ID: "handshake-http-url", Title: "the notification URL is http",
			Kind: KindScheme, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W10-39 W6.3-03 W1.4-03",
			Cause: "The service takes https URLs only. On loopback that is borne here; in production the subscription is refused before your webhook is asked.",
			Cure:  "Give the webhook an https URL: a tunnel while developing, a certificate of a public authority in production.",
		},
		{
			ID: "handshake-credentials", Title: "the notification URL holds a user name",
			Kind: KindURL, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W6.3-04",
			Cause: "A user name or password stands before the host, as in `https://user:password@host/`; no subscription is made with such a URL.",
			Cure:  "Leave it out. Let the webhook's path in without credentials, and check the client state of notifications instead.",
		},
	}
}

// statusFinding is the finding for every status that has no finding of its own.
func statusFinding() Finding {
	return Finding{
		ID: "handshake-status", Title: "the status is not 200",
		Kind: KindStatus, Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W2.1-10 W2.4-04 R23",
		Cause: "The webhook answers with another status than 200.",
		Cure:  "Answer exactly 200 with the token when the query has validationToken.",
		Cases: []Case{{
			Name:  "success",
			Cause: "The status means success, but it is not 200. 202 is right for a notification, not for the handshake; 204 has no body for the token.",
			Cure:  "Tell the two apart: with validationToken in the query answer 200 and the token, else 202.",
		}, {
			Name:  "unauthorized",
			Cause: "The webhook wants credentials, and the service sends none: the request passes your auth layer before your handler.",
			Cure:  "Let the webhook's path in without credentials (`[AllowAnonymous]`, `permitAll()`, before the auth middleware), and check the client state of notifications instead.",
		}, {
			Name:  "forbidden",
			Cause: "Something refuses the request: an auth layer, a firewall (WAF), an address filter, or protection against forged forms.",
			Cure:  "Find out who says 403 (the header Server helps), then leave the webhook's path out of it, or let the published addresses of the service in.",
		}, {
			Name:  "csrf",
			Cause: "The protection against forged forms (CSRF) refuses a POST without its token.",
			Cure:  "Leave the webhook out of it: `@csrf_exempt` in Django, `csrf().ignoringRequestMatchers(…)` in Spring, `validateCsrfTokens(except: […])` in Laravel, `skip_forgery_protection` in Rails.",
		}, {
			Name:  "not-found",
			Cause: "Probably no route takes a POST to this path: it is spelled differently, has a prefix, is not mounted, or is routed for GET only.",
			Cure:  "Compare path and prefix with the route, to the letter: `app.post('/…')`, Next.js `app/api/NAME/route.js` exporting POST. Is the newest version running?",
		}, {
			Name:  "functions-path",
			Cause: "Azure Functions put `/api` before every route, and the URL has no `/api`.",
			Cure:  "Subscribe with `…/api/NAME`, or set `\"routePrefix\": \"\"` under extensions.http in host.json.",
		}, {
			Name:  "body-parser",
			Cause: "The request is refused as malformed. Mostly that is not your handler: a JSON body parser, model binding or a validator stands before it, and the body is empty text/plain.",
			Cure:  "Answer the token before the body is parsed: a bare `Request` in FastAPI, no `[FromBody]` on this path in ASP.NET, no `consumes` in Spring, the route before `express.json()`.",
		}, {
			Name:  "throttled",
			Cause: "The webhook, or what stands before it, says that there are too many requests.",
			Cure:  "Leave the webhook's path out of the rate limit; the service sends in bursts.",
		}, {
			Name:  "crash",
			Cause: "The handler fails. Often it reads a body that the handshake doesn't have, such as `body.value` of an empty body.",
			Cure:  "Look into your log for the exception, and answer the token first, before anything reads the body.",
		}, {
			Name:  "gateway",
			Cause: "A proxy or gateway answers in your webhook's place: it cannot reach the app, or the app has ended.",
			Cure:  "Start the app, check the port and the protocol that the proxy forwards to, and try the app's own URL.",
		}},
	}
}
