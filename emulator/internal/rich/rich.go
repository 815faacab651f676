// Package rich encrypts what a rich notification says of its item, for the certificate that the subscriber gave.
//
// Parse understands a certificate as a subscription carries it, or says in the service's words and in ours why it can't be one.
// [Certificate.Seal] encrypts content for it. [Stranger] is a certificate of nobody's, for when a key is to be the wrong one.
//
// It knows no wire schema: what the parts of a seal are called, and how they stand in JSON, is package dialect's. It decrypts nothing:
// that is the receiver's, whose code shares none with this, so that a bug of the one can't hide behind the same bug of the other.
package rich

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // the service's own choice, for thumbprints and for OAEP (W4.10-06, W4.10-07)
	"crypto/sha256"
	"fmt"
)

const (
	keySize = 32 // bytes: AES-256 (W4.10-03)
	ivSize  = aes.BlockSize
)

// Sealed is encrypted content.
type Sealed struct {
	Data      []byte // the content, under a key of its own (W4.10-04)
	Signature []byte // of Data, under the same key (W4.10-05)
	Key       []byte // that key, under the certificate's (W4.10-06)
}

// Seal encrypts content, which is JSON in UTF-8, under a new random key (W4.10-03). Of a certificate that Parse accepted it fails only
// where the machine forbids the service's algorithms.
func (c *Certificate) Seal(content []byte) (Sealed, error) {
	var key [keySize]byte
	rand.Read(key[:]) // never fails
	return c.sealUnder(key[:], content)
}

func (c *Certificate) sealUnder(key, content []byte) (Sealed, error) {
	wrapped, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, c.key, key, nil)
	if err != nil {
		return Sealed{}, fmt.Errorf("encrypt the key of a notification's content: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return Sealed{}, fmt.Errorf("encrypt a notification's content: %w", err)
	}
	data := padded(content)
	cipher.NewCBCEncrypter(block, key[:ivSize]).CryptBlocks(data, data)
	mac := hmac.New(sha256.New, key)
	mac.Write(data)
	return Sealed{Data: data[:len(data):len(data)], Signature: mac.Sum(data[len(data):]), Key: wrapped}, nil
}

// padded is a copy of content with the padding of PKCS #7: as many bytes as are lacking to a whole block, each of that number; a whole
// block of them where none is lacking. Behind it is room for a signature.
func padded(content []byte) []byte {
	n := aes.BlockSize - len(content)%aes.BlockSize
	data := make([]byte, len(content)+n, len(content)+n+sha256.Size)
	for i := copy(data, content); i < len(data); i++ {
		data[i] = byte(n)
	}
	return data
}
