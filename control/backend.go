package control

import (
	"context"
	"time"

	"github.com/outlocal/outlocal/journal"
)

// Backend is what is steered. Each of the interfaces below that it implements too opens the routes that need it.
//
// An error that is or wraps an [*Error] is answered as it stands. Any other is told to the client with its text, as an internal one,
// so it must hold no secret.
type Backend interface {
	Status(ctx context.Context) (Status, error)
}

// JournalKeeper opens the routes under /journal.
type JournalKeeper interface {
	Journal() *journal.Journal
}

// ChangeRaiser opens /changes.
type ChangeRaiser interface {
	// RaiseChange makes c happen and returns without waiting for any webhook. Words, count and names of c have been checked.
	RaiseChange(ctx context.Context, c Change) (Raised, error)
}

// Timekeeper opens the routes under /clock.
type Timekeeper interface {
	Clock(ctx context.Context) (Clock, error)
	// Advance returns when all that fell due on the way is done. It is refused by [Blocked] where it would wait for itself.
	Advance(ctx context.Context, by time.Duration) (Advanced, error)
	SetScale(ctx context.Context, scale float64) (Clock, error)
}

// Mounter opens /serve.
type Mounter interface {
	Mounts(ctx context.Context) ([]Mount, error)
	// Mount lets a path speak a dialect from now on, for the subscriptions that there are as well.
	Mount(ctx context.Context, m Mount) error
}

// SubscriptionLister opens /subscriptions to be read.
type SubscriptionLister interface {
	// Subscriptions need not mask anything. The limit is never 0.
	Subscriptions(ctx context.Context, q SubscriptionQuery) (SubscriptionPage, error)
}

// SubscriptionKeeper opens all routes under /subscriptions.
type SubscriptionKeeper interface {
	SubscriptionLister
	// Import takes rows in their order until one is refused. The ids are those of the rows taken, with an error too.
	Import(ctx context.Context, rows []NewSubscription) (ids []string, err error)
	RemoveSubscriptions(ctx context.Context, where Selector) (Removed, error)
}

// LifecycleRaiser opens /lifecycle.
type LifecycleRaiser interface {
	RaiseLifecycle(ctx context.Context, e LifecycleEvent) (LifecycleRaised, error)
}

// Resetter opens /reset.
type Resetter interface {
	// Reset forgets what is selected; with an empty selector everything, so that it is as after the start.
	Reset(ctx context.Context, where Selector) (ResetReport, error)
}

// Replayer opens /replay.
type Replayer interface {
	// Replay sends what came in once more, and returns an entry for each time. Words of r have been checked.
	Replay(ctx context.Context, r ReplayRequest) (Replayed, error)
}

// Stopper opens /stop.
type Stopper interface {
	// Stop begins to end the process and returns at once: the answer is still to be sent.
	Stop()
}

// Readier lets /readyz say more than that something answers.
type Readier interface {
	Ready(ctx context.Context) error
}

// EmulatorBackend is all that an emulator offers; Stop is its process's matter.
type EmulatorBackend interface {
	Backend
	JournalKeeper
	ChangeRaiser
	Timekeeper
	Mounter
	SubscriptionKeeper
	DeliveryWatcher
	LifecycleRaiser
	FaultKeeper
	TokenIssuer
	Resetter
}

// ReceiverBackend is all that a receiver offers; Stop is its process's matter.
type ReceiverBackend interface {
	Backend
	JournalKeeper
	Resetter
}

// ExposureBackend is all that is offered by what exposes a webhook; a clock only where it speaks to an emulator.
type ExposureBackend interface {
	ReceiverBackend
	SubscriptionLister
	Replayer
}
