package fault

// Reset breaks a client's connection.
type Reset struct {
	Answer bool `option:"answer" doc:"true to do what is asked for, and lose the answer only"`
}

// Name implements [Fault].
func (*Reset) Name() string { return "reset" }

// What implements [Fault].
func (*Reset) What() string {
	return "The connection is reset in place of an answer, before anything is done or after: then the client has a subscription that it does not know of."
}

// EditRequest implements [RequestFault].
func (f *Reset) EditRequest(r *Request) string {
	if f.Answer {
		r.ResetAnswer = true
		return request(r) + " is done, and its answer lost"
	}
	r.Reset = true
	return request(r) + " gets no answer"
}
