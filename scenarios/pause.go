package scenarios

import (
	"go.yaml.in/yaml/v4"
)

// Pause is how long somebody has to wait: so long, or as long as he was told.
type Pause struct {
	Duration
	told bool
}

// asTold is the word for what a Retry-After said.
const asTold = "Retry-After"

// readNode takes a duration, or the word.
func (p *Pause) readNode(r *reader, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Value == asTold {
		p.told = true
		return
	}
	p.Duration.readNode(r, n)
}
