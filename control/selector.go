package control

import "github.com/outlocal/outlocal/journal"

// Selector says which part of an emulator a call concerns.
type Selector = journal.Selector
