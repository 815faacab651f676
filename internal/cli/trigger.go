package cli

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/internal/nearmiss"
	"github.com/outlocal/outlocal/notify"
)

// lifecycleWord begins what is raised about subscriptions rather than items.
const lifecycleWord = "lifecycle"

func newTriggerCommand(a *app) *cobra.Command {
	var t target
	var change control.Change
	var set []string
	var where selection
	var lapse bool
	cmd := &cobra.Command{
		Use:   "trigger WHAT",
		Short: "Make something happen in a mailbox, or to subscriptions",
		Long: `Make something happen, so that subscribers are notified. WHAT is a collection and what happens in it:

  message.created   message.updated   message.deleted     and so with event, contact and task

or something in the life of subscriptions:

  lifecycle.missed   lifecycle.reauthorization-required   lifecycle.removed

which go to the lifecycle URLs of Graph's subscriptions, and to the notification URLs of Outlook's. With --lapse,
authorization ends at once: what changes waits until the app has reauthorized or renewed.

It returns at once: outlocal journal --follow shows what comes of it.`,
		Example: `outlocal trigger message.created
outlocal trigger message.created --count 5 --set subject="Quarterly numbers" --set importance=high
outlocal trigger event.updated --mailbox anna@contoso.com
outlocal trigger lifecycle.missed --subscription 7f105c7d-2dc5-4530-97cd-4e7ae6534c07
outlocal trigger lifecycle.reauthorization-required --lapse`,
		Args:        takes("WHAT"),
		Annotations: exits("it happened, whether anybody was notified or not", "", "no emulator answers"),
		ValidArgs:   happenings(),
		RunE: func(cmd *cobra.Command, args []string) error {
			noun, word, err := happening(args[0])
			if err != nil {
				return err
			}
			if noun == lifecycleWord {
				if err := onlyFor(cmd, "changes of items", "count", "item", "folder", "set"); err != nil {
					return err
				}
				where.Mailbox = change.Mailbox
				if word != string(notify.ReauthorizationRequired) {
					if err := onlyFor(cmd, "lifecycle.reauthorization-required", "lapse"); err != nil {
						return err
					}
				}
				return a.raiseLifecycle(cmd.Context(), t, control.LifecycleEvent{Event: word, Lapse: lapse}, &where)
			}
			if err := onlyFor(cmd, "lifecycle events", "subscription", "app", "url", "lapse"); err != nil {
				return err
			}
			change.Collection, change.Change = noun, word
			if change.Set, err = properties(set); err != nil {
				return err
			}
			return a.raiseChange(cmd.Context(), t, change)
		},
	}
	addEmulator(cmd, &t)
	flags := cmd.Flags()
	flags.StringVar(&change.Mailbox, "mailbox", "", "whose mailbox, by `ADDRESS`; the default user's if left out")
	flags.StringVar(&change.Folder, "folder", "", "the folder, by `ID` or well-known name; where new items arrive if left out")
	flags.StringVar(&change.Item, "item", "", "the item to be updated or deleted, by `ID`; the newest if left out")
	flags.IntVar(&change.Count, "count", 1, "how many changes")
	flags.StringArrayVar(&set, "set", nil, "a property of the item, as `NAME=VALUE`: names are Graph's, inner ones after a dot; may be repeated")
	addSubscriptionSelector(cmd, &where, "lifecycle: only this subscription, by `ID`, or as much of it as makes it unique")
	flags.StringVar(&where.App, "app", "", "lifecycle: only subscriptions of this application, by `ID`")
	flags.BoolVar(&lapse, "lapse", false, "lifecycle.reauthorization-required: authorization ends at once, and changes wait until it is renewed")
	addURLSelector(cmd, &where, "lifecycle: only subscriptions that are notified to this `URL`, or to this host")
	return cmd
}

// happenings lists what can be triggered, for completion.
func happenings() []string {
	var all []string
	for _, noun := range []string{"message", "event", "contact", "task"} {
		for _, word := range []string{"created", "updated", "deleted"} {
			all = append(all, noun+"."+word)
		}
	}
	for _, e := range lifecycleEvents() {
		all = append(all, lifecycleWord+"."+e.word)
	}
	return all
}

// lifecycleEvent is an event in the life of subscriptions, as a command line and as Graph call it.
type lifecycleEvent struct {
	word  string
	event notify.Lifecycle
}

