package notify

import "testing"

// rules: W1.3-15 W1.3-16
func TestParseChangeType(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     ChangeType
		text     string
	}{
		{"one", "Created", 1, "Created"},
		{"no blanks, lower case", "created,updated", 3, "Created, Updated"},
		{"blanks, mixed case", "CREATED , deleted", 5, "Created, Deleted"},
		{"the service's own kinds may be asked for", "Created,Acknowledgment,Missed", 25, "Created, Acknowledgment, Missed"},
		{"twice the same", "updated,Updated", 2, "Updated"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseChangeType(tt.in)
			if err != nil || got != tt.want {
				t.Fatalf("ParseChangeType(%q) = %d, %v; want %d", tt.in, got, err, tt.want)
			}
			if got.String() != tt.text {
				t.Errorf("String() = %q, want %q", got, tt.text)
			}
		})
	}
	for _, bad := range []string{"", "created,", "changed", "created;updated", "delete"} {
		if got, err := ParseChangeType(bad); err == nil {
			t.Errorf("ParseChangeType(%q) = %v, want an error", bad, got)
		}
	}
}

func TestNameIsOfOneKindOnly(t *testing.T) {
	for c, want := range map[ChangeType]string{Created: "Created", Gap: "Missed", Created | Updated: "", 0: ""} {
		if got := c.Name(); got != want {
			t.Errorf("ChangeType(%d).Name() = %q, want %q", c, got, want)
		}
	}
}

func TestParseCollection(t *testing.T) {
	for name, want := range map[string]Collection{"message": Messages, "messages": Messages, "event": Events, "tasks": Tasks, "": None, "Message": None} {
		if got := ParseCollection(name); got != want {
			t.Errorf("ParseCollection(%q) = %v, want %v", name, got, want)
		}
	}
}
