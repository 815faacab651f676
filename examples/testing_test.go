package examples_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testingPage shows tests of a webhook in many languages.
const testingPage = "../docs/testing.md"

// suites are the tests of a webhook that can be run here, by their file: each as a command of outlocal exec.
func suites() map[string]func(t *testing.T) []string {
	return map[string]func(t *testing.T) []string{
		"test_webhook.py": func(t *testing.T) []string {
			return []string{runtimeOf(t, "python3", "--version"), "-B", "-c", "import test_webhook; test_webhook.test_webhook_handles_new_mail()"}
		},
		"webhook.test.mjs": func(t *testing.T) []string {
			return []string{runtimeOf(t, "node", "--version"), "--test", "webhook.test.mjs"}
		},
		"WebhookTest.java": javaSuite,
		"session.sh": func(t *testing.T) []string {
			runtimeOf(t, "curl", "--version")
			return []string{runtimeOf(t, "sh", "-n"), "session.sh"}
		},
	}
}

// notRun are those for whose languages few machines have a runtime; the page says so.
func notRun() []string { return []string{"WebhookTest.php", "WebhookTests.cs", "webhook_test.rb"} }

// javaSuite compiles the test with stand-ins for the two things that it takes of JUnit, which is no part of Java.
func javaSuite(t *testing.T) []string {
	t.Helper()
	compiler, machine, folder := runtimeOf(t, "javac", "-version"), runtimeOf(t, "java", "-version"), t.TempDir()
	sources := map[string]string{
		"Test.java":       "package org.junit.jupiter.api; @java.lang.annotation.Retention(java.lang.annotation.RetentionPolicy.RUNTIME) public @interface Test {}",
		"Assertions.java": "package org.junit.jupiter.api; public class Assertions { public static void assertEquals(long want, long got) { if (want != got) throw new AssertionError(got + \", want \" + want); } }",
		"Main.java":       "public class Main { public static void main(String[] arguments) throws Exception { new WebhookTest().handlesNewMail(); } }",
	}
	arguments := []string{"-d", folder, "testing/WebhookTest.java"}
	for name, text := range sources {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, file)
	}
	if out, err := exec.CommandContext(bounded(t), compiler, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("compile WebhookTest.java: %v\n%s", err, out)
	}
	return []string{machine, "-cp", folder, "Main"}
}

// TestTestingPage holds what the page shows to the files, and each file to the page.
func TestTestingPage(t *testing.T) {
	text, err := os.ReadFile(testingPage)
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, found := range regexp.MustCompile("(?ms)^```\\w+\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		shown = append(shown, found[1])
	}
	files, err := filepath.Glob("testing/*.*")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range slices.Concat(files, []string{"go-test/time_test.go", "go-test/stories_test.go"}) {
		quoted, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(shown, string(quoted)) {
			t.Errorf("docs/testing.md does not show %s as it is", file)
		}
		if filepath.Dir(file) == "testing" {
			names = append(names, filepath.Base(file))
		}
	}
	want := slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Keys(suites())), notRun())))
	slices.Sort(names)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("the files, and those that are known here (-known +there):\n%s", diff)
	}
	for _, name := range notRun() {
		if !strings.Contains(string(text), "not run") {
			t.Errorf("the page does not say that %s was not run", name)
		}
	}
}

// TestSuites runs the tests of the page against a webhook that is right, and against one that breaks: then each has to fail, and say
// why.
func TestSuites(t *testing.T) {
	outlocal := build(t)
	right := start(t, examples()["webhook-go"](t))
	for name, command := range suites() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			words := command(t)
			if out, err := suite(t, outlocal, right.url, words); err != nil {
				t.Errorf("with a webhook that is right it fails: %v\n%s", err, out)
			}
			broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if token := r.URL.Query().Get("validationToken"); token != "" {
					w.Header().Set("Content-Type", "text/plain")
					io.WriteString(w, token)
					return
				}
				http.Error(w, "broken", http.StatusInternalServerError)
			}))
			t.Cleanup(broken.Close)
			out, err := suite(t, outlocal, broken.URL, words)
			if err == nil || !strings.Contains(out, "answered 500 (delivery-error), retried in 10s") {
				t.Errorf("with a webhook that breaks it ends with %v and says\n%s", err, out)
			}
		})
	}
}

// suite runs a test as the page says.
func suite(t *testing.T, outlocal, webhook string, words []string) (string, error) {
	t.Helper()
	run := exec.CommandContext(bounded(t), outlocal, append([]string{"exec", "--http", "--"}, words...)...)
	run.Dir = "testing"
	path := filepath.Dir(outlocal) + string(os.PathListSeparator) + os.Getenv("PATH")
	run.Env = append(os.Environ(), "WEBHOOK_URL="+webhook, "OUTLOCAL_STATE="+t.TempDir(), "PATH="+path)
	out, err := run.CombinedOutput()
	return string(out), err
}
