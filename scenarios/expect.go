package scenarios

// Expect is what must have happened. Exactly one of them is set.
type Expect struct {
	Handshake  *ExpectHandshake  `yaml:"handshake" choice:"expectation" doc:"the webhook was asked to echo a token, by the last call"`
	Deliveries *ExpectDeliveries `yaml:"deliveries" choice:"expectation" doc:"the webhook was sent notifications"`
	Answer     *ExpectAnswer     `yaml:"answer" choice:"expectation" doc:"what the webhook answered to that"`
	Calls      *ExpectCalls      `yaml:"calls" choice:"expectation" doc:"what the webhook, or its app, called since"`
	API        *ExpectAPI        `yaml:"api" choice:"expectation" doc:"what the service answered to the app"`
	Nothing    *ExpectNothing    `yaml:"nothing" choice:"expectation" doc:"the webhook was sent nothing"`
	Received   *ExpectReceived   `yaml:"received" choice:"expectation" doc:"what the built-in webhook thinks of what it got"`
	Endpoint   *ExpectEndpoint   `yaml:"endpoint" choice:"expectation" doc:"what the service thinks of the webhook's endpoint"`
	Journal    *ExpectJournal    `yaml:"journal" choice:"expectation" doc:"anything else that the service's journal tells"`
}

func (e *Expect) kind() string { return chosen(e, "expectation") }

// ExpectHandshake is about the handshakes of the last call.
type ExpectHandshake struct {
	Count   *int             `yaml:"count" min:"0" doc:"how many; one if left out"`
	Verdict HandshakeVerdict `yaml:"verdict" doc:"how the service judged it"`
	Finding FindingID        `yaml:"finding" doc:"what was found out"`
	URL     Match            `yaml:"url" doc:"that was asked, with the token"`
	Headers map[string]Match `yaml:"headers" doc:"of the request"`
	Answer  *ExpectAnswer    `yaml:"answer" doc:"what the webhook answered"`
	Within  Duration         `yaml:"within" doc:"of real time; 5s if left out"`
}

// ExpectDeliveries is about notifications that were sent and that no step has looked at yet.
type ExpectDeliveries struct {
	_        struct{}         `short:"count"`
	Count    *int             `yaml:"count" min:"0" doc:"notifications, each time that one was sent; as many as items if left out, or one"`
	AtLeast  bool             `yaml:"atLeast" doc:"more do no harm"`
	Requests *int             `yaml:"requests" min:"0" doc:"requests that they came in"`
	Items    []ExpectItem     `yaml:"items" doc:"one after the other"`
	Each     *ExpectItem      `yaml:"each" doc:"every one"`
	Order    Order            `yaml:"order" doc:"of the items; as listed if left out"`
	Dialect  DialectName      `yaml:"dialect" doc:"whose words they are in"`
	Headers  map[string]Match `yaml:"headers" doc:"of every request"`
	Body     ByPath           `yaml:"body" doc:"of every request, by path"`
	Verdict  DeliveryVerdict  `yaml:"verdict" doc:"how the service judged every answer; good if left out, any if that does not matter"`
	Finding  FindingID        `yaml:"finding" doc:"what was found out about every answer"`
	Try      int              `yaml:"try" min:"1" doc:"which attempt it was"`
	Answer   *ExpectAnswer    `yaml:"answer" doc:"what the webhook answered to every request"`
	Within   Within           `yaml:"within" doc:"how soon"`
}

// ExpectItem is about one notification, whatever its schema.
type ExpectItem struct {
	_            struct{}   `short:"change"`
	Change       ItemChange `yaml:"change" doc:"what it tells"`
	Lifecycle    EventName  `yaml:"lifecycle" doc:"what it tells, of the subscription itself"`
	Subscription SubName    `yaml:"subscription" doc:"whose it is"`
	Item         Match      `yaml:"item" doc:"id of the item"`
	Sequence     *int       `yaml:"sequence" doc:"its number"`
	Resource     Match      `yaml:"resource" doc:"where the item can be read"`
	ClientState  Match      `yaml:"clientState" doc:"wherever it travels"`
	Body         ByPath     `yaml:"body" doc:"of the notification alone, by path"`
	Content      ByPath     `yaml:"content" doc:"what is encrypted in it for the built-in webhook's certificate, by path"`
}

