package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/emulator"
	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/journal"
)

// asked is one request of a batch.
type asked struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    json.RawMessage   `json:"body,omitempty"`
	Needs   []string          `json:"dependsOn,omitempty"`
}

func get(id, url string, needs ...string) asked {
	return asked{ID: id, Method: "GET", URL: url, Needs: needs}
}

func post(id, url, body string, needs ...string) asked {
	return asked{ID: id, Method: "POST", URL: url, Headers: map[string]string{"Content-Type": "application/json"}, Body: json.RawMessage(body), Needs: needs}
}

func batchOf(requests ...asked) string {
	text, err := json.Marshal(map[string]any{"requests": requests})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// partial is what one request of a batch was answered.
type partial struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

func (p partial) code() string { return strings.SplitN(p.refusal(), ": ", 2)[0] }

func (p partial) refusal() string {
	var body struct {
		Error struct{ Code, Message string }
	}
	if json.Unmarshal(p.Body, &body) != nil {
		return string(p.Body)
	}
	return body.Error.Code + ": " + body.Error.Message
}

func (p partial) text(t *testing.T, name string) string {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(p.Body, &fields); err != nil {
		t.Fatalf("%v: %s", err, p.Body)
	}
	text, _ := fields[name].(string)
	return text
}

// batch sends a batch and reads its answers.
func (w *world) batch(base string, requests ...asked) []partial {
	w.t.Helper()
	got := w.must(http.StatusOK, "POST", base+"/$batch", batchOf(requests...))
	return w.partials(got.body)
}

func (w *world) partials(body string) []partial {
	w.t.Helper()
	var answers struct{ Responses []partial }
	if err := json.Unmarshal([]byte(body), &answers); err != nil {
		w.t.Fatalf("%v: %s", err, body)
	}
	return answers.Responses
}

// statuses are told in one line.
func statuses(parts []partial) string {
	var words []string
	for _, p := range parts {
		words = append(words, p.ID+":"+strconv.Itoa(p.Status))
	}
	return strings.Join(words, " ")
}

// The requests of a batch do what they would do alone, with headers and bodies of their own, and each has its answer.
//
// rules: W7.4-15 R13
func TestBatch(t *testing.T) {
	for _, base := range []string{"/v1.0", "/beta"} {
		t.Run(base, func(t *testing.T) {
			w := newWorld(t)
			item := w.raise("message.created").Items[0].ID
			const hook = `"` + emulatortest.WebhookURL + `?a=1&b=2"`
			answers := w.batch(base,
				post("make", "/subscriptions", w.graphBody("notificationUrl", hook)),
				post("again", "subscriptions", w.graphBody("notificationUrl", hook), "make"),
				get("list", "subscriptions"),
				get("read", "/me/messages/"+item+"?$select=subject, isRead"),
				get("gone", "/me/messages/AAMk"),
				get("unknown", "/nowhere/at all"),
				get("broken", "/me/mess%zzages/x"),
				asked{ID: "wrong", Method: "PUT", URL: "/subscriptions", Headers: map[string]string{"Content-Type": "application/json"}, Body: json.RawMessage(`{}`)},
				asked{ID: "bytes", Method: "PUT", URL: "/me/photo/$value", Headers: map[string]string{"Content-Type": "image/png"}, Body: json.RawMessage(`"_-8"`)},
			)
			if got, want := statuses(answers), "make:201 again:409 list:200 read:200 gone:400 unknown:400 broken:400 wrong:405 bytes:415"; got != want {
				t.Fatalf("answered %s, want %s", got, want)
			}
			made := answers[0]
			if id := made.text(t, "id"); !guid.MatchString(id) || !strings.Contains(string(answers[2].Body), id) || !strings.Contains(answers[1].refusal(), id) {
				t.Errorf("made %s, listed %s, refused %s", made.Body, answers[2].Body, answers[1].Body)
			}
			if !strings.Contains(string(made.Body), `"notificationUrl":`+hook) {
				t.Errorf("the body is not as it was written: %s", made.Body)
			}
			if !strings.HasPrefix(made.Headers["Content-Type"], "application/json;") || made.Headers["OData-Version"] != "4.0" || !guid.MatchString(made.Headers["request-id"]) {
				t.Errorf("headers %v", made.Headers)
			}
			for _, ofAll := range []string{"Content-Length", "Date", "x-ms-ags-diagnostic", "Strict-Transport-Security"} {
				if value, there := made.Headers[ofAll]; there {
					t.Errorf("a part has the header %s: %s", ofAll, value)
				}
			}
			if link := made.text(t, "@odata.context"); link != "http://localhost:3650"+base+"/$metadata#subscriptions/$entity" {
				t.Errorf("context %s", link)
			}
			if answers[7].Headers["Allow"] == "" {
				t.Errorf("headers of a 405: %v", answers[7].Headers)
			}
			if refused := w.entries(journal.Refused); string(refused[len(refused)-1].Exchange.RequestBody) != "\xff\xef" {
				t.Errorf("the bytes came as %q", refused[len(refused)-1].Exchange.RequestBody)
			}
			id := made.text(t, "id")
			more := w.batch(base, post("keep", "/subscriptions/"+id+"/reauthorize", "{}"), asked{ID: "end", Method: "DELETE", URL: "/subscriptions/" + id})
			if got := statuses(more); got != "keep:204 end:204" || string(more[1].Body) != "null" {
				t.Errorf("answered %s, %s", got, more[1].Body)
			}
		})
	}
}

// What says nothing may be null.
func TestNullsInABatch(t *testing.T) {
	w := newWorld(t)
	got := w.must(http.StatusOK, "POST", "/v1.0/$batch", `{"requests":[{"id":"1","method":"GET","url":"/subscriptions","headers":null,"body":null,"dependsOn":null,"@odata.id":null}]}`)
	if parts := w.partials(got.body); statuses(parts) != "1:200" {
		t.Errorf("answered %s", got.body)
	}
}

// Without a token the whole is refused; with one it holds for each, whatever they say themselves.
//
// rules: W6.3-11 W6.1-07
func TestHeadersOfABatch(t *testing.T) {
	w := newWorld(t)
	body := batchOf(get("1", "/subscriptions"), asked{ID: "2", Method: "GET", URL: "/subscriptions", Headers: map[string]string{"client-request-id": "mine", "Authorization": ""}})
	if none := w.must(http.StatusUnauthorized, "POST", "/v1.0/$batch", body, "Authorization", ""); none.code() != "InvalidAuthenticationToken" {
		t.Errorf("refused with %s", none.body)
	}
	got := w.must(http.StatusOK, "POST", "/v1.0/$batch", body, "client-request-id", "theirs", "X-Forwarded-Host", "graph.test", "X-Forwarded-Proto", "https")
	parts := w.partials(got.body)
	if statuses(parts) != "1:200 2:200" || parts[0].Headers["client-request-id"] != "theirs" || parts[1].Headers["client-request-id"] != "mine" {
		t.Errorf("answered %s", got.body)
	}
	if link := parts[0].text(t, "@odata.context"); !strings.HasPrefix(link, "https://graph.test/v1.0/") { // rules: R14
		t.Errorf("the link is %s", link)
	}
	if own := got.header["request-id"][0]; parts[0].Headers["request-id"] == own || parts[0].Headers["request-id"] == parts[1].Headers["request-id"] {
		t.Errorf("ids %s, %s", own, got.body)
	}
}

// What depends on a request comes after it, wherever it stands, and is not done when that failed.
func TestOrderOfABatch(t *testing.T) {
	for _, tt := range []struct {
		name     string
		requests func(w *world) []asked
		want     string
	}{
		{"a chain", func(w *world) []asked {
			return []asked{post("1", "/subscriptions", w.graphBody()), get("2", "/subscriptions", "1"), get("3", "/subscriptions", "2")}
		}, "1:201 2:200 3:200"},
		{"a failure", func(*world) []asked {
			return []asked{get("1", "/nowhere"), get("2", "/subscriptions", "1"), get("3", "/subscriptions", "2"), get("4", "/subscriptions")}
		}, "1:400 2:424 3:424 4:200"},
		{"one of several", func(*world) []asked {
			return []asked{get("1", "/subscriptions"), get("2", "/nowhere"), get("3", "/subscriptions", "1", "2")}
		}, "1:200 2:400 3:424"},
		{"a later one", func(w *world) []asked {
			return []asked{post("1", "/subscriptions", w.graphBody(), "2"), post("2", "/subscriptions", w.graphBody())}
		}, "1:409 2:201"},
		{"without it, the first wins", func(w *world) []asked {
			return []asked{post("1", "/subscriptions", w.graphBody()), post("2", "/subscriptions", w.graphBody())}
		}, "1:201 2:409"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			parts := w.batch("/v1.0", tt.requests(w)...)
			if got := statuses(parts); got != tt.want {
				t.Errorf("answered %s, want %s", got, tt.want)
			}
			for _, p := range parts {
				if p.Status == http.StatusFailedDependency && (p.code() != "FailedDependency" || !strings.Contains(p.Headers["X-Outlocal-Hint"], "it depends on request")) {
					t.Errorf("request %s: %s %v", p.ID, p.Body, p.Headers)
				}
			}
		})
	}
}

