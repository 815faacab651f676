package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/outlocal/outlocal/tunnel"
	"github.com/outlocal/outlocal/tunnel/tunneltest"
)

// tunnels are T1: what a notification costs that comes through a tunnel, to one over loopback. The edge is a fake in this process, so
// that all that a network adds is left out: what is measured is the agent, the edge, and two times TLS.
func tunnels() []contest {
	var all []contest
	for _, c := range []struct {
		name, about string
		keep        bool
		later, rate float64 // goals, somewhat worse than the first prototype was
	}{
		{"T1-fresh", "a stream for each request", false, 10, 0.12},
		{"T1-kept", "streams that are kept", true, 6, 0.2},
	} {
		all = append(all, contest{
			name: c.name, target: "T1", sides: []string{"tunnel", "loopback"},
			rows: []row{
				{about: "a POST through a tunnel, p50, " + c.about + ", to one over loopback", unit: "s", goal: atMost(c.later), ours: spot{0, tunnelMedian}, bare: spot{1, tunnelMedian}},
				{about: "POSTs through a tunnel, " + c.about + ", to those over loopback", unit: "items/s", goal: atLeast(c.rate), ours: spot{0, tunnelRate}, bare: spot{1, tunnelRate}},
			},
			stage: func(s *stage) ([]side, error) { return s.tunnelled(tunneltest.Config{KeepAlive: c.keep}) },
		})
	}
	return all
}

// What a tunnel's side measures, in this order.
const (
	tunnelMedian = iota // time of a request, one after the other
	tunnelRate          // requests a second, of some visitors at once
)

const (
	visitors  = 16
	sentBytes = 600 // a notification of one item
)

// tunnelled serves one handler at an endpoint and on loopback.
func (s *stage) tunnelled(c tunneltest.Config) ([]side, error) {
	accept := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	edge, err := tunneltest.New(c)
	if err != nil {
		return nil, err
	}
	s.onClose(edge.Close)
	endpoint, err := tunnel.Open(s.ctx, tunnel.Config{Kind: tunnel.Ngrok, Agent: tunnel.Agent{
		Token: tunnel.NewToken(tunneltest.Token, "the benchmark"), Edge: edge.Addr(), EdgeCAs: edge.CAs(),
		Proxy: func(*http.Request) (*url.URL, error) { return nil, nil },
	}})
	if err != nil {
		return nil, err
	}
	s.serveAt(endpoint, accept)
	s.onClose(func() {
		_ = endpoint.Close()
		<-endpoint.Done()
	})
	address, err := s.serve(accept)
	if err != nil {
		return nil, err
	}
	bare := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: visitors, DisableCompression: true}}
	s.onClose(bare.CloseIdleConnections)
	return []side{visit(edge.Client(), endpoint.URL()), visit(bare, "http://"+address)}, nil
}

// visit posts for half a slice one after the other, and for the other half from some visitors at once.
func visit(client *http.Client, url string) side {
	body := strings.Repeat("x", sentBytes)
	return func(ctx context.Context, slice time.Duration) ([]float64, error) {
		post := func() error {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/hook", strings.NewReader(body))
			if err != nil {
				return err
			}
			answer, err := client.Do(r)
			if err != nil {
				return err
			}
			if answer.StatusCode != http.StatusAccepted {
				err = fmt.Errorf("answer %s", answer.Status)
			}
			_ = answer.Body.Close() // it is empty
			return err
		}
		var took []float64
		for started := time.Now(); time.Since(started) < slice/2; {
			sent := time.Now()
			if err := post(); err != nil {
				return nil, fmt.Errorf("post: %w", err)
			}
			took = append(took, time.Since(sent).Seconds())
		}
		rate, err := loop(visitors, slice/2, 1, func() (func() error, func(), error) { return post, func() {}, nil })
		if err != nil {
			return nil, err
		}
		return []float64{quantile(took, 0.5), rate[0]}, nil
	}
}
