package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
)

func newReplayCommand(a *app) *cobra.Command {
	t := target{exposure: true}
	last := 0
	cmd := &cobra.Command{
		Use:   "replay [SEQ]",
		Short: "Send what came in through the tunnel to your webhook once more",
		Long: `Send a request that outlocal expose passed on to your webhook once more: the last one, those of --last, or the one
that SEQ names, as outlocal journal --json numbers it. The service sees nothing of it. What your webhook answers is
judged as the service would.`,
		Example:     "outlocal replay\noutlocal replay --last 5\noutlocal replay 42",
		Args:        takesUpTo("SEQ"),
		Annotations: exits("your webhook took it", "your webhook did not take it as the service wants", "no outlocal expose runs, or nothing came in yet"),
		RunE: func(cmd *cobra.Command, args []string) error {
			request := control.ReplayRequest{Last: last}
			if len(args) > 0 {
				seq, err := strconv.ParseUint(args[0], 10, 64)
				if err != nil || seq == 0 {
					return wrongUse("the numbers stand in outlocal journal --json", "replay %s: it is no number of an entry", args[0])
				}
				request.Seq = seq
			}
			if cmd.Flags().Changed("last") && (last <= 0 || request.Seq > 0) {
				return wrongUse("such as --last 3, or a SEQ instead", "read --last: it is not positive, or stands beside a SEQ")
			}
			return a.replay(cmd.Context(), t, request)
		},
	}
	addExposure(cmd, &t)
	cmd.Flags().StringVar(&t.token, "control-token-env", tokenVariable, "`NAME` of the variable with the control token, where one is demanded")
	cmd.Flags().IntVar(&last, "last", 0, "the last so many requests, in their order")
	return cmd
}

func (a *app) replay(ctx context.Context, t target, request control.ReplayRequest) error {
	client, err := a.find(ctx, t)
	if err != nil {
		return err
	}
	replayed, err := client.Replay(ctx, request)
	if err != nil {
		return err
	}
	c := a.watch(a.out, control.Exposure)
	if err := c.entries(replayed.Entries); err != nil {
		return err
	}
	for _, e := range replayed.Entries {
		if decode[struct {
			Class diagnosis.Class `json:"class"`
		}](e.Data).Class == diagnosis.ClassFailed {
			return told(ExitFailed)
		}
	}
	return nil
}
