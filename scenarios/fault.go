package scenarios

import (
	"context"
	"errors"
)

func (p *play) fault(_ context.Context, f *Faults) error { return errors.New("set faults") }
