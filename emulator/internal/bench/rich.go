package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator/fault"
	"github.com/outlocal/outlocal/emulator/internal/delivery"
	"github.com/outlocal/outlocal/emulator/internal/store"
	"github.com/outlocal/outlocal/notify"
)

const (
	richAhead   = 4096 // of the webhook: some full batches for every core
	richObjects = 3    // in the body, for a notification with encrypted content
	keyBits     = 2048 // of a subscriber's key, as most have
	dataKey     = 32   // bytes that are wrapped for each notification
)

// preview makes the content 1 KB long.
var preview = strings.Repeat("x", 1000)

// riches are P10: notifications with encrypted content of 1 KB through the whole engine, to nothing but the wrapping of their keys on
// all cores, which no way leads around.
func riches() []contest {
	return []contest{
		{
			name: "P10-busy", target: "P10", sides: []string{"engine", "wrapping"},
			rows: []row{{
				about: "encrypted notifications of a busy subscriber, to wrapping their keys alone", unit: "µs/item", goal: atMost(1.2), ours: spot{side: 0}, bare: spot{side: 1},
			}},
			stage: func(s *stage) ([]side, error) { return s.sealing(1) },
		},
		{
			name: "P10-many", target: "P10", sides: []string{"engine", "wrapping"},
			rows: []row{{
				about: "encrypted notifications of an app with many users, to wrapping their keys alone", unit: "µs/item", goal: atMost(1.2), ours: spot{side: 0}, bare: spot{side: 1},
			}},
			stage: func(s *stage) ([]side, error) { return s.sealing(subscribers) },
		},
	}
}

// sealing sets up an engine with a subscription on each of some mailboxes that wants content, and the bare wrapping of keys.
func (s *stage) sealing(mailboxes int) ([]side, error) {
	k, err := s.newSink(nil)
	if err != nil {
		return nil, err
	}
	k.objects = richObjects
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(forever)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	e := s.newEngine(func(c *delivery.Config) {
		c.Store = store.New(nil)
		c.Dialect = func(string) *dialect.Dialect { return dialect.GraphV1 }
		token := strings.Repeat("x", 1200) // as long as they are
		c.Tokens = func(string, string, fault.Flaw) string { return token }
	})
	for i := range mailboxes {
		if err := e.subscribeRich(mailbox(i), k.url+"/cb", base64.StdEncoding.EncodeToString(der)); err != nil {
			return nil, err
		}
	}
	e.Watch()
	return []side{perItem(e.flood(k, mailboxes, richAhead)), wrapping(&key.PublicKey)}, nil
}

// subscribeRich makes a subscription on a mailbox's messages that wants content.
func (e *engine) subscribeRich(box notify.Mailbox, url, certificate string) error {
	_, err := e.Store.Add(store.Record{
		Subscription: notify.Subscription{
			Resource: "me/messages?$select=bodyPreview", ChangeType: "created", NotificationURL: url, Changes: notify.Created, ClientState: clientState,
			Expires: e.Clock.Now().Add(forever), App: "app-1", IncludeData: true, Certificate: certificate, CertificateID: "bench",
		},
		GUID: uuid.New(), Mount: dialect.GraphV1.Base, Origin: origin,
		Watch: notify.Resource{User: "me", Collection: notify.Messages, Select: []string{"bodyPreview"}}, Mailbox: box, Created: e.Clock.Now(),
	})
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

// perItem turns a side that measures items a second into one that measures microseconds.
func perItem(rate side) side {
	return func(ctx context.Context, slice time.Duration) ([]float64, error) {
		values, err := rate(ctx, slice)
		if err != nil {
			return nil, err
		}
		return []float64{float64(time.Second/time.Microsecond) / values[0]}, nil
	}
}

// wrapping encrypts keys on all cores, and measures microseconds for one.
func wrapping(key *rsa.PublicKey) side {
	return func(_ context.Context, slice time.Duration) ([]float64, error) {
		var done atomic.Int64
		var failure atomic.Pointer[error]
		var working sync.WaitGroup
		started := time.Now()
		for range runtime.GOMAXPROCS(0) {
			working.Go(func() {
				for time.Since(started) < slice {
					if _, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, key, make([]byte, dataKey), nil); err != nil {
						failure.Store(&err)
						return
					}
					done.Add(1)
				}
			})
		}
		working.Wait()
		if err := failure.Load(); err != nil {
			return nil, fmt.Errorf("wrap a key: %w", *err)
		}
		return []float64{float64(time.Since(started).Microseconds()) / float64(done.Load())}, nil
	}
}
