package journal

import "testing"

// An entry that was appended between looking and waiting must not be slept
// through.
func TestAfterWhatIsThereAlready(t *testing.T) {
	j := New(1)
	j.Append(Entry{})
	select {
	case <-j.after(0):
	default:
		t.Error("a reader that has seen nothing would wait")
	}
	select {
	case <-j.after(1):
		t.Error("a reader that has seen all would not wait")
	default:
	}
	if first, second := j.after(1), j.after(1); first != second {
		t.Error("two waiters wait on two channels: one would not be woken")
	}
}
