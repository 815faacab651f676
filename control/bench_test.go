package control_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/outlocal/outlocal/control"
)

// taking takes rows and does nothing with them.
type taking struct{ *fake }

func (taking) Import(_ context.Context, rows []control.NewSubscription) ([]string, error) {
	return make([]string, len(rows)), nil
}

// BenchmarkImport shows what a row of an import costs before it reaches the backend; a million is what it is meant for.
func BenchmarkImport(b *testing.B) {
	const perRequest = 5000
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	for _, row := range rows(perRequest) {
		if err := encoder.Encode(row); err != nil {
			b.Fatal(err)
		}
	}
	h := control.NewHandler(taking{newFake()})
	b.SetBytes(int64(body.Len()) / perRequest)
	for done := 0; done < b.N; done += perRequest {
		r := httptest.NewRequest(http.MethodPost, "/subscriptions/import", bytes.NewReader(body.Bytes()))
		r.Header.Set("Content-Type", "application/x-ndjson")
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
