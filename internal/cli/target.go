package cli

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/internal/state"
)

// target is what a verb steers: the emulator or receiver that its flags name, else the only one that runs.
type target struct {
	emulator string
	receiver string
	expose   string
	either   bool   // a receiver or what is exposed will do too
	exposure bool   // it is what is exposed that is steered
	token    string // name of the variable with the control token
}

// tokenVariable is where the control token is unless a flag names another variable.
const tokenVariable = "OUTLOCAL_CONTROL_TOKEN" //nolint:gosec // the name of a variable, no secret

// addEmulator lets a verb steer an emulator.
func addEmulator(cmd *cobra.Command, t *target) {
	cmd.Flags().StringVar(&t.emulator, "emulator", "", "the emulator to steer, by `URL|NAME`; the only one that runs if left out")
	cmd.Flags().StringVar(&t.token, "control-token-env", tokenVariable, "`NAME` of the variable with the control token, where one is demanded")
	fromEnvironment(cmd, "emulator")
}

// addEither lets a verb steer an emulator, a receiver, or what is exposed.
func addEither(cmd *cobra.Command, t *target) {
	addEmulator(cmd, t)
	t.either = true
	cmd.Flags().StringVar(&t.receiver, "receiver", "", "a receiver instead, by `URL|NAME`")
	excludes(cmd, "emulator", "receiver")
	addExposure(cmd, t)
}

// addExposure lets a verb steer what outlocal expose runs.
func addExposure(cmd *cobra.Command, t *target) {
	usage := "a running outlocal expose instead, by `URL|NAME`"
	if t.exposure {
		usage = "the running outlocal expose, by `URL|NAME`; the only one that runs if left out"
	}
	cmd.Flags().StringVar(&t.expose, "expose", "", usage)
	for _, other := range []string{"emulator", "receiver"} {
		if cmd.Flags().Lookup(other) != nil {
			excludes(cmd, other, "expose")
		}
	}
}

// folder is the state folder.
func (a *app) folder() (state.Folder, error) {
	folder, err := state.Locate(runtime.GOOS, a.process.Env)
	if err != nil {
		return folder, err
	}
	return folder, nil
}

// find looks for what t names, and returns a client for it.
func (a *app) find(ctx context.Context, t target) (*control.Client, error) {
	address, err := a.locate(ctx, t)
	if err != nil {
		return nil, err
	}
	client, err := control.NewClient(address, control.ClientConfig{Token: a.process.Env(t.token)})
	if err != nil {
		return nil, wrongUse("name it as outlocal status shows it, such as http://127.0.0.1:3652", "%w", err)
	}
	return client, nil
}

// locate returns the control address of what t names.
func (a *app) locate(ctx context.Context, t target) (string, error) {
	folder, err := a.folder()
	if err != nil {
		return "", err
	}
	running, err := folder.Running(ctx)
	if err != nil {
		return "", err
	}
	kind, named := control.Emulator, t.emulator
	switch {
	case t.receiver != "":
		kind, named = control.Receiver, t.receiver
	case t.expose != "" || t.exposure:
		kind, named = control.Exposure, t.expose
	}
	all := running
	others := append(ofKind(running, control.Receiver), ofKind(running, control.Exposure)...)
	running = ofKind(running, kind)
	switch {
	case named == "" && t.exposure:
		return onlyExposure(running)
	case named == "":
		return onlyOne(running, others, t)
	}
	for _, r := range running {
		if r.Name == named || r.Has(named) {
			return r.Control, nil
		}
	}
	if strings.Contains(named, "://") {
		return named, nil // one of another machine or user, by its control address
	}
	return "", noSuch(all, kind, named, t)
}

// noSuch says that nothing of a kind has a name, and what has it instead.
func noSuch(running []state.Running, kind control.Kind, named string, t target) error {
	for _, r := range running {
		if r.Kind == kind || r.Name != named && !r.Has(named) {
			continue
		}
		hint := choices(ofKind(running, kind))
		if t.either {
			hint = fmt.Sprintf("name it as what it is: --%s %s", r.Kind, named)
		}
		return wrongUse(hint, "find %s %q: that is the name of %s", kind, named, article(r.Kind))
	}
	hint := choices(ofKind(running, kind))
	if kind == control.Exposure && len(ofKind(running, kind)) == 0 {
		hint = "no webhook is exposed: " + beginExposure
	}
	return notJudged(hint, "find %s %q: there is none of that name", kind, named)
}

// article is what something of a kind is called.
func article(kind control.Kind) string {
	return map[control.Kind]string{control.Emulator: "an emulator", control.Receiver: "a receiver", control.Exposure: "an outlocal expose"}[kind]
}

func ofKind(running []state.Running, kind control.Kind) []state.Running {
	var some []state.Running
	for _, r := range running {
		if r.Kind == kind {
			some = append(some, r)
		}
	}
	return some
}

// beginExposure says how there comes to be one.
const beginExposure = "outlocal expose puts your webhook behind a public URL"

func onlyExposure(running []state.Running) (string, error) {
	switch len(running) {
	case 0:
		return "", notJudged(beginExposure, "find what is exposed: nothing is")
	case 1:
		return running[0].Control, nil
	}
	return "", wrongUse(choices(running), "find what is exposed: %d webhooks are", len(running))
}

func onlyOne(emulators, others []state.Running, t target) (string, error) {
	switch {
	case len(emulators) == 1:
		return emulators[0].Control, nil
	case len(emulators) > 1:
		return "", wrongUse(choices(emulators), "find emulator: %d are running", len(emulators))
	case len(others) > 0 && t.either:
		return "", notJudged(choices(others)+", or start an emulator with outlocal emulate", "find emulator: none is running, but %s", article(others[0].Kind))
	}
	return "", notJudged("start one with outlocal emulate, or name one elsewhere with --emulator URL", "find emulator: none is running")
}

// choices says which ones there are.
func choices(running []state.Running) string {
	if len(running) == 0 {
		return "none is running: start one with outlocal emulate or outlocal receive"
	}
	var names []string
	for _, r := range running {
		names = append(names, fmt.Sprintf("--%s %s (%s)", r.Kind, r.Name, r.Control))
	}
	if len(names) == 1 {
		return "name it: " + names[0]
	}
	return "choose one: " + strings.Join(names, ", ")
}
