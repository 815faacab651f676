package emulator_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/journal"
)

// reader is a subscriber's key with its certificate.
type reader struct {
	id  string
	key *rsa.PrivateKey
	der []byte
}

// readers are two subscribers, made once: to find a key takes a tenth of a second.
var readers = sync.OnceValue(func() [2]reader {
	var made [2]reader
	for i, id := range []string{"first-key", "second-key"} {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: id},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Duration(1-2*i) * time.Minute), // the second one has expired
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			panic(err)
		}
		made[i] = reader{id, key, der}
	}
	return made
})

func (r reader) certificate() string { return base64.StdEncoding.EncodeToString(r.der) }

func (r reader) thumbprint() string {
	sum := sha1.Sum(r.der)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// encrypted is content on the wire.
type encrypted struct{ Data, DataSignature, DataKey, EncryptionCertificateID, EncryptionCertificateThumbprint string }

// open reads content as the documents tell a receiver to.
func (r reader) open(e *encrypted) (content string, err error) {
	bytesOf := func(text string) []byte {
		b, wrong := base64.StdEncoding.DecodeString(text)
		err = errors.Join(err, wrong)
		return b
	}
	data, signature, wrapped := bytesOf(e.Data), bytesOf(e.DataSignature), bytesOf(e.DataKey)
	if err != nil {
		return "", err
	}
	key, err := rsa.DecryptOAEP(sha1.New(), nil, r.key, wrapped, nil)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(data)
	if !hmac.Equal(mac.Sum(nil), signature) {
		return "", errors.New("the signature does not match")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(data, data)
	return string(data[:len(data)-int(data[len(data)-1])]), nil
}

// richItem is a notification as a webhook reads it.
type richItem struct {
	SubscriptionID string
	ChangeType     string
	Resource       string
	TenantID       string
	ResourceData   map[string]any
	Content        *encrypted `json:"encryptedContent"`
}

type richBody struct {
	Value  []richItem
	Tokens json.RawMessage `json:"validationTokens"`
}

// richBodies are all deliveries so far.
func (w *world) richBodies() []richBody {
	w.t.Helper()
	var all []richBody
	for _, d := range w.hook.deliveries() {
		var body richBody
		if err := json.Unmarshal([]byte(d.body), &body); err != nil {
			w.t.Fatalf("%v\n%s", err, d.body)
		}
		all = append(all, body)
	}
	return all
}

// richItems are all notifications so far.
func (w *world) richItems() []richItem {
	w.t.Helper()
	var all []richItem
	for _, body := range w.richBodies() {
		all = append(all, body.Value...)
	}
	return all
}

const fewProperties = `"me/messages?$select=id,subject,from"`

// richRequest is a creation with a certificate.
func (w *world) richRequest(r reader, change ...string) string {
	return w.graphBody(append([]string{
		"resource", fewProperties, "includeResourceData", "true",
		"encryptionCertificate", `"` + r.certificate() + `"`, "encryptionCertificateId", `"` + r.id + `"`,
	}, change...)...)
}

// Subscribers of one mailbox get what each selected, for the key of each, and those who didn't ask get what they always got.
//
// rules: W1.4-09 W4.6-04 W4.6-07 W4.10-01 W4.10-02 W4.10-03 W4.10-07 W4.10-09 W4.10-10 W4.10-11 W10-22
func TestContentIsForEachSubscriber(t *testing.T) {
	w := newWorld(t)
	first, second := readers()[0], readers()[1]
	made := w.must(201, "POST", "/v1.0/subscriptions", w.richRequest(first))
	if made.text("encryptionCertificate") != first.certificate() || made.text("encryptionCertificateId") != first.id || made.fields["includeResourceData"] != true {
		t.Errorf("the creation is answered %s", made.body)
	}
	other := w.must(201, "POST", "/beta/subscriptions", w.richRequest(second, "resource", `"me/messages?$select=importance"`))
	plain := w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("resource", fewProperties, "changeType", `"created,deleted"`, "encryptionCertificate", `"nonsense"`, "encryptionCertificateId", `"x"`, "includeResourceData", "false"))
	if plain.fields["encryptionCertificate"] != nil || plain.fields["encryptionCertificateId"] != nil {
		t.Errorf("a certificate without content is kept: %s", plain.body)
	}
	w.Change(control.Change{Change: "created", Collection: "message", Set: map[string]any{"subject": "Grüße", "from": "Ann <ann@fabrikam.com>", "importance": "high"}})
	w.settle()
	w.Change(control.Change{Change: "deleted", Collection: "message"})
	w.settle()

	want := map[string]string{ // by subscription and change
		made.text("id") + " created": `{"subject":"Grüße","from":{"@odata.type":"#microsoft.graph.recipient","emailAddress":` +
			`{"@odata.type":"#microsoft.graph.emailAddress","name":"Ann","address":"ann@fabrikam.com"}}}`,
		other.text("id") + " created": `{"importance@odata.type":"#microsoft.graph.importance","importance":"high"}`,
		made.text("id") + " deleted":  "", other.text("id") + " deleted": "", plain.text("id") + " created": "", plain.text("id") + " deleted": "",
	}
	got, keys := map[string]string{}, map[string]bool{}
	for _, item := range w.richItems() {
		name := item.SubscriptionID + " " + item.ChangeType
		got[name] = ""
		rich := item.SubscriptionID != plain.text("id")
		if wants := rich && item.ResourceData["@odata.type"] == "#microsoft.graph.message" && strings.HasPrefix(item.Resource, "Users('"+emulator.DefaultUserID+"')/messages('") ||
			!rich && item.ResourceData["@odata.type"] == "#Microsoft.Graph.Message" && strings.HasPrefix(item.Resource, "Users/"+emulator.DefaultUserID+"/Messages/"); !wants {
			t.Errorf("%s points to %s, a %v", name, item.Resource, item.ResourceData["@odata.type"])
		}
		if item.ResourceData["@odata.id"] != item.Resource || item.ResourceData["id"] == nil || item.ResourceData["@odata.etag"] == nil || len(item.ResourceData) != 4 {
			t.Errorf("%s tells in clear %v", name, item.ResourceData)
		}
		if item.Content == nil {
			continue
		}
		r := first
		if item.SubscriptionID == other.text("id") {
			r = second
		}
		content, err := r.open(item.Content)
		if err != nil || item.Content.EncryptionCertificateID != r.id || item.Content.EncryptionCertificateThumbprint != r.thumbprint() || keys[item.Content.DataKey] {
			t.Errorf("%s: %v; certificate %s, thumbprint %s, key used before: %t", name, err,
				item.Content.EncryptionCertificateID, item.Content.EncryptionCertificateThumbprint, keys[item.Content.DataKey])
		}
		got[name], keys[item.Content.DataKey] = content, true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("contents (-want +got):\n%s", diff)
	}
}

// A body says where it comes from only if it holds content for somebody; without an authority, nothing.
//
// rules: W4.6-07
func TestNoTokensWithoutContent(t *testing.T) {
	w := newWorld(t)
	w.must(201, "POST", "/v1.0/subscriptions", w.graphBody())
	w.raise("message.created")
	w.settle()
	if tokens := w.richBodies()[0].Tokens; tokens != nil {
		t.Errorf("a plain notification has validation tokens: %s", tokens)
	}
}

// Whatever is selected of an item, every object and every word of a closed set says what it is.
//
// rules: W4.10-09 W4.10-10
func TestContentIsAnnotatedThroughout(t *testing.T) {
	for collection, least := range map[string]int{"message": 15, "event": 12, "contact": 10} {
		t.Run(collection, func(t *testing.T) {
			w := newWorld(t)
			item := w.raise(collection + ".created").Items[0]
			var names []string
			for name := range w.must(200, "GET", "/v1.0/"+item.Resource, "").fields {
				if name != "body" && !strings.HasPrefix(name, "@") {
					names = append(names, name)
				}
			}
			if collection == "message" {
				names = append(names, "internetMessageHeaders") // which comes only when it is selected
			}
			w.must(201, "POST", "/v1.0/subscriptions", w.richRequest(readers()[0], "resource", `"me/`+collection+`s?$select=`+strings.Join(names, ",")+`"`))
			w.raise(collection + ".created")
			w.settle()
			content, err := readers()[0].open(w.richItems()[0].Content)
			if err != nil {
				t.Fatal(err)
			}
			var told map[string]any
			if err := json.Unmarshal([]byte(content), &told); err != nil {
				t.Fatalf("%v\n%s", err, content)
			}
			for _, name := range names {
				if _, ok := told[name]; ok == (name == "id") {
					t.Errorf("%s is in the content: %t", name, ok)
				}
			}
			if n := annotations(t, content, told); n < least {
				t.Errorf("%d annotations only in %s", n, content)
			}
		})
	}
}

// annotations counts those of an object and all in it, and fails where one is due and missing, or names no type.
func annotations(t *testing.T, path string, o map[string]any) (n int) {
	t.Helper()
	for name, value := range o {
		if text, is := value.(string); is && strings.HasSuffix(name, "@odata.type") {
			if n++; text == "#microsoft.graph." || strings.Contains(text, "()") || strings.HasSuffix(text, ".)") {
				t.Errorf("%s of %s is %q", name, path, text)
			}
		}
		_, annotated := o[name+"@odata.type"].(string)
		elements := []any{value}
		if list, is := value.([]any); is {
			if elements = list; !annotated {
				t.Errorf("%s of %s is a list of nobody knows what", name, path)
			}
		}
		for _, element := range elements {
			if object, is := element.(map[string]any); is {
				if _, is := object["@odata.type"].(string); !is {
					t.Errorf("%s of %s has no type", name, path)
				}
				n += annotations(t, name, object)
			}
		}
		if _, err := time.Parse(time.RFC3339, textOf(value)); err == nil && !annotated {
			t.Errorf("%s of %s is a date without a type", name, path)
		}
		if words := []string{"importance", "sensitivity", "showAs", "type", "inferenceClassification", "flagStatus", "response", "locationType", "onlineMeetingProvider"}; slices.Contains(words, name) && !annotated {
			t.Errorf("%s of %s is a word without a type", name, path)
		}
	}
	return n
}

func textOf(v any) string { s, _ := v.(string); return s }

// What a subscriber lacks for content is refused before the webhook is asked.
//
// rules: W1.4-09 W1.4-10 W1.5-13 W1.6-08 W2.4-09
func TestContentRefused(t *testing.T) {
	w := newWorld(t)
	good := readers()[0]
	pem := "-----BEGIN CERTIFICATE-----\\n" + good.certificate() + "\\n-----END CERTIFICATE-----"
	for _, tt := range []struct {
		name          string
		change        []string
		code, message string
		hint          string
	}{
		{"no certificate", []string{"encryptionCertificate", ""}, "InvalidRequest", "encryptionCertificate is a required property", "add encryptionCertificate"},
		{"an empty certificate", []string{"encryptionCertificate", `""`}, "InvalidRequest", "encryptionCertificate is a required property", "add encryptionCertificate"},
		{"no id", []string{"encryptionCertificateId", "null"}, "InvalidRequest", "encryptionCertificateId is a required property", "add encryptionCertificateId"},
		{"an id of 129 characters", []string{"encryptionCertificateId", `"` + strings.Repeat("x", 129) + `"`}, "InvalidRequest", "128", "129"},
		{"a certificate in PEM", []string{"encryptionCertificate", `"` + pem + `"`}, "InvalidRequest", "Certificate validation error: The input is not a valid Base-64", "BEGIN and END"},
		{"something else in base64", []string{"encryptionCertificate", `"aGVsbG8="`}, "InvalidRequest", "Certificate validation error: Cannot find the requested object.", "no certificate"},
		{"a number for a certificate", []string{"encryptionCertificate", `1`}, "InvalidRequest", "payload", "must be a string"},
		{"a text for the wish", []string{"includeResourceData", `"true"`}, "InvalidRequest", "payload", "true or false"},
		{"no selection", []string{"resource", `"me/messages"`}, "ExtensionError", "$select is required", "name the properties"},
		{"a selection of everything", []string{"resource", `"me/messages?$select=*"`}, "ExtensionError", "$select is required", "name the properties"},
		{"the body", []string{"resource", `"me/messages?$select=subject,Body"`}, "ExtensionError", "$select=body,uniqueBody", "fetch the item"},
		{"the unique body", []string{"resource", `"me/messages?$select=uniqueBody"`}, "ExtensionError", "$select=body,uniqueBody", "fetch the item"},
		{"more than a day", []string{"expirationDateTime", `"` + w.in(24*time.Hour+time.Minute) + `"`}, "ExtensionError", "can only be 1440 minutes", "at most"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := w.must(400, "POST", "/v1.0/subscriptions", w.richRequest(good, tt.change...))
			if hint := got.header["X-Outlocal-Hint"]; got.code() != tt.code || !strings.Contains(got.message(), tt.message) || len(hint) == 0 || !strings.Contains(hint[0], tt.hint) {
				t.Errorf("refused with %s\nhint %q", got.body, hint)
			}
		})
	}
	w.must(201, "POST", "/v1.0/subscriptions", w.richRequest(good, "expirationDateTime", `"`+w.in(24*time.Hour)+`"`, "encryptionCertificateId", `"`+strings.Repeat("x", 128)+`"`))
	if n := len(w.hook.handshakes()); n != 1 {
		t.Errorf("the webhook was asked %d times", n)
	}
}

