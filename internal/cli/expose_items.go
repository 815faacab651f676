package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/outlocal/outlocal/subscriber"
)

// ownItems reads the items that notifications name, with the user's token.
type ownItems struct {
	client subscriber.Client
	tokens subscriber.TokenSource
}

// Fetch implements [receiver.Fetcher]. A challenge of the token is answered once, with one that has the claims.
func (i ownItems) Fetch(ctx context.Context, resource string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, itemsLimit)
	defer cancel()
	item, err := i.fetch(ctx, resource, "")
	var refusal *subscriber.Error
	if errors.As(err, &refusal) && refusal.Status == http.StatusUnauthorized && refusal.Claims != "" {
		item, err = i.fetch(ctx, resource, refusal.Claims)
	}
	if err != nil {
		return nil, fmt.Errorf("read item: %w", err)
	}
	return item, nil
}

func (i ownItems) fetch(ctx context.Context, resource, claims string) (json.RawMessage, error) {
	client := i.client
	var err error
	if client.Token, err = i.tokens.Token(ctx, claims); err != nil {
		return nil, err
	}
	return client.Fetch(ctx, resource)
}
