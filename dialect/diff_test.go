package dialect

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	for _, tt := range []struct {
		name string
		a, b *Dialect
		want []Difference // all of them
	}{
		{"with itself", GraphV1, GraphV1, nil},
		{"with a copy", GraphV1, GraphV1.With(), nil},
		{"v1.0 and beta", GraphV1, GraphBeta, []Difference{{"base", "/v1.0", "/beta"}}},
		{"2023 and today", GraphV1Of2023, GraphV1, []Difference{
			{"lifetime.max", "4230 min", "10070 min"},
			{"authorization.holdFor", "", "240 min"},
			{"handshake.wording", "tells of failure", "tells the status"},
			{"delivery.limit", "3s", "10s"},
			{"delivery.slowOver", "2.9s", ""},
			{"delivery.dropOver", "2.9s", ""},
			{"delivery.reached", "yes", "no"},
			{"refusals.handshakeFailed.code", "InvalidRequest", "ValidationError"},
		}},
		{"a property less, another order", GraphV1, GraphV1.With(func(d *Dialect) {
			d.Subscription = slices.Delete(slices.Clone(d.Subscription), 3, 4)
			d.Subscription[1], d.Subscription[2] = d.Subscription[2], d.Subscription[1]
		}), []Difference{
			{"subscription.app.name", "applicationId", ""},
			{"subscription.order", orderOf(GraphV1.Subscription), orderOf(append([]Field{GraphV1.Subscription[0], GraphV1.Subscription[2], GraphV1.Subscription[1]}, GraphV1.Subscription[4:]...))},
		}},
		{"no handshake", OutlookFinal.With(func(d *Dialect) { d.Handshake = nil }), OutlookFinal, []Difference{
			{"handshake.parameter", "", "validationtoken"},
			{"handshake.limit", "", "5s"},
			{"handshake.stateHeader", "", "ClientState"},
			{"handshake.sentence", "", "no"},
			{"handshake.wording", "", "tells the status"},
			{"handshake.revalidate", "", "no"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Diff(tt.a, tt.b)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var turned []Difference
			for _, d := range tt.want {
				turned = append(turned, Difference{d.What, d.B, d.A})
			}
			sort := func(all []Difference) []Difference {
				slices.SortFunc(all, func(a, b Difference) int { return strings.Compare(a.What, b.What) })
				return all
			}
			if diff := cmp.Diff(sort(turned), sort(Diff(tt.b, tt.a))); diff != "" {
				t.Errorf("the other way round (-want +got):\n%s", diff)
			}
		})
	}
}

func orderOf(fields []Field) string {
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// Whatever field of a Dialect is turned, Diff tells of it: none is forgotten.
func TestDiffSeesEveryField(t *testing.T) {
	for i := range reflect.TypeFor[Dialect]().NumField() {
		name := reflect.TypeFor[Dialect]().Field(i).Name
		if slices.Contains(identity, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			changed := GraphV1.With(func(d *Dialect) { turn(t, reflect.ValueOf(d).Elem().Field(i)) })
			if len(Diff(GraphV1, changed)) == 0 {
				t.Error("no difference")
			}
		})
	}
}

// turn makes another value of one, in its first field if it has fields.
func turn(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		turn(t, v.Elem())
	case reflect.Struct:
		turn(t, v.Field(0))
	case reflect.Slice:
		v.Set(v.Slice(1, v.Len()))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + int64(time.Minute))
	case reflect.Uint8:
		if v.Uint() == 0 {
			v.SetUint(1)
		} else {
			v.SetUint(v.Uint() - 1)
		}
	default:
		t.Fatalf("can't turn %s", v.Type())
	}
}

// Every word of a dialect has a text: Diff would show a number for it.
func TestEveryWordHasAText(t *testing.T) {
	for _, d := range All() {
		for _, f := range factsOf(d) {
			if strings.Contains(f.what, "#") || strings.Contains(f.what, "..") || strings.HasPrefix(f.text, "#") && !strings.HasPrefix(f.text, "#M") && !strings.HasPrefix(f.text, "#m") {
				t.Errorf("%s: %+v", d, f)
			}
		}
	}
}
