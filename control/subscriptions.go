package control

import "time"

// Subscription is a subscription as one who steers may see it: its client state never shows, and the query values of its URLs are
// masked.
type Subscription struct {
	ID              string    `json:"id"`
	Mount           string    `json:"mount" doc:"base path under which it was made"`
	Dialect         string    `json:"dialect" doc:"what that path speaks now, and it is notified in"`
	App             string    `json:"app,omitempty"`
	Mailbox         string    `json:"mailbox,omitempty"`
	Resource        string    `json:"resource"`
	ChangeType      string    `json:"changeType"`
	NotificationURL string    `json:"notificationUrl"`
	LifecycleURL    string    `json:"lifecycleUrl,omitempty"`
	Expires         time.Time `json:"expires"`
	HasClientState  bool      `json:"hasClientState"`
	Rich            bool      `json:"rich,omitempty" doc:"its notifications carry the item's data"`
}

// SubscriptionQuery asks for a page of subscriptions.
type SubscriptionQuery struct {
	Where Selector
	After string `query:"after" doc:"the next of the page before"`
	Limit int    `query:"limit" doc:"at most so many; 1000 if left out"`
}

// SubscriptionPage is a part of the subscriptions, in the order of their creation.
type SubscriptionPage struct {
	Subscriptions []Subscription `json:"subscriptions"`
	Next          string         `json:"next,omitempty" doc:"the after of the next page; absent on the last"`
}

// NewSubscription is a subscription to be put in without a handshake and beyond any quota: for tests and benchmarks.
type NewSubscription struct {
	Mount           string    `json:"mount" doc:"base path, which decides on the dialect, such as /v1.0"`
	Resource        string    `json:"resource" doc:"as its dialect writes it, or short, such as me/messages"`
	ChangeType      string    `json:"changeType" doc:"such as created,updated"`
	NotificationURL string    `json:"notificationUrl"`
	LifecycleURL    string    `json:"lifecycleUrl,omitempty"`
	ClientState     string    `json:"clientState,omitempty"`
	Mailbox         string    `json:"mailbox,omitempty" doc:"whom me means in the resource; the default user if left out"`
	App             string    `json:"app,omitempty" doc:"whose it is; the default app's if left out"`
	Expires         time.Time `json:"expires,omitzero" doc:"virtual time; the dialect's longest life if left out"`
}

// Imported tells what an import put in.
type Imported struct {
	Count int      `json:"count"`
	IDs   []string `json:"ids,omitempty" doc:"in the order of the request; left out when there are more than 10000"`
}

// Removed counts the subscriptions that were removed.
type Removed struct {
	Removed int `json:"removed"`
}
