package emulator

import (
	"fmt"
	"slices"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/emulator/internal/api"
	"github.com/outlocal/outlocal/emulator/internal/quota"
)

// Quota is what becomes of an application's requests beyond those that the service takes in a time, or at once (W1.7-03, W1.7-04).
type Quota uint8

// What becomes of them.
const (
	QuotaTold    Quota = iota // they are answered, with a hint that the service would not have
	QuotaService              // they are refused with 429 and Retry-After, as by the service
	QuotaOff                  // nothing is counted
)

// Quotas are the words for that, the usual one first.
func Quotas() []string { return []string{"told", "service", "off"} }

// ParseQuota reads such a word.
func ParseQuota(word string) (Quota, error) {
	if i := slices.Index(Quotas(), word); i >= 0 {
		return Quota(i), nil
	}
	return QuotaTold, fmt.Errorf("choose the quota: it can't be %q", word)
}

// countRequests lets the API count.
func (s *Server) countRequests() {
	switch s.config.Quota {
	case QuotaOff:
		return
	case QuotaService:
		s.api.Quota = api.Kept
	case QuotaTold:
		s.api.Quota = api.Told
	}
	s.api.Meter = quota.New(api.Purposes()...)
}

// forgetRequests forgets what was counted of what is selected.
func (s *Server) forgetRequests(where control.Selector) {
	if where.IsZero() {
		s.api.ForgetThrottled()
		return
	}
	s.api.ForgetSent(func(app, mailbox string) bool { return where.Selects(control.Selector{App: app, Mailbox: mailbox}) })
}
