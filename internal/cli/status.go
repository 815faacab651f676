package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
)

// waitStep is how often a process that is not there yet is looked for: nothing tells when it comes.
const waitStep = 50 * time.Millisecond

func newStatusCommand(a *app) *cobra.Command {
	var t target
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how an emulator or a receiver is doing",
		Long: `Show how a running emulator or receiver is doing: its addresses, what it serves, how many subscriptions it has and
how the webhooks do that it delivers to. outlocal subscriptions lists the subscriptions.

With --wait, wait until there is one and it can be used: for scripts that start it in the background.`,
		Example: `outlocal status
outlocal emulate --detach && outlocal status --wait 30s
outlocal status --receiver receiver --json`,
		Args:        takes(),
		Annotations: exits("it runs", "", "none runs, or it does not answer"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if wait < 0 {
				return wrongUse("such as --wait 30s", "wait for %s: want a positive duration", wait)
			}
			s, err := a.awaitStatus(cmd.Context(), t, wait)
			if err != nil {
				return err
			}
			if a.json {
				return a.out.document("outlocal/status/1", s)
			}
			a.printStatus(s)
			if s.Kind == control.Exposure {
				return a.printKept(cmd.Context(), t, s)
			}
			return nil
		},
	}
	addEither(cmd, &t)
	durationVar(cmd.Flags(), &wait, "wait", 0, "how long to wait for it to be ready")
	return cmd
}

// awaitStatus asks what t names how it is doing, again and again for as long as wait.
func (a *app) awaitStatus(ctx context.Context, t target, wait time.Duration) (control.Status, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ask := func(ctx context.Context) (s control.Status, err error) {
		client, err := a.find(ctx, t)
		if err == nil {
			err = client.Ready(ctx)
		}
		if err == nil {
			s, err = client.Status(ctx)
		}
		return s, err
	}
	s, err := ask(ctx)
	if err == nil || wait == 0 || explain(err).Code == ExitUsage {
		return s, err
	}
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	again := time.NewTicker(waitStep)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-deadline.C:
			return s, fmt.Errorf("waited %s: %w", wait, err)
		case <-again.C:
		}
		if s, err = ask(ctx); err == nil || explain(err).Code == ExitUsage {
			return s, err
		}
	}
}

func (a *app) printStatus(s control.Status) {
	p := a.out
	p.line("%s %s  %s", p.strong(s.Name), s.Version, p.dim(fmt.Sprintf("%s, pid %d", s.Kind, s.PID)))
	row := func(label, text string) {
		if text != "" {
			p.line("  %s  %s", p.dim(pad(label, len("subscriptions"))), text)
		}
	}
	row("api", strings.TrimSpace(s.HTTP+"  "+s.HTTPS))
	row("sign-in", signInWords(s))
	if s.Kind == control.Exposure {
		row("public", strings.TrimSpace(s.Webhook+"  "+s.Tunnel))
		row("webhook", cmp.Or(s.Target, "a receiver that is built in"))
	} else {
		row("webhook", s.Webhook)
	}
	row("proxy", s.Proxy)
	row("control", s.Control)
	row("ca", s.CA)
	row("time", s.Now.UTC().Format("2006-01-02 15:04:05Z"))
	if s.Kind == control.Emulator {
		for i, m := range s.Serve {
			row(onFirst(i, "serves"), m.Path+"  "+m.Dialect)
		}
		row("subscriptions", fmt.Sprint(s.Subscriptions))
	}
	for i, e := range s.Endpoints {
		row(onFirst(i, "webhooks"), e.Endpoint+"  "+endpointWords(e))
	}
	for i, line := range s.InFlight {
		row(onFirst(i, "in flight"), line)
	}
	row("counted", strings.Join(countedWords(s.Counters), ", "))
	row("journal", entries(int(s.Journal.Last)))
}

