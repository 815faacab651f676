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
	ops := d.Operations
	for _, user := range users(d) {
		subscriptions, one := user+"/subscriptions", user+"/subscriptions/{id}"
		r.HandleFunc(subscriptions, do((*call).create)).Methods(http.MethodPost).Name("create " + subscriptions)
		r.HandleFunc(one, do((*call).read)).Methods(http.MethodGet).Name("read " + one)
		if ops.List {
			r.HandleFunc(subscriptions, do((*call).list)).Methods(http.MethodGet).Name("list " + subscriptions)
		}
		if ops.Renew == dialect.RenewByPatch {
			r.HandleFunc(one, do((*call).renew)).Methods(http.MethodPatch).Name("renew " + one)
		}
		if ops.Renew == dialect.RenewByPost {
			r.HandleFunc(one+"/renew", do((*call).renew)).Methods(http.MethodPost).Name("renew " + one)
		}
		if ops.Delete {
			r.HandleFunc(one, do((*call).remove)).Methods(http.MethodDelete).Name("delete " + one)
		}
		if ops.Reauthorize {
			r.HandleFunc(one+"/reauthorize", do((*call).reauthorize)).Methods(http.MethodPost).Name("reauthorize " + one)
		}
	}
	for _, user := range []string{"/me", "/users/{user}"} {
		for _, c := range d.Watch.Collections {
			item := "/{collection:" + c.String() + "}/{item}"
			r.HandleFunc(user+item, do((*call).item)).Methods(http.MethodGet).Name("item " + user + item)
		}
		for _, folders := range d.Watch.Folders {
			item := user + "/" + folders + "/{folder}/{collection:messages}/{item}"
			r.HandleFunc(item, do((*call).item)).Methods(http.MethodGet).Name("item " + item)
		}
	}
	r.NotFoundHandler = do(func(c *call) (*answer, *notifyError) { return nil, c.missing() })
	r.MethodNotAllowedHandler = do(func(c *call) (*answer, *notifyError) { return nil, c.wrongMethod(r) })
	return r
}

// users are the prefixes under which subscriptions live: a user in Outlook (W1.1-01), the root in Graph (W1.1-05).
func users(d *dialect.Dialect) []string {
	if d.Family == dialect.Graph {
		return []string{""}
	}
	return []string{"/me", "/users/{user}"}
}
