package fault

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/outlocal/outlocal/internal/span"
)

// option is one exported field of a fault: `option:"copies" min:"1" max:"10" doc:"how many; 1 if left out"`. Zero stands for left out.
type option struct {
	name, doc string
	min, max  string
	field     reflect.Value
}

// optionsOf lists the options of a fault, in the order of its fields.
func optionsOf(f Fault) []option {
	v := reflect.Indirect(reflect.ValueOf(f))
	if v.Kind() != reflect.Struct {
		return nil
	}
	var found []option
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		if name := tag.Get("option"); name != "" {
			found = append(found, option{name: name, doc: tag.Get("doc"), min: tag.Get("min"), max: tag.Get("max"), field: v.Field(i)})
		}
	}
	return found
}

// optionError is an option that can't be so.
type optionError struct{ problem, help string }

// set reads an option's value.
func (o option) set(text string) *optionError {
	switch o.field.Interface().(type) {
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return &optionError{fmt.Sprintf("%s can't be %q", o.name, text), "write it as 5s, 10m or 1h30m"}
		}
		o.field.SetInt(int64(d))
	case int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return &optionError{fmt.Sprintf("%s can't be %q", o.name, text), "it is a whole number"}
		}
		o.field.SetInt(int64(n))
	case bool:
		yes, err := strconv.ParseBool(text)
		if err != nil {
			return &optionError{fmt.Sprintf("%s can't be %q", o.name, text), "it is true or false"}
		}
		o.field.SetBool(yes)
	case string:
		o.field.SetString(text)
	}
	return o.check()
}

// check looks whether a value is possible.
func (o option) check() *optionError {
	if !o.field.CanInt() {
		return nil
	}
	low, high := o.bounds()
	if n := o.field.Int(); n < low || n > high {
		return &optionError{fmt.Sprintf("%s is %s", o.name, o.text()), o.possible()}
	}
	return nil
}

// bounds are the least and the largest value; nothing here can be negative.
func (o option) bounds() (low, high int64) {
	read := func(text string, otherwise int64) int64 {
		if d, err := time.ParseDuration(text); err == nil {
			return int64(d)
		}
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
		return otherwise
	}
	return read(o.min, 0), read(o.max, math.MaxInt64)
}

func (o option) possible() string {
	least := o.min
	if least == "" {
		least = "0"
	}
	if o.max == "" {
		return "it can be " + least + " or more"
	}
	return "it can be " + least + " to " + o.max
}

// text is the value as set reads it.
func (o option) text() string {
	if d, is := o.field.Interface().(time.Duration); is {
		return span.Text(d)
	}
	return fmt.Sprint(o.field.Interface())
}

// form is how a value is written.
func (o option) form() string {
	switch o.field.Interface().(type) {
	case time.Duration:
		return "duration"
	case int:
		return "number"
	case bool:
		return "true or false"
	}
	return "text"
}

// checkOptions looks at all options of a fault that was made in Go.
func checkOptions(f Fault) *optionError {
	for _, o := range optionsOf(f) {
		if o.field.IsZero() {
			continue // left out
		}
		if err := o.check(); err != nil {
			return err
		}
	}
	return nil
}

// writeOptions are those that are set, as name=value.
func writeOptions(f Fault) []string {
	var texts []string
	for _, o := range optionsOf(f) {
		if !o.field.IsZero() {
			texts = append(texts, o.name+"="+o.text())
		}
	}
	return texts
}
