package receiver

import (
	"errors"
	"io"
	"testing"
)

// endless has more than anybody takes.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.ErrClosedPipe
	}
	n := min(len(p), e.left)
	e.left -= n
	return n, nil
}

// What unzips to much more than is taken is given up at the limit.
func TestReadAllStopsAtTheLimit(t *testing.T) {
	const limit = 1000
	for _, size := range []int64{-1, trusted + 1} {
		source := &endless{left: 10 * limit}
		if _, err := readAll(source, size, limit); !errors.Is(err, errTooLarge) {
			t.Errorf("announced %d: error %v, want %v", size, err, errTooLarge)
		}
		if read := 10*limit - source.left; read > limit+1 {
			t.Errorf("announced %d: %d bytes were read, want at most %d", size, read, limit+1)
		}
	}
}
