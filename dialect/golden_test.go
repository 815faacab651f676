package dialect

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/notify"
)

// The people and things of the golden files.
var (
	user = notify.Mailbox{
		ID: "8ee44408-0679-472c-bc2a-692812af3437", Tenant: "84bd8158-6d4d-4958-8b9f-9d6445542f95",
		Address: "user@contoso.com", Store: "2429e037-2280-429a-9e29-4682d25141d6",
	}
	guid = uuid.MustParse("d27260c8-83c9-4980-b836-fe4fbecd0404")
)

const (
	itemID   = "AQMkADI0MjllMDM3LTIyADgwLTQyOWEtOWUyOS00NjgyZDI1MTQxZDYARgAAA8rN0_5DrtJIjeiZuFmXzhwHAMS1HuBHgjpCsMTk7B3DDOIAAAIBDAAAAMS1HuBHgjpCsMTk7B3DDOIAAAIFeQAAAA=="
	itemETag = "CQAAABYAAADEtR7gR4I6QrDE5OwdwwziAAAAAAT1"
)

// golden is what stands in one dialect's folder.
type golden struct {
	sub    notify.Subscription
	links  Links
	head   Head
	change notify.Change
	base   string // of notifications
	next   string // of the list
}

func goldenOf(d *Dialect) golden {
	g := golden{
		sub: notify.Subscription{
			ID: d.SubscriptionID(guid, user.Store), ChangeType: "Created", Changes: notify.Created, ClientState: "s3cret",
			NotificationURL: "https://hook.example/cb", Expires: date("2015-10-25T09:23:09.0141474Z"),
		},
		links:  Links{Base: "https://outlook.office.com" + d.Base, Spoken: "Me", Mailbox: user},
		change: notify.Change{Type: notify.Created, Mailbox: user, Collection: notify.Messages, Item: itemID, ETag: itemETag},
	}
	g.head = Head{Subscription: g.sub.ID, Expires: g.sub.Expires, ClientState: "s3cret", Sequence: 1, Tenant: user.Tenant}
	switch d {
	case OutlookLegacy:
		g.links.Spoken = SpokenUser("user@contoso.com")
		g.sub.Resource = g.links.Base + "/users/user@contoso.com/folders/inbox/messages"
	case OutlookInterim:
		g.sub.Resource = g.links.Base + "/me/folders('inbox')/messages"
		g.asPublished2015()
	case OutlookFinal2015:
		g.sub.Resource = g.links.Base + "/me/mailfolders('inbox')/messages"
		g.asPublished2015()
	case OutlookFinal:
		g.sub.Resource = g.links.Base + "/me/mailfolders('inbox')/messages"
	case GraphPreview:
		g.links.Base = "https://graph.microsoft.com/beta"
		g.sub.Resource = "me/messages"
		g.asPublished2016()
	case GraphV1Of2016:
		g.links.Base = "https://graph.microsoft.com/v1.0"
		g.asPublished2016()
		g.asPublishedInSpring2016()
	default:
		g.links.Base = "https://graph.microsoft.com" + d.Base
		g.sub.Resource, g.sub.ChangeType = "/me/mailFolders('inbox')/messages", "created,updated"
		g.sub.LifecycleURL, g.sub.TLSVersion = "https://hook.example/life", "v1_2"
		g.sub.App, g.sub.Creator = "24d3b144-21ae-4080-943f-7067b395b913", user.ID
		g.sub.Expires = date("2026-10-20T11:00:00Z")
		g.head.Expires = date("2026-10-20T11:00:00.0797291Z")
		g.next = g.links.Base + "/subscriptions?%24skiptoken=1"
	}
	switch d {
	case GraphV1Of2021:
		g.sub.Resource, g.sub.Expires = "me/mailFolders('Inbox')/messages", date("2021-07-20T11:00:00Z")
		g.head.Expires = date("2021-07-20T11:00:00.0797291Z")
	case GraphV1Of2023:
		g.sub.Expires, g.head.Expires = date("2023-06-03T20:25:05Z"), date("2023-06-03T20:25:05.0797291Z")
	}
	g.base = g.links.Base
	return g
}

