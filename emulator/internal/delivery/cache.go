package delivery

import "sync"

// cache keeps up to limit values that are cheap to make anew. When it is full it begins from scratch: to know which were used last would
// cost more than they do. The zero value needs its limit.
type cache[K comparable, V any] struct {
	limit int

	mu     sync.RWMutex
	values map[K]V
}

// of returns the value of k, which build makes if need be; of two made at once, all get the same.
func (c *cache[K, V]) of(k K, build func(K) V) V {
	c.mu.RLock()
	v, known := c.values[k]
	c.mu.RUnlock()
	if known {
		return v
	}
	v = build(k)
	c.mu.Lock()
	defer c.mu.Unlock()
	if other, known := c.values[k]; known {
		return other
	}
	if c.values == nil || len(c.values) >= c.limit {
		c.values = map[K]V{}
	}
	c.values[k] = v
	return v
}
