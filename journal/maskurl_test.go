package journal_test

import (
	"strings"
	"testing"

	"github.com/outlocal/outlocal/journal"
)

func TestMaskURL(t *testing.T) {
	for _, row := range []struct{ name, url, want string }{
		{"empty", "", ""},
		{"nothing to hide", "https://hook.example/cb", "https://hook.example/cb"},
		{"a function key", "https://app.example/api/hook?code=s3cret==", "https://app.example/api/hook?code=…"},
		{"several values, names in their order", "https://h/?sv=1&sig=s3cret%2B&Token=s3cret", "https://h/?sv=…&sig=…&Token=…"},
		{"an empty value", "https://h/?code=&x", "https://h/?code=&…"},
		{"a bare key", "https://h/?s3cret", "https://h/?…"},
		{"a value that holds ; and =", "https://h/?code=a=s3cret;b=s3cret", "https://h/?code=…"},
		{"a second ?", "https://h/?a=b?code=s3cret", "https://h/?a=…"},
		{"parameters of its own that are called like a handshake's and OData's", "https://h/?validationToken=s3cret&$filter=s3cret&$select=s3cret", "https://h/?validationToken=…&$filter=…&$select=…"},
		{"a user and password", "https://me:s3cret@h:443/a?b=s3cret", "https://…@h:443/a?b=…"},
		{"a password with an @", "https://me:s3cret@s3cret@h/a", "https://…@h/a"},
		{"no scheme", "//s3cret@h/?s3cret", "//…@h/?…"},
		{"an @ in the path", "https://h/users/user@contoso.com/messages", "https://h/users/user@contoso.com/messages"},
		{"a token in the fragment", "https://h/#access_token=s3cret", "https://h/#…"},
		{"a fragment that is a place", "https://h/?a=s3cret#top", "https://h/?a=…#top"},
		{"not a URL", "h:99999?%zz=s3cret", "h:99999?%zz=…"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := journal.MaskURL(row.url); got != row.want {
				t.Errorf("MaskURL(%q)\n = %q\nwant %q", row.url, got, row.want)
			}
		})
	}
}

// A handshake's own token is what it appended, and no other.
func TestMaskHandshake(t *testing.T) {
	for _, row := range []struct{ name, url, want string }{
		{"the token", "https://h/?validationToken=abc", "https://h/?validationToken=abc"},
		{"after the webhook's key, in the other spelling", "https://h/?code=s3cret&validationtoken=d%3a", "https://h/?code=…&validationtoken=d%3a"},
		{"after one of the webhook's own", "https://h/?validationToken=s3cret&validationToken=abc", "https://h/?validationToken=…&validationToken=abc"},
		{"before the webhook's key", "https://h/?validationToken=abc&code=s3cret", "https://h/?validationToken=…&code=…"},
		{"in the path", "https://h/a&validationToken=s3cret?x=s3cret", "https://h/a&validationToken=s3cret?x=…"},
		{"none", "https://h/?code=s3cret", "https://h/?code=…"},
		{"no query", "https://h/", "https://h/"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := journal.MaskHandshake(row.url); got != row.want {
				t.Errorf("MaskHandshake(%q)\n = %q\nwant %q", row.url, got, row.want)
			}
		})
	}
}

// What a client asks the API for shows, but not what it compares with.
func TestMaskRequest(t *testing.T) {
	for _, row := range []struct{ name, url, want string }{
		{"options", "/v1.0/me/messages?$select=id&$filter=isRead eq false&x=s3cret", "/v1.0/me/messages?$select=id&$filter=isRead eq false&x=…"},
		{"a literal", "/x?$filter=clientState eq 's3cret'&$top=3", "/x?$filter=clientState eq '…'&$top=3"},
		{"an escaped literal", "/x?$filter=clientState%20eq%20%27s3cret%27", "/x?$filter=clientState%20eq%20%27…%27"},
		{"a literal with a quote", "/x?$filter=clientState eq 's3''cret'", "/x?$filter=clientState eq '…'"},
		{"an open literal", "/x?$filter=clientState eq 's3cret", "/x?$filter=clientState eq '…"},
		{"no quotes", "/x?$filter=client_state%20eq%20s3cret", "/x?$filter=…"},
		{"other quotes", `/x?$filter=clientState eq "s3cret"`, `/x?$filter=clientState eq "…"`},
		{"a name only", "/x?$select=id,clientState", "/x?$select=id,clientState"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := journal.MaskRequest(row.url); got != row.want {
				t.Errorf("MaskRequest(%q)\n = %q\nwant %q", row.url, got, row.want)
			}
		})
	}
}

func FuzzMaskURL(f *testing.F) {
	for _, seed := range []struct{ before, after string }{
		{"https://h/?code=", ""},
		{"https://h/?", "&a=b"},
		{"https://h/?$filter=x&sig=", "#top"},
		{"https://u:", "@h/p"},
		{"https://h/p?a=b#c=", "&d"},
		{"//", "@h"},
	} {
		f.Add(seed.before, seed.after)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "S3CRETS3CRET"
		if strings.Contains(before+after, "S3CRET") {
			t.Skip("the secret stands elsewhere as well")
		}
		url := before + secret + after
		got := journal.MaskURL(url)
		if again := journal.MaskURL(got); again != got {
			t.Errorf("masked %q is %q, masked again %q", url, got, again)
		}
		// A value ends up in the query when a ? is before it and no #.
		query, isQuery := cutLast(before, "&", "?")
		if isQuery && strings.Contains(query, "=") && !strings.Contains(before, "#") && strings.Contains(got, secret) {
			t.Errorf("MaskURL(%q) = %q shows a value", url, got)
		}
		if base, _, found := strings.Cut(before, "?"); found && !strings.ContainsAny(base, "#@") && !strings.HasPrefix(got, base+"?") {
			t.Errorf("MaskURL(%q) = %q changed what is before the query", url, got)
		}
	})
}

// cutLast returns what is behind the last of the separators, once query has begun.
func cutLast(text, separator, query string) (string, bool) {
	_, rest, found := strings.Cut(text, query)
	if !found {
		return "", false
	}
	return rest[strings.LastIndex(rest, separator)+1:], true
}
