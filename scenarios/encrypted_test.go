package scenarios_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/outlocal/outlocal/emulator/emulatortest"
	"github.com/outlocal/outlocal/receiver"
	"github.com/outlocal/outlocal/scenarios"
)

// What is encrypted for the built-in webhook is opened and judged, also where it comes from an emulator that runs elsewhere.
func TestEncryptedStories(t *testing.T) {
	e := emulatortest.Start(t, emulatortest.Config{})
	for _, name := range []string{"rich-encrypted.yaml", "rich-certificate-replaced.yaml"} {
		t.Run(name, func(t *testing.T) {
			report := played(t, load(t, name), scenarios.Options{Emulator: &scenarios.Running{Control: e.Control}})
			if report.Verdict != scenarios.Good {
				t.Errorf("it is %s\n%s", report.Verdict, report.Problems())
			}
		})
	}
}

// The tokens that come with encrypted content are checked by the keys of the emulator that is played on, whichever that is.
func TestEncryptedStoriesCheckTokens(t *testing.T) {
	// rules: W4.10-16 W4.10-17 R31
	const steps = `
- subscribe: {resource: "me/messages?$select=subject", rich: true}
- change: message.created
- expect: {deliveries: {items: [{content: {subject: {present: true}}}]}}
- send: {body: "${STOLEN}"}
- expect: {received: {count: 2, finding: receiver-token-signature}}`
	s := written(t, "title: t\nsteps:"+strings.ReplaceAll(steps, "${STOLEN}", stolen())+"\n")
	e := emulatortest.Start(t, emulatortest.Config{})
	for name, o := range map[string]scenarios.Options{"its own": {}, "one that runs": {Emulator: &scenarios.Running{Control: e.Control}}} {
		if report := played(t, s, o); report.Verdict != scenarios.Good {
			t.Errorf("on %s it is %s\n%s", name, report.Verdict, report.Problems())
		}
	}
}

// stolen is a notification with a token that nobody of the emulator's signed.
func stolen() string {
	const token = "eyJhbGciOiJSUzI1NiIsImtpZCI6InN0b2xlbiJ9.e30.AAAA"
	return `{\"value\":[{\"subscriptionId\":\"x\",\"changeType\":\"created\",\"clientState\":\"x\",\"resource\":\"r\",` +
		`\"resourceData\":{\"id\":\"i\"},\"encryptedContent\":{}}],\"validationTokens\":[\"` + token + `\"]}`
}

// A webhook elsewhere has no key for what is encrypted for the built-in one.
func TestEncryptedStoriesAreForTheBuiltInWebhook(t *testing.T) {
	elsewhere := httptest.NewServer(hook{})
	defer elsewhere.Close()
	for _, steps := range []string{
		"- subscribe: {rich: true}",
		"- subscribe: {rich: true, certificate: MIIB}",
		"- call: {method: PATCH, path: /v1.0/subscriptions/x, body: {encryptionCertificate: \"${receiver.certificate}\"}}",
	} {
		for name, o := range map[string]scenarios.Options{"elsewhere": {Webhook: elsewhere.URL}, "a handler": {Handler: hook{}}} {
			report := played(t, written(t, "title: t\nsteps:\n"+steps+"\n"), o)
			if report.Verdict != scenarios.Skipped || !strings.Contains(report.Reason, "encrypted") {
				t.Errorf("%s with %s is %s (%s), want it skipped", steps, name, report.Verdict, report.Reason)
			}
		}
	}
	key, err := receiver.NewKey("theirs")
	if err != nil {
		t.Fatal(err)
	}
	own := "title: t\nsteps:\n- subscribe: {resource: \"me/messages?$select=subject\", rich: true, certificate: " + key.EncryptionCertificate() + ", certificateId: theirs}\n"
	if report := played(t, written(t, own), scenarios.Options{Webhook: elsewhere.URL}); report.Verdict != scenarios.Good {
		t.Errorf("with a certificate that the file brings along it is %s (%s)\n%s", report.Verdict, report.Reason, report.Problems())
	}
}

// Expectations of content that are not met say what came instead.
func TestContentExpectationsThatFail(t *testing.T) {
	const subscribe = "- subscribe: {resource: \"me/messages?$select=subject\", rich: true}\n"
	const change = "- change: {raise: message.created, set: {subject: The plan}}\n"
	for _, row := range []struct{ name, steps, tells string }{
		{"another value", subscribe + change + "- expect: {deliveries: {items: [{content: {subject: Another}}]}}",
			`notification 1: the content's subject: it is "The plan", want "Another"`},
		{"nothing is encrypted", "- subscribe:\n- call: {path: \"/${receiver.certificateId}\"}\n" + change + "- expect: {deliveries: {items: [{content: {subject: The plan}}]}}",
			"notification 1: open encrypted content: the item has none"},
		{"nobody asked for the certificate", "- subscribe:\n" + change + "- expect: {deliveries: {items: [{content: {subject: The plan}}]}}",
			"notification 1: open encrypted content: nothing was encrypted for ${receiver.certificate}"},
		{"encrypted for another id", "- subscribe: {resource: \"me/messages?$select=subject\", rich: true, certificateId: other}\n" + change + "- expect: {deliveries: {items: [{content: {subject: The plan}}]}}",
			`notification 1: open encrypted content: the certificate id is "other", and the certificate that of the id "receiver-1"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			report := played(t, written(t, "title: t\nsteps:\n"+row.steps+"\n"), scenarios.Options{})
			if report.Verdict != scenarios.Failed || !strings.Contains(report.Problems(), row.tells) {
				t.Errorf("it is %s, want it failed with %s\n%s", report.Verdict, row.tells, report.Problems())
			}
		})
	}
}
