package cli_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"testing"
)

func TestExecScripts(t *testing.T) { runScripts(t, "exec") }

// child is a program that scripts let exec run: child get URL…, child page URL…, child await, child line.
func child(args []string, in io.Reader, out io.Writer) (code int) {
	switch args[0] {
	case "get":
		for _, u := range args[1:] {
			call(out, os.ExpandEnv(u), "Authorization", "Bearer x")
		}
	case "page": // of elsewhere, in a browser
		for _, u := range args[1:] {
			call(out, os.ExpandEnv(u), "Authorization", "Bearer x", "Origin", "https://evil.example")
		}
	case "await": // a signal; that it does so can be seen at the emulator
		caught := make(chan os.Signal, 1)
		signal.Notify(caught, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		call(out, os.ExpandEnv("$OUTLOCAL_GRAPH_URL/v1.0/subscriptions"))
		fmt.Fprintln(out, "got", <-caught)
		call(out, os.ExpandEnv("$OUTLOCAL_GRAPH_URL/v1.0/subscriptions"), "Authorization", "Bearer x") // there is time to clean up
		if len(caught) > 0 {
			fmt.Fprintln(out, "and", <-caught)
		}
		return 7
	case "line": // of what is typed
		line, err := bufio.NewReader(in).ReadString('\n')
		fmt.Fprintf(out, "read %q, %v\n", line, err)
	}
	return 0
}

// call makes a request as a program does that trusts what SSL_CERT_FILE names, on every system.
func call(out io.Writer, u string, header ...string) {
	pool := x509.NewCertPool()
	if text, err := os.ReadFile(os.Getenv("SSL_CERT_FILE")); err == nil {
		pool.AppendCertsFromPEM(text)
	}
	request, err := http.NewRequest(http.MethodGet, u, nil)
	if err != nil {
		fmt.Fprintln(out, err)
		return
	}
	for pair := range slices.Chunk(header, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: pool}}}
	response, err := client.Do(request)
	if err != nil {
		fmt.Fprintln(out, err)
		return
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	fmt.Fprintln(out, response.StatusCode, string(body))
}
