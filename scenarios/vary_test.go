package scenarios_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/outlocal/outlocal/scenarios"
)

const varied = `title: t
variables:
  items: 2
  wait: {default: 30s, doc: how long}
  state: {default: the state, env: STATE_OF_THE_APP}
matrix:
  fault: ["duplicate:next=1", "delay:next=1,for=10s"]
  answer:
    good: {}
    broken: {status: 503, times: 1}
webhook: {clientState: "${state}", notification: "${answer}"}
steps:
- subscribe:
- fault: "${fault}"
- change: {raise: message.created, count: "${items}", set: {subject: "${items} of them"}}
  as: items_
- advance: "${wait}"
- expect: {deliveries: {count: "${items}", atLeast: true, verdict: any}}
`

// Every combination is a scenario with a name, and what was set is what is played.
func TestVary(t *testing.T) {
	for _, row := range []struct {
		name string
		set  map[string]string
		want []string
	}{
		{"all", nil, []string{
			"fault=duplicate:next=1, answer=good", "fault=duplicate:next=1, answer=broken",
			"fault=delay:next=1,for=10s, answer=good", "fault=delay:next=1,for=10s, answer=broken",
		}},
		{"one of a value", map[string]string{"answer": "broken", "stranger": "x"}, []string{"fault=duplicate:next=1, answer=broken", "fault=delay:next=1,for=10s, answer=broken"}},
		{"another value", map[string]string{"fault": "reorder:next=1", "answer": "good", "items": "3"}, []string{"fault=reorder:next=1, answer=good"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			all, err := written(t, varied).Vary(row.set, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range all {
				got = append(got, s.Variation())
				report := played(t, s, scenarios.Options{})
				if report.Verdict != scenarios.Good || report.Variation != s.Variation() {
					t.Errorf("%s: it is %s\n%s", report.Variation, report.Verdict, report.Problems())
				}
				if s.Webhook.Notification == nil || (s.Webhook.Notification.Status == 503) != strings.HasSuffix(s.Variation(), "broken") {
					t.Errorf("%s: the webhook answers %+v", s.Variation(), s.Webhook.Notification)
				}
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("variations (-want +got):\n%s", diff)
			}
		})
	}
	if got := written(t, varied).Declares(); !cmp.Equal(got, []string{"answer", "fault", "items", "state", "wait"}) {
		t.Errorf("it declares %v", got)
	}
}

// What is set takes the place of the value: as a number, as a text within others, and never as a reference.
func TestValuesOfVariables(t *testing.T) {
	s := written(t, varied)
	env := func(name string) string {
		return map[string]string{"STATE_OF_THE_APP": "swordfish", "items": "9"}[name]
	}
	all, err := s.Vary(map[string]string{"items": "3", "wait": "1h"}, env)
	if err != nil {
		t.Fatal(err)
	}
	one := all[0]
	change := one.Steps[2].Change
	if change.Count != 3 || change.Set["subject"] != "3 of them" || one.Steps[3].Advance.By.String() != "1h" || one.Webhook.ClientState != "swordfish" {
		t.Errorf("it is %+v, %+v, %q", change, one.Steps[3].Advance, one.Webhook.ClientState)
	}
	if s.Steps[2].Change.Count != 2 || s.Webhook.ClientState != "the state" {
		t.Errorf("the scenario itself was changed: %+v", s.Steps[2].Change)
	}
	over, err := s.Vary(map[string]string{"state": "${webhook}"}, env)
	if err != nil {
		t.Fatal(err)
	}
	if got := over[0].Webhook.ClientState; got != "$${webhook}" {
		t.Errorf("what was set is %q, and is taken for more than a text", got)
	}
}

// What comes from the environment shows nowhere.
func TestSecretsOfVariables(t *testing.T) {
	s := written(t, `title: t
variables: {key: {env: KEY, default: none}}
steps:
- call: {method: POST, path: "/v1.0/subscriptions", body: {resource: "${key}", at: "x ${key}"}}
- expect: {api: {status: 200, message: "${key}"}}
`)
	all, err := s.Vary(nil, func(string) string { return "swordfish" })
	if err != nil {
		t.Fatal(err)
	}
	report := played(t, all[0], scenarios.Options{})
	if report.Verdict != scenarios.Failed {
		t.Fatalf("it is %s", report.Verdict)
	}
	text := report.Problems()
	for _, x := range report.Steps[len(report.Steps)-1].Exchanges {
		text += x.URL + string(x.RequestBody) + string(x.ResponseBody)
	}
	if !strings.Contains(text, "x …") || strings.Contains(text, "swordfish") {
		t.Errorf("it shows\n%s", text)
	}
}

// A variable without a value is told of, with what gives it one; until then nothing that rests on it is judged.
func TestMissingValue(t *testing.T) {
	s := written(t, `title: t
variables: {url: {env: APP_URL, doc: where the app is}, often: }
steps:
- subscribe: {url: "${url}/hook"}
- change: {raise: message.created, count: "${often}"}
`)
	if report := played(t, s, scenarios.Options{}); report.Verdict != scenarios.Refused || report.Reason != "it has no value for often, url" {
		t.Errorf("it is %s: %s", report.Verdict, report.Reason)
	}
	_, err := s.Vary(map[string]string{"often": "2"}, nil)
	const want = `story.yaml:2:13: the variable "url" has no value: where the app is; --set url=VALUE, or set APP_URL in the environment`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Vary returns %v, want %s", err, want)
	}
}

