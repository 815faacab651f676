package receiver_test

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"hash"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/localca"
	"github.com/outlocal/outlocal/receiver"
)

// Keys take long to make: these are made once for all tests.
var (
	mine   = sync.OnceValue(func() receiver.Key { return madeKey("mine") })
	theirs = sync.OnceValue(func() receiver.Key { return madeKey("theirs") })
)

func madeKey(id string) receiver.Key {
	key, err := receiver.NewKey(id)
	if err != nil {
		panic(err)
	}
	return key
}

// envelope is encrypted content as the wire has it, and how it was made. The zero value of what it can do otherwise is right.
type envelope struct {
	Data          any    `json:"data,omitempty"`
	DataSignature string `json:"dataSignature,omitempty"`
	DataKey       string `json:"dataKey,omitempty"`
	ID            string `json:"encryptionCertificateId,omitempty"`
	Thumbprint    string `json:"encryptionCertificateThumbprint,omitempty"`
}

// wrong is what a sender does wrong.
type wrong struct {
	wrap    func(key *rsa.PublicKey, dataKey []byte) ([]byte, error)
	dataKey []byte
	iv      []byte
	pad     func(content []byte) []byte
	sign    func(data string, content []byte) []byte // what the signature is over
}

// encrypt makes encrypted content as the documents say, with code that shares nothing with the receiver's (W4.10-03 to W4.10-07).
func encrypt(t testing.TB, k receiver.Key, content string, w wrong) *envelope {
	t.Helper()
	dataKey := w.dataKey
	if dataKey == nil {
		dataKey = make([]byte, 32)
		rand.Read(dataKey)
	}
	iv := w.iv
	if iv == nil {
		iv = dataKey[:16]
	}
	padded := append([]byte(content), bytes.Repeat([]byte{byte(16 - len(content)%16)}, 16-len(content)%16)...)
	if w.pad != nil {
		padded = w.pad([]byte(content))
	}
	block, err := aes.NewCipher(dataKey)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, len(padded))
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, padded)
	encoded := base64.StdEncoding.EncodeToString(data)
	mac := hmac.New(sha256.New, dataKey)
	if w.sign != nil {
		mac.Write(w.sign(encoded, []byte(content)))
	} else {
		mac.Write(data)
	}
	wrap := w.wrap
	if wrap == nil {
		wrap = oaep(sha1.New())
	}
	wrapped, err := wrap(&k.Private.PublicKey, dataKey)
	if err != nil {
		t.Fatal(err)
	}
	return &envelope{
		Data: encoded, DataSignature: base64.StdEncoding.EncodeToString(mac.Sum(nil)), DataKey: base64.StdEncoding.EncodeToString(wrapped),
		ID: k.ID, Thumbprint: k.Thumbprint(),
	}
}

func oaep(h hash.Hash) func(*rsa.PublicKey, []byte) ([]byte, error) {
	return func(key *rsa.PublicKey, dataKey []byte) ([]byte, error) {
		return rsa.EncryptOAEP(h, rand.Reader, key, dataKey, nil)
	}
}

// edit changes what was made.
func (e *envelope) edit(change func(*envelope)) *envelope {
	change(e)
	return e
}

// richItem is an item with encrypted content.
func richItem(t testing.TB, content any) string {
	t.Helper()
	encoded, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	item := graphItem("s", "created", "i", "e", secret)
	return strings.TrimSuffix(item, "}") + `,"encryptedContent":` + string(encoded) + "}"
}

// flip changes one byte of what is encoded.
func flip(t testing.TB, encoded string, at int) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	raw[at] ^= 1
	return base64.StdEncoding.EncodeToString(raw)
}

// The content that was published opens with the key that was published, and says what its test says.
func TestPublishedContent(t *testing.T) {
	const rules = "rules: W4.10-01 W4.10-03 W4.10-04 W4.10-05 W4.10-06 W4.10-07"
	key, err := receiver.LoadKey("testdata/rich/published.p12", "rich")
	if err != nil {
		t.Fatal(err)
	}
	key.ID = "custom-id-for-testing"
	published, err := os.ReadFile("testdata/rich/published.json")
	if err != nil {
		t.Fatal(err)
	}
	r := newReceiver(t, receiver.Config{Keys: []receiver.Key{theirs(), key}})
	post(t, r, nil, batch(richItem(t, json.RawMessage(published))))
	item := items(r)[0]
	if !item.Good() || item.Encryption != diagnosis.EncryptionRight {
		t.Fatalf("the item is %q: %v (%s)", item.Encryption, item.Findings(), rules)
	}
	var content struct {
		ETag string `json:"etag"`
		Body struct{ ContentType, Content string }
	}
	if err := json.Unmarshal(item.Content(), &content); err != nil {
		t.Fatal(err)
	}
	if content.ETag != "1625126194597" || content.Body.Content != "Hello World" || content.Body.ContentType != "text" {
		t.Errorf("it says %+v", content)
	}
	opened, err := key.Open([]byte(richItem(t, json.RawMessage(published))))
	if err != nil || !bytes.Equal(opened, item.Content()) {
		t.Errorf("Open gives %s, %v", opened, err)
	}
}

