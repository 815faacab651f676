package serve_test

import (
	"testing"

	"github.com/outlocal/outlocal/internal/serve"
)

func TestIsLoopback(t *testing.T) {
	for _, row := range []struct {
		host string
		want bool
	}{
		{"localhost", true},
		{"LocalHost.", true},
		{"localhost:3650", true},
		{"app.localhost:80", true},
		{"127.0.0.1", true},
		{"127.8.9.10:443", true},
		{"::1", true},
		{"[::1]", true},
		{"[::1]:443", true},
		{"::ffff:127.0.0.1", true},
		{"", false},
		{":80", false},
		{"0.0.0.0", false},
		{"[::]:80", false},
		{"10.0.0.1", false},
		{"localhost.example", false},
		{"notlocalhost", false},
		{"127.0.0.1.example", false},
		{"127.1", false},
	} {
		t.Run(row.host, func(t *testing.T) {
			if got := serve.IsLoopback(row.host); got != row.want {
				t.Errorf("IsLoopback(%q) = %t", row.host, got)
			}
		})
	}
}
