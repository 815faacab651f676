package main

import "strings"

// A program is one SDK in use. Its page in docs/clients shows its file.
type program struct {
	name     string // what -only matches
	page     string // below docs/clients
	file     string // below interop
	args     []string
	packages []string // whose versions are tried
	by       string   // how it signs in
}

// programs are all of them, in the order in which docs/clients tells of them.
func programs() []program {
	const goPage, goFile = "msgraph-sdk-go.md", "go/main.go"
	goPackages := []string{"github.com/microsoftgraph/msgraph-sdk-go", "github.com/Azure/azure-sdk-for-go/sdk/azidentity"}
	return []program{
		{"msgraph-sdk-go-secret", goPage, goFile, []string{"secret"}, goPackages, "secret"},
		{"msgraph-sdk-go-certificate", goPage, goFile, []string{"certificate"}, goPackages, "certificate"},
		{"msgraph-sdk-go-device", goPage, goFile, []string{"device"}, goPackages, "device code"},
		{"graph-client-msal", "graph-client-msal.md", "node/graph-client-msal.mjs", nil,
			[]string{"@microsoft/microsoft-graph-client", "@azure/msal-node"}, "secret"},
		{"graph-client-identity", "graph-client-identity.md", "node/graph-client-identity.mjs", nil,
			[]string{"@microsoft/microsoft-graph-client", "@azure/identity"}, "certificate"},
		{"pnp-graph", "pnp-graph.md", "node/pnp-graph.mjs", nil,
			[]string{"@pnp/graph", "@pnp/nodejs"}, "secret"},
		{"msgraph-sdk", "msgraph-sdk.md", "node/msgraph-sdk.mjs", nil,
			[]string{"@microsoft/msgraph-sdk", "@azure/identity"}, "secret"},
		{"node-outlook", "node-outlook.md", "node/node-outlook.mjs", nil,
			[]string{"node-outlook", "@azure/msal-node"}, "code"},
	}
}

// inGo reports whether it is the Go program, with some argument.
func (p program) inGo() bool { return strings.HasSuffix(p.file, ".go") }

func choose(all []program, only string) []program {
	var chosen []program
	for _, p := range all {
		if strings.Contains(p.name, only) {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

// A way leads a program to the emulator.
type way struct {
	name  string
	flags []string // of outlocal exec
	hide  []string // variables that the program does not get, so that it does what it would do in production
}

func ways() [2]way {
	return [2]way{
		{name: "addresses"},
		{name: "proxy", flags: []string{"--intercept"}, hide: []string{"OUTLOCAL_GRAPH_URL", "OUTLOCAL_OUTLOOK_URL", "OUTLOCAL_AUTHORITY"}},
	}
}
