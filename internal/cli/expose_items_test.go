package cli

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/subscriber"
)

// claimed is a source of tokens that say which claims they were asked for with.
type claimed struct{ fails string }

func (c claimed) Token(_ context.Context, claims string) (string, error) {
	if c.fails != "" && claims == c.fails {
		return "", errors.New("sign in: nobody is there")
	}
	return "token" + claims, nil
}

// TestOwnItems: a challenge is answered once.
func TestOwnItems(t *testing.T) {
	const wanted = `{"access_token":{}}`
	asked := 0
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if strings.HasSuffix(r.URL.Path, "/always") || r.Header.Get("Authorization") != "Bearer token"+wanted {
			w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_claims", claims="`+base64.StdEncoding.EncodeToString([]byte(wanted))+`"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"subject":"Lunch?"}`))
	}))
	defer service.Close()
	for _, row := range []struct {
		name, resource, fails string
		item, err             string
		asked                 int
	}{
		{"challenged", "me/messages/1", "", `{"subject":"Lunch?"}`, "", 2},
		{"challenged again", "me/messages/always", "", "", "read item: fetch item: 401", 2},
		{"nobody signs in again", "me/messages/1", wanted, "", "read item: sign in: nobody is there", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			asked = 0
			i := ownItems{subscriber.Client{BaseURL: service.URL, Dialect: dialect.GraphV1}, claimed{row.fails}}
			item, err := i.Fetch(t.Context(), row.resource)
			if string(item) != row.item || (err == nil) != (row.err == "") || err != nil && !strings.HasPrefix(err.Error(), row.err) {
				t.Errorf("got %s, %v", item, err)
			}
			if asked != row.asked {
				t.Errorf("the service was asked %d times, want %d", asked, row.asked)
			}
		})
	}
}
