package scenarios

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml steps/*.yaml
var catalog embed.FS

// Catalog holds the scenarios that come with the package: the history of this protocol and of its failures, a file for each.
func Catalog() fs.FS { return catalog }

// SchemaFile is what the schema is called beside files that name it in their first line.
const SchemaFile = "schema.json"

// Template is the file that somebody begins with.
func Template(name string) []byte {
	return []byte(schemaComment + SchemaFile + `
#
# A scenario of outlocal's: what happens to a service, and what must come of it.
# outlocal run ` + name + `.yaml plays it with the built-in webhook; with --webhook http://localhost:3000/hook, against yours.
# All steps and what they take: docs/scenario-format.md.
title: ` + name + `
story: |
  Say here what happens, and why it matters.
dialects: [graph-v1.0] # play it in each of these; outlocal dialects lists them
tags: [mine]

steps:
  # The app subscribes its webhook; the service asks it to echo a token first.
  - subscribe: {resource: me/messages, change: "created,updated"}
    as: sub
  - expect: {handshake: {verdict: good}}

  # Something happens in the mailbox, and the webhook must be told.
  - change: message.created
    as: message
  - expect:
      deliveries:
        items: [{change: created, subscription: sub, item: "${message.id}"}]

  # The service's time goes on; yours does not.
  - advance: 30m
  - renew: sub
  - expect: {api: 200}

  # Nothing may come any more.
  - delete: sub
  - change: message.created
  - expect: {nothing: 1h}
`)
}
