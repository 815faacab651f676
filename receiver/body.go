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

// trusted is how much memory a sender gets for naming a length, enough for a batch of a hundred; else it comes as the bytes do.
const trusted = 256 << 10

// readAll reads up to limit bytes; size is how many are announced, or -1. Bytes beyond those announced are no part of the body.
func readAll(source io.Reader, size, limit int64) (body []byte, err error) {
	var n int64
	if size >= 0 && size <= trusted {
		body = make([]byte, size) // and not a byte more: it is kept
		var read int
		read, err = io.ReadFull(source, body)
		n, body = int64(read), body[:read]
	} else {
		var buffer bytes.Buffer
		n, err = buffer.ReadFrom(io.LimitReader(source, limit+1))
		body = buffer.Bytes()
	}
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over), n > limit:
		return nil, errTooLarge
	case err != nil:
		return body, fmt.Errorf("the body broke off after %d bytes: %w", n, err)
	}
	return body, nil
}