// A value that does not fit is told where it is used; and one that nobody knows is guessed.
func TestWrongValues(t *testing.T) {
	for _, row := range []struct {
		name string
		set  map[string]string
		want string
	}{
		{"no number", map[string]string{"items": "many"}, `story.yaml:15:43: this is "many", and should be a whole number`},
		{"no duration", map[string]string{"wait": "soon"}, `story.yaml:17:12: "soon" is no duration`},
		{"nothing", map[string]string{"wait": ""}, `story.yaml:17:12: "" is no duration`},
		{"an unknown name of a value", map[string]string{"answer": "brocken"}, `story.yaml:8:3: the matrix has no answer called "brocken"; did you mean broken?`},
		{"an unknown fault", map[string]string{"fault": "duplicat"}, `story.yaml:14:10: read fault "duplicat": there is no fault "duplicat"; did you mean duplicate?`},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := written(t, varied).Vary(row.set, nil)
			if err == nil || !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("Vary returns %v, want %s", err, row.want)
			}
		})
	}
}

// Steps of other files are played in the place of their include, and know the names and the variables of the file.
func TestInclude(t *testing.T) {
	files := fstest.MapFS{
		"a/story.yaml":              {Data: []byte("title: t\nvariables: {often: 2}\nsteps:\n- include: ../steps/begin.yaml\n- change: {raise: message.created, count: \"${often}\"}\n- expect: {deliveries: {count: 2, each: {subscription: sub}}}\n")},
		"steps/begin.yaml":          {Data: []byte("- include: more/subscribe.yaml\n- change: {raise: message.created, count: \"${often}\"}\n- expect: {deliveries: \"${often}\"}\n")},
		"steps/more/subscribe.yaml": {Data: []byte("- subscribe:\n  as: sub\n- expect: {handshake: }\n")},
	}
	all, err := scenarios.Load(files)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d scenarios, %v; want one: lists of steps are none", len(all), err)
	}
	report := played(t, all[0], scenarios.Options{})
	if report.Verdict != scenarios.Good || len(report.Steps) != 6 {
		t.Errorf("it is %s with %d steps\n%s", report.Verdict, len(report.Steps), report.Problems())
	}
	want := scenarios.Position{File: filepath.Join("steps", "more", "subscribe.yaml"), Line: 1, Column: 3, IncludedAt: filepath.Join("steps", "begin.yaml") + ":1:12"}
	if got := report.Steps[0].At; got != want {
		t.Errorf("the first step is at %+v, want %+v", got, want)
	}
}

