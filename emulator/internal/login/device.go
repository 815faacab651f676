package login

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// What the service says of device codes (W8.1-04).
	deviceLife     = 900 * time.Second
	deviceInterval = 5 * time.Second

	// mostDevices bounds the codes that nobody has confirmed yet.
	mostDevices = 1000

	// userCodeLength and its letters: those that can't be mistaken for others or make words.
	userCodeLength  = 9
	userCodeLetters = "BCDFGHJKLMNPQRSTVWXYZ23456789"
)

// device is a program on a device without a browser that waits for somebody to sign in elsewhere.
type device struct {
	app      string
	userCode string
	wish     wish
	tenant   tenant
	until    time.Time
	polled   time.Time
	user     string // who confirmed; empty as long as nobody did
	declined bool
}

// deviceCode begins the grant of devices (W8.1-04).
func (x *exchange) deviceCode() {
	form, refused := x.readForm()
	if refused != nil {
		x.refuseDevice("", refused)
		return
	}
	app := strings.ToLower(form.Get("client_id"))
	refused = x.checkApplication(app)
	var w wish
	switch {
	case refused != nil:
	case !x.v1 && form.Get("scope") == "":
		refused = missing("scope")
	default:
		w, refused = x.wish(form)
	}
	if refused != nil {
		x.refuseDevice(app, refused)
		return
	}
	d := &device{app: app, wish: w, tenant: x.tenant, until: x.config.Now().Add(deviceLife), userCode: userCode()}
	if x.config.Choice == Automatic {
		d.user = x.config.User
	}
	code := rand.Text()
	if !x.wait(code, d) {
		x.refuseDevice(app, refuse("temporarily_unavailable", 90033, "A transient error has occurred. Please try again.").hinted("%d device codes are waiting to be confirmed", mostDevices))
		return
	}
	page := x.origin + "/common/oauth2/deviceauth"
	said := map[string]any{
		"user_code": d.userCode, "device_code": code, "verification_uri": page,
		"expires_in": number{int64(deviceLife / time.Second), x.v1}, "interval": number{int64(deviceInterval / time.Second), x.v1},
		"message": fmt.Sprintf("To sign in, use a web browser to open the page %s and enter the code %s to authenticate.", page, d.userCode),
	}
	if x.v1 {
		said["verification_url"] = page
	}
	x.say(said)
}

// refuseDevice answers a device that gets no code, and tells of it: a device says little itself.
func (x *exchange) refuseDevice(app string, e *Error) {
	x.config.Record(Event{Grant: "devicecode", App: app, Refusal: e.Error()})
	x.refuse(e)
}

// wait keeps a device until its code expires; false if too many wait already.
func (a *Authority) wait(code string, d *device) bool {
	now := a.config.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	for c, other := range a.devices {
		if !now.Before(other.until.Add(deviceLife)) { // so long it is told that it expired
			delete(a.devices, c)
		}
	}
	if len(a.devices) >= mostDevices {
		return false
	}
	a.devices[code] = d
	return true
}

func userCode() string {
	code := make([]byte, userCodeLength)
	for i := range code {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(userCodeLetters))))
		if err != nil {
			panic(fmt.Errorf("draw a user code: %w", err)) // a broken source of randomness
		}
		code[i] = userCodeLetters[n.Int64()]
	}
	return string(code)
}

// device answers a device that polls (W8.1-05).
func (x *exchange) device(form url.Values) (receipt, *Error) {
	code := form.Get("device_code")
	if code == "" {
		code = form.Get("code") // the first version's name for it
	}
	if code == "" {
		return receipt{}, missing("device_code")
	}
	c, refused := x.client(form, mayBePublic)
	if refused != nil {
		return receipt{}, refused
	}
	d, refused := x.poll(code, c.id)
	if refused != nil {
		return receipt{}, refused
	}
	user, err := x.user(d.user)
	if err != nil {
		return receipt{}, refuse(invalidGrant, 70000, "Provided grant is invalid or malformed.").hinted("%v", err)
	}
	t := d.tenant.id
	if t == "" {
		t = user.Tenant
	}
	return receipt{client: c, user: &user, tenant: t, wish: d.wish, offer: true}, nil
}

// poll takes a device out of those that wait, or says why not.
func (a *Authority) poll(code, app string) (*device, *Error) {
	now := a.config.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	d, known := a.devices[code]
	switch {
	case !known || d.app != app:
		return nil, refuse(badDeviceCode, 70018, "Verification code does not exist or has already been used.").hinted("device_code is the one that devicecode gave to this client_id; it is good for one token")
	case d.declined:
		delete(a.devices, code)
		return nil, refuse(authorizationDenied, 65004, "User declined to consent to access the app.")
	case !now.Before(d.until):
		return nil, refuse(expiredDeviceCode, 70020, "The provided value for the input parameter 'device_code' is not valid. This device code has expired.")
	case d.user != "":
		delete(a.devices, code)
		return d, nil
	}
	last := d.polled
	d.polled = now
	if !last.IsZero() && now.Sub(last) < deviceInterval-time.Second { // a second less: programs' timers are early too
		return nil, refuse(slowDown, 70016, "OAuth 2.0 device flow error. Authorization is pending. Polling too frequently.").hinted("interval is %v", deviceInterval)
	}
	return nil, refuse(authorizationPending, 70016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling.").hinted("open the page and confirm, or run the emulator with --login auto")
}

// deviceAuth is the page where a person confirms.
func (x *exchange) deviceAuth() {
	if x.r.Method != http.MethodPost {
		x.showPage(http.StatusOK, "device", devicePage{Code: x.r.URL.Query().Get("user_code"), User: x.config.User})
		return
	}
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, largestForm)
	if err := x.r.ParseForm(); err != nil {
		x.refusePage(malformed(invalidRequest))
		return
	}
	code, user := strings.ToUpper(strings.TrimSpace(x.r.PostForm.Get("user_code"))), x.r.PostForm.Get("user")
	decline := x.r.PostForm.Get("answer") == "no"
	problem := ""
	if _, err := x.user(user); err != nil && !decline {
		problem = "There is no such user: write an address such as ann@contoso.com."
	} else if !x.confirm(code, user, answer(decline)) {
		problem = "That code didn't work. Check the code and try again."
	}
	switch {
	case problem != "":
		x.showPage(http.StatusBadRequest, "device", devicePage{Code: code, User: user, Problem: problem})
	case decline:
		x.showPage(http.StatusOK, "message", messagePage{Title: "Declined", Text: "The program is told so. You may close this window."})
	default:
		x.showPage(http.StatusOK, "message", messagePage{Title: "Signed in", Text: "You have signed in on your device. You may close this window."})
	}
}

// answer is a person's.
type answer bool

// confirm tells the device of a code what a person said; false if none has that code, or not any more.
func (a *Authority) confirm(code, user string, declined answer) bool {
	now := a.config.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range a.devices {
		if d.userCode == code && now.Before(d.until) {
			d.user, d.declined = user, bool(declined)
			return true
		}
	}
	return false
}
