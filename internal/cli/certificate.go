package cli

import (
	"cmp"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outlocal/outlocal/receiver"
)

// The files of a key pair. The key's has the certificate as well, so that it is all that a receiver needs.
const (
	keyFileName         = "encryption-key.pem"
	certificateFileName = "encryption-certificate.pem"
)

// defaultCertificateID is what a certificate is called where nobody says.
const defaultCertificateID = "outlocal"

// certificateSchema names the form of a new key pair in JSON.
const certificateSchema = "outlocal/certificate/1"

func newCertificateCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "certificate COMMAND",
		Short: "Make a key and its certificate for encrypted notifications",
		Long: `Make what encrypted notifications need: a certificate that a subscription carries, so that the service encrypts what
it tells, and the private key by which the webhook alone opens that.`,
		Example:     "outlocal certificate new",
		Args:        cobra.ArbitraryArgs, // so that RunE words the error
		Annotations: exits("done", "", "a file can't be written, or is there already"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newCertificateNewCommand(a))
	return cmd
}

func newCertificateNewCommand(a *app) *cobra.Command {
	id := ""
	cmd := &cobra.Command{
		Use:   "new [DIR]",
		Short: "Write a new key and its certificate into a folder",
		Long: `Write a new RSA key of 2048 bits and a certificate for it, valid for a year, into DIR, or into the current folder:
  ` + keyFileName + `           the private key with the certificate; it is nobody's but yours
  ` + certificateFileName + `   the certificate alone
What a subscription carries as encryptionCertificate is printed.`,
		Example: `outlocal certificate new
outlocal certificate new keys --id orders-2026
outlocal receive --key keys/` + keyFileName + `=orders-2026`,
		Args:        takesUpTo("DIR"),
		Annotations: exits("written", "", "a file can't be written, or is there already"),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.newCertificate(strings.Join(args, ""), id)
		},
	}
	cmd.Flags().StringVar(&id, "id", defaultCertificateID, "the encryptionCertificateId that goes with it, of up to 128 characters")
	return cmd
}

// newPair is a new key pair, for a program. It shows no key.
type newPair struct {
	Key         string `json:"keyFile"`
	Certificate string `json:"certificateFile"`
	ID          string `json:"encryptionCertificateId"`
	Encryption  string `json:"encryptionCertificate"`
	Thumbprint  string `json:"thumbprint"`
	Ends        string `json:"ends"`
}

func (a *app) newCertificate(dir, id string) error {
	const longest = 128 // W1.4-10
	if n := len([]rune(id)); n == 0 || n > longest {
		return wrongUse("such as --id orders-2026", "make certificate: the id has %d characters, want 1 to %d", n, longest)
	}
	if dir == "" {
		dir = "."
	}
	pair := newPair{Key: filepath.Join(dir, keyFileName), Certificate: filepath.Join(dir, certificateFileName), ID: id}
	for _, file := range []string{pair.Key, pair.Certificate} { // a key that is lost opens nothing any more
		if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
			return notJudged("name another folder, or move it away", "make certificate: %s is there already", file)
		}
	}
	key, err := receiver.NewKey(id)
	if err != nil {
		return err
	}
	if err := writePair(dir, pair, key); err != nil {
		return notJudged("", "make certificate: %w", err)
	}
	pair.Encryption, pair.Thumbprint = key.EncryptionCertificate(), key.Thumbprint()
	pair.Ends = key.Certificate.NotAfter.UTC().Format("2006-01-02")
	if a.json {
		return a.out.document(certificateSchema, pair)
	}
	a.out.line("%s wrote %s, valid until %s", a.out.tick(), pair.Certificate, pair.Ends)
	a.out.line("%s wrote %s, which opens what is encrypted for it: keep it to yourself", a.out.tick(), pair.Key)
	a.out.line("")
	a.out.line("encryptionCertificateId: %s", pair.ID)
	a.out.line("encryptionCertificate: %s", pair.Encryption)
	a.out.line("")
	a.out.line("  %s outlocal receive --key %s=%s", a.out.dim("next:"), pair.Key, pair.ID)
	a.out.line("  %s outlocal subscribe http://localhost:3654/hook --resource 'me/messages?$select=subject' --encrypt %s=%s", a.out.dim("then:"), pair.Certificate, pair.ID)
	return nil
}

// encryptionCertificate reads the certificate in FILE[=ID], as subscriptions carry it; nothing without a file.
func encryptionCertificate(text string) (certificate, id string, err error) {
	if text == "" {
		return "", "", nil
	}
	file, id := cutID(text)
	cert, err := readAppCertificate(file)
	if err != nil {
		return "", "", notJudged("give a certificate in PEM; outlocal certificate new makes one", "read --encrypt: %w", err)
	}
	return base64.StdEncoding.EncodeToString(cert.Raw), cmp.Or(id, defaultCertificateID), nil
}

// cutID cuts FILE[=ID]. A file may have the sign in its name.
func cutID(text string) (file, id string) {
	if _, err := os.Stat(text); err == nil {
		return text, ""
	}
	if at := strings.LastIndexByte(text, '='); at >= 0 {
		return text[:at], text[at+1:]
	}
	return text, ""
}

// writePair writes both files, the key for its owner only.
func writePair(dir string, pair newPair, key receiver.Key) error {
	const folderMode, keyMode, certificateMode = 0o700, 0o600, 0o644
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key.Private)
	if err != nil {
		return err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: key.Certificate.Raw})
	private := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), certificate...)
	if err := writeOnce(pair.Key, private, keyMode); err != nil {
		return err
	}
	return writeOnce(pair.Certificate, certificate, certificateMode)
}

// writeOnce writes a file that must not be there yet.
func writeOnce(name string, data []byte, mode fs.FileMode) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}
