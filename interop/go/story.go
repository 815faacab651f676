package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/google/uuid"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

// patience is the longest that anything may take to arrive: far above what it takes, and short enough to wait for.
const patience = 20 * time.Second

// A story is what a client goes through, the same as ../node/story.mjs tells, chapter by chapter.
type story struct {
	*client
	webhook  *webhook
	user     string
	resource string
	id       string // of the subscription
	state    string // its client state
}

// play tells the story, a line for each chapter.
func play(ctx context.Context, credential azcore.TokenCredential) error {
	user := os.Getenv("INTEROP_USER")
	c, err := newClient(credential, user)
	if err != nil {
		return err
	}
	s := &story{client: c, webhook: listen(), user: user, resource: "users/" + user + "/messages", state: `secret "of" ` + uuid.NewString()}
	defer s.webhook.Close()
	if _, ok := credential.(*azidentity.DeviceCodeCredential); ok {
		s.resource = "/me/mailFolders('Inbox')/messages"
	}
	chapters := []struct {
		name string
		tell func(context.Context) (string, error)
	}{
		{"subscribe", s.subscribe},
		{"find", s.find},
		{"answer", s.answer},
		{"hear", s.hear},
		{"renew", s.extend},
		{"resume", s.resume},
		{"wait", s.wait},
		{"challenge", s.challenge},
		{"remove", s.end},
		{"keep", s.keep},
	}
	for _, chapter := range chapters {
		told, err := chapter.tell(ctx)
		if err != nil {
			return fmt.Errorf("%-10s %w", chapter.name, err) // what comes next rests on it
		}
		fmt.Printf("ok    %-10s %s\n", chapter.name, told)
	}
	return nil
}

// subscribe wants both URLs validated before it is answered.
func (s *story) subscribe(ctx context.Context) (string, error) {
	request := models.NewSubscription()
	request.SetChangeType(new("created"))
	request.SetNotificationUrl(new(s.webhook.URL + "/hook"))
	request.SetLifecycleNotificationUrl(new(s.webhook.URL + "/hook?lifecycle=1"))
	request.SetResource(&s.resource)
	request.SetExpirationDateTime(new(time.Now().AddDate(0, 0, 1).Truncate(time.Second)))
	request.SetClientState(&s.state)
	made, err := s.create(ctx, request)
	if err != nil {
		return "", err
	}
	s.id = value(made.GetId())
	return fmt.Sprintf("validated at %d URL(s)", s.webhook.handshakes.Load()), errors.Join(
		differ("handshakes before the answer", int(s.webhook.handshakes.Load()), 2),
		differ("an id", s.id != "", true),
		differ("the client state in the answer", value(made.GetClientState()), s.state))
}

func (s *story) find(ctx context.Context) (string, error) {
	if err := s.isThere(ctx); err != nil {
		return "", err
	}
	all, err := s.list(ctx)
	if err != nil {
		return "", err
	}
	if err := differ("subscriptions in the list", len(all), 1); err != nil {
		return "", err
	}
	return "by its id, and in the list", differ("id in the list", value(all[0].GetId()), s.id)
}

func (s *story) isThere(ctx context.Context) error {
	one, err := s.fetch(ctx, s.id)
	if err != nil {
		return err
	}
	return differ("id", value(one.GetId()), s.id)
}

// answer meets the challenge that comes at once: the token ends within the hour, so the service asks for another in good time.
func (s *story) answer(ctx context.Context) (string, error) {
	if err := s.challenged(ctx); err != nil {
		return "", err
	}
	_, err := s.renew(ctx, s.id, time.Now().AddDate(0, 0, 1))
	return "reauthorizationRequired with a renewal, as the token ends before the subscription", err
}

func (s *story) challenged(ctx context.Context) error {
	item, err := next(ctx, s.webhook.lifecycle)
	if err != nil {
		return err
	}
	return differ("lifecycle notification", item, notification{LifecycleEvent: "reauthorizationRequired", SubscriptionID: s.id, ClientState: s.state})
}

