package localca

import "strings"

// TrustCommands returns the commands with which a user of goos makes the
// system, Node.js and Python trust the certificate in path, one to a line. They
// are for the user to read, and to run or not: whoever gets hold of the key
// beside that file can pose as any host to those who did.
func TrustCommands(goos, path string) []string {
	switch goos {
	case "windows":
		quoted := `"` + path + `"`
		return []string{
			"certutil -user -addstore Root " + quoted,
			"setx NODE_EXTRA_CA_CERTS " + quoted,
			"setx REQUESTS_CA_BUNDLE " + quoted,
		}
	case "darwin":
		quoted := quoteShell(path)
		return append([]string{
			"security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db " + quoted,
		}, runtimes(quoted)...)
	default:
		quoted := quoteShell(path)
		return append([]string{
			"sudo cp " + quoted + " /usr/local/share/ca-certificates/outlocal.crt && sudo update-ca-certificates # Debian, Ubuntu, Alpine",
			"sudo trust anchor " + quoted + " # Fedora, Arch",
		}, runtimes(quoted)...)
	}
}

// runtimes have lists of their own and do not look into the system's store.
func runtimes(quoted string) []string {
	return []string{
		"export NODE_EXTRA_CA_CERTS=" + quoted + " # Node.js",
		"export REQUESTS_CA_BUNDLE=" + quoted + " # Python's requests, which then trusts nothing else",
	}
}

// quoteShell quotes a path for a POSIX shell.
func quoteShell(path string) string {
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
