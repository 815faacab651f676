package api

import (
	"net/http"

	"github.com/gorilla/mux"
	"github.com/outlocal/outlocal/dialect"
)

// newRouter lists what a dialect can be asked. A path that is known to the service but not emulated is 501, an unknown one is the
// dialect's own error, and a known path with a wrong verb is 405 with Allow.
func newRouter(d *dialect.Dialect) http.Handler {
	r := mux.NewRouter().SkipClean(true).UseEncodedPath()
	add := func(what, method, path string, h handler) {
		r.HandleFunc(path, do(what, h)).Methods(method).Name(what + " " + path)
	}
	ops := d.Operations
	for _, user := range users(d) {
		subscriptions, one := user+"/subscriptions", user+"/subscriptions/{id}"
		add("create", http.MethodPost, subscriptions, (*call).create)
		add("read", http.MethodGet, one, (*call).read)
		if ops.List {
			add("list", http.MethodGet, subscriptions, (*call).list)
		}
		if ops.Renew == dialect.RenewByPatch {
			add("renew", http.MethodPatch, one, (*call).renew)
		}
		if ops.Renew == dialect.RenewByPost {
			add("renew", http.MethodPost, one+"/renew", (*call).renew)
		}
		if ops.Delete {
			add("delete", http.MethodDelete, one, (*call).remove)
		}
		if ops.Reauthorize {
			add("reauthorize", http.MethodPost, one+"/reauthorize", (*call).reauthorize)
		}
	}
	if ops.Batch {
		add(batching, http.MethodPost, batchPath, (*call).runBatch)
	}
	for _, user := range []string{"/me", "/users/{user}"} {
		for _, c := range d.Watch.Collections {
			add("item", http.MethodGet, user+"/{collection:"+c.String()+"}/{item}", (*call).item)
		}
		for _, folders := range d.Watch.Folders {
			add("item", http.MethodGet, user+"/"+folders+"/{folder}/{collection:messages}/{item}", (*call).item)
		}
	}
	r.NotFoundHandler = do("", func(c *call) (*answer, *notifyError) { return nil, c.missing() })
	r.MethodNotAllowedHandler = do("", func(c *call) (*answer, *notifyError) { return nil, c.wrongMethod(r) })
	return r
}

// users are the prefixes under which subscriptions live: a user in Outlook (W1.1-01), the root in Graph (W1.1-05).
func users(d *dialect.Dialect) []string {
	if d.Family == dialect.Graph {
		return []string{""}
	}
	return []string{"/me", "/users/{user}"}
}
