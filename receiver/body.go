package receiver

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Why a body could not be read.
var (
	errTooLarge    = errors.New("the body is larger than is taken")
	errUnsupported = errors.New("the content coding is none that is understood: send plain or gzip")
)

// readBody reads a body with its content coding undone, up to a limit that holds before and after. An error of the body's
// Content-Encoding is a *codingError.
func readBody(w http.ResponseWriter, req *http.Request, header http.Header, limit int64) (body []byte, coded string, err error) {
	if req.ContentLength > limit {
		w.Header().Set("Connection", "close") // rather than read on for nothing
		return nil, "", errTooLarge
	}
	source := io.Reader(http.MaxBytesReader(w, req.Body, limit))
	switch coded = strings.ToLower(strings.TrimSpace(header.Get("Content-Encoding"))); coded {
	case "", "identity":
		body, err = readAll(source, req.ContentLength, limit)
		return body, "", err
	case "gzip", "x-gzip":
		zipped, err := gzip.NewReader(source)
		if err == nil {
			body, err = readAll(zipped, -1, limit)
		}
		if err != nil && !errors.Is(err, errTooLarge) {
			err = &codingError{err}
		}
		return body, coded, err
	}
	return nil, coded, &codingError{errUnsupported}
}

// codingError says that a body is not what its Content-Encoding says.
type codingError struct{ cause error }

func (e *codingError) Error() string { return e.cause.Error() }
func (e *codingError) Unwrap() error { return e.cause }

const (
	// trusted is how much memory a sender gets for naming a length; more comes as the bytes do.
	trusted = 64 << 10
	// unannounced is room for one notification whose length is not known.
	unannounced = 2 << 10
)

// readAll reads up to limit bytes; size is how many are announced, or -1.
func readAll(source io.Reader, size, limit int64) ([]byte, error) {
	if size < 0 {
		size = unannounced
	}
	// One byte more than announced lets the reader see the end without growing.
	body := bytes.NewBuffer(make([]byte, 0, min(size, trusted)+bytes.MinRead))
	n, err := body.ReadFrom(io.LimitReader(source, limit+1))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over), n > limit:
		return nil, errTooLarge
	case err != nil:
		return body.Bytes(), fmt.Errorf("the body broke off after %d bytes: %w", n, err)
	}
	return body.Bytes(), nil
}
