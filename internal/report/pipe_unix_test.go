//go:build unix

package report_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/outlocal/outlocal/internal/report"
)

// A pipe with a name is written while somebody reads it, and refused at once where nobody does: that could be for ever.
func TestNamedPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("there are no such pipes here: %v", err)
	}
	if f, err := report.Open(path, nil); err == nil || !strings.Contains(err.Error(), "nobody reads the pipe") {
		if err == nil {
			f.Close()
		}
		t.Errorf("without a reader: %v", err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	f, err := report.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	const more = 1 << 20 // than a pipe holds: the writer has to wait for its reader, and to go on
	read := make(chan int)
	go func() {
		all, _ := io.ReadAll(reader)
		read <- len(all)
	}()
	if err := f.Write(says(strings.Repeat("x", more))); err != nil {
		t.Error(err)
	}
	if n := <-read; n != more {
		t.Errorf("%d bytes came through", n)
	}
}
