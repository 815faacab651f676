package rich

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// unsealed is a receiver's side, by the documents' own steps.
func unsealed(key *rsa.PrivateKey, s Sealed) ([]byte, error) {
	k, err := rsa.DecryptOAEP(sha1.New(), nil, key, s.Key, nil)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, k)
	mac.Write(s.Data)
	if !hmac.Equal(mac.Sum(nil), s.Signature) {
		return nil, errors.New("the signature is another's")
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, err
	}
	plain := bytes.Clone(s.Data)
	cipher.NewCBCDecrypter(block, k[:16]).CryptBlocks(plain, plain)
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > 16 || !bytes.Equal(plain[len(plain)-padding:], bytes.Repeat([]byte{byte(padding)}, padding)) {
		return nil, fmt.Errorf("the padding is of %d", padding)
	}
	return plain[:len(plain)-padding], nil
}

// What others sealed comes out the same here, byte for byte.
//
// rules: W4.10-03 W4.10-04 W4.10-05 W4.10-07 W4.10-08
func TestVectors(t *testing.T) {
	text := must[[]byte](t)(os.ReadFile("testdata/vectors.json"))
	var vectors []struct{ Name, Certificate, Key, Content, Data, Signature, Thumbprint string }
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) != 2 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			c := must[*Certificate](t)(Stranger())
			if v.Certificate != "" {
				c = must[*Certificate](t)(Parse(v.Certificate))
				if c.Thumbprint() != v.Thumbprint {
					t.Errorf("thumbprint %s, want %s", c.Thumbprint(), v.Thumbprint)
				}
			}
			s := must[Sealed](t)(c.sealUnder(must[[]byte](t)(hex.DecodeString(v.Key)), []byte(v.Content)))
			if got := base64.StdEncoding.EncodeToString(s.Data); got != v.Data {
				t.Errorf("data %s\nwant %s", got, v.Data)
			}
			if got := base64.StdEncoding.EncodeToString(s.Signature); got != v.Signature {
				t.Errorf("signature %s, want %s", got, v.Signature)
			}
		})
	}
}

// contents are of every length around a block's.
func contents() [][]byte {
	all := [][]byte{[]byte(`{"subject":"Grüße, 世界","from":{"@odata.type":"#microsoft.graph.recipient"}}`)}
	for n := range 34 {
		all = append(all, bytes.Repeat([]byte{'x'}, n))
	}
	return all
}

// rules: W4.10-03 W4.10-04 W4.10-05 W4.10-06
func TestSealOpens(t *testing.T) {
	c := must[*Certificate](t)(Parse(inBase64(subscriber().der)))
	keys := map[string]bool{}
	for _, content := range contents() {
		kept := bytes.Clone(content)
		s := must[Sealed](t)(c.Seal(content))
		got, err := unsealed(subscriber().key, s)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes come out as %q, %v", len(content), got, err)
		}
		if !bytes.Equal(kept, content) {
			t.Errorf("the content was written over: %q", content)
		}
		k := must[[]byte](t)(rsa.DecryptOAEP(sha1.New(), nil, subscriber().key, s.Key, nil))
		if keys[string(k)] || len(k) != 32 {
			t.Errorf("key %x is not new, or not of 32 bytes", k)
		}
		keys[string(k)] = true
	}
}

// Receivers in other languages open what is sealed here.
//
// rules: W4.10-04 W4.10-05 W4.10-06
func TestOthersOpen(t *testing.T) {
	for _, tt := range []struct {
		tool string
		open func(t *testing.T, keyFile string, s Sealed) (content, signature []byte)
	}{{"openssl", byOpenSSL}, {"node", byNode}} {
		t.Run(tt.tool, func(t *testing.T) {
			if _, err := exec.LookPath(tt.tool); err != nil {
				t.Skipf("there is no %s on this machine to open with", tt.tool)
			}
			keyFile := filepath.Join(t.TempDir(), "key.pem")
			der := must[[]byte](t)(x509.MarshalPKCS8PrivateKey(subscriber().key))
			if err := os.WriteFile(keyFile, []byte(inPEM("PRIVATE KEY", der)), 0o600); err != nil {
				t.Fatal(err)
			}
			want := contents()[0]
			c := must[*Certificate](t)(Parse(inBase64(subscriber().der)))
			s := must[Sealed](t)(c.Seal(want))
			content, signature := tt.open(t, keyFile, s)
			if !bytes.Equal(content, want) {
				t.Errorf("it reads %q, want %q", content, want)
			}
			if !bytes.Equal(signature, s.Signature) {
				t.Errorf("it signs with %x, we with %x", signature, s.Signature)
			}
		})
	}
}

func byOpenSSL(t *testing.T, keyFile string, s Sealed) (content, signature []byte) {
	key := run(t, s.Key, "openssl", "pkeyutl", "-decrypt", "-inkey", keyFile, "-pkeyopt", "rsa_padding_mode:oaep",
		"-pkeyopt", "rsa_oaep_md:sha1", "-pkeyopt", "rsa_mgf1_md:sha1")
	content = run(t, s.Data, "openssl", "enc", "-d", "-aes-256-cbc", "-K", hex.EncodeToString(key), "-iv", hex.EncodeToString(key[:16]))
	signature = run(t, s.Data, "openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:"+hex.EncodeToString(key), "-binary")
	return content, signature
}

// nodeOpens is what a receiver in JavaScript does; it writes the content and the signature, in base64 both.
const nodeOpens = `
const crypto = require("crypto"), fs = require("fs");
const [keyFile, data, dataKey] = process.argv.slice(1);
const key = crypto.privateDecrypt({key: fs.readFileSync(keyFile), padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1"}, Buffer.from(dataKey, "base64"));
const sealed = Buffer.from(data, "base64");
const opener = crypto.createDecipheriv("aes-256-cbc", key, key.subarray(0, 16));
console.log(Buffer.concat([opener.update(sealed), opener.final()]).toString("base64"), crypto.createHmac("sha256", key).update(sealed).digest("base64"));
`

func byNode(t *testing.T, keyFile string, s Sealed) (content, signature []byte) {
	out := run(t, nil, "node", "-e", nodeOpens, keyFile, base64.StdEncoding.EncodeToString(s.Data), base64.StdEncoding.EncodeToString(s.Key))
	words := strings.Fields(string(out))
	if len(words) != 2 {
		t.Fatalf("node wrote %q", out)
	}
	decode := must[[]byte](t)
	return decode(base64.StdEncoding.DecodeString(words[0])), decode(base64.StdEncoding.DecodeString(words[1]))
}

func run(t *testing.T, stdin []byte, name string, args ...string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Stdin = bytes.NewReader(stdin)
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, &complaint)
	}
	return out
}

// BenchmarkSeal is P10's unit: what a rich notification costs beside the wrapping of its key.
func BenchmarkSeal(b *testing.B) {
	c, err := Stranger()
	if err != nil {
		b.Fatal(err)
	}
	content := bytes.Repeat([]byte{'x'}, 1000)
	b.Run("seal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Seal(content); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("RSA alone", func(b *testing.B) {
		for b.Loop() {
			if _, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, c.key, content[:keySize], nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
