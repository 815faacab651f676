package dialect

import (
	"strconv"
	"strings"
)

// The words for what a Dialect is made of, as Diff shows them.

func (f Family) String() string { return wordOf(f, []string{Outlook: "Outlook", Graph: "Graph"}) }

func (r Renewal) String() string {
	return wordOf(r, []string{RenewNever: "no", RenewByPost: "POST", RenewByPatch: "PATCH"})
}

func (n Need) String() string {
	return wordOf(n, []string{ReadOnly: "ignored", Optional: "may be given", Required: "must be given", Fixed: "as it is only"})
}

func (u Unset) String() string {
	return wordOf(u, []string{Omit: "left out", Null: "null", Filled: "filled"})
}

func (s Select) String() string {
	return wordOf(s, []string{SelectNone: "no", SelectClear: "properties in clear", SelectNarrows: "narrows what is notified"})
}

func (w Wording) String() string {
	return wordOf(w, []string{TellsStatus: "tells the status", TellsFailure: "tells of failure", TellsFirst: "in the first words", TellsNothing: "tells nothing"})
}

func (f UserForm) String() string {
	return wordOf(f, []string{UserAddress: "address", UserPair: "user@tenant", UserID: "id"})
}

func (f DateForm) String() string {
	return wordOf(f, []string{Trimmed: "trimmed, Z", Observed: "trimmed, +00:00", Documented: "7 digits, Z"})
}

func (v View) String() string {
	var names []string
	for i, name := range [...]string{"create", "read", "renew", "list"} {
		if v&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func (p Prop) String() string {
	return wordOf(p, []string{
		PropContext: "context", PropType: "type", PropLink: "link", PropID: "id", PropResource: "resource", PropChange: "change",
		PropClientState: "clientState", PropURL: "url", PropExpires: "expires", PropLifecycleURL: "lifecycleURL", PropApp: "app",
		PropCreator: "creator", PropQueryOptions: "queryOptions", PropContentType: "contentType", PropIncludeData: "includeData",
		PropTLS: "tls", PropCertificate: "certificate", PropCertificateID: "certificateID", PropURLApp: "urlApp",
	})
}

func (p PartKind) String() string {
	return wordOf(p, []string{
		PartType: "type", PartNull: "null", PartOwnID: "ownID", PartSubscription: "subscription", PartExpires: "expires",
		PartExpiresInFull: "expiresInFull", PartSequence: "sequence", PartClientState: "clientState", PartTenant: "tenant",
		PartChange: "change", PartResource: "resource", PartData: "data", PartLifecycle: "lifecycle", PartError: "error",
		PartEncrypted: "encrypted", PartExpiresObserved: "expiresObserved", PartOwnPath: "ownPath", PartOwnData: "ownData",
	})
}

func (k Kind) String() string {
	return wordOf(k, []string{
		BadPayload: "badPayload", UnknownProperty: "unknownProperty", DuplicateProperty: "duplicateProperty", MissingProperty: "missingProperty",
		WrongType: "wrongType", BadType: "badType", TooLong: "tooLong", BadDate: "badDate", Unsendable: "unsendable",
		FixedProperty: "fixedProperty", EmptyRenewal: "emptyRenewal", WebPush: "webPush", BadChangeType: "badChangeType", BadURL: "badURL",
		PlainURL: "plainURL", BadResource: "badResource", UnsupportedResource: "unsupportedResource", UnknownResource: "unknownResource",
		RefusedOptions: "refusedOptions", NoSelection: "noSelection", BadCertificate: "badCertificate", TooFar: "tooFar", Unauthorized: "unauthorized", AccessDenied: "accessDenied", NoAccess: "noAccess", NoUser: "noUser",
		QuotaReached: "quotaReached", Duplicate: "duplicate", HandshakeFailed: "handshakeFailed", NoSubscription: "noSubscription",
		NoItem: "noItem", MalformedID: "malformedID", ForeignID: "foreignID", NoMailbox: "noMailbox", NoSegment: "noSegment",
		BadQuery: "badQuery", WrongMethod: "wrongMethod", TooLarge: "tooLarge", UnsupportedMedia: "unsupportedMedia",
		UnsupportedEncoding: "unsupportedEncoding", NotEmulated: "notEmulated", Throttled: "throttled", MailboxBusy: "mailboxBusy",
		BadBatch: "badBatch", FailedDependency: "failedDependency", Unavailable: "unavailable",
		Broken: "broken", Failed: "failed",
	})
}

// wordOf is the word of a number; what has none yet is shown as the number.
func wordOf[N ~uint8](n N, words []string) string {
	if int(n) < len(words) && words[n] != "" {
		return words[n]
	}
	return "#" + strconv.Itoa(int(n))
}
