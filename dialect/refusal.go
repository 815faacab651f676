package dialect

import (
	"fmt"
	"maps"
	"net/http"

	"github.com/outlocal/outlocal/notify"
)

// Kind is a reason to refuse a request. Its comment names what Refuse wants beside it.
type Kind uint8

// The reasons.
const (
	BadPayload        Kind = iota // what is wrong
	UnknownProperty               // its name, a hint
	DuplicateProperty             // its name
	MissingProperty               // its name
	WrongType                     // its name
	BadType                       // the @odata.type that was sent
	TooLong                       // the property's name, the most characters
	BadDate                       // the property's name
	Unsendable                    // the property's name
	FixedProperty                 // its name
	EmptyRenewal
	WebPush             // the property's name
	BadChangeType       // the text
	BadURL              // the URL, masked
	PlainURL            // the URL, masked
	BadResource         // the resource
	UnsupportedResource // the resource: one item, or a container
	UnknownResource     // the resource
	RefusedOptions
	NoSelection    // nothing
	BadCertificate // what is wrong with it
	TooFar         // the limit in minutes
	Unauthorized
	AccessDenied
	NoAccess // to that mailbox, for a subscription
	NoUser   // nothing: me stands for nobody
	QuotaReached
	Duplicate           // the other subscription's id
	HandshakeFailed     // the service's sentence
	NoSubscription      // nothing
	NoItem              // nothing
	MalformedID         // nothing
	ForeignID           // nothing
	NoMailbox           // nothing
	NoSegment           // the segment
	BadQuery            // nothing
	WrongMethod         // nothing
	TooLarge            // the most bytes
	UnsupportedMedia    // the media type
	UnsupportedEncoding // the content encoding
	NotEmulated         // what
	Throttled           // nothing
	MailboxBusy         // nothing: too many requests at once
	BadBatch            // what is wrong with it, in the service's words
	FailedDependency    // nothing
	Unavailable         // nothing
	Broken              // nothing: the service's own fault
	Failed              // nothing: our own fault
	lastKind
)

// Refusal is how a service words a reason.
type Refusal struct {
	Status  int
	Code    string
	Message string // may hold verbs for what the Kind's comment names
}

// Refusals is a service's wording of every reason.
type Refusals map[Kind]Refusal

// Refuse words a refusal; its Hint is the caller's to add. The arguments are those that the kind's comment names.
func (d *Dialect) Refuse(k Kind, args ...any) *notify.Error {
	r := d.Refusals[k]
	message := r.Message
	if n := verbs(message); n > 0 {
		message = fmt.Sprintf(message, args[:min(n, len(args))]...)
	}
	return &notify.Error{Status: r.Status, Code: r.Code, Message: message}
}

// verbs counts the verbs in a message; wordings use no other percent signs.
func verbs(message string) int {
	n := 0
	for i := range len(message) {
		if message[i] == '%' {
			n++
		}
	}
	return n
}

func (r Refusals) with(changes Refusals) Refusals {
	c := maps.Clone(r)
	maps.Copy(c, changes)
	return c
}

const (
	invalidParameter = "ErrorInvalidParameter"
	notEmulatedCode  = "NotImplemented"
	notEmulatedText  = "outlocal does not emulate %s."
)

