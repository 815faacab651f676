package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/receiver"
)

// demoSchema names the form of what demo --json prints.
const demoSchema = "outlocal/demo/1"

// demoPatience ends a demo that hangs. It takes less than a second where nothing is wrong.
const demoPatience = 30 * time.Second

// demoFlags are the flags of demo.
type demoFlags struct {
	dialects []string
	all      bool
}

func newDemoCommand(a *app) *cobra.Command {
	var flags demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch a service and a webhook play the whole loop, in every schema",
		Long: `Start an emulator and a webhook on ports of their own, and play the whole loop between them over
real HTTP: subscribe, handshake, notifications one by one and in a batch, reading the item, renewal,
deletion, expiry. Graph v1.0 is shown line by line, every other schema by its verdict; an earlier year
of Graph is played by --dialect.

Everything that is shown is checked: the demo fails if anything is not as the schema says.
It needs no account and no network, writes no file, and is over in a second.`,
		Example: `outlocal demo
outlocal demo --all
outlocal demo -d outlook-interim`,
		Args:        takes(),
		Annotations: exits("everything was as the schemas say", "something was not, and is shown", "no port could be opened"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.demo(cmd.Context(), flags, receiver.Answers{})
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&flags.dialects, "dialect", "d", nil, "play only the schema of this `NAME`, line by line; may be repeated")
	f.BoolVar(&flags.all, "all", false, "show every schema line by line")
	return cmd
}

// demo plays the loop. answers is how the webhook answers: as it should, or else the demo shows that.
func (a *app) demo(ctx context.Context, flags demoFlags, answers receiver.Answers) error {
	programme, err := programmeOf(flags)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, demoPatience)
	defer cancel()
	s, err := newStage(ctx, answers)
	if err != nil {
		return err
	}
	defer s.close()
	show := &demoPrinter{out: a.out, quiet: a.json}
	show.open()
	played := demoDocument{Verdict: verdictGood}
	for _, number := range programme {
		result := s.play(ctx, number, show)
		if errors.Is(ctx.Err(), context.Canceled) {
			return ctx.Err()
		}
		played.add(result)
	}
	if flags.dialects == nil {
		result := s.rollOut(ctx)
		show.summary(&result)
		played.add(result)
	}
	if a.json {
		err = a.out.document(demoSchema, played)
	} else {
		show.end(&played, flags)
	}
	if err == nil && played.Verdict != verdictGood {
		err = told(ExitFailed)
	}
	return err
}

// number is a dialect on the programme, and how it is shown.
type number struct {
	dialect *dialect.Dialect
	full    bool // line by line; else by its verdict
}

// programmeOf is what is played, and in which order: today's schema first, then back in history. Earlier years of today's schema differ
// in what a demo has no time for, so that they are played if they are asked for.
func programmeOf(flags demoFlags) ([]number, error) {
	var programme []number
	for _, name := range flags.dialects {
		d, err := lookUp(name)
		if err != nil {
			return nil, err
		}
		programme = append(programme, number{d, true})
	}
	if flags.dialects != nil {
		return programme, nil
	}
	programme = append(programme, number{dialect.GraphV1, true})
	for _, d := range slices.Backward(dialect.All()) {
		if d.Name != dialect.GraphV1.Name {
			programme = append(programme, number{d, flags.all})
		}
	}
	return programme, nil
}

// demoDocument is what demo --json prints.
type demoDocument struct {
	Verdict  verdict       `json:"verdict"`
	Dialects []performance `json:"dialects"`
}

func (d *demoDocument) add(p performance) {
	d.Dialects = append(d.Dialects, p)
	if p.Verdict != verdictGood {
		d.Verdict = verdictFailed
	}
}

// checks counts what was checked.
func (d *demoDocument) checks() int {
	n := 0
	for i := range d.Dialects {
		for j := range d.Dialects[i].Scenes {
			n += len(d.Dialects[i].Scenes[j].Checks)
		}
	}
	return n
}

// performance is how the loop went in one dialect.
type performance struct {
	Dialect string   `json:"dialect"`
	Verdict verdict  `json:"verdict"`
	Facts   []string `json:"facts"` // what is particular about it
	Scenes  []scene  `json:"scenes"`
}

// scene is a part of the loop: what passed between whom, and what was checked of it.
type scene struct {
	Title  string       `json:"title"`
	Lines  []sceneLine  `json:"lines"`
	Checks []sceneCheck `json:"checks"`

	bodies bool // they are shown to a person
}

// sceneLine is one message, or something that happened.
type sceneLine struct {
	From   string `json:"from"`
	To     string `json:"to,omitempty"` // empty for what merely happened
	Answer bool   `json:"answer,omitempty"`
	Text   string `json:"text"`
	Body   string `json:"body,omitempty"` // ids and times shortened, secrets masked

	terse bool // its body is not shown to a person
}

// sceneCheck is one thing that was checked.
type sceneCheck struct {
	What     string   `json:"what"`
	Good     bool     `json:"good"`
	Problems []string `json:"problems,omitempty"`
}

// good tells whether all that was checked is as it should be.
func (s *scene) good() bool {
	for _, c := range s.Checks {
		if !c.Good {
			return false
		}
	}
	return true
}
