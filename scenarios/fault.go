package scenarios

import (
	"context"
	"errors"
	"reflect"

	"go.yaml.in/yaml/v4"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/fault"
)

// Faults are what the emulator is to do wrong, in the words of emulate --fault: one, a list of them, or none, which ends all.
type Faults struct {
	Specs []string
}

// noFaults ends all faults.
const noFaults = "none"

// readNode takes one specification, or a list of them.
func (f *Faults) readNode(r *reader, n *yaml.Node) {
	switch n.Kind {
	case yaml.SequenceNode:
		r.list(n, reflect.ValueOf(&f.Specs).Elem())
		for i, spec := range f.Specs {
			checkFault(r, n.Content[i], spec)
		}
	case yaml.ScalarNode:
		var spec string
		r.text(n, reflect.ValueOf(&spec).Elem())
		f.Specs = []string{spec}
		if spec != noFaults {
			checkFault(r, n, spec)
		}
	default:
		r.wrong(n, "write it as duplicate:next=1", "this is %s, and should be a fault, or a list of them", kindOf(n))
	}
}

func checkFault(r *reader, n *yaml.Node, spec string) {
	_, err := fault.Parse(withoutReferences(spec))
	var wrong *fault.RuleError
	switch {
	case errors.As(err, &wrong):
		r.wrong(n, wrong.Help, "%s", err)
	case err != nil:
		r.wrong(n, "", "%s", err)
	}
}

// fault lets the emulator do something wrong: on one that runs, to this scenario's mailbox only.
func (p *play) fault(ctx context.Context, f *Faults) error {
	where := control.Selector{Mailbox: p.mailbox}
	if len(f.Specs) == 1 && f.Specs[0] == noFaults {
		_, err := p.steer.RemoveFaults(ctx, control.FaultQuery{Where: where})
		return err
	}
	specs := make([]string, len(f.Specs))
	for i, spec := range f.Specs {
		var err error
		if specs[i], err = p.scope.text(spec); err != nil {
			return err
		}
	}
	_, err := p.steer.AddFaults(ctx, where, specs...)
	return err
}