func (s *story) hear(ctx context.Context) (string, error) {
	subject := `Ärger & "Co" ` + uuid.NewString()
	if err := s.happen(ctx, subject); err != nil {
		return "", err
	}
	return "of a message, and read it", s.notified(ctx, subject)
}

// happen lets a message arrive.
func (s *story) happen(ctx context.Context, subject string) error {
	return steer(ctx, "/changes", map[string]any{
		"collection": "message", "change": "created", "mailbox": s.user, "set": map[string]any{"subject": subject},
	})
}

// notified waits for a notification of a message, and reads that.
func (s *story) notified(ctx context.Context, subject string) error {
	item, err := next(ctx, s.webhook.changes)
	if err != nil {
		return err
	}
	message, err := s.read(ctx, item.Resource)
	if err != nil {
		return err
	}
	return errors.Join(
		differ("notification", item, notification{ChangeType: "created", Resource: item.Resource, SubscriptionID: s.id, ClientState: s.state}),
		differ("subject", value(message.GetSubject()), subject))
}

func (s *story) extend(ctx context.Context) (string, error) {
	until := time.Now().AddDate(0, 0, 2).Truncate(time.Second).UTC()
	renewed, err := s.renew(ctx, s.id, until)
	if err != nil {
		return "", err
	}
	return "until " + until.Format(time.RFC3339), differ("end", value(renewed.GetExpirationDateTime()).UTC(), until)
}

// resume lets authorization lapse: what changes waits until the client has reacted.
func (s *story) resume(ctx context.Context) (string, error) {
	if err := steer(ctx, "/lifecycle", map[string]any{"event": "reauthorizationRequired", "lapse": true}); err != nil {
		return "", err
	}
	if err := s.challenged(ctx); err != nil {
		return "", err
	}
	subject := "Held " + uuid.NewString()
	if err := s.happen(ctx, subject); err != nil {
		return "", err
	}
	if err := differ("notifications without authorization", len(s.webhook.changes), 0); err != nil {
		return "", err
	}
	if err := s.reauthorize(ctx, s.id); err != nil {
		return "", err
	}
	return "after reauthorizationRequired, and heard of what had waited", s.notified(ctx, subject)
}

// wait has the service refuse a request for a second, which the SDK is to wait for.
func (s *story) wait(ctx context.Context) (string, error) {
	if err := steer(ctx, "/faults", map[string]any{"faults": []string{"throttle:next=1,retry-after=1"}}); err != nil {
		return "", err
	}
	asked := time.Now()
	err := s.isThere(ctx)
	waited := time.Since(asked)
	return fmt.Sprintf("for %d ms, as Retry-After said", waited.Milliseconds()), errors.Join(err, differ("a second waited for", waited >= time.Second, true))
}

// challenge has the service ask for a new token, as after a password was changed.
func (s *story) challenge(ctx context.Context) (string, error) {
	if err := steer(ctx, "/faults", map[string]any{"faults": []string{"claims-challenge:next=1"}}); err != nil {
		return "", err
	}
	return "of a new token, met", s.isThere(ctx)
}

func (s *story) end(ctx context.Context) (string, error) {
	if err := s.remove(ctx, s.id); err != nil {
		return "", err
	}
	err := s.isThere(ctx)
	code := codeOf(err)
	return "and then nobody finds it: " + code, differ(fmt.Sprintf("code of %v", err), code, "ResourceNotFound")
}

// keep looks back: a token that the SDK could not keep would have been asked for again and again.
func (s *story) keep(ctx context.Context) (string, error) {
	const wanted = 2 // the first, and the one after the challenge
	n, err := signIns(ctx)
	return fmt.Sprintf("tokens: %d sign-in(s) for all of it", n), errors.Join(err, differ("sign-ins", n, wanted))
}

// differ says in what something is not as it should be.
func differ[T comparable](what string, got, want T) error {
	if got == want {
		return nil
	}
	return fmt.Errorf("%s: %v, want %v", what, got, want)
}

// value is what the SDK points to: nothing, where it points nowhere.
func value[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}
