package receivertest_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/receiver/receivertest"
)

// Code that sends notifications is tested with a receiver, which tells what is wrong with them.
func Example() {
	over := &recorder{} // in a test, the test's own *testing.T
	over.run(func() {
		hook := receivertest.Start(over, receiver.Config{ClientState: "s3cret"})
		response, err := http.Post(hook.URL, "application/json", strings.NewReader(`{"value":[{"subscriptionId":"7f10","changeType":"created",`+
			`"resource":"Users/1/Messages/2","clientState":"forged","subscriptionExpirationDateTime":"2099-01-02T03:04:05Z","tenantId":"84bd",`+
			`"resourceData":{"@odata.type":"#Microsoft.Graph.Message","@odata.id":"Users/1/Messages/2","@odata.etag":"W/\"3\"","id":"2"}}]}`))
		if err != nil {
			over.Fatalf("send: %v", err)
		}
		response.Body.Close()

		item := hook.Await(1, nil)[0]
		fmt.Println(item.Change.Name(), item.Subscription, response.StatusCode)
		for _, finding := range item.Findings() {
			fmt.Println(finding.ID)
		}
	})
	// Output:
	// Created 7f10 202
	// receiver-client-state
}
