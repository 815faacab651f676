// Package scenarios plays stories of webhooks: files in YAML that say what happens to a service and what its webhook, its client and
// its journal must show of it.
//
// A [Scenario] is one file, read by [Parse], which refuses a wrong one with file, line and column before anything is played; [Load]
// reads many, and [Catalog] holds those that come with the package. [Play] plays one, against the built-in receiver or a webhook
// elsewhere, on an emulator of its own or one that runs, and reports on each step; [Run] does so for a Go test, each step a subtest.
// [Schema] is the format as a JSON Schema, for editors. The format has a manual: docs/scenario-format.md.
//
// With the built-in receiver all is in one process and on one clock, so that four hours of retries take milliseconds and a story goes
// the same way each time. Nothing is polled and nothing sleeps: who waits, waits for journal entries.
//
// It judges what goes over the wire. What an app does with a notification, only the app's own tests can tell.
package scenarios
