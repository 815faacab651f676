package diagnosis

// unanswered judges a request without an answer, or with half of one.
func (j *handshake) unanswered() {
	kind, name := classify(j.Err)
	f := fact{name: name, detail: seen(j.Err), at: "connection", sent: j.sent()}
	switch {
	case kind == troubleTimeout && j.Status != 0:
		f.name, f.at = "body", "end of the response body"
		f.detail = "the status came in time, the end of the body had not come after " + round(j.limit())
		f.got = shown(j.Answer)
		j.add("handshake-late", f)
	case kind == troubleTimeout && name == "" && j.goodAgain():
		j.afterAll(f)
	case kind == troubleRefused && j.Probes.OtherLoopback != nil && j.Probes.OtherLoopback.Status != 0:
		j.add("handshake-ipv6", f)
	case kind == troubleTimeout:
		f.detail = j.silence(name)
		j.add("handshake-timeout", f)
	case j.Status == 0 && (kind == troubleReset || kind == troubleProtocol) && speaksTLS(j.Probes.HTTPS):
		f.name, f.detail = "needs-tls", "spoken to in https, the same port answers"
		j.add("handshake-tls", f)
	default:
		if kind == troubleRefused && name == "" {
			f.name = j.elsewhere()
		}
		j.add("handshake-"+string(kind), f)
	}
}

// silence tells what was waited for in vain, and how it was when it was asked
// for once more.
func (j *handshake) silence(name string) string {
	text := "no answer within "
	if name == "connect" {
		text = "no connection within "
	}
	text += round(j.limit())
	switch again := j.Probes.Again; {
	case again == nil:
		return text
	case again.Status != 0:
		return text + "; asked once more, it answered " + statusLine(again.Answer) + " after " + round(again.Took)
	default:
		return text + ", nor when it was asked once more"
	}
}

// speaksTLS tells whether a request in https met a server of TLS: one that
// answered it, or one whose certificate was refused.
func speaksTLS(p *Probe) bool {
	if p == nil {
		return false
	}
	kind, name := trouble(""), ""
	if p.Err != nil {
		kind, name = classify(p.Err)
	}
	return p.Status != 0 || kind == troubleTLS && name != "no-tls"
}

// late judges an answer that is complete, for somebody waited for it, and too
// late.
func (j *handshake) late() {
	f := fact{at: "end of the response body", sent: j.sent(), got: shown(j.Answer)}
	if j.goodAgain() {
		j.afterAll(f)
		return
	}
	f.detail = "your webhook answered after " + round(j.Took) + ", the limit is " + round(j.limit())
	j.add("handshake-late", f)
}

// goodAgain tells whether the same request, made again, was answered well and
// in time.
func (j *handshake) goodAgain() bool {
	return echoed(j.Probes.Again) && j.Probes.Again.Took <= j.limit()
}

// afterAll judges a handshake that took too long and was answered well when
// it was made again.
func (j *handshake) afterAll(f fact) {
	f.detail = "no answer within " + round(j.limit()) + ", then a good one after " + round(j.Probes.Again.Took)
	if j.DuringCreate {
		j.add("handshake-after-post", f)
		return
	}
	j.add("handshake-cold-start", f)
}

// elsewhere names why a loopback address may be another machine's than the
// user thinks.
func (j *handshake) elsewhere() string {
	switch {
	case !j.target.loopback():
		return ""
	case j.Environment.InContainer:
		return "container"
	case j.Environment.WSL:
		return "wsl"
	default:
		return ""
	}
}