// outlookRefusals are the wordings of Outlook's REST API. Those for wrong properties are ours: nobody published the service's (W10-47).
var outlookRefusals = Refusals{
	BadPayload:          {http.StatusBadRequest, invalidParameter, "The request body can't be read: %s."},
	UnknownProperty:     {http.StatusBadRequest, invalidParameter, "The property '%s' does not exist on this type: %s."},
	DuplicateProperty:   {http.StatusBadRequest, invalidParameter, "The property '%s' stands in the request body twice."},
	MissingProperty:     {http.StatusBadRequest, invalidParameter, "The property '%s' is required."},
	WrongType:           {http.StatusBadRequest, invalidParameter, "The value of property '%s' is of the wrong type."},
	BadType:             {http.StatusBadRequest, invalidParameter, "The value '%s' of '@odata.type' is not a type of subscription."},
	TooLong:             {http.StatusBadRequest, invalidParameter, "The value of property '%s' is longer than %d characters."},
	BadDate:             {http.StatusBadRequest, invalidParameter, "The value of property '%s' is not a date with a time zone."},
	Unsendable:          {http.StatusBadRequest, invalidParameter, "The value of property '%s' can't be sent in a header."},
	FixedProperty:       {http.StatusBadRequest, invalidParameter, "The property '%s' can't be changed."},
	EmptyRenewal:        {http.StatusBadRequest, invalidParameter, "The renewal holds no expiry."},
	WebPush:             {http.StatusBadRequest, invalidParameter, "The property '%s' does not exist on this type."},
	BadChangeType:       {http.StatusBadRequest, invalidParameter, "The value '%s' of parameter 'ChangeType' is invalid."},
	BadURL:              {http.StatusBadRequest, invalidParameter, "The value '%s' of parameter 'NotificationURL' is invalid."},
	PlainURL:            {http.StatusBadRequest, invalidParameter, "The value '%s' of parameter 'NotificationURL' is invalid: https is required."},
	BadResource:         {http.StatusBadRequest, invalidParameter, "The value '%s' of parameter 'Resource' is invalid."},
	UnsupportedResource: {http.StatusBadRequest, invalidParameter, "The value '%s' of parameter 'Resource' is not supported."},
	UnknownResource:     {http.StatusBadRequest, invalidParameter, "The value '%s' of parameter 'Resource' is invalid."},
	RefusedOptions:      {http.StatusBadRequest, "RequestBroker-ParseUri", "Bad Request - Error in query syntax."},
	NoSelection:         {http.StatusBadRequest, invalidParameter, "The parameter 'Resource' selects no properties."},
	BadCertificate:      {http.StatusBadRequest, invalidParameter, "The certificate can't be used: %s"},
	TooFar:              {http.StatusBadRequest, invalidParameter, "The subscription can't live longer than %d minutes."},
	Unauthorized:        {http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token is empty."},
	AccessDenied:        {http.StatusForbidden, "ErrorAccessDenied", accessDenied},
	NoAccess:            {http.StatusForbidden, "ErrorAccessDenied", accessDenied},
	NoUser:              {http.StatusBadRequest, "ErrorInvalidUser", "The requested user 'me' is invalid."},
	QuotaReached:        {http.StatusForbidden, "ErrorExceededSubscriptionCount", "Maximum number of subscriptions has been reached."},
	Duplicate:           {http.StatusConflict, invalidParameter, "The subscription '%s' exists already."},
	HandshakeFailed:     {http.StatusBadRequest, invalidParameter, "%s"},
	NoSubscription:      {http.StatusNotFound, "ErrorItemNotFound", notInStore},
	NoItem:              {http.StatusNotFound, "ErrorItemNotFound", notInStore},
	MalformedID:         {http.StatusBadRequest, "ErrorInvalidIdMalformed", "Id is malformed."},
	ForeignID:           {http.StatusBadRequest, "ErrorInvalidMailboxItemId", "Item Id doesn't belong to the current mailbox."},
	NoMailbox:           {http.StatusNotFound, "MailboxNotEnabledForRESTAPI", "REST API is not yet supported for this mailbox."},
	NoSegment:           {http.StatusBadRequest, "RequestBroker-ParseUri", "Resource not found for the segment '%s'."},
	BadQuery:            {http.StatusBadRequest, "RequestBroker-ParseUri", "Bad Request - Error in query syntax."},
	WrongMethod:         {http.StatusMethodNotAllowed, "ErrorInvalidRequest", "The OData request is not supported: specified HTTP method is not allowed for the request target."},
	TooLarge:            {http.StatusRequestEntityTooLarge, "ErrorInvalidRequest", "The request body is larger than %d bytes."},
	UnsupportedMedia:    {http.StatusUnsupportedMediaType, "ErrorInvalidRequest", "The media type '%s' is not supported: send application/json."},
	UnsupportedEncoding: {http.StatusUnsupportedMediaType, "ErrorInvalidRequest", "The content encoding '%s' is not supported: send gzip or none."},
	NotEmulated:         {http.StatusNotImplemented, notEmulatedCode, notEmulatedText},
	Throttled:           {http.StatusTooManyRequests, "ErrorTooManyRequests", "Too many requests. Please retry later."}, // W6.2-09
	MailboxBusy:         {http.StatusTooManyRequests, throttledCode, overConcurrency},                                   // W6.2-09
	BadBatch:            {http.StatusBadRequest, "ErrorInvalidRequest", "%s"},
	FailedDependency:    {http.StatusFailedDependency, "FailedDependency", failedDependency},
	Unavailable:         {http.StatusServiceUnavailable, "ErrorServerBusy", "The server cannot service this request right now. Try again later."},
	Broken:              {http.StatusInternalServerError, "ErrorInternalServerError", "An internal server error occurred. The operation failed."},
	Failed:              {http.StatusInternalServerError, "ErrorInternalServerError", "An internal server error occurred. The operation failed."},
}

const (
	accessDenied = "Access is denied. Check credentials and try again."
	notInStore   = "The specified object was not found in the store."

	throttledCode    = "ApplicationThrottled"
	overConcurrency  = "Application is over its MailboxConcurrency limit."
	failedDependency = "Failed Dependency"
)

// outlookRefusals2015 differ in the name of the part that read URLs (W6.2-02).
var outlookRefusals2015 = outlookRefusals.with(Refusals{
	RefusedOptions: {http.StatusBadRequest, "RequestBrokerOld-ParseUri", "Bad Request - Error in query syntax."},
	NoSegment:      {http.StatusBadRequest, "RequestBrokerOld-ParseUri", "Resource not found for the segment '%s'."},
	BadQuery:       {http.StatusBadRequest, "RequestBrokerOld-ParseUri", "Bad Request - Error in query syntax."},
})

const (
	invalidRequest = "InvalidRequest"
	extensionError = "ExtensionError"
	badRequest     = "BadRequest"
	graphPayload   = "Could not process subscription creation payload. Are all property names spelled and camelCased properly? Also are the DateTimeOffset properties in a valid internet Date and Time format?"
	operation      = "Operation: Create; Exception: [Status Code: %s; Reason: %s]"
)

func extension(status int, name, reason string) Refusal {
	return Refusal{status, extensionError, fmt.Sprintf(operation, name, reason)}
}

// graphRefusals are the wordings of Microsoft Graph (rules W6.3 and W6.4).
var graphRefusals = Refusals{
	BadPayload:        {http.StatusBadRequest, invalidRequest, graphPayload},
	UnknownProperty:   {http.StatusBadRequest, invalidRequest, graphPayload},
	DuplicateProperty: {http.StatusBadRequest, invalidRequest, graphPayload},
	MissingProperty:   {http.StatusBadRequest, invalidRequest, "%s is a required property for subscription creation."},
	WrongType:         {http.StatusBadRequest, invalidRequest, graphPayload},
	BadType:           {http.StatusBadRequest, invalidRequest, graphPayload},
	TooLong:           {http.StatusBadRequest, invalidRequest, "The value of '%s' exceeds its maximum length of %d characters."},
	BadDate:           {http.StatusBadRequest, invalidRequest, graphPayload},
	Unsendable:        {http.StatusBadRequest, invalidRequest, graphPayload},
	FixedProperty:     {http.StatusBadRequest, invalidRequest, "The property '%s' can't be updated."},
	EmptyRenewal:      {http.StatusBadRequest, invalidRequest, "Subscription must contain either the 'expirationDateTime' or 'notificationUrl' property and its value."},
	WebPush:           {http.StatusBadRequest, badRequest, "The property '%s' is not supported on a webhook subscription."},
	BadChangeType:     {http.StatusBadRequest, badRequest, "Invalid 'changeType' attribute: '%s'."},
	BadURL:            {http.StatusBadRequest, invalidRequest, "Invalid notification url='%s'."},
	PlainURL:          {http.StatusBadRequest, invalidRequest, "NotificationUrl scheme='http' is not supported."},

	BadResource:         extension(http.StatusBadRequest, "BadRequest", "The value '%s' of parameter 'Resource' is invalid."),
	UnsupportedResource: extension(http.StatusBadRequest, "BadRequest", "The value '%s' of parameter 'Resource' is not supported."),
	UnknownResource:     {http.StatusBadRequest, badRequest, "Resource '%s' is not supported."},
	RefusedOptions:      extension(http.StatusBadRequest, "BadRequest", "$top, $skip, $orderby, $select=body,uniqueBody and $expand other than singleValueExtendedProperties,multiValueExtendedProperties are not supported in subscription resource Url."),
	NoSelection:         extension(http.StatusBadRequest, "BadRequest", "$select is required in subscription resource Url when resource data is included."),
	BadCertificate:      {http.StatusBadRequest, invalidRequest, "Certificate validation error: %s"},
	TooFar:              {http.StatusBadRequest, extensionError, "Subscription expiration can only be %d minutes in the future."},

	Unauthorized:        {http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token is empty."},
	AccessDenied:        {http.StatusForbidden, "ErrorAccessDenied", accessDenied},
	NoAccess:            extension(http.StatusForbidden, "Forbidden", "Forbidden"),                                            // W6.3-13
	NoUser:              {http.StatusBadRequest, badRequest, "/me request is only valid with delegated authentication flow."}, // W1.5-20
	QuotaReached:        extension(http.StatusForbidden, "Forbidden", "Maximum number of subscriptions has been reached"),
	Duplicate:           {http.StatusConflict, "ObjectIdentifierInUse", "Subscription Id %s already exists for the requested combination"},
	HandshakeFailed:     {http.StatusBadRequest, "ValidationError", "%s"}, // W10-05
	NoSubscription:      {http.StatusNotFound, "ResourceNotFound", "The object was not found."},
	NoItem:              {http.StatusNotFound, "ErrorItemNotFound", notInStore},
	MalformedID:         {http.StatusBadRequest, "ErrorInvalidIdMalformed", "Id is malformed."},
	ForeignID:           {http.StatusNotFound, "ErrorItemNotFound", notInStore},
	NoMailbox:           extension(http.StatusNotFound, "NotFound", "Not Found"),
	NoSegment:           {http.StatusBadRequest, badRequest, "Resource not found for the segment '%s'."},
	BadQuery:            {http.StatusBadRequest, "RequestBroker--ParseUri", "Bad Request - Error in query syntax."},
	WrongMethod:         {http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."},
	TooLarge:            {http.StatusRequestEntityTooLarge, invalidRequest, "The request body is larger than %d bytes."},
	UnsupportedMedia:    {http.StatusUnsupportedMediaType, invalidRequest, "The media type '%s' is not supported: send application/json."},
	UnsupportedEncoding: {http.StatusUnsupportedMediaType, invalidRequest, "The content encoding '%s' is not supported: send gzip or none."},
	NotEmulated:         {http.StatusNotImplemented, notEmulatedCode, notEmulatedText},
	Throttled:           {http.StatusTooManyRequests, "TooManyRequests", "Please retry again later."}, // W6.3-18
	MailboxBusy:         {http.StatusTooManyRequests, throttledCode, overConcurrency},                 // W6.3-19
	BadBatch:            {http.StatusBadRequest, badRequest, "%s"},
	FailedDependency:    {http.StatusFailedDependency, "FailedDependency", failedDependency},
	Unavailable:         {http.StatusServiceUnavailable, "ServiceUnavailable", "The service is unavailable."},                   // W6.3-20
	Broken:              {http.StatusInternalServerError, extensionError, "There was an error processing a storage extension."}, // W6.3-20
	Failed:              {http.StatusInternalServerError, "InternalServerError", "An internal server error occurred. The operation failed."},
}

// graphRefusals2023 are those until 2024 (W2.4-05).
var graphRefusals2023 = graphRefusals.with(Refusals{
	HandshakeFailed: {http.StatusBadRequest, invalidRequest, "%s"},
})

const previewText = "An error has occurred."

// previewRefusals: the preview said next to nothing (W2.4-08).
var previewRefusals = graphRefusals.with(Refusals{
	PlainURL:        {http.StatusBadRequest, "", previewText},
	BadURL:          {http.StatusBadRequest, "", previewText},
	HandshakeFailed: {http.StatusBadRequest, "", previewText},
})

// Trace identifies a request in an answer.
type Trace struct {
	Request string // GUID
	Client  string // what the client called it, or the same GUID (W6.1-07)
	Date    string // UTC without zone (W6.1-03)
}

// AppendError encodes a refusal in the family's envelope (W6.1-01, W6.1-02, R12).
func (d *Dialect) AppendError(dst []byte, e *notify.Error, t Trace) []byte {
	dst = appendText(append(dst, `{"error":{"code":`...), e.Code)
	dst = appendText(append(dst, `,"message":`...), e.Message)
	if d.Family == Graph {
		dst = append(dst, `,"innerError":{`...)
		for _, name := range sortedKeys(e.Inner) {
			dst = appendText(appendName(dst, name), e.Inner[name])
		}
		dst = appendText(appendName(dst, "date"), t.Date)
		dst = appendText(appendName(dst, "request-id"), t.Request)
		if !d.EarlyError {
			dst = appendText(appendName(dst, "client-request-id"), t.Client)
		}
		dst = append(dst, '}')
	}
	return append(dst, "}}"...)
}