// A batch that is not sound is refused as a whole, and nothing of it is done.
//
// rules: W7.4-15 R12
func TestUnsoundBatches(t *testing.T) {
	w := newWorld(t)
	many := make([]asked, 21)
	for i := range many {
		many[i] = get(strconv.Itoa(i), "/subscriptions")
	}
	w.batch("/v1.0", many[:20]...)
	const malformed = "Invalid batch payload format."
	create := `{"id":"0","method":"POST","url":"/subscriptions","headers":{"Content-Type":"application/json"},"body":` + w.graphBody() + `},`
	for _, tt := range []struct{ name, body, message, hint string }{
		{"nothing", ``, malformed, "not JSON"},
		{"no JSON", `{"requests":[`, malformed, "not JSON"},
		{"no object", `[]`, malformed, "a list of requests"},
		{"no list", `{"requests":{}}`, malformed, "a list of requests"},
		{"no requests", `{"requests":[]}`, malformed, "a list of requests"},
		{"other names", `{"Requests":[{"id":"1","method":"GET","url":"/me"}]}`, malformed, "a list of requests"},
		{"too many", batchOf(many...), "Number of requests inside batch exceed the limit.", "21 requests came, and a batch may hold 20"},
		{"the same id", `{"requests":[` + create + `{"id":"0","method":"GET","url":"/me"}]}`, "Request Id 0 has to be unique in a batch.", "one of its own"},
		{"no id", `{"requests":[` + create + `{"method":"GET","url":"/me"}]}`, malformed, "request 2 of the list: id is needed"},
		{"a number for an id", `{"requests":[` + create + `{"id":1,"method":"GET","url":"/me"}]}`, malformed, "id is a number"},
		{"no method", `{"requests":[` + create + `{"id":"1","url":"/me"}]}`, malformed, "method is needed"},
		{"an odd method", `{"requests":[` + create + `{"id":"1","method":"GET /","url":"/me"}]}`, malformed, "method is a string, or holds"},
		{"no url", `{"requests":[` + create + `{"id":"1","method":"GET","url":""}]}`, malformed, "url is needed"},
		{"no request", `{"requests":[` + create + `"GET /me"]}`, malformed, "it is a string, but an object is needed"},
		{"twice the same", `{"requests":[` + create + `{"id":"1","id":"1","method":"GET","url":"/me"}]}`, malformed, "id stands in it twice"},
		{"something else", `{"requests":[` + create + `{"id":"1","method":"GET","url":"/me","dependson":["0"]}]}`, malformed, `"dependson" is none of`},
		{"headers that are a list", `{"requests":[` + create + `{"id":"1","method":"GET","url":"/me","headers":[]}]}`, malformed, "headers is an array"},
		{"a header that is a number", `{"requests":[` + create + `{"id":"1","method":"GET","url":"/me","headers":{"a":1}}]}`, malformed, "headers is an object, or holds"},
		{"depends on no list", `{"requests":[` + create + `{"id":"1","method":"GET","url":"/me","dependsOn":"0"}]}`, malformed, "dependsOn is a string"},
		{"depends on a number", `{"requests":[` + create + `{"id":"1","method":"GET","url":"/me","dependsOn":[0]}]}`, malformed, "dependsOn is an array"},
		{"depends on nobody", `{"requests":[` + create + `{"id":"1","method":"GET","url":"/me","dependsOn":["7"]}]}`, "Request Id 1 depends on 7, which is not in the batch.", "the same batch"},
		{"depends on itself", `{"requests":[` + create + `{"id":"1","method":"GET","url":"/me","dependsOn":["1"]}]}`, "Request Id 1 depends on itself.", "directly or by others"},
		{"a circle", `{"requests":[` + create + `{"id":"1","method":"GET","url":"/me","dependsOn":["2"]},{"id":"2","method":"GET","url":"/me","dependsOn":["3"]},{"id":"3","method":"GET","url":"/me","dependsOn":["1"]}]}`, "Request Id 1 depends on itself.", "directly or by others"},
		{"a circle beside it", `{"requests":[{"id":"1","method":"GET","url":"/me","dependsOn":["2"]},{"id":"2","method":"GET","url":"/me","dependsOn":["3"]},{"id":"3","method":"GET","url":"/me","dependsOn":["2"]}]}`, "Request Id 2 depends on itself.", "directly or by others"},
		{"a write without a body", `{"requests":[` + create + `{"id":"1","method":"POST","url":"/me/x","headers":{"Content-Type":"application/json"}}]}`, "Write request id : 1 does not contain Content-Type header or body.", "PATCH"},
		{"a write without a type", `{"requests":[` + create + `{"id":"1","method":"patch","url":"/me/x","body":{}}]}`, "Write request id : 1 does not contain Content-Type header or body.", "PATCH"},
		{"bytes that are none", `{"requests":[` + create + `{"id":"1","method":"PUT","url":"/me/x","headers":{"content-type":"image/png"},"body":"%%"}]}`, malformed, "base64"},
		{"an object for bytes", `{"requests":[` + create + `{"id":"1","method":"PUT","url":"/me/x","headers":{"content-type":"image/png"},"body":{}}]}`, malformed, "base64"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := *w
			w.t = t
			got := w.must(http.StatusBadRequest, "POST", "/v1.0/$batch", tt.body)
			hint := strings.Join(got.header["X-Outlocal-Hint"], "")
			if got.code() != "BadRequest" || got.message() != tt.message || !strings.Contains(hint, tt.hint) {
				t.Errorf("refused with %s: %s", got.body, hint)
			}
		})
	}
	if made := w.entries(journal.Subscribed); len(made) > 0 {
		t.Errorf("%d were made all the same", len(made))
	}
}

