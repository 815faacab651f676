package receiver

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// keysLast is after how long keys are fetched anew; the service's change within days.
	keysLast = 24 * time.Hour
	// keysPause is between two fetches for the sake of unknown keys: whoever makes ids up must not make us ask each time.
	keysPause = 10 * time.Second
	// keysLimit ends a fetch from an authority that hangs.
	keysLimit = 10 * time.Second
	// keysSize bounds an answer; the service's is 20 KB.
	keysSize = 1 << 20
)

// keyring holds the keys of an authority.
type keyring struct {
	addresses []string // where they are served
	client    *http.Client

	mu      sync.Mutex
	keys    map[string]*rsa.PublicKey
	err     error // of the last fetch
	fetched time.Time
	pending chan struct{} // closed when the fetch under way is over; nil if none is
}

func newKeyring(t Tokens) *keyring {
	client := http.Client{}
	if t.HTTP != nil {
		client = *t.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // to hosts that nobody named
	return &keyring{
		addresses: []string{t.Authority + "/common/discovery/v2.0/keys", t.Authority + "/common/discovery/keys"}, // W4.10-16
		client:    &client,
	}
}

// get returns the key of an id, nil where the authority has none. Who comes while keys are being fetched waits for these.
func (r *keyring) get(ctx context.Context, id string) (*rsa.PublicKey, error) {
	for {
		r.mu.Lock()
		key, age := r.keys[id], time.Since(r.fetched)
		switch {
		case key != nil && age < keysLast, r.pending == nil && !r.fetched.IsZero() && age < keysPause:
			err := r.err
			r.mu.Unlock()
			if key != nil {
				err = nil
			}
			return key, err
		case r.pending == nil:
			r.pending = make(chan struct{})
			r.mu.Unlock()
			r.fetch(ctx)
		default:
			pending := r.pending
			r.mu.Unlock()
			select {
			case <-pending:
			case <-ctx.Done():
				return nil, fmt.Errorf("fetch keys: %w", ctx.Err())
			}
		}
	}
}

// fetch fetches all keys. Those of before stay good when it fails.
func (r *keyring) fetch(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, keysLimit)
	defer cancel()
	keys := map[string]*rsa.PublicKey{}
	var errs []error
	for _, address := range r.addresses {
		if err := r.fetchFrom(ctx, address, keys); err != nil {
			errs = append(errs, err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err, r.fetched = nil, time.Now()
	if len(errs) == len(r.addresses) {
		r.err = errs[0]
	} else {
		r.keys = keys
	}
	close(r.pending)
	r.pending = nil
}

func (r *keyring) fetchFrom(ctx context.Context, address string, keys map[string]*rsa.PublicKey) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("fetch keys: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	response, err := r.client.Do(request)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) { // which repeats method and address
			err = wrapped.Err
		}
		return fmt.Errorf("fetch keys from %s: %w", address, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("fetch keys from %s: the answer is %d", address, response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, keysSize+1))
	switch {
	case err != nil:
		return fmt.Errorf("fetch keys from %s: %w", address, err)
	case len(body) > keysSize:
		return fmt.Errorf("fetch keys from %s: the answer has more than %d bytes", address, keysSize)
	}
	return readKeys(body, address, keys)
}

// readKeys adds the keys of an answer by their ids. One that can't be read is passed over, as others may be fine.
func readKeys(body []byte, address string, keys map[string]*rsa.PublicKey) error {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil || set.Keys == nil {
		return fmt.Errorf("fetch keys from %s: the answer is no set of keys", address)
	}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) != nil || key.Use != "" && key.Use != "sig" {
			continue
		}
		if public, ok := key.Key.(*rsa.PublicKey); ok && key.KeyID != "" {
			keys[key.KeyID] = public
		}
	}
	return nil
}
