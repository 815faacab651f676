package emulator_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/emulator"
)

// The key that an emulator is given is the one that it publishes; one that tokens can't be signed with is refused.
func TestSigningKey(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(t, emulator.Config{SigningKey: private})
	answer := httptest.NewRecorder()
	server.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://localhost/common/discovery/v2.0/keys", nil))
	var set struct{ Keys []struct{ N string } }
	if body, _ := io.ReadAll(answer.Body); json.Unmarshal(body, &set) != nil || len(set.Keys) == 0 {
		t.Fatalf("the keys are %d %s", answer.Code, body)
	}
	modulus, err := base64.RawURLEncoding.DecodeString(set.Keys[0].N)
	if err != nil || new(big.Int).SetBytes(modulus).Cmp(private.N) != 0 {
		t.Errorf("another key is published (%v)", err)
	}

	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := emulator.New(emulator.Config{SigningKey: curve}); err == nil || !strings.Contains(err.Error(), "use signing key: it is a *ecdsa.PrivateKey") {
		t.Errorf("New returns %v", err)
	}
}
