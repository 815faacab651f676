package main

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/emulator/emulatortest"
)

// What an example calls wrong is refused with a sentence that leads to its finding, and what it calls right makes a subscription.
func TestExamplesOfSubscriptionsAreTrue(t *testing.T) {
	for _, f := range diagnosis.Catalog() {
		e := f.Guide().Example
		if f.Group() != "subscribe" || e == nil {
			continue
		}
		t.Run(f.ID, func(t *testing.T) {
			outlook := emulatortest.New(t, emulatortest.Config{Webhook: http.HandlerFunc(echo)})
			status, message := subscribe(t, outlook, e.Wrong)
			explained := diagnosis.Explain(message)
			if status/100 != 4 || !slices.ContainsFunc(explained, func(d diagnosis.Diagnosis) bool { return d.ID == f.ID }) {
				t.Errorf("the wrong one is answered %d %q, which leads to %d findings", status, message, len(explained))
			}
			if status, message := subscribe(t, outlook, e.Right); status != http.StatusCreated {
				t.Errorf("the right one is answered %d %q", status, message)
			}
		})
	}
}

func subscribe(t *testing.T, outlook *emulatortest.Emulator, example string) (status int, message string) {
	t.Helper()
	at := func(d time.Duration) string { return outlook.Now().Add(d).UTC().Format(time.RFC3339) }
	body := strings.NewReplacer("{now + 1 h}", at(time.Hour), "{now + 30 days}", at(30*24*time.Hour),
		"\"https://example.com/hook\"", "\""+emulatortest.WebhookURL+"\"").Replace(example)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, outlook.URL+"/v1.0/subscriptions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer any")
	request.Header.Set("Content-Type", "application/json")
	response, err := outlook.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var refusal struct{ Error struct{ Message string } }
	if err := json.NewDecoder(response.Body).Decode(&refusal); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, refusal.Error.Message
}

// echo is a webhook that answers its handshake.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, r.URL.Query().Get("validationToken"))
}