// Where batches are not, and what can't be in one.
func TestWhereBatchesAre(t *testing.T) {
	w := newWorld(t, func(c *emulatortest.Config) {
		c.Serve = []emulator.Mount{{Path: "/v1.0", Dialect: "graph-v1.0"}, {Path: "/old", Dialect: "graph-v1.0@2016"}, {Path: "/api/v2.0", Dialect: "outlook-final"}}
	})
	body := batchOf(get("1", "/subscriptions"))
	w.must(http.StatusOK, "POST", "/V1.0/%24Batch", body)
	if got := w.must(http.StatusMethodNotAllowed, "GET", "/v1.0/$batch", ""); got.header.Get("Allow") != "POST" {
		t.Errorf("Allow: %s", got.header.Get("Allow"))
	}
	w.must(http.StatusNotImplemented, "POST", "/old/$batch", body)
	w.must(http.StatusNotImplemented, "POST", "/api/v2.0/$batch", body)
	for _, tt := range []struct {
		part asked
		want string
		hint string
	}{
		{post("1", "/$batch", body), "BadRequest: A batch can't hold a batch.", "by themselves"},
		{get("1", "https://graph.microsoft.com/v1.0/me"), "RequestBroker--ParseUri: Bad Request - Error in query syntax.", "url begins below /v1.0"},
		{get("1", "/v1.0/me/messages/x"), "BadRequest: Resource not found for the segment 'v1.0'.", ""},
	} {
		got := w.batch("/v1.0", tt.part)[0]
		if got.Status != http.StatusBadRequest || got.refusal() != tt.want || !strings.Contains(got.Headers["X-Outlocal-Hint"], tt.hint) {
			t.Errorf("%s: %d %s %v", tt.part.URL, got.Status, got.refusal(), got.Headers)
		}
	}
}

