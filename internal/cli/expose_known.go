package cli

import (
	"context"
	"time"

	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

// register tells the receiver which subscriptions there are.
type register struct{ keeper *subscriber.Keeper }

// overtaking is how long the answer may take by which a subscription becomes known that has notified already.
const overtaking = 10 * time.Second

// Known implements [receiver.Register]. Nobody waits for it: the notification has been answered.
func (r register) Known(id string) (receiver.Expected, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), overtaking)
	defer cancel()
	state, ok := r.keeper.Learn(ctx, id)
	return receiver.Expected{ClientState: state}, ok
}