// asPublished2015 are the facts of the post of October 2015.
func (g *golden) asPublished2015() {
	g.head = Head{
		Subscription: "Y3BENzI2MEMtODNDOS00OTgwLUI4MzYtRkU0RkJFQ0QwNDA0XzI0MjlFMDM3LTIyODAtNDI5QS05RTI5LTQ2ODJEMjUxNDFENg==",
		Expires:      date("2015-10-24T18:40:00.0Z"), ClientState: "Client information", Sequence: 1,
	}
}

// asPublished2016 are the facts of the post of January 2016.
func (g *golden) asPublished2016() {
	g.head = Head{Subscription: "7f105c7d-2dc5-4530-97cd-4e7af6534c07", Expires: date("2015-11-20T18:23:45.9356913Z")}
	g.change.Mailbox.ID, g.change.Mailbox.Tenant = "ddfcd489-628b-7d04-b48b-20075df800e5", "1717622f-1d94-c0d4-9d74-f907ad6677b4"
	g.change.Item = "AAMkADMxZmEzMDM1LTFjODQtNGVkMC04YzY3LTBjZTRlNDFjNGE4MwBGAAAAAAAr-q_ZG7oXSaqxum7oZW5RBwCoeN6SYXGLRrvRm_CYrrfQAAAAAAEMAACoeN6SYXGLRrvRm_CYrrfQAACvtMe6AAA="
	g.change.ETag = "CQAAABYAAACoeN6SYXGLRrvRm+CYrrfQAACvvGdb"
}

// asPublishedInSpring2016 are the facts of the reference in v1.0's first weeks.
func (g *golden) asPublishedInSpring2016() {
	const state = "subscription-identifier"
	g.head.Subscription, g.head.ClientState = "7f105c7d-2dc5-4530-97cd-4e7ae6534c07", state
	g.sub = notify.Subscription{
		ID: g.head.Subscription, Resource: "me/mailFolders('Inbox')/messages", ChangeType: "created,updated", ClientState: state,
		NotificationURL: "https://webhook.azurewebsites.net/api/send/myNotifyClient", Expires: date("2016-11-20T18:23:45.9356913Z"),
	}
}

// ours are the facts of the files that were composed for the project.
func (g *golden) ours() *Head {
	return &Head{Subscription: g.sub.ID, Expires: g.sub.Expires, ClientState: "s3cret", Sequence: 7, Tenant: user.Tenant}
}