// The journal tells a batch before what comes of it, and that it does.
func TestJournalOfABatch(t *testing.T) {
	w := newWorld(t)
	item := w.raise("message.created")
	w.batch("/v1.0", post("new", "/subscriptions?a=s3cret", w.graphBody()), get("no", "/me/messages/AAMk"), get("it", "/me/messages/"+item.Items[0].ID))
	batches := w.entries(journal.Batch)
	if len(batches) != 1 || batches[0].Note != "3 in one: POST /subscriptions, GET /me/messages/AAMk, GET /me/messages/"+item.Items[0].ID {
		t.Fatalf("told: %+v", batches)
	}
	seq := batches[0].Seq
	shakes, made, refused, read := w.entries(journal.Handshake), w.entries(journal.Subscribed), w.entries(journal.Refused), w.entries(journal.Read)
	if len(shakes) != 1 || shakes[0].Cause != seq || len(made) != 1 || made[0].Cause != shakes[0].Seq || made[0].Exchange.URL != "http://localhost:3650/v1.0/subscriptions?a=s3cret" {
		t.Errorf("told: %+v, %+v", shakes, made)
	}
	if len(refused) != 1 || refused[0].Cause != seq || refused[0].Exchange.Status != 400 || !strings.HasPrefix(refused[0].Note, `request "no" of the batch: Id is malformed.`) {
		t.Errorf("told: %+v", refused)
	}
	if len(read) != 1 || read[0].Cause != item.Entry || read[0].Note != `request "it" of the batch` { // what it was notified of, as ever
		t.Errorf("told: %+v", read)
	}
}

