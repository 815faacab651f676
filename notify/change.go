package notify

import (
	"fmt"
	"strings"
)

// ChangeType is a set of kinds of change. The numbers are the service's own (rule W1.3-15).
type ChangeType uint8

// The kinds of change. Acknowledgment and Gap are never the cause of a notification in a mailbox: the service itself raises them.
const (
	Created ChangeType = 1 << iota
	Updated
	Deleted
	Acknowledgment
	Gap // spelled Missed on the wire: notifications were lost
)

var changeNames = [...]string{"Created", "Updated", "Deleted", "Acknowledgment", "Missed"}

// Has reports whether c holds every kind in other.
func (c ChangeType) Has(other ChangeType) bool { return c&other == other }

// String lists the kinds as Outlook does: with capitals, a comma and a blank between them (rule W1.3-16).
func (c ChangeType) String() string {
	var names []string
	for i, name := range changeNames {
		if c.Has(1 << i) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Name is the word for exactly one kind, without allocation; it is empty for none or several.
func (c ChangeType) Name() string {
	switch c {
	case Created:
		return changeNames[0]
	case Updated:
		return changeNames[1]
	case Deleted:
		return changeNames[2]
	case Acknowledgment:
		return changeNames[3]
	case Gap:
		return changeNames[4]
	}
	return ""
}

// ParseChangeType reads a comma list, with or without blanks and in any case (rule W1.3-16). The error names the first word that is no kind of change.
func ParseChangeType(list string) (ChangeType, error) {
	var set ChangeType
next:
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		for i, name := range changeNames {
			if strings.EqualFold(word, name) {
				set |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("parse change type: %q is none of created, updated, deleted", word)
	}
	return set, nil
}
