package scenarios

import (
	"crypto/x509"
	"maps"
	"net/http"
	"slices"

	"github.com/outlocal/outlocal/control"
	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
)

// Options say where and how a scenario is played. The zero value plays it with the built-in webhook on an emulator of its own.
type Options struct {
	Dialect string // the schema to be played in; the first of the scenario's if empty

	Webhook string       // URL of the webhook to be judged; empty for the built-in one
	Handler http.Handler // one of this process instead
	// ClientState is what subscriptions carry, where the webhook expects it, and neither the scenario nor a step says otherwise.
	ClientState string
	// AllowTargets are hosts beyond loopback that a scenario may call.
	AllowTargets []string
	Roots        *x509.CertPool // trusted in webhooks, beside the system's

	Emulator *Running // one that runs, instead of one of its own

	// Set gives values to variables, where [Run] plays all that a file lets be: see [Scenario.Vary].
	Set map[string]string

	Seed     uint64           // of everything random
	Part     Part             // what is played of it
	Progress func(StepReport) // is told of each step as it is done
}

// Running is an emulator that runs and that others may be using: a scenario keeps to a mailbox of its own there.
type Running struct {
	Control *control.Client
	// Exclusive says that nobody else uses it, so that its clock may be advanced and its schemas be changed.
	Exclusive bool
	// User is whose mailbox is used, and what is made there stays; a new one that is forgotten if empty.
	User string
	// Configured says that it was set as the scenario wants it, by [Scenario.Configure].
	Configured bool
}

// Part is what is played of a scenario.
type Part string

// The parts.
const (
	Whole     Part = ""
	SetupOnly Part = "setup"
)

// Configure sets an emulator that is to be made as the scenario wants it.
func (s *Scenario) Configure(c *emulator.Config) {
	if len(c.Serve) == 0 {
		c.Serve = emulator.DefaultMounts()
	}
	wish := s.Emulator
	for _, path := range slices.Sorted(maps.Keys(wish.Serve)) {
		c.Serve = withMounts(c.Serve, emulator.Mount{Path: path, Dialect: string(wish.Serve[path])})
	}
	if wish.User != "" {
		c.User = wish.User
	}
	if wish.Strict {
		c.Mode = diagnosis.Strict
	}
	c.Lenient = c.Lenient || wish.Lenient
	if wish.Patience != 0 {
		c.Patience = wish.Patience.std()
	}
	if wish.EndpointMinimum != 0 {
		c.EndpointMinimum = wish.EndpointMinimum
	}
	if wish.Authorization != 0 {
		c.Authorization = wish.Authorization.std()
	}
	if quota, err := emulator.ParseQuota(string(wish.Quota)); err == nil { // what was read is known
		c.Quota = quota
	}
	if form, err := dialect.LifecycleForm(string(wish.LifecycleForm)); err == nil { // what was read is known
		c.Tune = append(c.Tune, form)
	}
}

// withMounts lets paths speak something else, beside those that there are.
func withMounts(mounts []emulator.Mount, more ...emulator.Mount) []emulator.Mount {
	all := slices.Clone(mounts)
	for _, m := range more {
		at := slices.IndexFunc(all, func(other emulator.Mount) bool { return other.Path == m.Path })
		if at < 0 {
			all = append(all, m)
		} else {
			all[at] = m
		}
	}
	return all
}
