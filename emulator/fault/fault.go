// Package fault holds what can go wrong between the service and a webhook, and when it does.
//
// A [Fault] is one way of going wrong; its fields are its options. It strikes in one of four places: it edits the [Plan] of a
// notification, the [Handshake] with a URL, the answer to an API [Request], or the [Life] of a subscription. A [Rule] says when a fault
// strikes and whom; a [Set] keeps the rules of an emulator, which can be changed while it runs, and tells of every strike in the
// journal. [Parse] reads a rule from text such as duplicate:next=1,delay=5s, and [Kinds] lists what there is.
//
// Faults only ever edit what is planned: they send nothing, wait for nothing and know no schema, and whoever sends knows no fault. Who
// writes one of their own implements [Fault] and one of the interfaces beside it.
//
// Random faults draw from one seed. Every subscription has a stream of its own, so that a run replays whatever the order in which
// requests happen to go out.
package fault

// Fault is one way of going wrong. It implements exactly one of [PlanFault], [HandshakeFault], [RequestFault] and [LifeFault] as well,
// whose methods edit what is planned and return what they did, in a few words for the journal. They are pure, and any goroutine may
// call them.
type Fault interface {
	Name() string // in a rule's text, such as duplicate
	What() string // it does, in one sentence
}

// PlanFault edits what is about to be sent.
type PlanFault interface {
	Fault
	EditPlan(p *Plan) (did string)
}

// HandshakeFault edits the validation of a URL.
type HandshakeFault interface {
	Fault
	EditHandshake(h *Handshake) (did string)
}

// RequestFault answers an API request in the emulator's place, or holds it up.
type RequestFault interface {
	Fault
	EditRequest(r *Request) (did string)
}

// LifeFault acts on a subscription that was made or renewed.
type LifeFault interface {
	Fault
	EditLife(l *Life) (did string)
}

// Choosy is a fault that makes sense for some of what happens in its place only.
type Choosy interface {
	Fault
	Only() []string // words that a rule's On can be
}

// Picky is a fault that makes sense for some notifications only, whatever they tell of: those with encrypted content, for example. Others
// don't count for its rules.
type Picky interface {
	PlanFault
	Fits(p *Plan) bool
}

// Place is where a fault strikes.
type Place uint8

// The places.
const (
	OnHandshake Place = iota
	OnNotification
	OnRequest
	OnSubscription
	places // how many there are
)

func (p Place) String() string {
	return [...]string{"handshake", "notification", "API request", "subscription"}[p]
}

// placeOf finds out where a fault strikes; ok is false unless that is one place.
func placeOf(f Fault) (p Place, ok bool) {
	found := 0
	if _, is := f.(HandshakeFault); is {
		p, found = OnHandshake, found+1
	}
	if _, is := f.(PlanFault); is {
		p, found = OnNotification, found+1
	}
	if _, is := f.(RequestFault); is {
		p, found = OnRequest, found+1
	}
	if _, is := f.(LifeFault); is {
		p, found = OnSubscription, found+1
	}
	return p, found == 1
}