// ExpectAnswer is about what the webhook answered.
type ExpectAnswer struct {
	_       struct{}         `short:"status"`
	Of      Name             `yaml:"of" doc:"name of a send; what was looked at last if left out"`
	Status  Match            `yaml:"status" doc:"such as 202"`
	Headers map[string]Match `yaml:"headers"`
	Text    Match            `yaml:"text" doc:"the whole body"`
	Body    ByPath           `yaml:"body" doc:"a JSON body, by path"`
}

// ExpectAPI is about what the service answered to the app.
type ExpectAPI struct {
	_       struct{}         `short:"status"`
	Of      Name             `yaml:"of" doc:"name of the step; the last call if left out"`
	Status  Match            `yaml:"status" doc:"such as 201"`
	Code    Match            `yaml:"code" doc:"of the error"`
	Message Match            `yaml:"message" doc:"of the error"`
	Headers map[string]Match `yaml:"headers"`
	Text    Match            `yaml:"text" doc:"the whole body"`
	Body    ByPath           `yaml:"body" doc:"by path"`
	Method  Match            `yaml:"method" doc:"of the request"`
	Path    Match            `yaml:"path" doc:"of the request"`
	After   Duration         `yaml:"after" doc:"how much of the service's time it took at least"`
	Request ByPath           `yaml:"request" doc:"the request's body, by path"`
}

// ExpectCalls is about calls that the webhook or its app made since the last step that did something, and that no step has looked at yet.
type ExpectCalls struct {
	_      struct{}     `short:"items"`
	Items  []ExpectCall `yaml:"items" need:"required" doc:"one after the other; others in between do no harm"`
	Order  Order        `yaml:"order" doc:"in which they begin and end; as listed if left out"`
	Within Duration     `yaml:"within" doc:"of real time, for all of them; 5s if left out. What must not come is waited for 1s, or this"`
}

// ExpectCall is about calls of one kind.
type ExpectCall struct {
	_            struct{} `short:"call"`
	Call         CallName `yaml:"call" need:"required" doc:"what is called"`
	Count        *int     `yaml:"count" min:"0" doc:"how often; once if left out"`
	AtLeast      bool     `yaml:"atLeast" doc:"more do no harm"`
	Subscription SubName  `yaml:"subscription" doc:"that it is about"`
	Path         Match    `yaml:"path" doc:"of the request"`
	Request      ByPath   `yaml:"request" doc:"the request's body, by path"`
	Status       Match    `yaml:"status" doc:"of the answer"`
	After        Pause    `yaml:"after" doc:"how much of the service's time before it at least, since the call listed before it, else since the step before; Retry-After is what that call was told to wait"`
	Within       Within   `yaml:"within" doc:"how soon; its virtual time since the same"`
}

// ExpectNothing is that the webhook is sent nothing.
type ExpectNothing struct {
	_   struct{} `short:"for"`
	For Duration `yaml:"for" doc:"while so much of the service's time goes by; none if left out"`
}

// ExpectReceived is what the built-in webhook thinks of what it got and no step has asked it for yet.
type ExpectReceived struct {
	_       struct{}        `short:"verdict"`
	Verdict ReceivedVerdict `yaml:"verdict" doc:"of every notification"`
	Count   *int            `yaml:"count" min:"0" doc:"notifications; any number if left out"`
	Finding FindingID       `yaml:"finding" doc:"what was found out about at least one of them, or of the requests"`
	Missing *int            `yaml:"missing" doc:"numbers that were skipped, all in all"`
	Dialect DialectName     `yaml:"dialect" doc:"in whose words each is"`
	Refused *int            `yaml:"refused" min:"0" doc:"requests that it could not take"`
}

// ExpectEndpoint is what the service thinks of the webhook's endpoint.
type ExpectEndpoint struct {
	_     struct{}      `short:"state"`
	State EndpointState `yaml:"state" need:"required"`
}

// ExpectJournal is what the service's journal tells since the start of the scenario.
type ExpectJournal struct {
	_            struct{}    `short:"kind"`
	Kind         JournalKind `yaml:"kind" need:"required" doc:"of entry"`
	Subscription SubName     `yaml:"subscription" doc:"that it is about"`
	Note         Match       `yaml:"note" doc:"its line for a person"`
	Count        *int        `yaml:"count" min:"0" doc:"how many there are; at least one if left out"`
}

// Within is how soon something must have happened.
type Within struct {
	_       struct{} `short:"wall"`
	Wall    Duration `yaml:"wall" doc:"of real time; 5s if left out"`
	Virtual Duration `yaml:"virtual" doc:"of the service's time, since the step before"`
}
