package dialect

import "github.com/outlocal/outlocal/notify"

// ItemPath is how a notification points at an item.
type ItemPath struct {
	Absolute bool
	User     UserForm
	Quoted   bool // Users('x') rather than Users/x
	Pascal   bool // Messages rather than messages
}

// UserForm is how generated URLs name a user (W1.1-22, W4.5-02, W10-18).
type UserForm uint8

// The forms.
const (
	UserAddress UserForm = iota // ann@contoso.com
	UserPair                    // {user}@{tenant}, both GUIDs
	UserID                      // {user}, a GUID
)

// Key is the user's name in that form.
func (f UserForm) Key(m notify.Mailbox) string {
	switch f {
	case UserPair:
		return m.ID + "@" + m.Tenant
	case UserID:
		return m.ID
	}
	return m.Address
}

// appendKey writes what Key returns.
func (f UserForm) appendKey(dst []byte, m notify.Mailbox) []byte {
	if f == UserPair {
		return append(append(append(dst, m.ID...), '@'), m.Tenant...)
	}
	return append(dst, f.Key(m)...)
}

// appendQuoted writes it as it stands between quotes.
func (f UserForm) appendQuoted(dst []byte, m notify.Mailbox) []byte {
	if f == UserAddress {
		return appendDoubled(dst, m.Address)
	}
	return f.appendKey(dst, m) // GUIDs hold no quotes
}

// ItemPath is how the dialect's notifications point at an item.
func (d *Dialect) ItemPath(m notify.Mailbox, c notify.Collection, item, base string) string {
	return string(d.Notification.Path.append(nil, m, c, item, base))
}

func (p *ItemPath) append(dst []byte, m notify.Mailbox, c notify.Collection, item, base string) []byte {
	collection := func(dst []byte) []byte {
		if p.Pascal {
			return appendPascal(dst, c.String())
		}
		return append(dst, c.String()...)
	}
	if !p.Quoted {
		dst = append(p.User.appendKey(append(dst, "Users/"...), m), '/')
		return append(append(collection(dst), '/'), item...)
	}
	if p.Absolute {
		dst = append(append(dst, base...), '/')
	}
	dst = append(dst, "Users('"...)
	dst = p.User.appendQuoted(dst, m)
	dst = append(collection(append(dst, "')/"...)), "('"...)
	return append(appendDoubled(dst, item), "')"...)
}
