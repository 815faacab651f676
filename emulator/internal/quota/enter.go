package quota

// crowd is how many are inside, for each purpose. It is kept by value, and forgotten with the last.
type crowd [maxPurposes]uint16

func (c *crowd) total() (n int) {
	for _, some := range c {
		n += int(some)
	}
	return n
}

// Visit is one that is inside. The zero Visit is of nobody.
type Visit struct {
	key     Key
	purpose int
	entered bool
}

// Enter lets one in, as long as fewer than most are inside. Who is let in has to leave; the others did not enter.
func (m *Meter) Enter(k Key, most int, purpose string) (Visit, *Excess) {
	if most == 0 {
		return Visit{}, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.inside[k]
	if n := c.total(); n >= most {
		e := &Excess{Key: k, Limit: Limit{Most: most}, Spent: n + 1, purposes: m.purposes}
		for i, some := range c {
			e.on[i] = uint64(some)
		}
		return Visit{}, e
	}
	v := Visit{k, m.purpose(purpose), true}
	c[v.purpose]++
	m.inside[k] = c
	return v, nil
}

// Leave ends a visit.
func (m *Meter) Leave(v Visit) {
	if !v.entered {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.inside[v.key]
	c[v.purpose]--
	if c.total() == 0 {
		delete(m.inside, v.key)
		return
	}
	m.inside[v.key] = c
}