func TestIncludeIsRefused(t *testing.T) {
	story := func(include string) string { return "title: t\nsteps:\n- subscribe:\n- include: " + include + "\n" }
	for _, row := range []struct{ name, include, other, want string }{
		{"not there", "other.yml", "", "story.yaml:4:12: other.yml can't be included: file does not exist"},
		{"a path from the root on", "/etc/passwd", "", `story.yaml:4:12: "/etc/passwd" is no relative path`},
		{"above all", "../../x.yaml", "", "story.yaml:4:12: " + filepath.Join("..", "..", "x.yaml") + " can't be included: it is outside of what can be read"},
		{"itself", "story.yaml", "", "story.yaml:4:12: it includes itself: story.yaml includes story.yaml"},
		{"in a circle", "steps.yaml", "- include: steps.yaml\n", "steps.yaml:1:12: it includes itself: story.yaml includes steps.yaml includes steps.yaml (included at story.yaml:4:12)"},
		{"a circle through the first", "steps.yaml", "- include: story.yaml\n", "steps.yaml:1:12: it includes itself: story.yaml includes steps.yaml includes story.yaml (included at story.yaml:4:12)"},
		{"a scenario", "steps.yaml", "title: u\nsteps:\n- subscribe:\n", "steps.yaml:1:1: this is a mapping, and should be a list of steps (included at story.yaml:4:12)"},
		{"what is wrong in it", "steps.yaml", "- change: message.created\n- advance: soon\n", `steps.yaml:2:12: "soon" is no duration (included at story.yaml:4:12)`},
		{"no YAML", "steps.yaml", "- [", "steps.yaml:2:1: this is no YAML"},
		{"a name that it does not know", "steps.yaml", "- delete: sub\n", `steps.yaml:1:11: no subscription before this has the name "sub" (included at story.yaml:4:12)`},
	} {
		t.Run(row.name, func(t *testing.T) {
			files := fstest.MapFS{"story.yaml": {Data: []byte(story(row.include))}, "steps.yaml": {Data: []byte(row.other)}}
			_, err := scenarios.Load(files, "story.yaml")
			var wrong *scenarios.FileError
			if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("Load returns %v, want %s", err, row.want)
			}
		})
	}
	if _, err := scenarios.Parse("story.yaml", []byte(story("steps.yaml"))); err == nil || !strings.Contains(err.Error(), "there is nothing beside it") {
		t.Errorf("Parse returns %v", err)
	}
}

// Files that include one another many times end somewhere.
func TestIncludeThatGrows(t *testing.T) {
	const depth = 40
	files := fstest.MapFS{
		"story.yaml":                  {Data: []byte("title: t\nsteps:\n- include: 0.yaml\n")},
		fmt.Sprintf("%d.yaml", depth): {Data: []byte("- advance: 1s\n")},
	}
	for i := range depth {
		files[fmt.Sprintf("%d.yaml", i)] = &fstest.MapFile{Data: []byte(strings.Repeat(fmt.Sprintf("- include: %d.yaml\n", i+1), 2))}
	}
	if _, err := scenarios.Load(files, "story.yaml"); err == nil || !strings.Contains(err.Error(), "these are more than 10000 steps") {
		t.Errorf("Load returns %v", err)
	}
}

// On disk a file may include what lies above the folder that was named.
func TestIncludeOnDisk(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"stories/a.yaml": "title: t\nsteps:\n- include: ../common.yaml\n", "common.yaml": "- subscribe:\n"} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stories := filepath.Join(folder, "stories")
	all, err := scenarios.LoadUnder(stories, os.DirFS(stories))
	if err != nil || len(all) != 1 || len(all[0].Steps) != 1 {
		t.Fatalf("LoadUnder returns %d scenarios, %v", len(all), err)
	}
	if got, want := all[0].Steps[0].At.File, filepath.Join(folder, "common.yaml"); got != want {
		t.Errorf("the step is in %s, want %s", got, want)
	}
}