// written is what the code makes of a golden's facts, by file name. A name without an entry is a file that the tests below read.
var written = map[string]func(d *Dialect, g golden) []byte{
	"create.response.json": func(d *Dialect, g golden) []byte {
		if d == GraphPreview {
			g.sub.ID, g.sub.ClientState, g.sub.Expires = g.head.Subscription, "", g.head.Expires
			g.sub.NotificationURL = "https://<YourAppURLHere>/api/webhookCallback"
		}
		return d.AppendSubscription(nil, &g.sub, OnCreate, g.links)
	},
	"read.response.json":  func(d *Dialect, g golden) []byte { return d.AppendSubscription(nil, &g.sub, OnRead, g.links) },
	"renew.response.json": func(d *Dialect, g golden) []byte { return d.AppendSubscription(nil, &g.sub, OnRenew, g.links) },
	"list.response.json": func(d *Dialect, g golden) []byte {
		return d.AppendList(nil, []notify.Subscription{g.sub}, g.next, g.links)
	},
	"notification.json": func(d *Dialect, g golden) []byte {
		return inBody(d, g, d.AppendItem(nil, &g.head, d.AppendShared(nil, &g.change, g.base, nil)))
	},
	"acknowledgment.json": func(d *Dialect, g golden) []byte {
		head := g.ours()
		head.Sequence = 0
		return inBody(d, g, d.AppendAcknowledgment(nil, head))
	},
	"missed.json": func(d *Dialect, g golden) []byte {
		return inBody(d, g, d.AppendLifecycle(nil, g.ours(), notify.Missed, nil))
	},
	"removed.json": func(d *Dialect, g golden) []byte {
		reason := &notify.Error{Code: "AccountStateChanged", Message: "Account state change 'AccountDisabled' has happened after last authorization time '10/22/2015 9:23:09 AM', please recreate your subscription."}
		return inBody(d, g, d.AppendLifecycle(nil, g.ours(), notify.SubscriptionRemoved, reason))
	},
	"lifecycle-missed.json":                  lifecycleBody(notify.Missed),
	"lifecycle-reauthorizationRequired.json": lifecycleBody(notify.ReauthorizationRequired),
	"lifecycle-subscriptionRemoved.json":     lifecycleBody(notify.SubscriptionRemoved),
	"notification.header": func(d *Dialect, g golden) []byte {
		return headerLines(d.NotificationHeader(g.head.ClientState))
	},
	"rich.json": func(d *Dialect, g golden) []byte {
		g.head.Encrypted = &Encrypted{
			Data:      unpacked("GOoT1qRAShFZGgC+YkfjDwo+WPuDnqGiY9fPvYBNELfmZHP/aIIdCCJX+TAlrLHUvtyqZdxvCNYhKrj7RJ18ybfz04TOC2jYf8bmwOymupo="),
			Signature: unpacked("Vu17DhGcX0myua5XXrF8oxEiDtv2AduLtqADmnNT5XU="), Key: []byte("here stands a key"),
			CertificateID: "my-certificate", Thumbprint: "4B95353E086AD37196606ACF834A14532F03E6DB",
		}
		body := append(d.OpenBody(nil, g.base, notify.Messages), d.AppendItem(nil, &g.head, d.AppendRich(nil, &g.change, g.base))...)
		return d.CloseRichBody(body, []string{"eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"})
	},
	"content.json": func(*Dialect, golden) []byte {
		return AppendContent(nil, notify.Messages, letter(), strings.Split("Subject,bodyPreview,importance,receivedDateTime,from", ","))
	},
	"handshake.http": func(d *Dialect, _ golden) []byte {
		address := strings.TrimPrefix(d.Handshake.URL("https://hook.example/cb", d.Handshake.Token(guid.String())), "https://hook.example")
		h := http.Header{"Content-Length": {"0"}}
		for name, value := range d.Handshake.Header {
			h[name] = []string{value}
		}
		if d.Handshake.StateHeader != "" {
			h[d.Handshake.StateHeader] = []string{"s3cret"}
		}
		return append([]byte("POST "+address+" HTTP/1.1\nHost: hook.example\n"), headerLines(h)...)
	},
}

// readOnly are the files that are only read, by TestReadPrintedRequests and TestReadPrintedNotification.
var readOnly = []string{"SOURCE.md", "create.request.json", "create.request.printed", "renew.request.printed", "notification.printed"}

