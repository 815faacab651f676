package diagnosis

// contentFindings are the findings about encrypted content, told to who writes
// a receiver of it and to who sends it.
func contentFindings() []Finding {
	return []Finding{
		{
			ID: "receiver-content-malformed", Title: "the encrypted content is incomplete",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-01 W4.10-04 W4.10-05 W4.10-06",
			Cause: "`encryptedContent` lacks one of data, dataSignature, dataKey and encryptionCertificateId, or one of them is no base64, or has a length that nothing encrypted has.",
			Cure:  "Take the four as they stand, standard base64 with padding. A store or queue in between may have cut them, or made spaces of their plus signs.",
		},
		{
			ID: "receiver-content-certificate", Title: "no key for this certificate id",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-07",
			Cause: "The content is encrypted for a certificate id that the receiver has no key for: the subscription was made with another certificate, or by another app.",
			Cure:  "Keep each private key under the encryptionCertificateId that its subscriptions carry, an old one until the last of them has ended.",
			Cases: []Case{{
				Name:  "renamed",
				Title: "the certificate id is not the one of this certificate",
				Cause: "The id is unknown, the thumbprint is that of a certificate at hand: the subscription names your certificate by another id than you do.",
				Cure:  "Subscribe with the id under which you keep the key; PATCH encryptionCertificateId and encryptionCertificate together.",
			}},
		},
		{
			ID: "receiver-content-thumbprint", Title: "encrypted for another certificate of this id",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-07",
			Cause: "The id is known, the thumbprint is another certificate's: one of the two was changed, and the id was not.",
			Cure:  "Give every new certificate an id of its own, so that what is still under way finds the old key.",
			Cases: []Case{{
				Name:  "same-key",
				Title: "another certificate with the same key",
				Cause: "The thumbprint is another certificate's, and your key opens the content all the same: the certificate was renewed, its key was not.",
				Cure:  "Compare thumbprints only with those of certificates in use, or go by the id; and make a new key with the next certificate.",
			}},
		},
		{
			ID: "receiver-content-key", Title: "the private key does not open the data key",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-03 W4.10-06",
			Cause: "`dataKey` can't be decrypted with the private key of this certificate id: it was encrypted for another certificate, or damaged on the way.",
			Cure:  "Compare the certificate that the subscription shows with your key's. Decrypt by RSA-OAEP with SHA-1, also for MGF1; in Node oaepHash stays unset.",
			Cases: []Case{{
				Name:  "sha256",
				Title: "the data key is encrypted with SHA-256",
				Cause: "`dataKey` opens by OAEP with SHA-256. The service uses SHA-1, so that no receiver that goes by the documents can read this.",
				Cure:  "Encrypt by RSA-OAEP with SHA-1: RSA_PKCS1_OAEP_PADDING alone, OAEPWithSHA-1AndMGF1Padding, RSAEncryptionPadding.OaepSHA1.",
			}, {
				Name:  "pkcs1",
				Title: "the data key is encrypted with the padding of PKCS #1 v1.5",
				Cause: "`dataKey` opens with the padding of PKCS #1 v1.5. The service uses OAEP, so that no receiver that goes by the documents can read this.",
				Cure:  "Encrypt by RSA-OAEP with SHA-1: many a library's default is the old padding, and has to be told.",
			}, {
				Name:  "length",
				Title: "the data key is none of AES-256",
				Cause: "What comes out of `dataKey` has not the 32 bytes of a key for AES-256.",
				Cure:  "Encrypt the 32 random bytes themselves, not their base64 or hex.",
			}},
		},
		{
			ID: "receiver-content-signature", Title: "the signature of the content is wrong",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-05",
			Cause: "`dataSignature` is not the HMAC-SHA256 of the content under its key: the content or the signature was changed, or the signature was made over something else.",
			Cure:  "Drop the item: don't decrypt it. The HMAC is over the bytes that the base64 of `data` stands for, not over the base64, nor over the clear text.",
		},
		{
			ID: "receiver-content-padding", Title: "the content does not decrypt",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-03 W4.10-04",
			Cause: "The signature is right, but what AES makes of `data` does not end with the padding of PKCS #7.",
			Cure:  "Use AES-256 in CBC mode with PKCS #7, with the key whole and its first 16 bytes as IV.",
		},
		{
			ID: "receiver-content-not-json", Title: "the decrypted content is not JSON",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-03 W4.10-04",
			Cause: "The content decrypts, but to no JSON object in UTF-8. Where only its first 16 bytes are wrong, the IV is.",
			Cure:  "Take the first 16 bytes of the key as IV, and encrypt JSON in UTF-8.",
		},
	}
}

