package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/outlocal/outlocal/journal"
)

// answerLimit bounds an answer that is kept in memory: a journal's bodies, and as much again for what they are wrapped in.
const answerLimit = 256 << 20

// NewClient steers what listens at baseURL, such as http://127.0.0.1:3652.
func NewClient(baseURL string, config ClientConfig) (*Client, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("read control address %q: write it as http://HOST:PORT", journal.MaskURL(baseURL))
	}
	transport := config.Transport
	if transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.Proxy = nil // it is on this machine, or next to it
		transport = own
	}
	return newClient(strings.TrimSuffix(baseURL, "/"), config.Token, transport), nil
}

// InProcess steers what h serves, without any socket.
func InProcess(h http.Handler) *Client {
	return newClient("http://localhost", "", inProcess{h})
}

func newClient(base, token string, transport http.RoundTripper) *Client {
	return &Client{base: base, token: token, http: &http.Client{
		Transport: transport,
		// It would take the token along.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// call makes one request and reads its answer. With an error, the answer holds what was done before it.
func call[A any](ctx context.Context, c *Client, method, path string, query url.Values, body any) (A, error) {
	var answer A
	var document []byte
	if body != nil {
		var err error
		if document, err = json.Marshal(body); err != nil {
			return answer, fmt.Errorf("encode %s %s: %w", method, path, err)
		}
	}
	return send[A](ctx, c, method, path, query, "application/json", document)
}

func send[A any](ctx context.Context, c *Client, method, path string, query url.Values, media string, document []byte) (A, error) {
	var answer A
	response, err := c.open(ctx, method, path, query, media, document)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return answer, readError(response, &answer)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, answerLimit)).Decode(&answer); err != nil {
		return answer, fmt.Errorf("read the answer of %s %s%s: %w", method, c.base, path, err)
	}
	return answer, nil
}

func (c *Client) open(ctx context.Context, method, path string, query url.Values, media string, document []byte) (*http.Response, error) {
	address := c.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(document))
	if err != nil {
		return nil, fmt.Errorf("%s %s%s: %w", method, c.base, path, err)
	}
	if document != nil {
		request.Header.Set("Content-Type", media)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	var wrapped *url.Error
	if errors.As(err, &wrapped) { // it repeats the whole address, with a selector's URL in it
		err = wrapped.Err
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s%s: %w", method, c.base, path, err)
	}
	return response, nil
}

// readError reads an answer that is none of 200, and into answer what was done before it.
func readError(response *http.Response, answer any) error {
	failure := envelope{Partial: answer}
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	err := json.NewDecoder(io.LimitReader(response.Body, answerLimit)).Decode(&failure)
	if media != "application/json" || err != nil || failure.Error == nil || failure.Error.Message == "" {
		return &Error{
			response.StatusCode, codeOf(response.StatusCode),
			fmt.Sprintf("%s %s is answered %s", response.Request.Method, response.Request.URL.Path, response.Status),
			"what answers there is no control API of outlocal's: look at the address",
		}
	}
	failure.Error.Status = response.StatusCode
	return failure.Error
}