// Members, order and values of everything that is sent are those of the samples.
//
// rules: W0-01 W0-02 W0-03 W1.2-03 W1.2-04 W1.2-05 W1.2-07 W1.2-08 W1.3-01 W1.3-02 W1.3-04 W1.3-05 W1.3-06 W1.3-07 W1.3-12 W1.3-13 W1.3-17 W1.3-20 W1.3-21
// rules: W1.4-16 W1.4-17 W2.1-02 W2.1-03 W2.1-04 W2.1-05 W2.2-01 W2.3-01 W3.1-02 W3.1-03 W3.2-01 W3.4-01 W3.4-02
// rules: W4.1-02 W4.1-03 W4.1-04 W4.1-05 W4.1-06 W4.1-07 W4.1-08 W4.2-01 W4.2-02 W4.2-03 W4.3-01 W4.3-02 W4.4-01 W4.4-02 W4.4-04 W4.5-01 W4.5-02 W4.5-03
// rules: W1.3-19 W1.3-25 W1.4-18 W1.4-19 W4.5-04 W10-36
// rules: W4.6-01 W4.6-02 W4.6-04 W4.7-12 W4.7-13 W4.8-01 W4.10-01 W4.10-02 W4.10-09 W4.10-10 W5-07 W10-15 W10-17 W10-18 W10-19 W10-20 W10-23 W10-26 W10-30 W10-41
func TestGoldenFiles(t *testing.T) {
	for _, d := range All() {
		t.Run(d.String(), func(t *testing.T) {
			folder := filepath.Join("testdata", d.String())
			files, err := os.ReadDir(folder)
			if err != nil {
				t.Fatalf("every dialect has golden files: %v", err)
			}
			for _, f := range files {
				if f.IsDir() && slices.Contains(LifecycleForms(), f.Name()) {
					continue // TestLifecycleForms reads them
				}
				write, ok := written[f.Name()]
				if !ok {
					if !slices.Contains(readOnly, f.Name()) {
						t.Errorf("%s is read by no test", f.Name())
					}
					continue
				}
				want, err := os.ReadFile(filepath.Join(folder, f.Name()))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(lines(f.Name(), want), lines(f.Name(), write(d, goldenOf(d)))); diff != "" {
					t.Errorf("%s (-golden +ours):\n%s", f.Name(), diff)
				}
			}
			if !slices.ContainsFunc(files, func(f os.DirEntry) bool { return f.Name() == "SOURCE.md" }) {
				t.Error("the folder has no SOURCE.md")
			}
		})
	}
}

func TestEveryGoldenFolderIsADialect(t *testing.T) {
	folders, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if _, err := Lookup(f.Name()); err != nil && f.Name() != "fuzz" {
			t.Errorf("testdata/%s: %v", f.Name(), err)
		}
	}
}

// Reading a golden notification gives back the facts that it was made of.
//
// rules: W4.7-14 W4.1-09
func TestReadGoldenNotifications(t *testing.T) {
	for _, d := range All() {
		t.Run(d.String(), func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join("testdata", d.String(), "notification.json"))
			if err != nil {
				t.Fatal(err)
			}
			g := goldenOf(d)
			header := http.Header{}
			for name, values := range d.NotificationHeader(g.head.ClientState) { // as a server canonicalises them
				header[http.CanonicalHeaderKey(name)] = values
			}
			got, err := Read(header, body)
			if err != nil {
				t.Fatal(err)
			}
			if want := recognisedAs(d); got.Dialect != want {
				t.Errorf("recognised %s, want %s", got.Dialect, want)
			}
			path := d.ItemPath(g.change.Mailbox, notify.Messages, g.change.Item, g.base)
			want := notify.Notification{
				Subscription: g.head.Subscription, Expires: g.head.Expires, ClientState: g.head.ClientState, HasClientState: g.head.ClientState != "",
				Change: notify.Created, Tenant: g.head.Tenant,
				Data: &notify.Data{Type: d.Notification.ItemType + "Message", URL: path, ETag: `W/"` + g.change.ETag + `"`, ID: g.change.Item},
			}
			if d.Notification.Sequence {
				want.Sequence, want.HasSequence = 1, true
			}
			if d != OutlookLegacy {
				want.Resource = path
			}
			if d.Family == Outlook || d == GraphV1Of2016 {
				want.Tenant = ""
			}
			if diff := cmp.Diff(want, got.Items[0].Notification); diff != "" || len(got.Items[0].Problems) > 0 {
				t.Errorf("problems %v, difference (-want +got):\n%s", got.Items[0].Problems, diff)
			}
		})
	}
}

// recognisedAs is the dialect that a notification of d's can be told to be in: beta's are v1.0's, a profile's those of its dialect, and
// the first ones of v1.0 those of the preview.
func recognisedAs(d *Dialect) *Dialect {
	switch d {
	case OutlookFinal2015:
		return OutlookFinal
	case GraphV1Of2016:
		return GraphPreview
	case GraphV1Of2021, GraphV1Of2023, GraphBeta:
		return GraphV1
	}
	return d
}

