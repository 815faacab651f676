package verify

import "github.com/outlocal/outlocal/dialect"

// notificationChecks are all that a notification can be. The plain one comes first, as all others are measured by it.
func notificationChecks() []Check {
	list := []Check{
		{
			ID: plainID, Title: "takes one notification, within 3 s", gentle: true, play: playPlain,
			Findings: []string{
				"delivery-late", "delivery-timeout", "delivery-status", "delivery-redirect", "delivery-login-redirect", "delivery-unauthorized",
				"delivery-body-parser", "delivery-not-found", "delivery-method", "delivery-throttled", "delivery-error", "delivery-html",
				"delivery-tunnel", "delivery-refused", "delivery-dns", "delivery-tls", "delivery-reset", "delivery-protocol", "delivery-failed", diedID,
			},
		},
		{ID: "notification-slow-body", Title: "reads a body that comes in pieces", Findings: []string{"notification-slow-body"}, hostile: true, play: playSlow},
		{ID: "notification-small-batch", Title: "takes several in one request", Findings: []string{"notification-batch"}, gentle: true, kin: []string{"notification-slow-body"}, play: playBatch(smallBatch)},
		{ID: "notification-large-body", Title: "takes a body of 1 MB", Findings: []string{"notification-large-body"}, hostile: true, kin: []string{"notification-slow-body"}, play: playLarge},
		{ID: "notification-batch", Title: "takes 100 in one request", Findings: []string{"notification-batch"}, kin: []string{"notification-slow-body", "notification-large-body"}, play: playBatch(largestBatch)},
		{ID: "notification-mixed", Title: "takes several subscriptions' in one request", Findings: []string{"notification-mixed"}, kin: []string{"notification-slow-body"}, play: playMixed},
		{ID: burstID, Title: "takes many requests at once", Findings: []string{"notification-burst"}, hostile: true, play: playBurst},
		{ID: "notification-duplicate", Title: "takes the same one twice", Findings: []string{"notification-duplicate"}, play: playDuplicate},
		{ID: "notification-disorder", Title: "takes them out of order", Findings: []string{"notification-disorder"}, play: playDisorder},
		{ID: "notification-unknown-properties", Title: "ignores properties that it doesn't know", Findings: []string{"notification-unknown-properties"}, hostile: true, play: playExtra},
		{ID: "notification-early", Title: "bears one that overtakes the 201", Findings: []string{"notification-early"}, has: hasHandshake, foreign: true, hostile: true, play: playEarly},
		{ID: "notification-wrong-client-state", Title: "bears a wrong client state", Findings: []string{"notification-wrong-client-state"}, foreign: true, hostile: true, play: playWrongState},
		{ID: "notification-no-client-state", Title: "bears a missing client state", Findings: []string{"notification-no-client-state"}, foreign: true, hostile: true, kin: []string{"notification-wrong-client-state"}, play: playNoState},
		{ID: "notification-unknown-subscription", Title: "bears a subscription that it doesn't know", Findings: []string{"notification-unknown-subscription"}, foreign: true, hostile: true, kin: []string{"notification-early"}, play: playUnknown},
		{ID: "notification-bad-item", Title: "takes the good ones beside a bad one", Findings: []string{"notification-bad-item"}, hostile: true, kin: []string{"notification-mixed", "notification-wrong-client-state", "notification-no-client-state", "notification-early", "notification-unknown-subscription"}, play: playBadItem},
		{ID: "notification-null-entry", Title: "passes over null in the list", Findings: []string{"notification-null-entry"}, hostile: true, kin: []string{"notification-wrong-client-state", "notification-no-client-state", "notification-bad-item"}, play: playNull},
		{ID: "notification-garbage", Title: "bears a body that is no JSON", Findings: []string{"notification-garbage"}, foreign: true, hostile: true, play: playGarbage},
		{ID: "notification-empty-body", Title: "bears an empty body", Findings: []string{"notification-empty-body"}, foreign: true, hostile: true, kin: []string{"notification-garbage"}, play: playEmpty},
	}
	for i := range list {
		list[i].Group = Notifications
		if !list[i].foreign {
			list[i].Depth = Believed
		}
		if list[i].hostile {
			list[i].Findings = append(list[i].Findings, diedID)
		}
	}
	return list
}

// lifecycleChecks are the events in a subscription's life that leave it alive.
func lifecycleChecks() []Check {
	return []Check{
		lifecycleCheck("lifecycle-missed", "takes missed", hasLifecycle, playLifecycle("missed")),
		lifecycleCheck("lifecycle-reauthorization", "takes reauthorizationRequired", isGraph, playLifecycle("reauthorizationRequired"), "lifecycle-missed"),
	}
}

// lastChecks end the subscription: nothing can come after them.
func lastChecks() []Check {
	return []Check{
		lifecycleCheck("lifecycle-removed", "takes subscriptionRemoved", hasLifecycle, playLifecycle("subscriptionRemoved"), "lifecycle-missed", "lifecycle-reauthorization"),
		callCheck(recreateID, "subscribes anew after a removal", "lifecycle-not-recreated", hasLifecycle, playCallsRecreate, renewalID),
	}
}

func lifecycleCheck(id, title string, has func(*dialect.Dialect) bool, play player, kin ...string) Check {
	return Check{ID: id, Group: Lifecycle, Title: title, Depth: Believed, Findings: []string{id, diedID}, hostile: true, kin: kin, has: has, play: play}
}

// callChecks are what the app does at the API when its webhook is notified.
func callChecks() []Check {
	return []Check{
		callCheck("calls-client-state", "reads nothing that a wrong client state names", "client-state-unchecked", nil, playCallsState),
		callCheck("calls-batch", "works through all of a request", "notification-first-only", nil, playCallsBatch),
		callCheck("calls-duplicate", "works on a duplicate once", "notification-twice", nil, playCallsDuplicate),
		callCheck("calls-missed", "fetches everything after missed", "lifecycle-not-resynced", hasLifecycle, playCallsMissed, renewalID),
		callCheck("calls-reauthorize", "reauthorizes, or renews, when asked", "lifecycle-not-reauthorized", isGraph, playCallsReauthorize),
	}
}

func callCheck(id, title, finding string, has func(*dialect.Dialect) bool, play player, others ...string) Check {
	return Check{ID: id, Group: Calls, Title: title, Depth: CallsBack, Findings: append([]string{finding}, others...), has: has, play: play}
}

// The ids that others rest on.
const (
	plainID    = "notification-plain"
	recreateID = "calls-recreate"
	burstID    = "notification-burst"
	diedID     = "webhook-died"
	renewalID  = "lifecycle-renewed-only"
)

// How many notifications make a batch: as many as a polite visitor may send, and as many as were seen in one request.
const (
	smallBatch   = 5
	largestBatch = 100
)

// hasLifecycle tells whether there are words for what happens to a subscription: Graph has events, Outlook's last schema change types
// (W3.2-01, W3.4-01, W5-03).
func hasLifecycle(d *dialect.Dialect) bool {
	return d.Family == dialect.Graph || d.Name == dialect.OutlookFinal.Name
}
