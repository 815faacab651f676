package dialect

import (
	"slices"
	"strings"

	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/notify"
)

// Links is what an answer needs to know of the request, to link to itself on the host that the client used (R14).
type Links struct {
	Base    string         // origin and base path, such as https://localhost:3651/api/v2.0
	Spoken  string         // how the request's path named the user, as contexts repeat it: Me, or Users('ann%40contoso.com')
	Mailbox notify.Mailbox // whose subscription it is
}

// SpokenUser is the text of Links.Spoken for a request on the user of that name; empty and me give Me.
func SpokenUser(user string) string {
	if user == "" || strings.EqualFold(user, "me") {
		return "Me"
	}
	return "Users" + strings.ReplaceAll(quoteKey(user), "@", "%40")
}

// AppendSubscription encodes a subscription as the answer of one view shows it.
func (d *Dialect) AppendSubscription(dst []byte, s *notify.Subscription, view View, l Links) []byte {
	dst = append(slices.Grow(dst, usualAnswer), '{')
	for i := range d.Subscription {
		f := &d.Subscription[i]
		if f.Shown&view == 0 {
			continue
		}
		before := len(dst)
		dst = appendName(dst, f.Name)
		named := len(dst)
		if f.Hidden&view == 0 {
			dst = d.appendValue(dst, f, s, l)
		}
		switch {
		case len(dst) > named:
		case f.Unset == Null, f.Hidden&view != 0:
			dst = append(dst, "null"...)
		case f.Unset == Filled:
			dst = append(dst, f.Filling...)
		default:
			dst = dst[:before]
		}
	}
	return append(dst, '}')
}

// AppendList encodes a page of subscriptions; next is the link to the page after it, or empty (W1.1-09).
func (d *Dialect) AppendList(dst []byte, page []notify.Subscription, next string, l Links) []byte {
	dst = append(dst, `{"@odata.context":`...)
	dst = appendText(dst, l.Base+"/$metadata#subscriptions")
	dst = append(appendName(dst, "value"), '[')
	for i := range page {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = d.AppendSubscription(dst, &page[i], OnList, l)
	}
	dst = append(dst, ']')
	if next != "" {
		dst = appendText(appendName(dst, "@odata.nextLink"), next)
	}
	return append(dst, '}')
}

// usualAnswer is about how many bytes a subscription's answer has.
const usualAnswer = 1 << 10

// appendValue appends nothing for a property without a value.
func (d *Dialect) appendValue(dst []byte, f *Field, s *notify.Subscription, l Links) []byte {
	var text string
	switch f.Prop {
	case PropContext:
		text = l.Base + "/$metadata#subscriptions/$entity"
		if d.Family == Outlook {
			text = l.Base + "/$metadata#" + l.Spoken + "/Subscriptions/$entity" // W1.3-04
		}
	case PropType:
		text = d.TypeTag
	case PropLink: // W1.3-05
		text = l.Base + "/Users" + quoteKey(d.Notification.Path.User.Key(l.Mailbox)) + "/Subscriptions" + quoteKey(s.ID)
	case PropChange:
		text = d.echoChange(s)
	case PropExpires:
		return appendDate(dst, s.Expires, Trimmed)
	case PropIncludeData:
		if s.IncludeData {
			return append(dst, "true"...)
		}
		return dst
	default:
		text = *textOf(s, f.Prop)
	}
	if text == "" {
		return dst
	}
	return appendText(dst, text)
}

// textOf is where a property that is plain text lives.
func textOf(s *notify.Subscription, p Prop) *string {
	switch p {
	case PropID:
		return &s.ID
	case PropResource:
		return &s.Resource
	case PropChange:
		return &s.ChangeType
	case PropClientState:
		return &s.ClientState
	case PropURL:
		return &s.NotificationURL
	case PropLifecycleURL:
		return &s.LifecycleURL
	case PropApp:
		return &s.App
	case PropCreator:
		return &s.Creator
	case PropQueryOptions:
		return &s.QueryOptions
	case PropContentType:
		return &s.ContentType
	case PropTLS:
		return &s.TLSVersion
	case PropCertificate:
		return &s.Certificate
	case PropCertificateID:
		return &s.CertificateID
	case PropURLApp:
		return &s.URLApp
	}
	return new(string)
}

func (d *Dialect) echoChange(s *notify.Subscription) string {
	if d.ChangeWords.Echo {
		return s.ChangeType
	}
	return (s.Changes | d.ChangeWords.Add).String()
}

// NameOf is what the dialect calls a property; empty where it has none.
func (d *Dialect) NameOf(p Prop) string {
	for _, f := range d.Subscription {
		if f.Prop == p {
			return f.Name
		}
	}
	return ""
}

func quoteKey(key string) string { return odata.QuoteKey(key) }

// appendDoubled writes a key as it stands between quoteKey's quotes.
func appendDoubled(dst []byte, key string) []byte {
	for {
		before, after, found := strings.Cut(key, "'")
		dst = append(dst, before...)
		if !found {
			return dst
		}
		dst, key = append(dst, "''"...), after
	}
}

// appendPascal writes what pascal returns.
func appendPascal(dst []byte, name string) []byte {
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		return append(dst, name...)
	}
	return append(append(dst, name[0]-'a'+'A'), name[1:]...)
}

// pascal gives a name its capital.
func pascal(name string) string {
	return string(appendPascal(nil, name))
}