// What a subscriber can't have meant is borne, and told.
func TestContentNotes(t *testing.T) {
	w := newWorld(t)
	for resource, want := range map[string]string{
		"me/messages?$select=Subject,isRead":              "",
		"me/messages?$select=subjct,isRead":               "subjct is no property of messages: nothing will be told of it",
		"me/events?$select=subject,receivedDateTime":      "receivedDateTime is no property of events: nothing will be told of it",
		"me/contacts?$select=displayName, emailAddresses": "",
	} {
		before := w.Journal().Last()
		w.must(201, "POST", "/v1.0/subscriptions", w.richRequest(readers()[0], "resource", `"`+resource+`"`))
		if got := w.Wait(journal.Subscribed, 1, before)[0].Note; got != want {
			t.Errorf("%s: the journal notes %q, want %q", resource, got, want)
		}
	}
}

// A certificate can be replaced at any time; the subscription lives as long as it did.
//
// rules: W1.4-08 W1.4-10 W10-22
func TestCertificateIsReplaced(t *testing.T) {
	w := newWorld(t)
	first, second := readers()[0], readers()[1]
	made := w.must(201, "POST", "/v1.0/subscriptions", w.richRequest(first))
	path := "/v1.0/subscriptions/" + made.text("id")
	body := func(fields map[string]any) string {
		text, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	w.raise("message.created")
	w.settle()
	renewed := w.must(200, "PATCH", path, body(map[string]any{"encryptionCertificate": second.certificate(), "encryptionCertificateId": second.id}))
	if renewed.text("encryptionCertificateId") != second.id || renewed.text("encryptionCertificate") != second.certificate() || renewed.text("expirationDateTime") != made.text("expirationDateTime") {
		t.Errorf("replacing is answered %s", renewed.body)
	}
	notes := w.wait(journal.Renewed, 1)
	if note := notes[0].Note; !strings.Contains(note, second.id) || !strings.Contains(note, "has expired") {
		t.Errorf("the journal notes %q", note)
	}
	w.raise("message.created")
	w.settle()
	for i, r := range []reader{first, second} {
		item := w.richItems()[i]
		if _, err := r.open(item.Content); err != nil || item.Content.EncryptionCertificateID != r.id {
			t.Errorf("notification %d: %v, certificate %s", i, err, item.Content.EncryptionCertificateID)
		}
	}
	bad := w.must(400, "PATCH", path, body(map[string]any{"encryptionCertificate": "aGVsbG8="}))
	if !strings.Contains(bad.message(), "Certificate validation error") {
		t.Errorf("a bad certificate is answered %s", bad.body)
	}
	if fixed := w.must(400, "PATCH", path, body(map[string]any{"includeResourceData": false})); !strings.Contains(fixed.message(), "includeResourceData") {
		t.Errorf("to want no content any more is answered %s", fixed.body)
	}
	if got := w.must(200, "GET", path, ""); got.text("encryptionCertificateId") != second.id {
		t.Errorf("it reads %s", got.body)
	}
	plain := w.must(201, "POST", "/v1.0/subscriptions", w.graphBody("changeType", `"created"`))
	kept := w.must(200, "PATCH", "/v1.0/subscriptions/"+plain.text("id"), body(map[string]any{"encryptionCertificate": first.certificate()}))
	if kept.fields["encryptionCertificate"] != nil {
		t.Errorf("a certificate without content is kept: %s", kept.body)
	}
}

// A retry is the same byte for byte: nothing is sealed anew.
//
// rules: W4.10-03
func TestContentIsSealedOnce(t *testing.T) {
	w := newWorld(t)
	w.must(201, "POST", "/v1.0/subscriptions", w.richRequest(readers()[0]))
	failures := 1
	w.hook.answers(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.RawQuery != "" || failures == 0 {
			return false
		}
		failures--
		rw.WriteHeader(http.StatusInternalServerError)
		return true
	})
	w.raise("message.created")
	w.advance(time.Minute)
	got := w.hook.deliveries()
	if len(got) != 2 || got[0].body != got[1].body || !strings.Contains(got[0].body, "encryptedContent") {
		t.Errorf("%d deliveries: %v", len(got), got)
	}
}
