package tunnel

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// openPublic opens a listener on loopback to which a tunnel of the user's own leads, and makes sure from outside that it does.
func openPublic(ctx context.Context, c Config) (Endpoint, error) {
	u, err := publicURL(c.URL)
	if err != nil {
		return nil, err
	}
	l, err := listenLoopback(ctx, c.Listen)
	if err != nil {
		return nil, err
	}
	if err := checkEndsHere(ctx, c, u, l); err != nil {
		_ = l.Close()
		return nil, err
	}
	return newLocal(l, u.String(), c.OnEvent), nil
}

const checking = "check that the public URL ends here"

// checkEndsHere requests a path that nobody can guess through the URL, and answers it on the listener with a word that nobody can guess.
// Nothing else is answered meanwhile.
func checkEndsHere(ctx context.Context, c Config, u *url.URL, l *net.TCPListener) error {
	ctx, cancel := context.WithTimeout(ctx, c.Patience)
	defer cancel()
	p := probe{path: ".outlocal-" + rand.Text(), word: rand.Text()}
	server := &http.Server{Handler: p, ReadHeaderTimeout: c.Patience}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(&lent{l}) // ends when the check is over
	}()
	err := p.ask(ctx, c.HTTP, u, l.Addr().String())
	_ = server.Close()
	<-served
	return errors.Join(err, l.SetDeadline(time.Time{}))
}

// lent is a listener that its server can stop listening to without closing it.
type lent struct{ *net.TCPListener }

func (l *lent) Close() error { return l.SetDeadline(time.Unix(1, 0)) }

// probe is the question and its answer.
type probe struct{ path, word string }

// ServeHTTP answers whatever path a tunnel puts before the probe's.
func (p probe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path.Base(r.URL.Path) != p.path {
		http.NotFound(w, r)
		return
	}
	_, _ = io.WriteString(w, p.word) // who has gone needs no answer
}

func (p probe) ask(ctx context.Context, client *http.Client, u *url.URL, local string) error {
	there := "start your tunnel to " + local + " before this program, or mend the URL"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.JoinPath(p.path).String(), nil)
	if err != nil {
		return wrongUse(checking, "the public URL can't be requested", "give the https URL at which your tunnel is reached from outside")
	}
	request.Header.Set("User-Agent", "outlocal")
	request.Header.Set("Ngrok-Skip-Browser-Warning", "1")
	asking := *client
	asking.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := asking.Do(request)
	var body []byte
	if err == nil {
		defer answer.Body.Close()
		body, err = io.ReadAll(io.LimitReader(answer.Body, int64(len(p.word))+1))
	}
	if ctx.Err() != nil { // whatever an answer says that was broken off
		err = ctx.Err()
	}
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // its own words show the probe's path, which says nothing
		}
		return &Error{Doing: checking, Text: err.Error(), Cure: there, err: err}
	}
	if answer.StatusCode == http.StatusOK && string(body) == p.word {
		return nil
	}
	e := &Error{Doing: checking, Text: fmt.Sprintf("%s answered %s, and nothing arrived at %s", u.Host, answer.Status, local), Cure: there}
	if code := answer.Header.Get("Ngrok-Error-Code"); code != "" {
		e.Code, e.Cure = code, CureOf(code)
	} else if location, err := answer.Location(); err == nil {
		e.Text = fmt.Sprintf("%s redirects to %s", u.Host, strings.TrimSuffix(location.Host, "."))
		e.Cure = "the service follows no redirects: give the URL that it leads to, or let the tunnel be reached without a login"
	}
	return e
}
