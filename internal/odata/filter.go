package odata

import "github.com/outlocal/outlocal/notify"

// Filter is a parsed $filter.
type Filter struct{}

// ParseFilter reads a decoded $filter: comparisons (eq ne gt ge lt le), and, or, not, in any case, parentheses, contains,
// startswith, endswith, any over a collection. Its error is a *SyntaxError whose Line is 1.
func ParseFilter(text string) (*Filter, error) { panic("") }

// Match judges an item. lookup gives the value of a property path (in the filter's own spelling, each step of it) or nil; see
// Lookup. A comparison between values that cannot be compared is false.
func (f *Filter) Match(lookup func(path []string) any) bool { panic("") }

// Properties lists the property paths that the filter names, each once, in order, joined by slashes, in its own spelling.
func (f *Filter) Properties() []string { panic("") }

// Lookup finds the value at path, steps compared without case so that IsRead finds isRead (rule W1.5-18).
func Lookup(props []notify.Property, path []string) any { panic("") }
