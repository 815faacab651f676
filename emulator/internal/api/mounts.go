package api

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/outlocal/outlocal/dialect"
)

// Mounts says which dialect holds under which base path, now. It can change while requests are served: that is how the service itself
// rolled a schema out.
type Mounts struct {
	mu     sync.RWMutex
	mounts []Mount // longest path first
}

// Mount is one base path with its dialect.
type Mount struct {
	Path    string // such as /api/v2.0, in the letters that it was given in
	Dialect *dialect.Dialect
	router  func() http.Handler // made for the first who asks: of many mounts few are asked
}

// basePath is what links and terminals can bear.
var basePath = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)

// Serve mounts a dialect, in the place of the one that was there.
func (m *Mounts) Serve(path string, d *dialect.Dialect) error {
	if !basePath.MatchString(path) {
		return fmt.Errorf("serve %s under %q: a base path begins with a slash, ends without one and holds letters, digits and . _ ~ - between, such as %s", d, path, d.Base)
	}
	mount := Mount{Path: path, Dialect: d, router: sync.OnceValue(func() http.Handler { return newRouter(d) })}
	m.mu.Lock()
	defer m.mu.Unlock()
	mounts := slices.Clone(m.mounts)
	if i := slices.IndexFunc(mounts, func(o Mount) bool { return strings.EqualFold(o.Path, path) }); i >= 0 {
		mount.Path = mounts[i].Path
		mounts[i] = mount
	} else {
		mounts = append(mounts, mount)
	}
	slices.SortStableFunc(mounts, func(a, b Mount) int { return len(b.Path) - len(a.Path) })
	m.mounts = mounts
	return nil
}

// All lists the mounts by path.
func (m *Mounts) All() []Mount {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all := slices.Clone(m.mounts)
	slices.SortFunc(all, func(a, b Mount) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// Dialect is the one that holds under a path now; nil for a path where nothing is served any more.
func (m *Mounts) Dialect(path string) *dialect.Dialect {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, mount := range m.mounts {
		if mount.Path == path {
			return mount.Dialect
		}
	}
	return nil
}

// Has tells whether a path is below one of the mounts.
func (m *Mounts) Has(path string) bool {
	_, _, ok := m.find(path)
	return ok
}

// find cuts an escaped path into mount and rest. Letters' case does not matter (W1.1-18).
func (m *Mounts) find(path string) (mount Mount, rest string, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, mount := range m.mounts {
		n := len(mount.Path)
		if len(path) >= n && strings.EqualFold(path[:n], mount.Path) && (len(path) == n || path[n] == '/') {
			return mount, path[n:], true
		}
	}
	return Mount{}, "", false
}
