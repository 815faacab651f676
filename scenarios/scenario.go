package scenarios

import (
	"fmt"
	"path"
	"strings"
)

// Scenario is one story: a file of the format.
type Scenario struct {
	File string `yaml:"-"` // where it was read, for messages

	Title     string              `yaml:"title" need:"required" doc:"what is shown, in a line"`
	Story     string              `yaml:"story" doc:"what happens and why it matters, for who reads the file"`
	Source    string              `yaml:"source" doc:"where it is known from: rules, documents, incidents"`
	Dialects  []DialectName       `yaml:"dialects" doc:"the schemas to be played in, one after the other; graph-v1.0 if left out"`
	Tags      []string            `yaml:"tags" doc:"words to choose scenarios by"`
	Variables map[string]Variable `yaml:"variables" doc:"what the file uses as ${NAME}, and run --set NAME=VALUE makes something else"`
	Matrix    map[string]Choices  `yaml:"matrix" doc:"variables with several values each: it is played with every combination, in every dialect"`
	Emulator  Service             `yaml:"emulator" doc:"how the emulator is set"`
	Webhook   Hook                `yaml:"webhook" doc:"how the webhook is addressed, and what the built-in one does from the start"`
	Setup     Steps               `yaml:"setup" doc:"steps before the story; what emulate --setup plays"`
	Steps     Steps               `yaml:"steps" doc:"the story"`

	encrypts bool // for the built-in webhook, which alone can read it
	source   *source
	values   values // of its variables
}

