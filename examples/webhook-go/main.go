// A webhook for Microsoft Graph and Outlook, with nothing but the standard library: go run main.go
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

// Names are read in any case: changeType is Graph's, ChangeType Outlook's. Lifecycle items have no resource.
type notification struct{ LifecycleEvent, ChangeType, Resource, ClientState string }

func hook(w http.ResponseWriter, r *http.Request) {
	// The handshake: echo the token, decoded, as plain text. Graph waits 10 seconds, Outlook 5.
	query := r.URL.Query()
	if token := cmp.Or(query.Get("validationToken"), query.Get("validationtoken")); token != "" {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, token)
		return
	}
	var body struct{ Value []notification }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<20)).Decode(&body); err != nil || body.Value == nil {
		http.Error(w, "this is no notification", http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted) // before any work: after 3 seconds it is late, after 10 it is sent again
	go work(body.Value, r.Header.Get("ClientState"))
}

func work(items []notification, header string) {
	want := os.Getenv("CLIENT_STATE")
	for _, item := range items {
		verdict := "notification"
		if want != "" && want != cmp.Or(item.ClientState, header) { // Graph's is in the body, Outlook's in a header
			verdict = "refused"
		}
		fmt.Printf("%s [%q, %q]\n", verdict, cmp.Or(item.LifecycleEvent, item.ChangeType), item.Resource) // your work goes here
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "3000"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s/hook\n", listener.Addr())
	http.HandleFunc("POST /hook", hook)
	log.Fatal(http.Serve(listener, nil))
}
