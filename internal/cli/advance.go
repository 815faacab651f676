package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/journal"
)

// blockedPatience is how long an advance waits for webhooks that are answering: three times the 10 s that Graph gives them, as there may
// be a queue. One that stands at a breakpoint is to be let go by who stands there.
const blockedPatience = 30 * time.Second

func newAdvanceCommand(a *app) *cobra.Command {
	var t target
	cmd := &cobra.Command{
		Use:   "advance DURATION",
		Short: "Let the emulator's time pass",
		Long: `Let the emulator's time pass at once: subscriptions run out, retries fall due, endpoints recover. It goes from
due moment to due moment, and never jumps over a webhook that is answering: it waits for that, ` + span(blockedPatience) + ` at most.

It is the emulator's clock alone that moves: yours does not, nor does that of your webhook. An outlocal expose that
speaks to an emulator has a clock of its own: --expose NAME advances that.`,
		Example:     "outlocal advance 72h\noutlocal advance 3d",
		Args:        takes("DURATION"),
		Annotations: exits("time has passed", "", "it could not pass, or no emulator answers"),
		RunE: func(cmd *cobra.Command, args []string) error {
			by, err := lasting(args[0])
			if err != nil {
				return fmt.Errorf("advance the clock: %w", err)
			}
			client, err := a.find(cmd.Context(), t)
			if err != nil {
				return err
			}
			advanced, err := a.advance(cmd.Context(), client, by)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.document("outlocal/advance/1", advanced)
			}
			whose := "the emulator's"
			if t.expose != "" {
				whose = "the exposure's"
			}
			a.printAdvanced(whose, &advanced)
			return nil
		},
	}
	addEmulator(cmd, &t)
	addExposure(cmd, &t)
	return cmd
}

// advance takes time ahead. While webhooks are answering that can't be, it waits for the end of what they answer, and tries again.
func (a *app) advance(ctx context.Context, client *control.Client, by time.Duration) (control.Advanced, error) {
	patience, cancel := context.WithTimeout(ctx, blockedPatience)
	defer cancel()
	for waits := false; ; waits = true {
		status, err := client.Status(ctx)
		if err != nil {
			return control.Advanced{}, err
		}
		advanced, err := client.Advance(ctx, by)
		var blocked *control.Error
		if !errors.As(err, &blocked) || blocked.Code != control.CodeBlocked {
			return advanced, err
		}
		if !waits {
			a.err.line("%s %s: waiting for it, %s at most", a.err.caution(), blocked.Message, span(blockedPatience))
		}
		_, waited := client.Wait(patience, control.WaitRequest{
			Since: status.Journal.Last, Kinds: []journal.Kind{journal.Attempt, journal.Handshake}, Within: control.Duration(blockedPatience),
		})
		if waited != nil {
			if ctx.Err() != nil {
				return advanced, ctx.Err()
			}
			return advanced, err // nothing has ended in all that time
		}
	}
}

func (a *app) printAdvanced(whose string, advanced *control.Advanced) {
	a.out.line("%s %s time went on by %s, to %s; your own clock did not move", a.out.tick(), whose,
		span(advanced.To.Sub(advanced.From)), advanced.To.UTC().Format("2006-01-02 15:04:05Z"))
	for i := range advanced.Webhooks {
		a.out.line("  %s", webhookSum(a.out, &advanced.Webhooks[i]))
	}
	for _, line := range advanced.Due {
		a.out.line("  %s", line)
	}
	switch {
	case advanced.More > 0:
		a.out.line("  %s", a.out.dim(fmt.Sprintf("and %d more: outlocal journal has them all", advanced.More)))
	case len(advanced.Webhooks)+len(advanced.Due) == 0:
		a.out.line("  %s", a.out.dim("nothing that a subscriber would notice fell due"))
	}
}

// webhookSum says in a line how a webhook did: http://localhost:3000/hook: 29 attempts, all answered 500; 3 notifications lost.
func webhookSum(p *printer, w *control.AdvancedWebhook) string {
	var answers []string
	glyph := p.tick()
	for _, status := range slices.Sorted(maps.Keys(w.Answers)) {
		answer := "answered " + status
		if !strings.HasPrefix(status, "2") {
			glyph = p.caution()
		}
		if status == "none" {
			answer = "without an answer"
		}
		if n := w.Answers[status]; n < w.Attempts {
			answer = fmt.Sprintf("%d %s", n, answer)
		} else if n > 1 {
			answer = "all " + answer
		}
		answers = append(answers, answer)
	}
	text := w.URL
	if w.Attempts > 0 {
		text += ": " + count(w.Attempts, "attempt") + ", " + strings.Join(answers, ", ")
	}
	var came []string
	if w.Delivered > 0 {
		came = append(came, count(w.Delivered, "notification")+" delivered")
	}
	if w.Lost > 0 {
		glyph = p.cross()
		came = append(came, p.bad(count(w.Lost, "notification")+" lost")+", as every attempt failed")
	}
	if w.Dropped > 0 {
		glyph = p.cross()
		came = append(came, count(w.Dropped, "notification")+" given up")
	}
	return glyph + " " + strings.Join(append([]string{text}, came...), "; ")
}