// signInWords tell where programs sign in, and whether they have to.
func signInWords(s control.Status) string {
	if s.Authority == "" {
		return ""
	}
	if s.Auth == authIssued {
		return s.Authority + "/common  only tokens issued there are taken"
	}
	return s.Authority + "/common  any token is taken"
}

// countedWords are counters as they are talked about; a name that has no words here stands as it is.
func countedWords(counters map[string]int64) []string {
	things := map[string]string{"strays": "stray request", "mailboxes": "mailbox", "items": "item", "requests": "request", "faults": "fault", "others": "other notification"}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(counters)) {
		switch n := counters[name]; {
		case n == 0:
		case name == "mailboxes" && n > 1:
			all = append(all, fmt.Sprintf("%d mailboxes", n))
		case name == "overQuota":
			all = append(all, count(int(n), "API request")+" over the quota")
		case name == "throttled":
			all = append(all, count(int(n), "API request")+" throttled")
		case name == "itemsForgotten":
			all = append(all, count(int(n), "item")+" forgotten")
		case things[name] != "":
			all = append(all, count(int(n), things[name]))
		default:
			all = append(all, fmt.Sprintf("%d %s", n, name))
		}
	}
	return all
}

// onFirst is a label of several rows, which only the first of them shows.
func onFirst(i int, label string) string {
	if i > 0 {
		return ""
	}
	return label
}

// endpointWords says how a webhook does. That it is good is nothing to say: it only means that it is neither slow nor dropped, also
// if it never gave but errors.
func endpointWords(e control.Endpoint) string {
	text := map[string]string{"slow": "slow, so new notifications are delayed: ", "drop": "dropped, so new notifications are given up: "}[e.State]
	text += count(int(e.Attempts), "attempt")
	if e.Late > 0 {
		text += fmt.Sprintf(", %d late", e.Late)
	}
	if e.Failed > 0 {
		text += fmt.Sprintf(", %d failed", e.Failed)
	}
	if waiting := e.Queued + e.InFlight; waiting > 0 {
		text += fmt.Sprintf(", %d on their way", waiting)
	}
	return text
}

// stopped is what has ended.
type stopped struct {
	Name string       `json:"name"`
	Kind control.Kind `json:"kind"`
	PID  int          `json:"pid"`
}

func newStopCommand(a *app) *cobra.Command {
	var t target
	cmd := &cobra.Command{
		Use:         "stop",
		Short:       "End an emulator or a receiver",
		Long:        "End a running emulator or receiver in good order, and return once it is gone. What it kept in memory is gone too.",
		Example:     "outlocal stop\noutlocal stop --receiver receiver",
		Args:        takes(),
		Annotations: exits("it has ended", "", "none runs, or it does not end"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := a.find(cmd.Context(), t)
			if err != nil {
				return err
			}
			status, err := client.Status(cmd.Context())
			if err != nil {
				return err
			}
			if err := client.Stop(cmd.Context()); err != nil {
				return err
			}
			if err := awaitEnd(cmd.Context(), client); err != nil {
				return notJudged("end it yourself: its process is "+fmt.Sprint(status.PID), "stop %s: %w", status.Name, err)
			}
			if a.json {
				return a.out.document("outlocal/stop/1", stopped{status.Name, status.Kind, status.PID})
			}
			a.out.line("%s %s has ended", a.out.tick(), status.Name)
			return nil
		},
	}
	addEither(cmd, &t)
	return cmd
}

// endPatience is longer than a process gives the requests that it still has in hand.
const endPatience = 2 * shutdownPatience

// awaitEnd returns when nothing answers any more.
func awaitEnd(ctx context.Context, client *control.Client) error {
	ctx, cancel := context.WithTimeout(ctx, endPatience)
	defer cancel()
	again := time.NewTicker(waitStep)
	defer again.Stop()
	for {
		var answered *control.Error
		if err := client.Ready(ctx); err != nil && !errors.As(err, &answered) && ctx.Err() == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("it still answers")
		case <-again.C:
		}
	}
}
