package login

import (
	"net/url"
	"strings"
	"testing"
)

const devicePath = "/common/oauth2/v2.0/devicecode"

// rules: W8.1-04 W8.1-05
func TestDevice(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Choice = Page })
	begun := r.must(devicePath, form("client_id", testApp, "scope", "openid offline_access Mail.Read"))
	if begun.fields["expires_in"] != 900.0 || begun.fields["interval"] != 5.0 || !strings.HasPrefix(begun.text("verification_uri"), r.server.URL) ||
		len(begun.text("user_code")) != 9 || !strings.Contains(begun.text("message"), begun.text("user_code")) {
		t.Fatalf("got %s", begun.body)
	}
	poll := form("grant_type", grantDevice, "client_id", testApp, "device_code", begun.text("device_code"))
	expect := func(about, name string, f url.Values) {
		t.Helper()
		if got := r.post("/common/oauth2/v2.0/token", f); got.status != 400 || got.text("error") != name {
			t.Errorf("%s: got %d %s, want %s", about, got.status, got.body, name)
		}
	}
	expect("before anybody confirmed", "authorization_pending", poll)
	expect("again at once", "slow_down", poll)
	r.now = r.now.Add(deviceInterval)
	expect("after the interval, by the name of old", "authorization_pending", edited(poll, "grant_type", grantDeviceOld))
	expect("by another application", "bad_verification_code", edited(poll, "client_id", otherApp))

	page := strings.TrimPrefix(begun.text("verification_uri"), r.server.URL)
	if got := r.get(page + "?user_code=ABC"); got.status != 200 || !strings.Contains(got.body, `value="ABC"`) {
		t.Errorf("the page: got %d\n%s", got.status, got.body)
	}
	if got := r.post(page, form("user_code", "WRONG", "user", "ann@contoso.com", "answer", "yes")); got.status != 400 || !strings.Contains(got.body, "work") {
		t.Errorf("a wrong code: got %d\n%s", got.status, got.body)
	}
	if got := r.post(page, form("user_code", begun.text("user_code"), "user", "nobody", "answer", "yes")); got.status != 400 || !strings.Contains(got.body, "no such user") {
		t.Errorf("nobody: got %d\n%s", got.status, got.body)
	}
	if got := r.post(page, form("user_code", " "+strings.ToLower(begun.text("user_code")), "user", "ann@contoso.com", "answer", "yes")); got.status != 200 {
		t.Errorf("the code: got %d\n%s", got.status, got.body)
	}
	got := r.must("/common/oauth2/v2.0/token", poll)
	if claims := r.claimsOf(got.text("access_token"), keysV2); claims["upn"] != "ann@contoso.com" || claims["scp"] != "Mail.Read" {
		t.Errorf("the token says %v", claims)
	}
	if got.text("refresh_token") == "" || got.text("id_token") == "" {
		t.Errorf("got %s", got.body)
	}
	expect("once more", "bad_verification_code", poll)
}

func TestDeviceIsDeclined(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Choice = Page })
	begun := r.must(devicePath, form("client_id", testApp, "scope", "Mail.Read"))
	r.post("/common/oauth2/deviceauth", form("user_code", begun.text("user_code"), "answer", "no"))
	if got := r.post(tokenPath, form("grant_type", grantDevice, "client_id", testApp, "device_code", begun.text("device_code"))); got.text("error") != "authorization_declined" {
		t.Errorf("got %s", got.body)
	}
}

// rules: W8.1-05
func TestDeviceCodesExpire(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Choice = Page })
	begun := r.must(devicePath, form("client_id", testApp, "scope", "Mail.Read"))
	r.now = r.now.Add(deviceLife)
	if got := r.post(tokenPath, form("grant_type", grantDevice, "client_id", testApp, "device_code", begun.text("device_code"))); got.text("error") != "expired_token" {
		t.Errorf("got %s", got.body)
	}
	if got := r.post("/common/oauth2/deviceauth", form("user_code", begun.text("user_code"), "user", testUser, "answer", "yes")); got.status != 400 {
		t.Errorf("the page took a code that had expired: %d", got.status)
	}
	r.now = r.now.Add(deviceLife)
	r.must(devicePath, form("client_id", testApp, "scope", "Mail.Read"))
	if len(r.devices) != 1 {
		t.Errorf("%d devices are kept", len(r.devices))
	}
}

func TestDeviceIsConfirmedByItself(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	begun := r.must("/"+testTenant+"/oauth2/devicecode", form("client_id", testApp, "resource", "https://graph.microsoft.com")) // of the first version
	if begun.fields["interval"] != "5" || begun.text("verification_url") == "" {
		t.Errorf("got %s", begun.body)
	}
	got := r.must(tokenPathV1, form("grant_type", grantDeviceOld, "client_id", testApp, "code", begun.text("device_code"), "resource", "https://graph.microsoft.com"))
	if claims := r.claimsOf(got.text("access_token"), keysV1); claims["upn"] != testUser {
		t.Errorf("the token says %v", claims)
	}
}

func TestDeviceCodesAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range mostDevices {
		r.must(devicePath, form("client_id", testApp, "scope", "Mail.Read"))
	}
	if got := r.post(devicePath, form("client_id", testApp, "scope", "Mail.Read")); got.text("error") != "temporarily_unavailable" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	r.now = r.now.Add(2 * deviceLife)
	r.must(devicePath, form("client_id", testApp, "scope", "Mail.Read"))
}

func TestRefusalsOfDeviceCodes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	good := form("client_id", testApp, "scope", "Mail.Read")
	for _, tc := range []struct {
		about string
		form  url.Values
		code  int
	}{
		{"no client", edited(good, "client_id", ""), 900144},
		{"a client that is no GUID", edited(good, "client_id", "x"), 700016},
		{"no scope", edited(good, "scope", ""), 900144},
		{"a scope that can be none", edited(good, "scope", "<>"), 70011},
	} {
		if got := r.post(devicePath, tc.form); got.status != 400 || got.code() != tc.code {
			t.Errorf("%s: got %d %s", tc.about, got.status, got.body)
		}
	}
	if got := r.get(devicePath); got.code() != 900561 {
		t.Errorf("a GET: got %d %s", got.status, got.body)
	}
}
