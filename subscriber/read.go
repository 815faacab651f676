package subscriber

import (
	"errors"
	"fmt"

	"github.com/outlocal/outlocal/dialect"
	"github.com/outlocal/outlocal/internal/odata"
	"github.com/outlocal/outlocal/notify"
)

// read understands an entity by the dialect's names, in exact case.
func (c *Client) read(body []byte) (Subscription, error) {
	document, err := odata.Parse(body)
	if err != nil {
		return Subscription{}, fmt.Errorf("read the answer: %w", err)
	}
	return c.readEntity(document)
}

func (c *Client) readEntity(document odata.Value) (Subscription, error) {
	s := Subscription{Raw: document.Raw}
	for _, f := range c.Dialect.Subscription {
		value, ok := document.Member(f.Name)
		if !ok || value.IsNull() {
			continue
		}
		if err := s.set(f, value); err != nil {
			return s, err
		}
	}
	if s.ID == "" {
		return s, fmt.Errorf("read the answer: it has no %s, so it is no subscription of %s", c.Dialect.NameOf(dialect.PropID), c.Dialect)
	}
	return s, nil
}

func (s *Subscription) set(f dialect.Field, value odata.Value) error {
	if f.Prop == dialect.PropIncludeData {
		s.IncludeData, _ = value.Bool()
		return nil
	}
	text, ok := value.Text()
	if !ok {
		return fmt.Errorf("read the answer: %s is %s", f.Name, value.Kind())
	}
	var err error
	switch f.Prop {
	case dialect.PropExpires:
		s.Expires, err = dialect.ParseDate(text)
	case dialect.PropChange:
		s.ChangeType = text
		s.Changes, err = notify.ParseChangeType(text)
	default:
		if target := s.text(f.Prop); target != nil {
			*target = text
		}
	}
	if err != nil {
		return fmt.Errorf("read the answer: %s: %w", f.Name, err)
	}
	return nil
}

// text is where a property that is plain text belongs, nil for links and tags.
func (s *Subscription) text(p dialect.Prop) *string {
	switch p {
	case dialect.PropID:
		return &s.ID
	case dialect.PropResource:
		return &s.Resource
	case dialect.PropClientState:
		return &s.ClientState
	case dialect.PropURL:
		return &s.NotificationURL
	case dialect.PropLifecycleURL:
		return &s.LifecycleURL
	case dialect.PropApp:
		return &s.App
	case dialect.PropCreator:
		return &s.Creator
	case dialect.PropQueryOptions:
		return &s.QueryOptions
	case dialect.PropContentType:
		return &s.ContentType
	case dialect.PropTLS:
		return &s.TLSVersion
	case dialect.PropCertificate:
		return &s.Certificate
	case dialect.PropCertificateID:
		return &s.CertificateID
	case dialect.PropURLApp:
		return &s.URLApp
	}
	return nil
}

// readList understands a page of subscriptions (rule W1.1-09).
func (c *Client) readList(body []byte) (page []Subscription, next string, err error) {
	document, err := odata.Parse(body)
	if err != nil {
		return nil, "", fmt.Errorf("read the answer: %w", err)
	}
	value, ok := document.Member("value")
	if !ok || !value.IsArray() {
		return nil, "", errors.New("read the answer: it has no list named value")
	}
	for element := range value.Elements {
		s, err := c.readEntity(element)
		if err != nil {
			return nil, "", err
		}
		page = append(page, s)
	}
	if link, ok := document.Member("@odata.nextLink"); ok {
		next, _ = link.Text()
	}
	return page, next, nil
}
