package delivery

// Hold keeps what is due from being sent until release is called: what is raised meanwhile shares requests as far as it may, whatever
// the order in which goroutines run. A lane that is at work goes on with what it finds. Time does not jump over what is held.
func (e *Engine) Hold() (release func()) {
	flight := e.Clock.Begin("changes that are raised together")
	e.held.Add(1)
	return func() {
		e.held.Add(-1)
		for _, p := range e.endpoints.all() {
			p.mu.Lock()
			if !p.closed {
				p.dispatch()
			}
			p.mu.Unlock()
		}
		flight.End()
	}
}
