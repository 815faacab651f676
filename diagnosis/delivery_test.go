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
		{name: "200", rules: "W10-06", answer: delivered(200, time.Second), verdict: isGood},
		{name: "202", rules: "W10-06 R29", answer: delivered(202, time.Second), mode: Strict, verdict: isGood},
		{name: "299", rules: "W10-42", answer: delivered(299, 0), verdict: isGood},
		{name: "at three seconds", rules: "W10-06", answer: delivered(204, 3*time.Second), verdict: isGood},
		{
			name: "after three seconds", rules: "W10-06",
			answer:  delivered(204, 3001*time.Millisecond),
			verdict: isLate,
			want:    []string{"warning delivery-late"},
		},
		{
			name: "after three seconds, strict", rules: "W10-06",
			answer:  delivered(204, 3001*time.Millisecond),
			mode:    Strict,
			verdict: isLate,
			want:    []string{"delivery-late"},
		},
		{name: "at ten seconds", rules: "W10-06", answer: delivered(204, 10*time.Second), verdict: isLate, want: []string{"warning delivery-late"}},
		{name: "after ten seconds", rules: "W10-06", answer: delivered(204, 10001*time.Millisecond), verdict: retried, want: []string{"delivery-timeout"}},
		{name: "never", rules: "R29", answer: undelivered(context.DeadlineExceeded), verdict: retried, want: []string{"delivery-timeout"}},
		{name: "304", rules: "W10-06", answer: delivered(304, 0), verdict: retried, want: []string{"delivery-status"}},
		{name: "redirect", rules: "W4.9-08", answer: deliveredTo(hookURL, location("/elsewhere")), verdict: retried, want: []string{"delivery-redirect"}},
		{name: "login", rules: "W4.9-08", answer: deliveredTo(hookURL, location("/login")), verdict: retried, want: []string{"delivery-login-redirect"}},
		{name: "401", answer: delivered(401, 0), verdict: retried, want: []string{"delivery-unauthorized"}},
		{name: "403", answer: delivered(403, 0), verdict: retried, want: []string{"delivery-unauthorized"}},
		{name: "400", answer: delivered(400, 0), verdict: retried, want: []string{"delivery-body-parser"}},
		{name: "413", answer: delivered(413, 0), verdict: retried, want: []string{"delivery-body-parser"}},
		{name: "404", answer: delivered(404, 0), verdict: retried, want: []string{"delivery-not-found"}},
		{name: "410", rules: "W4.9-10", answer: delivered(410, 0), verdict: retried, want: []string{"delivery-not-found"}},
		{name: "405", answer: delivered(405, 0), verdict: retried, want: []string{"delivery-method"}},
		{name: "429", answer: delivered(429, 0), verdict: retried, want: []string{"delivery-throttled"}},
		{name: "418", answer: delivered(418, 0), verdict: retried, want: []string{"delivery-status"}},
		{name: "500", rules: "W4.9-08", answer: delivered(500, 0), verdict: retried, want: []string{"delivery-error"}},
		{name: "page", answer: deliveredTo(hookURL, page), verdict: isGood, want: []string{"warning delivery-html"}},
		{
			name: "tunnel gone", answer: deliveredTo(hookURL, Answer{Status: 404, Header: http.Header{"Ngrok-Error-Code": {"ERR_NGROK_3200"}}}),
			verdict: retried,
			want:    []string{"delivery-tunnel"},
		},
		{name: "refused", rules: "W4.9-08", answer: undelivered(opError("dial", syscall.ECONNREFUSED)), verdict: retried, want: []string{"delivery-refused"}},
		{name: "no such host", rules: "W4.9-08", answer: undelivered(&net.DNSError{Err: "no such host"}), verdict: retried, want: []string{"delivery-dns"}},
		{name: "https to http", rules: "W4.9-08", answer: undelivered(http.ErrSchemeMismatch), verdict: retried, want: []string{"delivery-tls"}},
		{name: "closed", rules: "W4.9-08", answer: undelivered(io.EOF), verdict: retried, want: []string{"delivery-reset"}},
		{
			name: "cut", rules: "W4.9-08",
			answer:  deliveredTo(hookURL, Answer{Status: 200, Err: io.ErrUnexpectedEOF}),
			verdict: retried,
			want:    []string{"delivery-reset"},
		},
		{
			name: "not http", rules: "W4.9-08",
			answer:  undelivered(errors.New("malformed HTTP response")),
			verdict: retried,
			want:    []string{"delivery-protocol"},
		},
		{name: "unknown error", rules: "W4.9-08", answer: undelivered(errors.New("strange")), verdict: retried, want: []string{"delivery-failed"}},
		{
			name: "last attempt", rules: "W4.9-04",
			answer:  deliveredTo(hookURL, Answer{Status: 500}).last(),
			verdict: Verdict{ClassFailed, "given up: the notification is lost"},
			want:    []string{"delivery-error"},
		},
	}...)
}

func profileRows() []deliveryRow {
	in2016 := Terms{Good: 30 * time.Second, Success: []int{200, 204}, Removes: 422}
	isGood, retried := Verdict{ClassGood, "delivered"}, Verdict{ClassFailed, "retried in 10s"}
	return []deliveryRow{
		{name: "2016: within half a minute", answer: under(in2016, delivered(204, 30*time.Second)), verdict: isGood},
		{name: "2016: after half a minute", answer: under(in2016, delivered(204, 31*time.Second)), verdict: retried, want: []string{"delivery-timeout"}},
		{name: "2016: 202", answer: under(in2016, delivered(202, 0)), verdict: retried, want: []string{"delivery-status/profile"}},
		{
			name: "2016: 422", answer: under(in2016, delivered(422, 0)),
			verdict: Verdict{ClassFailed, "the subscription is deleted"},
			want:    []string{"delivery-status/removes"},
		},
		{name: "2016: 422, too late to count", answer: under(in2016, delivered(422, time.Minute)), verdict: retried, want: []string{"delivery-timeout"}},
		{name: "today: 422", answer: delivered(422, 0), verdict: retried, want: []string{"delivery-body-parser"}},
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
