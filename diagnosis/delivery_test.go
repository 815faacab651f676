package diagnosis

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// deliveryRow is an attempt as it was observed, what the service makes of it,
// and the findings that it has to get, no other.
type deliveryRow struct {
	name    string
	rules   string
	answer  DeliveryAnswer
	mode    Mode
	verdict Verdict
	want    []string
}

func delivered(code int, took time.Duration) DeliveryAnswer {
	return DeliveryAnswer{
		URL: hookURL, Answer: Answer{Status: code, Header: http.Header{}, Took: took}, RetryIn: 10 * time.Second,
	}
}

func deliveredTo(rawURL string, a Answer) DeliveryAnswer {
	return DeliveryAnswer{URL: rawURL, Answer: a, RetryIn: 10 * time.Second}
}

func undelivered(err error) DeliveryAnswer {
	return deliveredTo(hookURL, Answer{Err: err})
}

func under(terms Terms, d DeliveryAnswer) DeliveryAnswer {
	d.Terms = terms
	return d
}

// deliveryRows hold today's rules; profileRows those of earlier years.
func deliveryRows() []deliveryRow {
	isGood, isLate := Verdict{ClassGood, "delivered"}, Verdict{ClassLate, "delivered, and counted as slow"}
	retried := Verdict{ClassFailed, "retried in 10s"}
	location := func(to string) Answer { return Answer{Status: 302, Header: http.Header{"Location": {to}}} }
	page := Answer{Status: 200, Header: http.Header{}, Body: []byte("<!doctype html><html></html>")}
	return append(profileRows(), []deliveryRow{
		{"200", "W10-06", delivered(200, time.Second), Faithful, isGood, nil},
		{"202", "W10-06 R29", delivered(202, time.Second), Strict, isGood, nil},
		{"299", "W10-42", delivered(299, 0), Faithful, isGood, nil},
		{"at three seconds", "W10-06", delivered(204, 3*time.Second), Faithful, isGood, nil},
		{"after three seconds", "W10-06", delivered(204, 3001*time.Millisecond), Faithful, isLate, []string{"warning delivery-late"}},
		{"after three seconds, strict", "W10-06", delivered(204, 3001*time.Millisecond), Strict, isLate, []string{"delivery-late"}},
		{"at ten seconds", "W10-06", delivered(204, 10*time.Second), Faithful, isLate, []string{"warning delivery-late"}},
		{"after ten seconds", "W10-06", delivered(204, 10001*time.Millisecond), Faithful, retried, []string{"delivery-timeout"}},
		{"never", "R29", undelivered(context.DeadlineExceeded), Faithful, retried, []string{"delivery-timeout"}},
		{"304", "W10-06", delivered(304, 0), Faithful, retried, []string{"delivery-status"}},
		{"redirect", "W4.9-08", deliveredTo(hookURL, location("/elsewhere")), Faithful, retried, []string{"delivery-redirect"}},
		{"login", "W4.9-08", deliveredTo(hookURL, location("/login")), Faithful, retried, []string{"delivery-login-redirect"}},
		{"401", "", delivered(401, 0), Faithful, retried, []string{"delivery-unauthorized"}},
		{"403", "", delivered(403, 0), Faithful, retried, []string{"delivery-unauthorized"}},
		{"400", "", delivered(400, 0), Faithful, retried, []string{"delivery-body-parser"}},
		{"413", "", delivered(413, 0), Faithful, retried, []string{"delivery-body-parser"}},
		{"404", "", delivered(404, 0), Faithful, retried, []string{"delivery-not-found"}},
		{"410", "W4.9-10", delivered(410, 0), Faithful, retried, []string{"delivery-not-found"}},
		{"405", "", delivered(405, 0), Faithful, retried, []string{"delivery-method"}},
		{"429", "", delivered(429, 0), Faithful, retried, []string{"delivery-throttled"}},
		{"418", "", delivered(418, 0), Faithful, retried, []string{"delivery-status"}},
		{"500", "W4.9-08", delivered(500, 0), Faithful, retried, []string{"delivery-error"}},
		{"page", "", deliveredTo(hookURL, page), Faithful, isGood, []string{"warning delivery-html"}},
		{"tunnel gone", "", deliveredTo(hookURL, Answer{Status: 404, Header: http.Header{"Ngrok-Error-Code": {"ERR_NGROK_3200"}}}), Faithful, retried, []string{"delivery-tunnel"}},
		{"refused", "W4.9-08", undelivered(opError("dial", syscall.ECONNREFUSED)), Faithful, retried, []string{"delivery-refused"}},
		{"no such host", "W4.9-08", undelivered(&net.DNSError{Err: "no such host"}), Faithful, retried, []string{"delivery-dns"}},
		{"https to http", "W4.9-08", undelivered(http.ErrSchemeMismatch), Faithful, retried, []string{"delivery-tls"}},
		{"closed", "W4.9-08", undelivered(io.EOF), Faithful, retried, []string{"delivery-reset"}},
		{"cut", "W4.9-08", deliveredTo(hookURL, Answer{Status: 200, Err: io.ErrUnexpectedEOF}), Faithful, retried, []string{"delivery-reset"}},
		{"not http", "W4.9-08", undelivered(errors.New("malformed HTTP response")), Faithful, retried, []string{"delivery-protocol"}},
		{"unknown error", "W4.9-08", undelivered(errors.New("strange")), Faithful, retried, []string{"delivery-failed"}},
		{"last attempt", "W4.9-04", deliveredTo(hookURL, Answer{Status: 500}).last(), Faithful, Verdict{ClassFailed, "given up: the notification is lost"}, []string{"delivery-error"}},
	}...)
}

