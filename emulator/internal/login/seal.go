package login

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// errUnsealed is a code or refresh token that this authority did not make, or that was changed on its way.
var errUnsealed = errors.New("it was not issued here")

// grant is what a code or a refresh token stands for. It travels in it, sealed, so that nothing has to be kept.
type grant struct {
	ID        string    `json:"id"` // a code is good for one redemption
	App       string    `json:"app"`
	User      string    `json:"user"` // object id
	Tenant    string    `json:"tenant"`
	Audience  string    `json:"audience"`
	Scopes    []string  `json:"scopes,omitempty"` // names within the audience
	Asked     []string  `json:"asked,omitempty"`  // as the client spelled them
	All       bool      `json:"all,omitempty"`    // .default
	Offline   bool      `json:"offline,omitempty"`
	OpenID    bool      `json:"openid,omitempty"`
	Nonce     string    `json:"nonce,omitempty"`
	Redirect  string    `json:"redirect,omitempty"`
	Challenge string    `json:"challenge,omitempty"`
	Plain     bool      `json:"plain,omitempty"`
	Issued    time.Time `json:"issued"`
}

// purpose keeps a code from being taken for a refresh token.
type purpose string

const (
	forCode    purpose = "code"
	forRefresh purpose = "refresh"
)

// seal encrypts grants with a key that ends with the process.
type seal struct{ aead cipher.AEAD }

const sealKeyBytes = 32 // AES-256

func newSeal() *seal {
	key := make([]byte, sealKeyBytes)
	_, _ = rand.Read(key) // never fails: it ends the process instead
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(fmt.Errorf("make the cipher of codes: %w", err)) // a length of key that AES does not have
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(fmt.Errorf("make the cipher of codes: %w", err))
	}
	return &seal{aead}
}

// marker begins codes and refresh tokens, as a version number begins the service's.
const marker = "1."

func (s *seal) close(p purpose, g grant) (string, error) {
	plain, err := json.Marshal(g)
	if err != nil {
		return "", fmt.Errorf("seal grant: %w", err)
	}
	return marker + base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, plain, []byte(p))), nil
}

func (s *seal) open(p purpose, text string) (grant, error) {
	if len(text) < len(marker) || text[:len(marker)] != marker {
		return grant{}, errUnsealed
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text[len(marker):])
	if err != nil {
		return grant{}, errUnsealed
	}
	plain, err := s.aead.Open(nil, nil, sealed, []byte(p))
	if err != nil {
		return grant{}, errUnsealed
	}
	var g grant
	if err := json.Unmarshal(plain, &g); err != nil {
		return grant{}, fmt.Errorf("open grant: %w", err)
	}
	return g, nil
}
