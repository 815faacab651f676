package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator"
)

// creations are P3: what it takes to create a subscription, handshake included, to a handler that makes one POST and answers.
func creations() []contest {
	var all []contest
	for _, atOnce := range []int{1, 16} {
		all = append(all, contest{
			name: "P3-" + strconv.Itoa(atOnce), target: "P3", sides: []string{"emulator", "bare"},
			rows: []row{{
				about: fmt.Sprintf("create with a handshake, %d at once, to one POST", atOnce), unit: "s/create",
				goal: atMost(1.5), ours: spot{side: 0}, bare: spot{side: 1},
			}},
			stage: func(s *stage) ([]side, error) { return s.creating(atOnce) },
		})
	}
	return all
}

func (s *stage) creating(atOnce int) ([]side, error) {
	k, err := s.newSink(nil)
	if err != nil {
		return nil, err
	}
	server, err := emulator.New(emulator.Config{Quota: emulator.QuotaOff}) // else most creations are told that they are too many
	if err != nil {
		return nil, err
	}
	s.onClose(server.Close)
	api, err := s.serve(server)
	if err != nil {
		return nil, err
	}
	bare, err := s.serve(s.onePost(k))
	if err != nil {
		return nil, err
	}
	forget := func(ctx context.Context) error {
		_, err := server.ControlClient().RemoveSubscriptions(ctx, control.Selector{})
		return err
	}
	nothing := func(context.Context) error { return nil }
	body := creation(k.url + "/cb")
	return []side{
		s.create("http://"+api+"/api/v2.0/me/subscriptions", body, atOnce, forget),
		s.create("http://"+bare+"/", body, atOnce, nothing),
	}, nil
}

// creation is the body of a request for a subscription.
func creation(url string) []byte {
	body, _ := json.Marshal(map[string]string{ // of strings: never fails
		"@odata.type": "#Microsoft.OutlookServices.PushSubscription", "Resource": "https://outlook.office.com/api/v2.0/me/messages",
		"NotificationURL": url, "ChangeType": "Created", "ClientState": clientState,
	})
	return body
}

// onePost is the least that a handler can do which calls a webhook before it answers.
func (s *stage) onePost(k *sink) http.Handler {
	transport := &http.Transport{MaxIdleConnsPerHost: lanes, DisableCompression: true}
	s.onClose(transport.CloseIdleConnections)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, err := io.ReadAll(r.Body)
		if err == nil {
			var out *http.Request
			out, err = http.NewRequestWithContext(r.Context(), http.MethodPost, k.url+"/cb?validationtoken=ZDI3MjYwYzgtODNjOS00OTgwLWI4MzYtZmU0ZmJlY2QwNDA0", http.NoBody)
			if err == nil {
				err = echoed(transport.RoundTrip(out))
			}
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(asked)
	})
}

func echoed(response *http.Response, err error) error {
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return errors.Join(err, response.Body.Close())
}

// create posts bodies, so many at once, and measures the median of what each takes.
func (s *stage) create(url string, body []byte, atOnce int, after func(context.Context) error) side {
	transport := &http.Transport{MaxIdleConnsPerHost: atOnce, DisableCompression: true}
	s.onClose(transport.CloseIdleConnections)
	return func(ctx context.Context, slice time.Duration) ([]float64, error) {
		var mu sync.Mutex
		var took []float64
		var failed error
		var creating sync.WaitGroup
		started := time.Now()
		for range atOnce {
			creating.Go(func() {
				var mine []float64
				var err error
				for err == nil && time.Since(started) < slice && len(mine) < createdAtMost {
					begun := time.Now()
					if err = createOnce(ctx, transport, url, body); err == nil {
						mine = append(mine, time.Since(begun).Seconds())
					}
				}
				mu.Lock()
				took, failed = append(took, mine...), errors.Join(failed, err)
				mu.Unlock()
			})
		}
		creating.Wait()
		return []float64{quantile(took, 0.5)}, errors.Join(failed, after(ctx))
	}
}

// createdAtMost keeps what a slice leaves behind within what is quickly removed.
const createdAtMost = 10_000

func createOnce(ctx context.Context, transport *http.Transport, url string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer any")
	response, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusCreated {
		err = errors.Join(err, fmt.Errorf("create: %s: %s", response.Status, answer))
	}
	return errors.Join(err, response.Body.Close())
}
