package receiver

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha1" // the service wraps keys by OAEP with SHA-1 (W4.10-06)
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/odata"
)

// ContentError is why encrypted content could not be read, or must not be believed.
type ContentError struct {
	Encryption diagnosis.Encryption
	Detail     string // what was seen; no secret
}

func (e *ContentError) Error() string { return "open encrypted content: " + e.Detail }

func refused(why diagnosis.Encryption, format string, args ...any) *ContentError {
	return &ContentError{why, fmt.Sprintf(format, args...)}
}

// dataKeySize is that of AES-256; the first block of the key is the IV as well (W4.10-03).
const dataKeySize = 32

// sealed is the encrypted content of an item (W4.10-01).
type sealed struct {
	data, signature, key []byte
	id, thumbprint       string
}

// readSealed finds the encrypted content of an item that is known to be JSON. A lifecycle notification may have one that is null.
func readSealed(item []byte) (s *sealed, err *ContentError) {
	document, _ := odata.Parse(item)
	content, there := document.Member("encryptedContent")
	switch {
	case !there || content.IsNull():
		return nil, nil
	case !content.IsObject():
		return &sealed{}, refused(diagnosis.EncryptionMalformed, "encryptedContent is %s, not an object", content.Kind())
	}
	text := func(name string) string {
		value, _ := content.Member(name)
		text, _ := value.Text()
		return text
	}
	s = &sealed{id: text("encryptionCertificateId"), thumbprint: text("encryptionCertificateThumbprint")}
	for _, part := range []struct {
		name string
		into *[]byte
	}{{"data", &s.data}, {"dataSignature", &s.signature}, {"dataKey", &s.key}} {
		encoded := text(part.name)
		if encoded == "" {
			return s, refused(diagnosis.EncryptionMalformed, "%s is missing", part.name)
		}
		decoded, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil {
			return s, refused(diagnosis.EncryptionMalformed, "%s is no base64", part.name)
		}
		*part.into = decoded
	}
	switch {
	case s.id == "":
		return s, refused(diagnosis.EncryptionMalformed, "encryptionCertificateId is missing")
	case len(s.data) == 0 || len(s.data)%aes.BlockSize != 0:
		return s, refused(diagnosis.EncryptionMalformed, "data has %d bytes, which is no multiple of %d", len(s.data), aes.BlockSize)
	case len(s.signature) != sha256.Size:
		return s, refused(diagnosis.EncryptionMalformed, "dataSignature has %d bytes, want %d", len(s.signature), sha256.Size)
	}
	return s, nil
}

// open returns the key of the data and the clear content. With an error that is EncryptionSameKey, both are there all the same.
func (s *sealed) open(keys []Key) (dataKey, content []byte, err *ContentError) {
	candidates, err := s.candidates(keys)
	if err != nil {
		return nil, nil, err
	}
	dataKey, opened, err := s.unwrap(candidates)
	if err != nil {
		return nil, nil, err
	}
	if content, err = s.decrypt(dataKey); err != nil {
		return nil, nil, err
	}
	if s.differs(opened) {
		err = refused(diagnosis.EncryptionSameKey, "the certificate is %s, and %s is at hand", s.thumbprint, opened.Thumbprint())
	}
	return dataKey, content, err
}

// candidates are the keys that may open it, the likeliest first.
func (s *sealed) candidates(keys []Key) ([]Key, *ContentError) {
	var same, unknown, others []Key
	renamed := ""
	for _, k := range keys {
		switch {
		case k.ID != "" && k.ID != s.id:
			if k.Certificate != nil && !s.differs(k) {
				renamed = k.ID
			}
		case s.differs(k):
			others = append(others, k)
		case k.Certificate == nil:
			unknown = append(unknown, k)
		default:
			same = append(same, k)
		}
	}
	all := append(append(same, unknown...), others...)
	switch {
	case len(all) > 0:
		return all, nil
	case renamed != "":
		return nil, refused(diagnosis.EncryptionRenamed, "the certificate id is %q, and the certificate that of the id %q", s.id, renamed)
	}
	return nil, refused(diagnosis.EncryptionUnknownID, "the certificate id is %q", s.id)
}

// differs tells whether it says to be for another certificate than a key's.
func (s *sealed) differs(k Key) bool {
	return k.Certificate != nil && s.thumbprint != "" && !strings.EqualFold(s.thumbprint, k.Thumbprint())
}

