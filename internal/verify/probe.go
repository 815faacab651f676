package verify

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/internal/serve"
)

// transport makes the requests that the service never makes: what passers-by send. It follows no redirect, and goes to the webhook only.
type transport struct{ *http.Transport }

func newTransport(targets *serve.Targets) *transport {
	t := &transport{targets.Transport()}
	t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // its certificate is judged by checks of its own
	return t
}

// probe sends a request without a token and a body, and returns what came back.
func (p *play) probe(ctx context.Context, method string) diagnosis.Answer {
	ctx, cancel := context.WithTimeout(ctx, p.limit())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, p.URL.String(), http.NoBody)
	if err != nil {
		return diagnosis.Answer{Err: err}
	}
	started := time.Now()
	response, err := p.transport.RoundTrip(request)
	if err != nil {
		return diagnosis.Answer{Err: err, Took: time.Since(started)}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, probeLimit))
	return diagnosis.Answer{Status: response.StatusCode, Header: response.Header, Body: body, Err: err, Took: time.Since(started)}
}

// probeLimit is how much of a page is read: more than any judge looks at.
const probeLimit = 64 << 10

// class is the first digit of a status, 0 for none.
func class(status int) int { return status / 100 }

func playProbe(method string) player {
	return func(ctx context.Context, p *play, _ *Check) (answer, error) {
		got := p.probe(ctx, method)
		if plain := p.plain.taken; p.plain.done && class(plain.Status) == class(got.Status) && (got.Status == 0 || got.Status >= 500) {
			return notJudged("a plain notification is answered no better")
		}
		return came(diagnosis.Probed(method, got, p.Mode))
	}
}
