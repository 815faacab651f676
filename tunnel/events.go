package tunnel

import "sync"

// mailbox hands things from those who must not wait, as the callbacks of ngrok's agent, to one who takes them in turn.
type mailbox[T any] struct {
	mu    sync.Mutex
	items []T
	ready chan struct{} // holds one when there may be items
}

func newMailbox[T any]() *mailbox[T] { return &mailbox[T]{ready: make(chan struct{}, 1)} }

func (m *mailbox[T]) put(item T) {
	m.mu.Lock()
	m.items = append(m.items, item)
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

func (m *mailbox[T]) take() []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	items := m.items
	m.items = nil
	return items
}

// announcer keeps an endpoint's state and tells its events, one after the other, from a goroutine that ends with the endpoint.
type announcer struct {
	tell  func(Event)
	queue *mailbox[Event]
	done  chan struct{} // closed after Closed was told

	mu   sync.Mutex
	last Event
}

func newAnnouncer(tell func(Event)) *announcer {
	a := &announcer{tell: tell, queue: newMailbox[Event](), done: make(chan struct{}), last: Event{State: Connecting}}
	go a.run()
	return a
}

// announce tells an event. An endpoint that comes up elsewhere than before is told to have moved; all other events keep its URL.
func (a *announcer) announce(e Event) {
	a.mu.Lock()
	if e.URL == "" {
		e.URL = a.last.URL
	} else if a.last.URL != "" && a.last.URL != e.URL {
		e.Was = a.last.URL
	}
	a.last = e
	a.queue.put(e) // with the lock held, so that the order is that of the states
	a.mu.Unlock()
}

func (a *announcer) run() {
	defer close(a.done)
	for range a.queue.ready {
		for _, e := range a.queue.take() {
			if a.tell != nil {
				a.tell(e)
			}
			if e.State == Closed {
				return
			}
		}
	}
}

func (a *announcer) now() Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

// URL is where the endpoint is, or was.
func (a *announcer) URL() string { return a.now().URL }

// State is what the last event told.
func (a *announcer) State() State { return a.now().State }

// Done is closed when the endpoint has ended and its last event was told.
func (a *announcer) Done() <-chan struct{} { return a.done }