// The content that was reckoned with OpenSSL for a key of 00 01 … 1f opens to the byte.
func TestReckonedContent(t *testing.T) {
	// rules: W4.10-03 W4.10-04 W4.10-05
	const content = `{"@odata.etag":"W/\"CQAAABYAAAAA\"","id":"AAMkAD=","subject":"hi"}`
	dataKey := make([]byte, 32)
	for i := range dataKey {
		dataKey[i] = byte(i)
	}
	wrapped, err := oaep(sha1.New())(&mine().Private.PublicKey, dataKey)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := mine().Open([]byte(richItem(t, envelope{
		Data:          "GOoT1qRAShFZGgC+YkfjDwo+WPuDnqGiY9fPvYBNELfmZHP/aIIdCCJX+TAlrLHUvtyqZdxvCNYhKrj7RJ18ybfz04TOC2jYf8bmwOymupo=",
		DataSignature: "Vu17DhGcX0myua5XXrF8oxEiDtv2AduLtqADmnNT5XU=",
		DataKey:       base64.StdEncoding.EncodeToString(wrapped), ID: "mine",
	})))
	if err != nil || string(opened) != content {
		t.Errorf("it opens to %s, %v", opened, err)
	}
}

func TestContent(t *testing.T) {
	const plain = `{"subject":"a secret plan","receivedDateTime@odata.type":"#DateTimeOffset"}`
	right := func(w wrong) *envelope { return encrypt(t, mine(), plain, w) }
	as := func(k receiver.Key, id string) receiver.Key {
		k.ID = id
		return k
	}
	bare := func(k receiver.Key) receiver.Key {
		k.Certificate = nil
		return k
	}
	keys := func(all ...receiver.Key) []receiver.Key { return all }
	const unopened = ""
	for _, tt := range []struct {
		name    string
		keys    []receiver.Key
		content any
		want    string // the finding
		opens   string
		rules   string
	}{
		{"as it should be", keys(mine()), right(wrong{}), "", plain, "rules: W4.10-03 W4.10-04 W4.10-05 W4.10-06"},
		{"nobody has a key", nil, right(wrong{}), "", unopened, ""},
		{"nothing is encrypted", keys(mine()), nil, "", unopened, "rules: W4.10-11"},
		{"a key for any id", keys(as(mine(), "")), right(wrong{}), "", plain, ""},
		{"a key without its certificate", keys(bare(mine())), right(wrong{}), "", plain, ""},
		{"the second of two bare keys", keys(bare(as(theirs(), "")), bare(as(mine(), ""))), right(wrong{}), "", plain, ""},
		{"the thumbprint chooses among keys of one id", keys(as(theirs(), "mine"), mine()), right(wrong{}), "", plain, "rules: W4.10-07"},
		{"and says why it does not open", keys(as(theirs(), "mine"), mine()), right(wrong{wrap: oaep(sha256.New())}), "receiver-content-key/sha256", unopened, "rules: W4.10-07"},
		{"a thumbprint in small letters", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.Thumbprint = strings.ToLower(e.Thumbprint) }), "", plain, ""},
		{"no thumbprint", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.Thumbprint = "" }), "", plain, ""},
		{"a whole block of padding", keys(mine()), encrypt(t, mine(), `{"a":"sixteen"} `, wrong{}), "", `{"a":"sixteen"} `, "rules: W4.10-04"},
		{"empty content", keys(mine()), encrypt(t, mine(), `{}`, wrong{}), "", `{}`, ""},

		{"an id that nobody knows", keys(theirs()), right(wrong{}), "receiver-content-certificate", unopened, "rules: W4.10-07"},
		{"ids in another case", keys(as(bare(mine()), "MINE")), right(wrong{}), "receiver-content-certificate", unopened, ""},
		{"my certificate by another id", keys(theirs(), mine()), right(wrong{}).edit(func(e *envelope) { e.ID = "renamed" }), "receiver-content-certificate/renamed", unopened, "rules: W4.10-07"},
		{"another's certificate, and a key for any id", keys(as(theirs(), "")), right(wrong{}), "receiver-content-certificate", unopened, ""},
		{"another certificate under the id", keys(as(theirs(), "mine")), right(wrong{}), "receiver-content-thumbprint", unopened, "rules: W4.10-07"},
		{"a renewed certificate with the same key", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.Thumbprint = theirs().Thumbprint() }), "warning receiver-content-thumbprint/same-key", plain, ""},

		{"for another key, whatever it says", keys(mine()), encrypt(t, theirs(), plain, wrong{}).edit(func(e *envelope) { e.ID, e.Thumbprint = "mine", mine().Thumbprint() }), "receiver-content-key", unopened, "rules: W4.10-06"},
		{"a key that was cut", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.DataKey = e.DataKey[:200] }), "receiver-content-key", unopened, ""},
		{"a key that was changed", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.DataKey = flip(t, e.DataKey, 100) }), "receiver-content-key", unopened, ""},
		{"OAEP with SHA-256", keys(mine()), right(wrong{wrap: oaep(sha256.New())}), "receiver-content-key/sha256", unopened, "rules: W4.10-06"},
		{"OAEP with SHA-256, as Java means it", keys(mine()), right(wrong{wrap: javas}), "receiver-content-key/sha256", unopened, "rules: W4.10-06"},
		{"the padding of PKCS #1 v1.5", keys(mine()), right(wrong{wrap: oldPadding}), "receiver-content-key/pkcs1", unopened, "rules: W4.10-06"},
		{"a key of AES-128", keys(mine()), right(wrong{dataKey: make([]byte, 16)}), "receiver-content-key/length", unopened, "rules: W4.10-03"},

		{"data that was changed", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.Data = flip(t, e.Data.(string), 20) }), "receiver-content-signature", unopened, "rules: W4.10-05"},
		{"data that was cut by a block", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.Data = cut(t, e.Data.(string), 16) }), "receiver-content-signature", unopened, "rules: W4.10-05"},
		{"another signature", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.DataSignature = flip(t, e.DataSignature, 31) }), "receiver-content-signature", unopened, "rules: W4.10-05"},
		{"a signature over the base64", keys(mine()), right(wrong{sign: func(data string, _ []byte) []byte { return []byte(data) }}), "receiver-content-signature", unopened, "rules: W4.10-05"},
		{"a signature over the clear text", keys(mine()), right(wrong{sign: func(_ string, content []byte) []byte { return content }}), "receiver-content-signature", unopened, "rules: W4.10-05"},

		{"padded with zeros", keys(mine()), right(wrong{pad: func(c []byte) []byte { return append(c, make([]byte, 16-len(c)%16)...) }}), "receiver-content-padding", unopened, "rules: W4.10-04"},
		{"more padding than a block", keys(mine()), right(wrong{pad: func([]byte) []byte { return bytes.Repeat([]byte{17}, 32) }}), "receiver-content-padding", unopened, ""},
		{"padding of two minds", keys(mine()), right(wrong{pad: func([]byte) []byte { return append(bytes.Repeat([]byte{1}, 13), 2, 3, 3) }}), "receiver-content-padding", unopened, ""},

		{"an IV of zeros", keys(mine()), right(wrong{iv: make([]byte, 16)}), "receiver-content-not-json", unopened, "rules: W4.10-03"},
		{"a list", keys(mine()), encrypt(t, mine(), `[1]`, wrong{}), "receiver-content-not-json", unopened, ""},
		{"nothing in it", keys(mine()), encrypt(t, mine(), ``, wrong{}), "receiver-content-not-json", unopened, ""},
		{"not UTF-8", keys(mine()), encrypt(t, mine(), "{\"a\":\"\xff\"}", wrong{}), "receiver-content-not-json", unopened, "rules: W4.10-04"},

		{"no data", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.Data = nil }), "receiver-content-malformed", unopened, "rules: W4.10-01"},
		{"data that is no text", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.Data = 1 }), "receiver-content-malformed", unopened, ""},
		{"no signature", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.DataSignature = "" }), "receiver-content-malformed", unopened, "rules: W4.10-01"},
		{"no key", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.DataKey = "" }), "receiver-content-malformed", unopened, "rules: W4.10-01"},
		{"no id", keys(as(mine(), "")), right(wrong{}).edit(func(e *envelope) { e.ID = "" }), "receiver-content-malformed", unopened, "rules: W4.10-01"},
		{"base64 for URLs", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.DataKey = "-_-_" + e.DataKey[4:] }), "receiver-content-malformed", unopened, ""},
		{"spaces for plus signs", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.DataKey = "    " + e.DataKey[4:] }), "receiver-content-malformed", unopened, ""},
		{"data of half a block", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.Data = cut(t, e.Data.(string), 8) }), "receiver-content-malformed", unopened, "rules: W4.10-04"},
		{"half a signature", keys(mine()), right(wrong{}).edit(func(e *envelope) { e.DataSignature = cut(t, e.DataSignature, 16) }), "receiver-content-malformed", unopened, "rules: W4.10-05"},
		{"a text for an object", keys(mine()), "sealed", "receiver-content-malformed", unopened, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t, receiver.Config{ClientState: secret, Keys: tt.keys})
			post(t, r, nil, batch(richItem(t, tt.content)))
			item := items(r)[0]
			if diff := cmp.Diff(tt.want, strings.Join(named(item), " ")); diff != "" {
				t.Errorf("findings by %q (-want +got):\n%s", tt.rules, diff)
			}
			if got := string(item.Content()); got != tt.opens {
				t.Errorf("it opens to %q, want %q", got, tt.opens)
			}
			if item.Good() != (tt.want == "") {
				t.Errorf("Good is %t", item.Good())
			}
			if d := item.Findings(); len(d) > 0 && (d[0].At != "value[0].encryptedContent" || d[0].Detail == "") {
				t.Errorf("it is at %q, and was seen as %q", d[0].At, d[0].Detail)
			}
		})
	}
}