// Name is what the scenario is called: its file's name, without folder and extension.
func (s *Scenario) Name() string {
	base := path.Base(strings.ReplaceAll(s.File, `\`, "/"))
	return strings.TrimSuffix(base, path.Ext(base))
}

// all are the steps in the order in which they are played.
func (s *Scenario) all() []Step {
	return append(append([]Step(nil), s.Setup...), s.Steps...)
}

// Service is how the emulator is set.
type Service struct {
	Serve           map[string]DialectName `yaml:"serve" doc:"base paths and what they speak, beside or instead of the usual"`
	User            string                 `yaml:"user" doc:"whose mailbox me is, by address"`
	Strict          bool                   `yaml:"strict" doc:"refuse what is merely borne, such as plain http"`
	Lenient         bool                   `yaml:"lenient" doc:"read requests with unquoted names"`
	Patience        Duration               `yaml:"patience" doc:"how long a webhook's answer is waited for, without penalty"`
	EndpointMinimum int                    `yaml:"endpointMinimum" min:"0" doc:"attempts within ten minutes from which on a webhook can count as slow; the service's 100 if left out"`
	Authorization   Duration               `yaml:"authorization" doc:"how long the app's token authorizes a subscription that has a lifecycle URL; as long as that lives if left out"`
	Quota           QuotaName              `yaml:"quota" doc:"what becomes of requests beyond what the service takes of an app: told is a hint, service a refusal, off nothing; told if left out"`
	LifecycleForm   FormName               `yaml:"lifecycleForm" doc:"of Graph's lifecycle notifications; documented if left out"`
}

// touched tells whether an emulator has to be its own to be set so.
func (s Service) touched() bool {
	return len(s.Serve) > 0 || s.User != "" || s.Strict || s.Lenient || s.Patience != 0 || s.EndpointMinimum != 0 ||
		s.Authorization != 0 || s.Quota != "" || s.LifecycleForm != ""
}

// Hook is how the webhook is addressed, and what the built-in one does from the start.
type Hook struct {
	Path        string `yaml:"path" doc:"path and query of the built-in webhook's URL; /notifications if left out"`
	ClientState string `yaml:"clientState" doc:"what subscriptions carry unless they say otherwise"`
	Conduct     `yaml:",inline"`
}

// Conduct is what the built-in webhook does. What it does not name, it does right.
type Conduct struct {
	Handshake    *Reply `yaml:"handshake" doc:"how handshakes are answered"`
	Notification *Reply `yaml:"notification" doc:"how notifications are answered"`
	Reads        Reads  `yaml:"reads" doc:"whether it reads the items that it is notified of, before or after it answers"`
	// Reacts is what it does once it has answered.
	Reacts Reactions `yaml:"reacts" doc:"what its app does about lifecycle notifications: reauthorize or renew when it is required, recreate a subscription that was removed, resync what was missed; one of them, or a list. Where it is told to wait, it waits, and does it once more"`
}

// right tells whether it does all right, as any webhook should.
func (c Conduct) right() bool {
	return c.Handshake == nil && c.Notification == nil && c.Reads == "" && len(c.Reacts) == 0
}

// Reply is a webhook's answer. What is left out is right.
type Reply struct {
	Status      int               `yaml:"status" min:"200" max:"599" doc:"instead of 200 to a handshake, 202 to a notification"`
	Delay       Duration          `yaml:"delay" doc:"before anything is answered; time goes on by itself meanwhile"`
	Hold        bool              `yaml:"hold" doc:"answer when the next webhook step comes, and not before"`
	ContentType string            `yaml:"contentType" doc:"instead of text/plain"`
	Body        string            `yaml:"body" doc:"instead of the token to a handshake, of nothing to a notification"`
	Headers     map[string]string `yaml:"headers" doc:"beside the usual"`
	Times       int               `yaml:"times" min:"1" doc:"how many requests get this answer, those after them the right one; all if left out"`
}

// Position is a place in a file, from 1.
type Position struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	// IncludedAt is the place of the include, if the file was included.
	IncludedAt string `json:"includedAt,omitempty"`
}

func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Step is one thing that is done, or expected. Exactly one of the kinds is set.
type Step struct {
	At Position `yaml:"-"`

	Name string `yaml:"name" doc:"what is shown of the step instead of its kind"`
	As   string `yaml:"as" doc:"a name for what the step gave, for later steps"`

	Subscribe   *Subscribe             `yaml:"subscribe" choice:"step" doc:"the app subscribes the webhook"`
	Change      *Change                `yaml:"change" choice:"step" doc:"something happens in a mailbox"`
	Expect      *Expect                `yaml:"expect" choice:"step" doc:"something must have happened"`
	Fault       *Faults                `yaml:"fault" choice:"step" doc:"let the emulator do something wrong"`
	Advance     *Advance               `yaml:"advance" choice:"step" doc:"the service's time goes on"`
	Renew       *Renew                 `yaml:"renew" choice:"step" doc:"the app prolongs a subscription"`
	Reauthorize *Owned                 `yaml:"reauthorize" choice:"step" doc:"the app reauthorizes a subscription"`
	Delete      *Owned                 `yaml:"delete" choice:"step" doc:"the app deletes a subscription"`
	Serve       map[string]DialectName `yaml:"serve" choice:"step" doc:"a base path speaks another schema from now on"`
	Call        *Call                  `yaml:"call" choice:"step" doc:"any request to the API, or to a URL of the app"`
	Send        *Send                  `yaml:"send" choice:"step" doc:"any request to the webhook, as if from the service or a stranger"`
	Await       *ExpectCall            `yaml:"await" choice:"step" doc:"the webhook, or its app, must call the service; how often at least"`
	Webhook     *Conduct               `yaml:"webhook" choice:"step" doc:"what the built-in webhook does from now on"`
	Include     string                 `yaml:"include" choice:"step" doc:"the steps of another file, which is a list of them; its path is from this file on"`
	Lifecycle   *Lifecycle             `yaml:"lifecycle" choice:"step" doc:"the service has something to tell of a subscription itself"`
}

// Label is what is shown of a step.
func (s *Step) Label() string {
	if s.Name != "" {
		return s.Name
	}
	kind := s.kind()
	if s.Expect != nil {
		kind += " " + s.Expect.kind()
	}
	return kind
}

// kind is the word of the step.
func (s *Step) kind() string { return chosen(s, "step") }

// Subscribe makes a subscription.
type Subscribe struct {
	_           struct{}    `short:"resource"`
	Resource    string      `yaml:"resource" doc:"what is watched; me/messages if left out; {n} in it counts"`
	Change      ChangeWords `yaml:"change" doc:"such as created,updated; created if left out"`
	For         Duration    `yaml:"for" doc:"how long; what the schema gives if left out"`
	URL         string      `yaml:"url" doc:"another notification URL than the webhook's"`
	Lifecycle   string      `yaml:"lifecycle" doc:"where lifecycle notifications go, such as ${webhook.lifecycle}"`
	Rich        bool        `yaml:"rich" doc:"notifications bring the selected properties, encrypted for the built-in webhook's certificate or the one that is given"`
	Certificate string      `yaml:"certificate" doc:"another certificate to encrypt for, as base64 of its DER"`
	CertID      string      `yaml:"certificateId" doc:"what that certificate is called; the built-in webhook's id if left out"`
	ClientState *string     `yaml:"clientState" doc:"instead of the webhook's; empty for none"`
	Mailbox     string      `yaml:"mailbox" doc:"whose mailbox me is, by address; {n} in it counts"`
	Count       int         `yaml:"count" min:"1" max:"10000" doc:"how many, in mailboxes or of resources that {n} tells apart"`
	Dialect     DialectName `yaml:"dialect" doc:"another schema than the one that is played"`
	Mount       string      `yaml:"mount" doc:"another base path than the schema's own"`
	Hope        `yaml:",inline"`
}

// Hope is what must become of an app's call, if not that it is done and answered.
type Hope struct {
	Refused    bool `yaml:"refused" doc:"it must be refused: expect api tells how"`
	Unanswered bool `yaml:"unanswered" doc:"the connection must break before an answer comes"`
}

// Change makes something happen in a mailbox.
type Change struct {
	_       struct{}       `short:"raise"`
	Raise   Happening      `yaml:"raise" need:"required" doc:"such as message.created"`
	Count   int            `yaml:"count" min:"1" max:"10000" doc:"how often; once if left out"`
	Batch   int            `yaml:"batch" min:"1" max:"100" doc:"how many changes are notified in one request; as it comes if left out"`
	Mailbox string         `yaml:"mailbox" doc:"whose; the scenario's own if left out; {n} in it counts"`
	Folder  string         `yaml:"folder" doc:"id or well-known name; where new items arrive if left out"`
	Item    string         `yaml:"item" doc:"id of the item to be updated or deleted; the newest if left out"`
	Set     map[string]any `yaml:"set" doc:"properties of the item, by Graph's names"`
}

// Advance lets the service's time go on.
type Advance struct {
	_    struct{} `short:"by"`
	By   Duration `yaml:"by" need:"required" doc:"how far"`
	Tell string   `yaml:"tell" doc:"a URL of the app that is told the new time, as JSON by POST"`
}

// Renew prolongs a subscription, or gives it another notification URL.
type Renew struct {
	_            struct{} `short:"subscription"`
	Subscription SubName  `yaml:"subscription" doc:"by the name that as gave; the last one if left out"`
	For          Duration `yaml:"for" doc:"how long from now; what the schema gives if left out"`
	URL          string   `yaml:"url" doc:"another notification URL instead"`
	Hope         `yaml:",inline"`
}

// Owned names a subscription that something is done to.
type Owned struct {
	_            struct{} `short:"subscription"`
	Subscription SubName  `yaml:"subscription" doc:"by the name that as gave; the last one if left out"`
	Hope         `yaml:",inline"`
}

// Lifecycle is something to be told of a subscription itself.
type Lifecycle struct {
	_            struct{}  `short:"event"`
	Event        EventName `yaml:"event" need:"required" doc:"what is told"`
	Subscription SubName   `yaml:"subscription" doc:"by the name that as gave; the last one if left out"`
	Lapse        bool      `yaml:"lapse" doc:"with reauthorizationRequired: authorization ends at once, and what changes waits until it is renewed"`
}

// Call is any request of an app.
type Call struct {
	Method  string            `yaml:"method" doc:"GET if left out"`
	Path    string            `yaml:"path" choice:"where" doc:"of the API, from its base path on, such as /v1.0/me/messages; what a name stands for may begin below that, as ${message.resource} does"`
	URL     string            `yaml:"url" choice:"where" doc:"of the app, on this machine or among the allowed targets; the service's are allowed"`
	Headers map[string]string `yaml:"headers" doc:"beside the usual"`
	Body    any               `yaml:"body" doc:"text as it is, all else as JSON"`
	// Unanswered is apart from Hope: any answer is an answer.
	Unanswered bool `yaml:"unanswered" doc:"the connection must break before an answer comes"`
}

// Send is any request to the webhook.
type Send struct {
	Method  string            `yaml:"method" doc:"POST if left out"`
	Path    string            `yaml:"path" doc:"path and query, beside the webhook's own if it begins with ?; the webhook's own if left out"`
	Headers map[string]string `yaml:"headers" doc:"beside Content-Type: application/json"`
	Body    any               `yaml:"body" doc:"text as it is, all else as JSON"`
	Pace    *Pace             `yaml:"pace" doc:"send the body piece by piece"`
}

// Pace is how slowly a body is sent.
type Pace struct {
	Bytes int      `yaml:"bytes" need:"required" min:"1" doc:"of a piece"`
	Every Duration `yaml:"every" need:"required" doc:"between two pieces"`
}
