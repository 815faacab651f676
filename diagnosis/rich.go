package diagnosis

// Encryption tells what came of an item's encrypted content.
type Encryption string

// The zero value says that there is none, or that nobody tried to open it.
const (
	EncryptionUnchecked  Encryption = ""
	EncryptionRight      Encryption = "right"
	EncryptionMalformed  Encryption = "malformed"  // a part is missing, no base64, or has an impossible length
	EncryptionUnknownID  Encryption = "unknown-id" // no key is at hand for its certificate id
	EncryptionRenamed    Encryption = "renamed"    // nor is one, but for its thumbprint
	EncryptionThumbprint Encryption = "thumbprint" // it is for another certificate than the one of that id
	EncryptionSameKey    Encryption = "same-key"   // it is, and opens all the same
	EncryptionKey        Encryption = "key"        // the data key does not open
	EncryptionSHA256     Encryption = "sha256"     // it does by OAEP with SHA-256
	EncryptionPKCS1      Encryption = "pkcs1"      // it does with the padding of PKCS #1 v1.5
	EncryptionKeyLength  Encryption = "key-length" // what comes out is no key
	EncryptionSignature  Encryption = "signature"  // the HMAC is another
	EncryptionPadding    Encryption = "padding"    // the last block has no padding
	EncryptionNotJSON    Encryption = "not-json"   // what comes out is no JSON object
)

// finding is the id and the case that it is told by.
func (e Encryption) finding() (id string, f fact) {
	switch e {
	case EncryptionMalformed:
		return "receiver-content-malformed", f
	case EncryptionUnknownID:
		return "receiver-content-certificate", f
	case EncryptionRenamed:
		return "receiver-content-certificate", fact{name: "renamed"}
	case EncryptionThumbprint:
		return "receiver-content-thumbprint", f
	case EncryptionSameKey:
		return "receiver-content-thumbprint", fact{name: "same-key", severity: SeverityWarning}
	case EncryptionKey:
		return "receiver-content-key", f
	case EncryptionSHA256:
		return "receiver-content-key", fact{name: "sha256"}
	case EncryptionPKCS1:
		return "receiver-content-key", fact{name: "pkcs1"}
	case EncryptionKeyLength:
		return "receiver-content-key", fact{name: "length"}
	case EncryptionSignature:
		return "receiver-content-signature", f
	case EncryptionPadding:
		return "receiver-content-padding", f
	case EncryptionNotJSON:
		return "receiver-content-not-json", f
	}
	return "", f
}

// Token tells what came of checking the validation tokens that an item's
// request carries.
type Token string

// The zero value says that they were not checked.
const (
	TokenUnchecked Token = ""
	TokenRight     Token = "right"
	TokenMissing   Token = "missing"   // there is none, and there is encrypted content
	TokenMalformed Token = "malformed" // one is no JWT, or lacks a claim
	TokenAlgorithm Token = "algorithm" // one is not signed by RS256
	TokenStrange   Token = "strange"   // one is signed with a key that the authority does not have
	TokenSignature Token = "signature" // one is not signed with the key that it names
	TokenExpired   Token = "expired"
	TokenEarly     Token = "early"
	TokenIssuer    Token = "issuer"
	TokenAudience  Token = "audience"
	TokenPublisher Token = "publisher"
	TokenTenant    Token = "tenant"   // all are right, and none is of the item's tenant
	TokenUnjudged  Token = "unjudged" // the authority's keys could not be had
)

// finding is the id and the case that it is told by.
func (t Token) finding() (id string, f fact) {
	switch t {
	case TokenMissing, TokenMalformed, TokenSignature, TokenExpired, TokenIssuer, TokenAudience, TokenPublisher, TokenTenant:
		return "receiver-token-" + string(t), f
	case TokenAlgorithm:
		return "receiver-token-signature", fact{name: "algorithm"}
	case TokenStrange:
		return "receiver-token-signature", fact{name: "key"}
	case TokenEarly:
		return "receiver-token-expired", fact{name: "early"}
	case TokenUnjudged:
		return "receiver-token-keys", f
	}
	return "", f
}

// detailLimit bounds what is shown of ids and claims: two thumbprints, or an
// issuer with its tenant, stand in it whole.
const detailLimit = 240

// rich adds what was found out about tokens and content.
func (i ReceivedItem) rich(r *report) {
	if id, f := i.Token.finding(); id != "" {
		f.detail, f.at = excerptTo(i.TokenDetail, detailLimit), "validationTokens"
		r.add(id, f)
	}
	if id, f := i.Encryption.finding(); id != "" {
		f.detail, f.at = excerptTo(i.EncryptionDetail, detailLimit), i.At+".encryptedContent"
		r.add(id, f)
	}
}
