package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

// steer makes something happen at the emulator.
func steer(ctx context.Context, path string, order map[string]any) error {
	body, err := json.Marshal(order)
	if err != nil {
		return err
	}
	return control(ctx, http.MethodPost, path, body, &struct{}{})
}

// signIns is how often somebody has signed in.
func signIns(ctx context.Context) (int, error) {
	var page struct{ Entries []struct{} }
	err := control(ctx, http.MethodGet, "/journal?kind=signIn", nil, &page)
	return len(page.Entries), err
}

func control(ctx context.Context, method, path string, body []byte, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, os.Getenv("OUTLOCAL_CONTROL_URL")+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was read
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body) // what there is of it
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	return json.NewDecoder(response.Body).Decode(into)
}
