package receiver_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
	"github.com/outlocal/outlocal/receiver"
)

// Whatever stands for encrypted content, it is opened to a JSON object or it is told why not, and all can be shown.
func FuzzEncryptedContent(f *testing.F) {
	published, err := os.ReadFile("testdata/rich/published.json")
	if err != nil {
		f.Fatalf("no seed: %v", err)
	}
	f.Add(published)
	for _, w := range []wrong{{}, {iv: make([]byte, 16)}, {dataKey: make([]byte, 16)}, {pad: func([]byte) []byte { return make([]byte, 16) }}, {wrap: javas}} {
		seed, err := json.Marshal(encrypt(f, mine(), `{"subject":"hi"}`, w))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	for _, seed := range []string{"null", "{}", "[]", `"x"`, `{"data":1,"dataKey":null}`, `{"data":"AA==","dataSignature":"AA==","dataKey":"AA==","encryptionCertificateId":"mine"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if !json.Valid(content) {
			return
		}
		r := newReceiver(t, receiver.Config{Keys: []receiver.Key{mine()}, BodyLimit: 1 << 20})
		post(t, r, nil, batch(richItem(t, json.RawMessage(content))))
		checkJournal(t, r)
		for _, item := range items(r) {
			opened := item.Encryption == diagnosis.EncryptionRight || item.Encryption == diagnosis.EncryptionSameKey
			var object map[string]any
			if content := item.Content(); opened != (content != nil) || opened && json.Unmarshal(content, &object) != nil {
				t.Errorf("content that is %q opens to %q", item.Encryption, content)
			}
			if item.Encryption != diagnosis.EncryptionUnchecked && item.Good() != (item.Encryption == diagnosis.EncryptionRight) {
				t.Errorf("content that is %q makes the item good: %t", item.Encryption, item.Good())
			}
		}
	})
}

// Whatever stands for a token, it is right only if it says what was signed; else it is told why not, and never shown.
func FuzzValidationToken(f *testing.F) {
	end := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	good := sign(f, signing(), claimsV1(map[string]any{"exp": end.Unix()}))
	for _, seed := range []string{
		good, sign(f, signing(), claimsV2(map[string]any{"exp": end.Unix()})), sign(f, strange(), claimsV1(nil)), tampered(f), unsigned(claimsV1(nil)),
		"", "1", ".", "..", "...", "a.b.c", good + "=", good[1:], good + "." + good, strings.ReplaceAll(good, ".", "\n"),
		"eyJhbGciOiJSUzI1NiJ9..", "eyJhbGciOiJSUzI1NiIsImNyaXQiOlsieCJdfQ.e30.AA", `{"payload":"e30","protected":"e30","signature":"AA"}`,
	} {
		f.Add(seed)
	}
	a := serving(f, signing())
	r, err := receiver.New(receiver.Config{Tokens: a.tokens(), Now: arrival})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(r.Close)
	f.Fuzz(func(t *testing.T, token string) {
		r.Journal().Clear()
		post(t, r, nil, withTokens(t, []string{token}, graphItem("s", "created", "i", "e", "")))
		all, _ := r.Journal().Since(0, func(e *journal.Entry) bool { return e.Kind == journal.Notified }, 0)
		item := all[0].Data.(*receiver.Item)
		said, err := json.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		switch right := strings.Contains(string(said), `"tenant":"`+myTenant+`","audience":["`+myApp+`"],"expires":"2100-01-01T00:00:00Z"`); {
		case item.Token == diagnosis.TokenUnchecked, item.Token == diagnosis.TokenMissing:
			t.Errorf("%q is %q", token, item.Token)
		case item.Token == diagnosis.TokenRight && !right:
			t.Errorf("%q is right, and says %s", token, said)
		case item.Token != diagnosis.TokenRight && len(item.Findings()) == 0:
			t.Errorf("%q is %q, and nothing was found out", token, item.Token)
		}
		if strings.Contains(shown(t, r), good) {
			t.Error("the journal shows a token")
		}
	})
}
