package control

import (
	"context"
	"net/http"
	"time"
)

// TokenOrder asks for an access token, for whoever has no sign-in at hand. What is left out is the emulator's default.
type TokenOrder struct {
	App      string   `json:"app,omitempty" doc:"id of the application that it is issued to, a GUID"`
	User     string   `json:"user,omitempty" doc:"address of the user that it is issued to"`
	AppOnly  bool     `json:"appOnly,omitempty" doc:"the application's own token, of no user"`
	Tenant   string   `json:"tenant,omitempty" doc:"a GUID; the user's if left out"`
	Resource string   `json:"resource,omitempty" doc:"graph, outlook, or an audience of one's own; graph if left out"`
	Scopes   []string `json:"scopes,omitempty" doc:"what it permits, such as Mail.Read: scopes, or roles of an application's own token; all that there is to permit if left out"`
	Admin    bool     `json:"admin,omitempty" doc:"the user administers the tenant"`
	Expired  bool     `json:"expired,omitempty" doc:"it was good until an hour ago"`
	Lifetime Duration `json:"lifetime,omitempty" doc:"how long it is good, in real time; an hour if left out"`
}

// IssuedToken is an access token. It is a secret, if one of this emulator only.
type IssuedToken struct {
	Token    string    `json:"token"`
	App      string    `json:"app"`
	User     string    `json:"user,omitempty" doc:"nobody if it is the application's own"`
	Tenant   string    `json:"tenant"`
	Audience string    `json:"audience"`
	Scopes   []string  `json:"scopes" doc:"or roles"`
	Expires  time.Time `json:"expires" doc:"real time"`
}

// TokenIssuer opens /tokens.
type TokenIssuer interface {
	IssueToken(ctx context.Context, o TokenOrder) (IssuedToken, error)
}

// IssueToken makes an access token without a sign-in.
func (c *Client) IssueToken(ctx context.Context, o TokenOrder) (IssuedToken, error) {
	return call[IssuedToken](ctx, c, http.MethodPost, "/tokens", nil, o)
}

func serveToken(r *http.Request, b TokenIssuer, _ nothing, o TokenOrder) (IssuedToken, error) {
	switch {
	case o.AppOnly && (o.User != "" || o.Admin):
		return IssuedToken{}, BadRequest("issue a token: an application's own token is no user's", "leave appOnly out, or user and admin")
	case o.Lifetime < 0:
		return IssuedToken{}, BadRequest("issue a token: its lifetime is negative", "ask for an expired one with expired")
	}
	return b.IssueToken(r.Context(), o)
}