func lifecycleEvents() []lifecycleEvent {
	return []lifecycleEvent{
		{"missed", notify.Missed}, {"reauthorization-required", notify.ReauthorizationRequired}, {"removed", notify.SubscriptionRemoved},
	}
}

// eventOf finds an event by either of its names.
func eventOf(word string) (notify.Lifecycle, bool) {
	for _, e := range lifecycleEvents() {
		if word == e.word || word == string(e.event) {
			return e.event, true
		}
	}
	return "", false
}

// happening reads WHAT, or says what may have been meant.
func happening(what string) (noun, word string, err error) {
	noun, word, _ = strings.Cut(what, ".")
	if event, ok := eventOf(word); ok && noun == lifecycleWord {
		return noun, string(event), nil
	}
	if slices.Contains(happenings(), what) {
		return noun, word, nil
	}
	hint := "it can be " + strings.Join(happenings(), ", ")
	if near := nearmiss.Of(what, happenings()); near != "" {
		hint = "did you mean " + near + "? outlocal trigger --help lists what there is"
	}
	return "", "", wrongUse(hint, "trigger: %q is nothing that happens", what)
}

// onlyFor refuses flags that have no meaning for what is triggered.
func onlyFor(cmd *cobra.Command, what string, flags ...string) error {
	for _, name := range flags {
		if cmd.Flags().Changed(name) {
			return wrongUse("leave it out", "trigger: --%s is for %s only", name, what)
		}
	}
	return nil
}

func (a *app) raiseChange(ctx context.Context, t target, change control.Change) error {
	if change.Count < 1 {
		return wrongUse("such as --count 5", "trigger %d changes: want one at least", change.Count)
	}
	client, err := a.find(ctx, t)
	if err != nil {
		return err
	}
	raised, err := client.RaiseChange(ctx, change)
	if err != nil {
		return err
	}
	if a.json {
		return a.out.document("outlocal/trigger/1", raised)
	}
	what := count(len(raised.Items), change.Collection) + " " + change.Change
	if len(raised.Items) > 0 {
		what += " in the mailbox of " + raised.Items[0].Mailbox
	}
	a.out.line("%s %s: %s due", a.happened(raised.Matched), what, count(raised.Matched, "notification"))
	a.note(raised.Note)
	return nil
}

// happened is a tick if anybody was notified.
func (a *app) happened(matched int) string {
	if matched == 0 {
		return a.out.caution()
	}
	return a.out.tick()
}

func (a *app) raiseLifecycle(ctx context.Context, t target, event control.LifecycleEvent, where *selection) error {
	client, err := a.find(ctx, t)
	if err != nil {
		return err
	}
	if err := where.settle(ctx, client); err != nil {
		return err
	}
	event.Where = where.Selector
	raised, err := client.RaiseLifecycle(ctx, event)
	if err != nil {
		return err
	}
	if a.json {
		return a.out.document("outlocal/trigger-lifecycle/1", raised)
	}
	if raised.Matched == 0 && len(where.typed) > 0 {
		a.nothingMatches(where)
		return nil
	}
	a.out.line("%s %s for %s: %s due", a.happened(raised.Raised), event.Event, count(raised.Matched, "subscription"), count(raised.Raised, "notification"))
	a.note(raised.Note)
	return nil
}

// properties reads what --set says. A value that is JSON is taken as such, any other is text. A dot leads into an object:
// from.emailAddress.name=Anna.
func properties(set []string) (map[string]any, error) {
	const hint = `write it as --set subject="Quarterly numbers"`
	all := map[string]any{}
	for _, text := range set {
		name, value, ok := strings.Cut(text, "=")
		names := strings.Split(name, ".")
		if !ok {
			return nil, wrongUse(hint, "set %q: want NAME=VALUE", text)
		}
		inner := all
		for i, name := range names {
			if name == "" {
				return nil, wrongUse(hint, "set %q: a name is empty", text)
			}
			if i == len(names)-1 {
				inner[name] = jsonOrText(value)
				break
			}
			next, there := inner[name]
			if !there {
				next = map[string]any{}
				inner[name] = next
			}
			if inner, ok = next.(map[string]any); !ok {
				return nil, wrongUse("give each property once", "set %q: %s has a value already", text, name)
			}
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}

func jsonOrText(value string) any {
	var document any
	if json.Unmarshal([]byte(value), &document) == nil {
		return document
	}
	return value
}