// oldPadding is what many a library does unless it is told otherwise.
func oldPadding(k *rsa.PublicKey, dataKey []byte) ([]byte, error) {
	return rsa.EncryptPKCS1v15(rand.Reader, k, dataKey) //nolint:staticcheck // it is deprecated, and what is tested
}

// javas is what OAEPWithSHA-256AndMGF1Padding means in Java: SHA-1 for MGF1.
func javas(k *rsa.PublicKey, dataKey []byte) ([]byte, error) {
	return rsa.EncryptOAEPWithOptions(rand.Reader, k, dataKey, &rsa.OAEPOptions{Hash: crypto.SHA256, MGFHash: crypto.SHA1})
}

// cut takes bytes from the end of what is encoded.
func cut(t testing.TB, encoded string, n int) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw[:len(raw)-n])
}

// named is what was found out against an item, with its cases.
func named(item *receiver.Item) []string {
	var all []string
	for _, d := range item.Findings() {
		name := d.ID
		if d.Case != "" {
			name += "/" + d.Case
		}
		if d.Severity == diagnosis.SeverityWarning {
			name = "warning " + name
		}
		all = append(all, name)
	}
	return all
}

// Nobody works for a stranger: what is forged stays shut.
func TestForgedContentStaysShut(t *testing.T) {
	r := newReceiver(t, receiver.Config{ClientState: "another", Keys: []receiver.Key{mine()}})
	post(t, r, nil, batch(richItem(t, encrypt(t, mine(), `{}`, wrong{}))))
	item := items(r)[0]
	if item.Content() != nil || item.Encryption != diagnosis.EncryptionUnchecked {
		t.Errorf("it opens to %q, which is %q", item.Content(), item.Encryption)
	}
}

