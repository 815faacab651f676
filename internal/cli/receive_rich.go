package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/internal/serve"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/subscriber"
)

// richFlags say what a receiver does with notifications beyond judging them: open them, check their tokens, read their items.
type richFlags struct {
	keys      []string // FILE[=ID]
	password  string   // name of the variable that holds it
	authority string
	apps      []string
	fetch     string
	token     string // name of the variable that holds it
	ca        string // FILE
}

func addRich(cmd *cobra.Command, f *richFlags) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.keys, "key", nil, "open encrypted content with the private key in `FILE[=ID]`, PEM or PFX, kept under that certificate id; under any without one; may be repeated")
	flags.StringVar(&f.password, "key-password-env", "", "`NAME` of the variable with the password of PFX files")
	flags.StringVar(&f.authority, "authority", "", "check the tokens that come with encrypted content by the keys at `URL`: an emulator's address, or "+receiver.MicrosoftAuthority)
	flags.StringArrayVar(&f.apps, "app", nil, "the `ID` of an app that tokens may be for; may be repeated; the emulator's own with an authority on this machine")
	flags.StringVar(&f.fetch, "fetch", "", "read the items that notifications point at from the API at `URL`, such as http://localhost:3650/v1.0")
	flags.StringVar(&f.token, "token-env", "", "`NAME` of the variable with the bearer token that reads them")
	flags.StringVar(&f.ca, "ca", "", "PEM `FILE` of certificates to trust beside the system's, where keys and items are read")
	needs(cmd, "key-password-env", "key")
	needs(cmd, "app", "authority")
	needs(cmd, "token-env", "fetch")
}

// config adds what the flags say.
func (f *richFlags) config(a *app, c *receiver.Config) error {
	password, err := a.secret(f.password, "key-password-env")
	if err != nil {
		return err
	}
	for _, text := range f.keys {
		key, err := readKey(text, password)
		if err != nil {
			return err
		}
		c.Keys = append(c.Keys, key)
	}
	client, err := trusting(f.ca)
	if err != nil {
		return err
	}
	c.Tokens = receiver.Tokens{Authority: f.authority, Apps: f.apps, HTTP: client}
	if u, err := url.Parse(f.authority); err == nil && len(f.apps) == 0 && serve.IsLoopback(u.Hostname()) {
		c.Tokens.Apps = []string{emulator.DefaultApp}
	}
	if f.fetch == "" {
		return nil
	}
	token, err := a.secret(f.token, "token-env")
	if err != nil {
		return err
	}
	c.Fetch, err = newItems(f.fetch, token, client)
	return err
}

// trusting is a client that trusts the certificates of a file beside the system's; nil, which stands for the usual one, without a file.
func trusting(file string) (*http.Client, error) {
	roots, err := readRoots(file)
	if roots == nil || err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: transport}, nil
}

// secret is what a variable holds that a flag names; empty without the flag.
func (a *app) secret(variable, flag string) (string, error) {
	if variable == "" {
		return "", nil
	}
	value := a.process.Env(variable)
	if value == "" {
		return "", wrongUse("export "+variable+"=… first; the flag takes the variable's name, not what is in it", "read --%s: %s is not set", flag, variable)
	}
	return value, nil
}

// readKey reads FILE[=ID].
func readKey(text, password string) (receiver.Key, error) {
	file, id := cutID(text)
	key, err := receiver.LoadKey(file, password)
	if errors.Is(err, fs.ErrNotExist) {
		return key, notJudged("outlocal certificate new makes a key and its certificate", "%w", err)
	}
	key.ID = id
	return key, err
}

// items reads items at a service.
type items struct{ client *subscriber.Client }

// itemsLimit is longer than any service takes for one item.
const itemsLimit = 20 * time.Second

func newItems(api, token string, client *http.Client) (items, error) {
	u, err := url.Parse(api)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return items{}, wrongUse("such as --fetch http://localhost:3650/v1.0", "read --fetch: it is no address of an API")
	}
	if token == "" {
		token = anyToken
	}
	mount := "/" + strings.Trim(u.Path, "/")
	limited := http.Client{Timeout: itemsLimit}
	if client != nil {
		limited.Transport = client.Transport
	}
	return items{&subscriber.Client{
		BaseURL: u.Scheme + "://" + u.Host, Mount: mount, Dialect: dialectAt(mount), Token: token,
		HTTP: &limited,
	}}, nil
}

// dialectAt is the schema that speaks under a base path as a rule. Which it is makes no difference to who reads.
func dialectAt(mount string) *dialect.Dialect {
	for _, d := range dialect.All() {
		if d.Base == mount {
			return d
		}
	}
	return dialect.GraphV1
}

// Fetch implements [receiver.Fetcher].
func (i items) Fetch(ctx context.Context, resource string) ([]byte, error) {
	item, err := i.client.Fetch(ctx, resource)
	if err != nil {
		return nil, fmt.Errorf("read item: %w", err)
	}
	return item, nil
}