// unwrap opens the key of the data (W4.10-06), and says by which key.
func (s *sealed) unwrap(candidates []Key) (dataKey []byte, by Key, err *ContentError) {
	for _, k := range candidates {
		opened, err := rsa.DecryptOAEP(sha1.New(), nil, k.Private, s.key, nil)
		switch {
		case err != nil:
			continue
		case len(opened) != dataKeySize:
			return nil, k, refused(diagnosis.EncryptionKeyLength, "what comes out of dataKey has %d bytes, want %d", len(opened), dataKeySize)
		}
		return opened, k, nil
	}
	return nil, candidates[0], s.locked(candidates[0])
}

// locked says why the likeliest key does not open it.
func (s *sealed) locked(k Key) *ContentError {
	for _, mgf := range []crypto.Hash{crypto.SHA256, crypto.SHA1} { // Java's way to name it means SHA-1 for the second
		if opened, err := k.Private.Decrypt(nil, s.key, &rsa.OAEPOptions{Hash: crypto.SHA256, MGFHash: mgf}); err == nil && len(opened) == dataKeySize {
			return refused(diagnosis.EncryptionSHA256, "dataKey opens by OAEP with SHA-256, and %s for MGF1", mgf)
		}
	}
	old := &rsa.PKCS1v15DecryptOptions{} //nolint:staticcheck // it is deprecated, and that is just what a sender is told here
	if opened, err := k.Private.Decrypt(nil, s.key, old); err == nil && len(opened) == dataKeySize {
		return refused(diagnosis.EncryptionPKCS1, "dataKey opens with the padding of PKCS #1 v1.5")
	}
	switch {
	case s.differs(k) && k.ID == "":
		return refused(diagnosis.EncryptionUnknownID, "the certificate id is %q, the certificate %s", s.id, s.thumbprint)
	case s.differs(k):
		return refused(diagnosis.EncryptionThumbprint, "the certificate is %s, that of the id %q is %s", s.thumbprint, s.id, k.Thumbprint())
	case len(s.key) != k.Private.Size():
		return refused(diagnosis.EncryptionKey, "dataKey has %d bytes, the key takes %d", len(s.key), k.Private.Size())
	}
	return refused(diagnosis.EncryptionKey, "dataKey does not open by OAEP with SHA-1")
}

// decrypt compares the signature before it reads anything (W4.10-05), and then the content (W4.10-04).
func (s *sealed) decrypt(dataKey []byte) ([]byte, *ContentError) {
	mac := hmac.New(sha256.New, dataKey)
	mac.Write(s.data)
	if !hmac.Equal(mac.Sum(nil), s.signature) {
		return nil, refused(diagnosis.EncryptionSignature, "dataSignature is another than that of the %d bytes of data", len(s.data))
	}
	content, ok := s.clear(dataKey)
	if !ok {
		return nil, refused(diagnosis.EncryptionPadding, "the last block does not end with the padding of PKCS #7")
	}
	if document, err := odata.Parse(content); err != nil || !document.IsObject() || !utf8.Valid(content) {
		return nil, refused(diagnosis.EncryptionNotJSON, "the %d bytes that come out are no JSON object", len(content))
	}
	return content, nil
}

// clear is the content without its padding, by AES-256-CBC with PKCS #7 (W4.10-04).
func (s *sealed) clear(dataKey []byte) (content []byte, ok bool) {
	block, err := aes.NewCipher(dataKey)
	if err != nil {
		return nil, false
	}
	content = make([]byte, len(s.data))
	cipher.NewCBCDecrypter(block, dataKey[:aes.BlockSize]).CryptBlocks(content, s.data)
	padding := int(content[len(content)-1])
	if padding == 0 || padding > aes.BlockSize {
		return nil, false
	}
	for _, b := range content[len(content)-padding:] {
		if int(b) != padding {
			return nil, false
		}
	}
	return content[:len(content)-padding], true
}

// Open returns the clear content of an item: an entry of a notification's value, as it came. It compares the signature first. The error
// is a *ContentError; a certificate that was renewed with the same key is none here.
func (k Key) Open(item []byte) ([]byte, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	document, err := odata.Parse(item)
	if err != nil {
		return nil, fmt.Errorf("open encrypted content: %w", err)
	}
	s, refusal := readSealed(document.Raw)
	if s == nil {
		return nil, refused(diagnosis.EncryptionUnchecked, "the item has none")
	}
	var content []byte
	if refusal == nil {
		_, content, refusal = s.open([]Key{k})
	}
	if refusal != nil && refusal.Encryption != diagnosis.EncryptionSameKey {
		return nil, refusal
	}
	return content, nil
}