func profileRows() []deliveryRow {
	in2016 := Terms{Good: 30 * time.Second, Success: []int{200, 204}, Removes: 422}
	isGood, retried := Verdict{ClassGood, "delivered"}, Verdict{ClassFailed, "retried in 10s"}
	return []deliveryRow{
		{"2016: within half a minute", "W4.9-01", under(in2016, delivered(204, 30*time.Second)), Faithful, isGood, nil},
		{"2016: after half a minute", "W4.9-01", under(in2016, delivered(204, 31*time.Second)), Faithful, retried, []string{"delivery-timeout"}},
		{"2016: 202", "W4.9-01", under(in2016, delivered(202, 0)), Faithful, retried, []string{"delivery-status/profile"}},
		{"2016: 422", "W10-33", under(in2016, delivered(422, 0)), Faithful, Verdict{ClassFailed, "the subscription is deleted"}, []string{"delivery-status/removes"}},
		{"2016: 422, too late to count", "W10-33", under(in2016, delivered(422, time.Minute)), Faithful, retried, []string{"delivery-timeout"}},
		{"today: 422", "W10-33", delivered(422, 0), Faithful, retried, []string{"delivery-body-parser"}},
	}
}

func (d DeliveryAnswer) last() DeliveryAnswer {
	d.RetryIn = 0
	return d
}

func TestDelivery(t *testing.T) {
	for _, row := range deliveryRows() {
		t.Run(row.name, func(t *testing.T) {
			verdict, found := Delivery(row.answer, row.mode)
			if diff := cmp.Diff(row.verdict, verdict); diff != "" {
				t.Errorf("verdict by the rules %q (-want +got):\n%s", row.rules, diff)
			}
			if diff := cmp.Diff(row.want, names(found)); diff != "" {
				t.Errorf("findings by the rules %q (-want +got):\n%s", row.rules, diff)
			}
			if failed := verdict.Class == ClassFailed; failed != Failed(found) && row.mode != Strict {
				t.Errorf("class %q with the findings %q", verdict.Class, names(found))
			}
		})
	}
}
