package diagnosis

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// richRows are all verdicts on encrypted content and on tokens.
func richRows() []receivedRow {
	content := func(e Encryption) func() []Diagnosis {
		return func() []Diagnosis { return Item(ReceivedItem{Encryption: e}, Faithful) }
	}
	token := func(v Token) func() []Diagnosis {
		return func() []Diagnosis { return Item(ReceivedItem{Token: v}, Faithful) }
	}
	strictly := func(i ReceivedItem) func() []Diagnosis {
		return func() []Diagnosis { return Item(i, Strict) }
	}
	return []receivedRow{
		{name: "content that opens", judge: content(EncryptionRight)},
		{name: "content in pieces", judge: content(EncryptionMalformed), want: []string{"receiver-content-malformed"}},
		{name: "content for an unknown id", judge: content(EncryptionUnknownID), want: []string{"receiver-content-certificate"}},
		{name: "content by another id", judge: content(EncryptionRenamed), want: []string{"receiver-content-certificate/renamed"}},
		{name: "content for another certificate", judge: content(EncryptionThumbprint), want: []string{"receiver-content-thumbprint"}},
		{name: "content for another certificate with the same key", judge: content(EncryptionSameKey), want: []string{"warning receiver-content-thumbprint/same-key"}},
		{name: "content whose key does not open", judge: content(EncryptionKey), want: []string{"receiver-content-key"}},
		{name: "content whose key is wrapped with SHA-256", judge: content(EncryptionSHA256), want: []string{"receiver-content-key/sha256"}},
		{name: "content whose key is wrapped the old way", judge: content(EncryptionPKCS1), want: []string{"receiver-content-key/pkcs1"}},
		{name: "content whose key is none", judge: content(EncryptionKeyLength), want: []string{"receiver-content-key/length"}},
		{name: "content with a wrong signature", judge: content(EncryptionSignature), want: []string{"receiver-content-signature"}},
		{name: "content without padding", judge: content(EncryptionPadding), want: []string{"receiver-content-padding"}},
		{name: "content that is no JSON", judge: content(EncryptionNotJSON), want: []string{"receiver-content-not-json"}},

		{name: "tokens that are right", judge: token(TokenRight)},
		{name: "no token", judge: token(TokenMissing), want: []string{"receiver-token-missing"}},
		{name: "a token that is none", judge: token(TokenMalformed), want: []string{"receiver-token-malformed"}},
		{name: "a token of another algorithm", judge: token(TokenAlgorithm), want: []string{"receiver-token-signature/algorithm"}},
		{name: "a token of a strange key", judge: token(TokenStrange), want: []string{"receiver-token-signature/key"}},
		{name: "a token with a wrong signature", judge: token(TokenSignature), want: []string{"receiver-token-signature"}},
		{name: "a token that is over", judge: token(TokenExpired), want: []string{"receiver-token-expired"}},
		{name: "a token before its time", judge: token(TokenEarly), want: []string{"receiver-token-expired/early"}},
		{name: "a token of another issuer", judge: token(TokenIssuer), want: []string{"receiver-token-issuer"}},
		{name: "a token for another app", judge: token(TokenAudience), want: []string{"receiver-token-audience"}},
		{name: "a token of another sender", judge: token(TokenPublisher), want: []string{"receiver-token-publisher"}},
		{name: "no token of the tenant", judge: token(TokenTenant), want: []string{"receiver-token-tenant"}},
		{name: "keys that can't be had", judge: token(TokenUnjudged), want: []string{"warning receiver-token-keys"}},

		{name: "keys that can't be had, strictly", judge: strictly(ReceivedItem{Token: TokenUnjudged}), want: []string{"receiver-token-keys"}},
		{
			name:  "failures first, whatever they are about",
			judge: strictly(ReceivedItem{Encryption: EncryptionSameKey, Token: TokenMissing, Registration: RegistrationKnown}),
			want:  []string{"receiver-token-missing", "warning receiver-content-thumbprint/same-key"},
		},
	}
}

func TestRich(t *testing.T) {
	for _, row := range richRows() {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, names(row.judge())); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// A diagnosis says where it was seen, and what.
func TestRichNamesThePlace(t *testing.T) {
	got := Item(ReceivedItem{
		At: "value[3]", Encryption: EncryptionSignature, EncryptionDetail: "seen in the content",
		Token: TokenExpired, TokenDetail: "seen in the token",
	}, Faithful)
	var places [][2]string
	for _, d := range got {
		places = append(places, [2]string{d.At, d.Detail})
	}
	want := [][2]string{{"validationTokens", "seen in the token"}, {"value[3].encryptedContent", "seen in the content"}}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}
