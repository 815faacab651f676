package cli

import (
	"context"
	"net"
	"time"
)

// knocking is how often it is tried whether something listens, and how long each try may take.
const knocking = 100 * time.Millisecond

// awaitPort waits until something listens at the webhook's address, as long as --wait says.
func (a *app) awaitPort(ctx context.Context, v *verification) error {
	if v.wait <= 0 {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, v.wait, errPatience)
	defer cancel()
	address := net.JoinHostPort(v.target.Hostname(), v.target.portOrUsual())
	told := false
	for {
		conn, err := (&net.Dialer{Timeout: v.wait}).DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		if !told && !a.json {
			v.out.line("%s", v.out.dim("waiting for something to listen at "+address+", for "+short(v.wait)+" at most"))
			told = true
		}
		select {
		case <-time.After(knocking):
		case <-ctx.Done():
			if context.Cause(ctx) != errPatience { //nolint:errorlint // it is the very one
				return ctx.Err()
			}
			return notJudged("start your webhook, compare its port with the URL's, or let --wait be longer", "wait for %s: nothing listens there after %s", address, short(v.wait))
		}
	}
}

// portOrUsual is the port, if need be that of the scheme.
func (u webhookURL) portOrUsual() string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