// The post of October 2015 prints requests with unquoted names: refused as they stand, read leniently.
//
// rules: W1.2-09 W1.3-08
func TestReadPrintedRequests(t *testing.T) {
	for _, d := range []*Dialect{OutlookInterim, OutlookFinal2015} {
		create, err := os.ReadFile(filepath.Join("testdata", d.String(), "create.request.printed"))
		if err != nil {
			t.Fatal(err)
		}
		if _, refusal := d.ReadCreate(create); refusal == nil {
			t.Errorf("%s: unquoted names were read without being asked for", d)
		}
		r, refusal := d.ReadCreate(odata.QuoteNames(create))
		if refusal != nil {
			t.Fatalf("%s: %v (%s)", d, refusal, refusal.Hint)
		}
		if want := date("2015-10-24T18:40:00Z"); !r.Expires.Equal(want) || r.ClientState != "Client information" || r.Changes != notify.Created|notify.Updated|notify.Deleted {
			t.Errorf("%s: read %+v", d, r)
		}
		renew, err := os.ReadFile(filepath.Join("testdata", d.String(), "renew.request.printed"))
		if err != nil {
			t.Fatal(err)
		}
		if r, refusal := d.ReadRenewal(odata.QuoteNames(renew), &notify.Subscription{}); refusal != nil || !r.Expires.Equal(date("2015-10-24T20:00:00Z")) {
			t.Errorf("%s: renewal read as %+v, %v", d, r, refusal)
		}
	}
}

// The post of January 2016 prints a request, and a notification that is no JSON.
//
// rules: W1.2-02 W1.2-06 W10-14
func TestReadPrintedNotification(t *testing.T) {
	create, err := os.ReadFile("testdata/graph-preview/create.request.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, refusal := GraphPreview.ReadCreate(create); refusal != nil {
		t.Errorf("request: %v (%s)", refusal, refusal.Hint)
	}
	body, err := os.ReadFile("testdata/graph-preview/notification.printed")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(nil, body)
	if err != nil {
		t.Fatal(err)
	}
	if got.Dialect != GraphPreview || got.Mended == "" || got.Items[0].Data.ETag != `W/"CQAAABYAAACoeN6SYXGLRrvRm+CYrrfQAACvvGdb"` {
		t.Errorf("read as %s, mended %q, data %+v", got.Dialect, got.Mended, got.Items[0].Data)
	}
}

func lifecycleBody(event notify.Lifecycle) func(*Dialect, golden) []byte {
	return func(d *Dialect, g golden) []byte {
		head := g.ours()
		head.Expires = date("2026-10-20T11:00:00.079729Z")
		return inBody(d, g, d.AppendLifecycle(nil, head, event, nil))
	}
}

func inBody(d *Dialect, g golden, item []byte) []byte {
	return d.CloseBody(append(d.OpenBody(nil, g.base, notify.Messages), item...))
}

func unpacked(text string) []byte {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

func headerLines(h http.Header) []byte {
	var b strings.Builder
	for _, name := range slices.SortedFunc(keys(h), func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }) {
		fmt.Fprintf(&b, "%s: %s\n", name, h[name][0])
	}
	return []byte(b.String())
}

func keys(h http.Header) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range h {
			if !yield(name) {
				return
			}
		}
	}
}

// lines makes two texts comparable: JSON loses its white space, nothing else; order stays.
func lines(name string, text []byte) []string {
	if strings.HasSuffix(name, ".json") {
		var b bytes.Buffer
		if err := json.Compact(&b, text); err != nil {
			return []string{"not JSON: " + err.Error(), string(text)}
		}
		return strings.SplitAfter(b.String(), ",")
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func date(text string) time.Time {
	t, err := ParseDate(text)
	if err != nil {
		panic(err)
	}
	return t
}
