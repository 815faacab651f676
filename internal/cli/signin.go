package cli

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/emulator"
)

// signInFlags say who is let in, and how programs sign in.
type signInFlags struct {
	auth  string
	login string
	apps  []string
}

// The words of the flags, the usual one first.
const (
	authAny     = "any"
	authIssued  = "issued"
	loginAtOnce = "auto"
	loginByPage = "page"
)

func addSignIn(cmd *cobra.Command, f *signInFlags) {
	flags := cmd.Flags()
	flags.StringVar(&f.auth, "auth", authAny, "which bearer tokens the API takes, `any|issued`: the latter are those issued here, taken while they are good and for what they permit")
	flags.StringVar(&f.login, "login", loginAtOnce, "how people sign in, `auto|page`: at once, as --user or whom the program names, or by a page that asks")
	flags.StringArrayVar(&f.apps, "app", nil, "an application that has to prove who it is, as `ID[:SECRET[:CERTIFICATE]]`, the last a file in PEM; any other is taken at its word; may be repeated")
	completes(cmd, "auth", func() []string { return []string{authAny, authIssued} })
	completes(cmd, "login", func() []string { return []string{loginAtOnce, loginByPage} })
}

// configure reads the flags into c.
func (f *signInFlags) configure(c *emulator.Config) error {
	switch f.auth {
	case authAny:
	case authIssued:
		c.Auth = emulator.IssuedTokens
	default:
		return wrongUse("it is any or issued", "emulate: --auth can't be %q", f.auth)
	}
	switch f.login {
	case loginAtOnce:
	case loginByPage:
		c.SignIn = emulator.SignInByPage
	default:
		return wrongUse("it is auto or page", "emulate: --login can't be %q", f.login)
	}
	for _, spec := range f.apps {
		app, err := readApp(spec)
		if err != nil {
			return err
		}
		c.Apps = append(c.Apps, app)
	}
	return nil
}

// readApp reads ID[:SECRET[:CERTIFICATE]]. What it says of a mistake does not repeat the secret.
func readApp(spec string) (emulator.App, error) {
	const hint = "such as --app 24d3b144-21ae-4080-943f-7067b395b913:SECRET, or with a certificate ID::FILE"
	const parts = 3 // the last may hold colons: it is a file
	words := append(strings.SplitN(spec, ":", parts), "", "")
	app := emulator.App{ID: words[0], Secret: words[1]}
	if words[2] == "" {
		if app.Secret == "" {
			return app, wrongUse(hint, "emulate: --app %s: it has neither a secret nor a certificate", app.ID)
		}
		return app, nil
	}
	cert, err := readAppCertificate(words[2])
	if err != nil {
		return app, wrongUse(hint, "emulate: --app %s: %w", app.ID, err)
	}
	app.Certificate = cert
	return app, nil
}

// readAppCertificate reads the first certificate of a file in PEM. A key beside it is left alone.
func readAppCertificate(path string) (*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		var file *fs.PathError
		if errors.As(err, &file) {
			err = file.Err
		}
		return nil, fmt.Errorf("read certificate %s: %w", path, err)
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, fmt.Errorf("read certificate %s: %w", path, err)
			}
			return cert, nil
		}
	}
	return nil, fmt.Errorf("read certificate %s: there is none in PEM in it", path)
}