// What is throttled inside a batch is refused there, one by one, and what else goes wrong too; the batch itself goes wrong on request only.
//
// rules: W6.3-18 R16
func TestTroubleInABatch(t *testing.T) {
	four := []asked{get("1", "/me/messages"), get("2", "/subscriptions"), get("3", "/me/messages"), get("4", "/me/messages")}
	w := newWorld(t, throttling(dialect.Throttling{Mailbox: dialect.Limit{Most: 2, Within: time.Minute}}))
	parts := w.batch("/v1.0", four...)
	if statuses(parts) != "1:501 2:200 3:501 4:429" || parts[3].code() != "TooManyRequests" || parts[3].Headers["Retry-After"] == "" {
		t.Errorf("answered %s, %s %v", statuses(parts), parts[3].Body, parts[3].Headers)
	}
	for _, tt := range []struct{ spec, want string }{
		{"throttle:nth=2", "1:501 2:429 3:501 4:501"},
		{"outage:on=list", "1:501 2:503 3:501 4:501"},
		{"throttle:on=batch", ""},
		{"claims-challenge:nth=3", "1:501 2:200 3:401 4:501"},
	} {
		t.Run(tt.spec, func(t *testing.T) {
			w := faulty(t, tt.spec)
			if tt.want == "" {
				w.must(http.StatusTooManyRequests, "POST", "/v1.0/$batch", batchOf(four...))
				return
			}
			if got := statuses(w.batch("/v1.0", four...)); got != tt.want {
				t.Errorf("answered %s, want %s", got, tt.want)
			}
		})
	}
}

// A connection that breaks in one request breaks for all, and what comes after is not done.
func TestBrokenBatch(t *testing.T) {
	for _, row := range []struct {
		spec string
		left int
	}{{"reset:nth=2", 1}, {"reset:nth=2,answer=true", 2}} {
		t.Run(row.spec, func(t *testing.T) {
			w := faulty(t, row.spec)
			server := httptest.NewServer(w)
			defer server.Close()
			create := func(id, resource string) asked {
				return post(id, "/subscriptions", w.graphBody("resource", strconv.Quote(resource)))
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1.0/$batch", strings.NewReader(batchOf(create("1", "me/messages"), create("2", "me/events"), create("3", "me/contacts"))))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer any")
			req.Header.Set("Content-Type", "application/json")
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			if res, err := client.Do(req); err == nil {
				body, _ := io.ReadAll(res.Body)
				res.Body.Close()
				t.Errorf("answered %d %s", res.StatusCode, body)
			}
			server.Close() // waits until the handler is done
			if made := w.entries(journal.Subscribed); len(made) != row.left {
				t.Errorf("%d were made, want %d", len(made), row.left)
			}
		})
	}
}

