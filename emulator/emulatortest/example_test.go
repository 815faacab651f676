package emulatortest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/notify"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/receiver/receivertest"
	"github.com/outlocal/outlocal/subscriber"
)

// inbox is the webhook under test in the examples.
type inbox struct {
	fails     int                       // so many times it answers 500
	challenge func(subscription string) // is called when the service wants to be reassured

	mu   sync.Mutex
	told []string
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if token := r.URL.Query().Get("validationToken"); token != "" {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, token)
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.fails--; in.fails >= 0 {
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	}
	var body struct {
		Value []struct{ ChangeType, LifecycleEvent, SubscriptionID, ClientState string }
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, "this is no notification", http.StatusBadRequest)
		return
	}
	for _, n := range body.Value {
		switch {
		case n.ClientState != emulatortest.ClientState: // not from the service
		case n.LifecycleEvent == "reauthorizationRequired":
			in.challenge(n.SubscriptionID)
		default:
			in.told = append(in.told, n.ChangeType)
		}
	}
	w.WriteHeader(http.StatusAccepted)
}

// A webhook is tested by what it makes of notifications.
func Example() {
	t, end := begin() // in a test, t is the test's own
	defer end()

	hook := &inbox{}
	outlook := emulatortest.Start(t, emulatortest.Config{Webhook: hook})
	outlook.Subscribe("me/messages", "created,updated") // fails, with cause and cure, unless the handshake is right
	outlook.Change(control.Change{Collection: "message", Change: "created"})
	outlook.Settle()
	outlook.Change(control.Change{Collection: "message", Change: "updated"})

	for _, n := range outlook.WaitHandled(2) {
		fmt.Println(n.Change, n.Status)
	}
	fmt.Println("the webhook knows of", hook.told)
	// Output:
	// created 202
	// updated 202
	// the webhook knows of [created updated]
}

// Code that subscribes is tested with a receiver as its webhook.
func Example_subscriber() {
	t, end := begin() // in a test, t is the test's own
	defer end()

	outlook := emulatortest.Start(t, emulatortest.Config{})
	hook := receivertest.Start(t, receiver.Config{ClientState: "s3cret"})
	if err := watchMail(t.Context(), outlook.URL, hook.URL, "s3cret"); err != nil {
		t.Fatal(err)
	}
	outlook.Change(control.Change{Collection: "message", Change: "created"})

	item := hook.Await(1, nil)[0]
	fmt.Println(item.Change.Name(), "as it should be:", item.Good())
	fmt.Println("handshakes:", len(hook.Handshakes()))
	// Output:
	// Created as it should be: true
	// handshakes: 1
}

// watchMail is the code under test: it takes the service's address from its configuration.
func watchMail(ctx context.Context, service, webhook, secret string) error {
	body, err := json.Marshal(map[string]any{
		"changeType": "created", "resource": "me/messages", "notificationUrl": webhook, "clientState": secret,
		"expirationDateTime": time.Now().Add(time.Hour).UTC(),
	})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, service+"/v1.0/subscriptions", strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer any")
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("subscribe: %s", response.Status)
	}
	return nil
}

// What the service says of the subscription itself is raised like a change; what the webhook does then is in the journal.
func Example_lifecycle() {
	t, end := begin() // in a test, t is the test's own
	defer end()

	hook := &inbox{}
	outlook := emulatortest.Start(t, emulatortest.Config{Webhook: hook})
	hook.challenge = func(subscription string) {
		if err := outlook.Subscriber(dialect.GraphV1).Reauthorize(t.Context(), subscription); err != nil {
			t.Error(err)
		}
	}
	outlook.SubscribeIn(dialect.GraphV1, subscriber.Request{
		Resource: "me/messages", Changes: notify.Created, LifecycleURL: emulatortest.WebhookURL + "/lifecycle",
	})
	outlook.Lifecycle(notify.ReauthorizationRequired)

	fmt.Println(outlook.WaitHandled(1)[0].Change)
	fmt.Println(outlook.Wait(journal.Reauthorized, 1, 0)[0].Kind)
	// Output:
	// reauthorizationRequired
	// reauthorized
}

// Retries come in virtual time: four hours of them take no longer than the webhook does.
func Example_retries() {
	t, end := begin() // in a test, t is the test's own
	defer end()

	hook := &inbox{fails: 3}
	outlook := emulatortest.Start(t, emulatortest.Config{Webhook: hook})
	outlook.Subscribe("me/messages", "created")
	outlook.Change(control.Change{Collection: "message", Change: "created"})
	outlook.Settle()
	fmt.Println("at once, the webhook knows of", len(hook.told))

	outlook.Advance(4 * time.Hour)
	fmt.Println("in the end, the webhook knows of", len(hook.told), "at attempt", outlook.WaitHandled(1)[0].Try)
	// Output:
	// at once, the webhook knows of 0
	// in the end, the webhook knows of 1 at attempt 4
}

// Notifications with encrypted content are for the key that the subscription came with.
func Example_encrypted() {
	t, end := begin() // in a test, t is the test's own
	defer end()

	key := receivertest.Key(t, "my-key")
	hook := receivertest.New(t, receiver.Config{Keys: []receiver.Key{key}}) // or your own webhook, with key.Private
	outlook := emulatortest.Start(t, emulatortest.Config{Webhook: hook})
	outlook.SubscribeIn(dialect.GraphV1, subscriber.Request{
		Resource: "me/messages?$select=subject", Changes: notify.Created,
		Certificate: key.EncryptionCertificate(), CertificateID: key.ID,
	})
	outlook.Change(control.Change{Collection: "message", Change: "created", Set: map[string]any{"subject": "The plan"}})

	var content struct{ Subject string }
	if err := json.Unmarshal(hook.Await(1, nil)[0].Content(), &content); err != nil {
		t.Fatal(err)
	}
	fmt.Println(content.Subject)
	// Output: The plan
}

// A fault lets the emulator do what the service does on a bad day, such as to send a notification twice.
func ExampleEmulator_Fault() {
	t, end := begin() // in a test, t is the test's own
	defer end()

	hook := &inbox{}
	outlook := emulatortest.Start(t, emulatortest.Config{Webhook: hook})
	outlook.Subscribe("me/messages", "created")
	outlook.Fault("duplicate:next=1")
	outlook.Change(control.Change{Collection: "message", Change: "created"})
	outlook.Settle()

	fmt.Println(hook.told)
	// Output: [created created]
}

// Webhooks and subscribers of the schemas before Graph are tested the same way.
func ExampleEmulator_SubscribeIn() {
	t, end := begin() // in a test, t is the test's own
	defer end()

	hook := receivertest.New(t, receiver.Config{ClientState: emulatortest.ClientState})
	outlook := emulatortest.Start(t, emulatortest.Config{Webhook: hook})
	for _, d := range []*dialect.Dialect{dialect.OutlookFinal, dialect.GraphV1} {
		outlook.SubscribeIn(d, subscriber.Request{Resource: "me/messages", Changes: notify.Created})
	}
	outlook.Change(control.Change{Collection: "message", Change: "created"})

	for _, item := range hook.Await(2, nil) {
		fmt.Println(item.Dialect.Family, item.Change.Name())
	}
	// Unordered output:
	// Outlook Created
	// Graph Created
}