// tokenFindings are the findings about the validation tokens that come with
// encrypted content.
func tokenFindings() []Finding {
	return []Finding{
		{
			ID: "receiver-token-missing", Title: "no validation token",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-12 W4.10-17",
			Cause: "The request has encrypted content and no `validationTokens`: it is forged, or the app of the subscription is not set up to get any.",
			Cure:  "Drop such items and answer 202. Where none ever comes, look at the app's registration: it needs a service principal in the tenant.",
		},
		{
			ID: "receiver-token-malformed", Title: "a validation token that is none",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-12 W4.10-15",
			Cause: "An entry of `validationTokens` is no signed JWT of three parts, or lacks a claim that all have: exp, aud, iss, tid.",
			Cure:  "Take each entry of the list as it stands; don't decode or trim it. As a receiver drop the items and answer 202.",
		},
		{
			ID: "receiver-token-signature", Title: "the signature of a validation token is wrong",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-16 W4.10-17 R31",
			Cause: "The token names a key of the authority, and was not signed with it: it was changed on the way, or is forged.",
			Cure:  "Drop the items and answer 202. Check tokens before anything is decrypted or followed.",
			Cases: []Case{{
				Name:  "key",
				Title: "a validation token is signed with a strange key",
				Cause: "The authority has no key of the id that the token names: it is forged, comes from another authority, or the keys have changed since they were fetched.",
				Cure:  "Name the authority that the sender signs by. As a receiver fetch the keys anew for an unknown id, though not for every request.",
			}, {
				Name:  "algorithm",
				Title: "a validation token is not signed by RS256",
				Cause: "The token's header names another algorithm than RS256, or none: that is how tokens are forged.",
				Cure:  "Say in your code which algorithm you take, RS256, rather than to let the token say it.",
			}},
		},
		{
			ID: "receiver-token-expired", Title: "a validation token has expired",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-13 W4.10-14 W4.10-15",
			Cause: "The token's time (`exp`) is over by this machine's clock: somebody plays back an old request, the request waited long, or the clock is wrong.",
			Cure:  "Check tokens as requests come, not when a queue gets to them, and by the real time. Allow clocks a minute or so.",
			Cases: []Case{{
				Name:  "early",
				Title: "a validation token is not valid yet",
				Cause: "The token's time (`nbf`) has not begun by this machine's clock.",
				Cure:  "Set the clock of this machine or of the sender's. Allow clocks a minute or so.",
			}},
		},
		{
			ID: "receiver-token-issuer", Title: "a validation token of another issuer",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-13 W4.10-14 R31",
			Cause: "`iss` is neither https://sts.windows.net/{tid}/ (version 1.0) nor https://login.microsoftonline.com/{tid}/v2.0 (version 2.0) with the token's own tenant.",
			Cure:  "Put the token's tid into the issuer that its version has, and take both versions: which one comes is a setting of the app.",
		},
		{
			ID: "receiver-token-audience", Title: "a validation token for another app",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-15 W4.10-17",
			Cause: "`aud` is none of the app ids that the receiver expects: the subscription was made by another app, or somebody else's request is played back.",
			Cure:  "Compare with the id of the app that subscribes (its client id, not the id of its object), and name all if there are several.",
		},
		{
			ID: "receiver-token-publisher", Title: "a validation token of another sender",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-13 W4.10-14 W4.10-17",
			Cause: "`appid` (version 1.0) or `azp` (2.0) is not 0bf30f3b-4a52-48df-9a82-234910c4a086, the publisher of change notifications: any app can get a token for yours.",
			Cure:  "Compare it in your code as well: signature, issuer and audience alone let every app of the tenant send you notifications.",
		},
		{
			ID: "receiver-token-tenant", Title: "no validation token of the item's tenant",
			Severity: SeverityFailure, Strict: SeverityFailure, Rule: "W4.10-12",
			Cause: "The tokens are right, but none is of the tenant that the item says it is from.",
			Cure:  "Drop the item and answer 202. A batch has one token for each app and tenant in it: compare `tid` with `tenantId`.",
		},
		{
			ID: "receiver-token-keys", Title: "the authority's keys can't be had",
			Severity: SeverityWarning, Strict: SeverityFailure, Rule: "W4.10-16",
			Cause: "The keys that tokens are signed with could not be fetched from the authority, so that nobody knows whether the tokens are right.",
			Cure:  "See whether {authority}/common/discovery/v2.0/keys answers from this machine, with a certificate that is trusted here.",
		},
	}
}
