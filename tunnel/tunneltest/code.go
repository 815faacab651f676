package tunneltest

import "fmt"

// Code is the number of one of ngrok's errors: 107 for ERR_NGROK_107.
type Code int

// What an edge refuses by itself. [Edge.FailAuth] and [Edge.FailBind] take any code.
const (
	codeMalformedToken Code = 105
	codeUnknownToken   Code = 107
	codeSessions       Code = 108
	codePaidSubdomain  Code = 313
	codePaidDomain     Code = 314
	codeForeignName    Code = 320
	codeEndpoints      Code = 324
	codeTaken          Code = 334
	codePolicy         Code = 2201
	codeBadAnswer      Code = 3004
	codeOffline        Code = 3200
	codeNoToken        Code = 4018
	codeBrowserPage    Code = 6024
	codeBadURL         Code = 9037
)

func (c Code) String() string { return fmt.Sprintf("ERR_NGROK_%d", int(c)) }

// text is how a refusal is written on the wire. Detail is what it is about: the service quotes authtokens in full, and so does this.
func (c Code) text(detail string) string {
	return fmt.Sprintf("%s\r\n\r\n%s\r\n", c.message(detail), c)
}

func (c Code) message(detail string) string {
	switch c {
	case codeNoToken:
		return "Usage needs a verified account and an authtoken."
	case codeMalformedToken:
		return "This authtoken is not formed like one.\r\nYour authtoken: " + detail
	case codeUnknownToken:
		return "This authtoken is formed well but is not valid.\r\nYour authtoken: " + detail
	case codeSessions:
		return "Your account has as many agents online as it may have."
	case codeEndpoints:
		return "Your account has as many endpoints online as it may have."
	case codeTaken:
		return "The endpoint " + detail + " is already online."
	case codeForeignName:
		return "The name " + detail + " is not yours."
	case codePaidSubdomain, codePaidDomain:
		return "The plan of your account has no names of your own choice: " + detail
	case codeBadURL:
		return "The URL " + detail + " is not one that an endpoint can have."
	case codePolicy:
		return "The traffic policy is not valid: " + detail
	default:
		return "The request was refused: " + detail
	}
}
