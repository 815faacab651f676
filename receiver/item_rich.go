package receiver

import (
	"encoding/json"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
)

// encryptedView is the encrypted content of an item in JSON.
type encryptedView struct {
	CertificateID string               `json:"certificateId"`
	Thumbprint    string               `json:"thumbprint,omitempty"`
	Verdict       diagnosis.Encryption `json:"verdict,omitempty"` // empty: nobody tried to open it
	Content       json.RawMessage      `json:"content,omitempty"`
}

func (i *Item) encryptedView() *encryptedView {
	if len(i.raw) == 0 || i.raw[0] != '{' {
		return nil
	}
	s, _ := readSealed(i.raw)
	if s == nil {
		return nil
	}
	return &encryptedView{CertificateID: s.id, Thumbprint: s.thumbprint, Verdict: i.Encryption, Content: i.Content()}
}

// tokenView is what came of the tokens of an item's request, and what that of its tenant says.
type tokenView struct {
	Verdict  diagnosis.Token `json:"verdict"`
	Version  string          `json:"version,omitempty"`
	Tenant   string          `json:"tenant,omitempty"`
	Audience []string        `json:"audience,omitempty"`
	Expires  time.Time       `json:"expires,omitzero"`
}

func (i *Item) tokenView() *tokenView {
	if i.token == nil {
		return nil
	}
	c := i.token.claims
	view := &tokenView{Verdict: i.Token, Version: c.Version, Tenant: c.Tenant, Audience: c.Audience}
	if c.Expires != nil {
		view.Expires = c.Expires.Time().UTC()
	}
	return view
}