// A webhook takes a new key while it runs, and keeps the old one as long as it likes.
func TestSetKeys(t *testing.T) {
	r := newReceiver(t, receiver.Config{})
	for _, step := range []struct {
		keys []receiver.Key
		want string
	}{
		{nil, `"" ""`},
		{[]receiver.Key{mine()}, `"right" "unknown-id"`},
		{[]receiver.Key{mine(), theirs()}, `"right" "right"`},
		{[]receiver.Key{theirs()}, `"unknown-id" "right"`},
	} {
		if err := r.SetKeys(step.keys...); err != nil {
			t.Fatal(err)
		}
		r.Journal().Clear()
		post(t, r, nil, batch(richItem(t, encrypt(t, mine(), `{}`, wrong{})), richItem(t, encrypt(t, theirs(), `{}`, wrong{}))))
		all := items(r)
		if got := `"` + string(all[0].Encryption) + `" "` + string(all[1].Encryption) + `"`; got != step.want {
			t.Errorf("with %d keys the two are %s, want %s", len(step.keys), got, step.want)
		}
	}
	if err := r.SetKeys(receiver.Key{ID: "empty"}); err == nil || err.Error() != `use key "empty": it has no private key` {
		t.Errorf("a key without a key: %v", err)
	}
}

// The journal shows what was encrypted, and nothing that opens it.
func TestContentAsJSON(t *testing.T) {
	r := newReceiver(t, receiver.Config{Keys: []receiver.Key{mine()}})
	sealed := encrypt(t, mine(), `{"subject":"hi"}`, wrong{dataKey: []byte("0123456789abcdefghijklmnopqrstuv")})
	post(t, r, nil, batch(richItem(t, sealed), graphItem("s", "created", "j", "f", "")))
	var got struct {
		Encrypted json.RawMessage `json:"encrypted"`
		Good      bool            `json:"good"`
	}
	document, err := json.Marshal(items(r)[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(document, &got); err != nil {
		t.Fatal(err)
	}
	want := `{"certificateId":"mine","thumbprint":"` + mine().Thumbprint() + `","verdict":"right","content":{"subject":"hi"}}`
	if diff := cmp.Diff(want, string(got.Encrypted)); diff != "" || !got.Good {
		t.Errorf("good %t (-want +got):\n%s", got.Good, diff)
	}
	if bytes.Contains(document, []byte("0123456789abcdef")) || bytes.Contains(document, []byte(sealed.DataKey)) {
		t.Errorf("it shows the key: %s", document)
	}
	if document, err = json.Marshal(items(r)[1]); err != nil || bytes.Contains(document, []byte(`"encrypted"`)) {
		t.Errorf("an item with nothing encrypted says %s, %v", document, err)
	}
}

func TestNewKey(t *testing.T) {
	// rules: W4.10-07
	k := mine()
	der, err := base64.StdEncoding.DecodeString(k.EncryptionCertificate())
	if err != nil || !bytes.Equal(der, k.Certificate.Raw) {
		t.Errorf("the certificate for subscriptions is %q, %v", k.EncryptionCertificate(), err)
	}
	if k.Private.Size() != 256 || len(k.Thumbprint()) != 40 || k.Thumbprint() != strings.ToUpper(k.Thumbprint()) {
		t.Errorf("a key of %d bytes with the thumbprint %s", k.Private.Size(), k.Thumbprint())
	}
	if bare := (receiver.Key{}); bare.EncryptionCertificate() != "" || bare.Thumbprint() != "" {
		t.Error("no certificate, and yet something to say of it")
	}
}

func TestLoadKeyRefuses(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	if _, err := receiver.LoadKey(missing, ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	authority, _, err := localca.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	_, err = receiver.LoadKey(filepath.Join(filepath.Dir(authority.Path()), "ca-key.pem"), "")
	var hinting interface{ Hint() string }
	if err == nil || !strings.Contains(err.Error(), "it holds a *ecdsa.PrivateKey") || !errors.As(err, &hinting) || !strings.Contains(hinting.Hint(), "RSA") {
		t.Errorf("an elliptic key: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	var refusal *receiver.ContentError
	if _, err := mine().Open([]byte(graphItem("s", "created", "i", "e", ""))); !errors.As(err, &refusal) || refusal.Encryption != diagnosis.EncryptionUnchecked {
		t.Errorf("nothing encrypted: %v", err)
	}
	if _, err := mine().Open([]byte(richItem(t, encrypt(t, theirs(), `{}`, wrong{})))); !errors.As(err, &refusal) || refusal.Encryption != diagnosis.EncryptionUnknownID {
		t.Errorf("for another: %v", err)
	}
	if _, err := mine().Open([]byte("{")); err == nil || errors.As(err, new(*receiver.ContentError)) {
		t.Errorf("no JSON: %v", err)
	}
	if _, err := (receiver.Key{}).Open([]byte("{}")); err == nil {
		t.Error("a key without a key opens")
	}
	renewed := encrypt(t, mine(), `{"a":1}`, wrong{}).edit(func(e *envelope) { e.Thumbprint = theirs().Thumbprint() })
	if content, err := mine().Open([]byte(richItem(t, renewed))); err != nil || string(content) != `{"a":1}` {
		t.Errorf("a renewed certificate: %s, %v", content, err)
	}
}
