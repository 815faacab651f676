package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

const (
	rowLimit  = 64 << 10  // bytes of one row: URLs and resources are a few hundred, client states up to 255 characters
	rowsLimit = 1_000_000 // rows of one request; more go in several
)

// rowReader reads the rows of an import one by one, however many there are: JSON lines, a JSON list, or a list in an object.
type rowReader struct {
	media   string
	source  *boundedReader
	decoder *json.Decoder
	strict  strict
	left    int // rows that may still come
}

func newRowReader(r *http.Request) *rowReader {
	source := &boundedReader{reader: r.Body, left: rowLimit}
	return &rowReader{media: mediaType(r), source: source, decoder: json.NewDecoder(source), strict: newStrict(), left: rowsLimit}
}

// all yields the rows. After an error nothing follows.
func (r *rowReader) all(yield func(NewSubscription, error) bool) {
	var err error
	switch r.media {
	case lines, "application/jsonl":
		err = r.lines(yield)
	case "application/json", "":
		err = r.document(yield)
	default:
		err = unsupportedMedia(r.media, "application/json", lines)
	}
	if err != nil && !errors.Is(err, errStopped) {
		yield(NewSubscription{}, plainReadError(err))
	}
}

// errRowTooLong ends the reading of a row that is over its limit.
var errRowTooLong = errors.New("row too long")

// errStopped ends the reading because the consumer has had enough.
var errStopped = errors.New("stopped")

func (r *rowReader) lines(yield func(NewSubscription, error) bool) error {
	for {
		switch err := r.row(yield); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

func (r *rowReader) document(yield func(NewSubscription, error) bool) error {
	opening, err := r.decoder.Token()
	if errors.Is(err, io.EOF) {
		return BadRequest("the body is empty", `send {"subscriptions":[…]}`)
	}
	if err != nil {
		return err
	}
	if opening == json.Delim('[') {
		if err := r.list(yield); err != nil {
			return err
		}
		return r.end()
	}
	if opening != json.Delim('{') {
		return BadRequest("the body is neither an object nor a list", `send {"subscriptions":[…]}`)
	}
	name, err := r.decoder.Token()
	if err != nil {
		return err
	}
	if name != "subscriptions" {
		return BadRequest(fmt.Sprintf("the document has an unknown member %q", fmt.Sprint(name)), `send {"subscriptions":[…]}`)
	}
	list, err := r.decoder.Token()
	switch {
	case err != nil:
		return err
	case list != json.Delim('['):
		return BadRequest("subscriptions is no list", "")
	}
	if err := r.list(yield); err != nil {
		return err
	}
	closing, err := r.decoder.Token()
	switch {
	case err != nil:
		return err
	case closing != json.Delim('}'):
		return BadRequest(fmt.Sprintf("the document has an unknown member %q", fmt.Sprint(closing)), "subscriptions is all it has, once")
	}
	return r.end()
}

// list reads rows up to and with the closing bracket.
func (r *rowReader) list(yield func(NewSubscription, error) bool) error {
	for r.decoder.More() {
		if err := r.row(yield); err != nil {
			return err
		}
	}
	_, err := r.decoder.Token()
	return err
}

func (r *rowReader) end() error {
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return BadRequest("something follows after the document", "")
	}
	return nil
}

func (r *rowReader) row(yield func(NewSubscription, error) bool) error {
	r.source.left = rowLimit
	var document json.RawMessage
	if err := r.decoder.Decode(&document); err != nil {
		return err
	}
	if r.left--; r.left < 0 {
		return &Error{http.StatusRequestEntityTooLarge, CodeTooLarge, fmt.Sprintf("there are more than %d rows", rowsLimit), "send the rest in further requests"}
	}
	var row NewSubscription
	if err := r.strict.decode(document, &row); err != nil {
		return err
	}
	if err := row.check(); err != nil {
		return err
	}
	if !yield(row, nil) {
		return errStopped
	}
	return nil
}

// plainReadError words what went wrong with the stream itself.
func plainReadError(err error) error {
	var own *Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, errRowTooLong):
		return &Error{http.StatusRequestEntityTooLarge, CodeTooLarge, fmt.Sprintf("it has more than %d bytes", rowLimit), ""}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return BadRequest("the body ends too early", "")
	}
	return BadRequest("the body is not JSON: "+err.Error(), "")
}

// boundedReader gives no more than what is left, which whoever reads from it sets anew for each row.
type boundedReader struct {
	reader io.Reader
	left   int
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRowTooLong
	}
	n, err := b.reader.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
