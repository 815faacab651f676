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
		{"the validation token in both spellings", "https://h/?code=s3cret&validationToken=abc&validationtoken=d%3a", "https://h/?code=…&validationToken=abc&validationtoken=d%3a"},
		{"OData options", "https://graph.microsoft.com/v1.0/me/messages?$select=id&$filter=isRead eq false&x=s3cret", "https://graph.microsoft.com/v1.0/me/messages?$select=id&$filter=isRead eq false&x=…"},
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
		// A value ends up in the query when a ? is before it and no #, and it is
		// public only under the names that MaskURL's comment gives.
		query, isQuery := cutLast(before, "&", "?")
		name, _, isValue := strings.Cut(query, "=")
		public := strings.HasPrefix(name, "$") || strings.EqualFold(name, "validationToken")
		if isQuery && isValue && !public && !strings.Contains(before, "#") && strings.Contains(got, secret) {
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
