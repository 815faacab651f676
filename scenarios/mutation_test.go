package scenarios

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"testing"
	"time"
)

// mutants is how many expectations of a file are broken: enough, over all files, to find a kind of expectation that nothing judges. Of
// a file in which hundreds of things happen, which take their time, it is fewMutants.
const (
	mutants    = 3
	fewMutants = 1
	hundreds   = 200
)

// An expectation that is broken fails: nothing in the catalogue is expected in vain.
func TestBrokenExpectationsFail(t *testing.T) {
	files, err := fs.Glob(Catalog(), "*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("the catalogue has %d files: %v", len(files), err)
	}
	for _, name := range files {
		t.Run(path.Base(name), func(t *testing.T) {
			total := len(spotsIn(loaded(t, name)))
			if total == 0 {
				t.Fatal("the file expects nothing that can be broken")
			}
			few := mutants
			if happenings(loaded(t, name)) > hundreds {
				few = fewMutants
			}
			for at := 0; at < total; at += (total + few - 1) / few {
				s := loaded(t, name)
				spot := spotsIn(s)[at]
				spot.spoil()
				report, err := Play(t.Context(), s, Options{})
				if err != nil {
					t.Fatal(err)
				}
				if report.Verdict != Failed {
					t.Errorf("%s: broken, and the scenario is %s all the same %s", spot.what, report.Verdict, report.Problems())
				}
			}
		})
	}
}

// happenings counts what is done in a scenario.
func happenings(s *Scenario) int {
	n := 0
	for _, step := range s.all() {
		if step.Subscribe != nil {
			n += step.Subscribe.Count
		}
		if step.Change != nil {
			n += step.Change.Count
		}
	}
	return n
}

func loaded(t *testing.T, name string) *Scenario {
	t.Helper()
	all, err := Load(Catalog(), name)
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

// spot is a place of an expectation that can be broken.
type spot struct {
	what  string
	spoil func()
}

func spotsIn(s *Scenario) []spot {
	var all []spot
	for _, steps := range [][]Step{s.Setup, s.Steps} {
		for i := range steps {
			if steps[i].Expect != nil {
				all = append(all, spotsUnder(fmt.Sprintf("%s %s", steps[i].At, steps[i].Label()), reflect.ValueOf(steps[i].Expect).Elem())...)
			}
		}
	}
	return all
}

// spotsUnder walks a value for what can be told wrongly.
func spotsUnder(what string, v reflect.Value) []spot {
	switch value := v.Addr().Interface().(type) {
	case *Match:
		if !value.given() {
			return nil
		}
		return []spot{{what, value.spoil}}
	case *HandshakeVerdict:
		return word(what, value, "good", "failed")
	case *DeliveryVerdict:
		return word(what, value, "good", "late")
	case *EndpointState:
		return word(what, value, "good", "slow")
	case *FindingID:
		return word(what, value, "handshake-ngrok", "handshake-airplay")
	case *ItemChange:
		return word(what, value, "created", "deleted")
	case *EventName:
		return word(what, value, "missed", "subscriptionRemoved")
	case *DialectName:
		return word(what, value, "outlook-final", "graph-preview")
	case *Pause:
		if *value == (Pause{}) {
			return nil
		}
		return []spot{{what, func() { *value = Pause{Duration: 1000 * Duration(time.Hour)} }}}
	case *Duration, *SubName, *Name, *Order, *JournalKind, *ReceivedVerdict, *CallName:
		return nil
	}
	var all []spot
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		if n, ok := v.Interface().(*int); ok {
			return []spot{{what, func() { *n += 1000 }}}
		}
		return spotsUnder(what, v.Elem())
	case reflect.Struct:
		for _, m := range membersOf(v.Type()) {
			all = append(all, spotsUnder(what+" "+m.name(), v.FieldByIndex(m.Index))...)
		}
	case reflect.Slice:
		for i := range v.Len() {
			all = append(all, spotsUnder(fmt.Sprintf("%s[%d]", what, i), v.Index(i))...)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			copied := reflect.New(v.Type().Elem()).Elem()
			copied.Set(v.MapIndex(key))
			for _, s := range spotsUnder(what+" "+key.String(), copied) {
				all = append(all, spot{s.what, func() {
					s.spoil()
					v.SetMapIndex(key, copied)
				}})
			}
		}
	}
	return all
}

// word replaces a word by one of two others.
func word[W ~string](what string, w *W, one, other W) []spot {
	if *w == "" {
		return nil
	}
	return []spot{{what, func() {
		if *w == one {
			one = other
		}
		*w = one
	}}}
}

// spoil makes a match one that nothing fulfils that fulfilled it before.
func (m *Match) spoil() {
	switch m.word {
	case "present":
		m.word = "absent"
	case "absent":
		m.word = "present"
	case "in":
		m.life += Duration(100 * time.Hour)
	case "not":
		m.word = "equals"
	case "oneOf":
		m.some = nil
	case "least":
		m.text = "1000000"
	case "most", "length":
		m.text = "-1"
	default:
		m.word, m.value, m.text = "equals", "nothing is like this", "nothing is like this"
	}
}