// What follows a creation follows the answer to the batch, not the creation.
func TestWhatFollowsABatch(t *testing.T) {
	w := newWorld(t)
	early := 0
	w.hook.answers(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Has("validationToken") {
			_ = w.Sleep(r.Context(), time.Millisecond) // of the emulator's time: what was due comes first
			early += w.challenges()
		}
		return false
	})
	life := `"` + emulatortest.WebhookURL + `/life"`
	w.must(http.StatusOK, "POST", "/v1.0/$batch", batchOf(
		post("1", "/subscriptions", w.graphBody("lifecycleNotificationUrl", life)),
		post("2", "/subscriptions", w.graphBody("resource", `"me/events"`), "1"),
	), "Authorization", endingIn(30*time.Minute))
	w.settle()
	if got := w.challenges(); got == 0 || early > 0 {
		t.Errorf("%d challenges follow, and %d came before, though the token ends in half an hour", got, early)
	}
}

// FuzzBatch: whatever comes, it is refused as a whole, or every request of it has one answer, under its id, in its place.
func FuzzBatch(f *testing.F) {
	f.Add(`{"requests":[{"id":"1","method":"GET","url":"/subscriptions"},{"id":"2","method":"GET","url":"me/messages/x?$select=a b","dependsOn":["1"]}]}`)
	f.Add(`{"requests":[{"id":"1","method":"POST","url":"/subscriptions","headers":{"Content-Type":"application/json"},"body":{"changeType":"created"}}]}`)
	f.Add(`{"requests":[{"id":"a","method":"PUT","url":"/me/photo/$value","headers":{"Content-Type":"image/png"},"body":"iVBORw0KGgo="}]}`)
	f.Add(`{"requests":[{"id":"1","method":"GET","url":"//","dependsOn":["2"]},{"id":"2","method":"DELETE","url":"('","dependsOn":["1"]}]}`)
	f.Add(`{"requests":[{"id":"\ud800","method":"get","url":"%","headers":{"client-request-id":"\n"}}]}`)
	f.Add(`{"requests":[{"id":"1","method":"POST","url":"$batch","headers":{"Content-Type":"a/json"},"body":{"requests":[]}}]}`)
	f.Add(`{"requests":[null,{}]}`)
	server, err := emulator.New(emulator.Config{}) // one for all: what others of them left behind does no harm
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(server.Close)
	f.Fuzz(func(t *testing.T, body string) {
		w := &world{Emulator: &emulatortest.Emulator{Server: server}, t: t}
		got := w.do("POST", "/v1.0/$batch", body)
		if got.status == http.StatusBadRequest && got.message() != "" && got.code() != "" {
			return
		}
		if got.status != http.StatusOK {
			t.Fatalf("answered %d %s", got.status, got.body)
		}
		var sent struct{ Requests []asked }
		if err := json.Unmarshal([]byte(body), &sent); err != nil {
			t.Fatalf("took what is no JSON, or of other types: %v", err)
		}
		var want, answered []string
		for _, r := range sent.Requests {
			want = append(want, r.ID)
		}
		for _, p := range w.partials(got.body) {
			answered = append(answered, p.ID)
			if p.Status < 200 || p.Status > 599 {
				t.Errorf("request %q: status %d", p.ID, p.Status)
			}
			if p.Status >= 400 && (p.code() == "" || strings.HasSuffix(p.refusal(), ": ")) {
				t.Errorf("request %q: %s", p.ID, p.Body)
			}
		}
		if diff := cmp.Diff(want, answered); diff != "" {
			t.Errorf("ids (-want +got):\n%s", diff)
		}
	})
}
