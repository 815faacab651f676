package scenarios

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml
var catalog embed.FS

// Catalog holds the scenarios that come with the package: the history of this protocol and of its failures, a file for each.
func Catalog() fs.FS { return catalog }
