package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/gorilla/mux"
	"github.com/outlocal/outlocal/internal/nearmiss"
)

// bodyLimit bounds a request's body. A change that sets a long message body fits; an import is bounded by its rows.
const bodyLimit = 1 << 20

// NewHandler serves the API for a backend. It guards nothing: see the package's comment.
func NewHandler(b Backend) http.Handler {
	h := &handler{backend: b, routes: routes()}
	h.document = sync.OnceValue(func() []byte { return document(h.routes) }) // few ask for it, and it takes longer than all else here
	router := mux.NewRouter().SkipClean(true)
	for _, route := range h.routes {
		methods := []string{route.method}
		if route.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		router.Path(route.path).Methods(methods...).Name(route.id).Handler(h.serving(route))
	}
	router.NotFoundHandler = http.HandlerFunc(h.serveNotFound)
	router.MethodNotAllowedHandler = http.HandlerFunc(h.serveMethodNotAllowed)
	return router
}

type handler struct {
	backend  Backend
	routes   []route
	document func() []byte // OpenAPI
}

// partial is an error of a call that did a part of its work.
type partial struct {
	err    error
	answer any
}

func (p *partial) Error() string { return p.err.Error() }
func (p *partial) Unwrap() error { return p.err }

// envelope is how an error travels.
type envelope struct {
	Error   *Error `json:"error"`
	Partial any    `json:"partial,omitempty"` // what was done before it
}

func (h *handler) serving(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := route.serve(h, w, r); err != nil {
			writeError(w, err)
		}
	})
}

func (h *handler) serveNotFound(w http.ResponseWriter, r *http.Request) {
	var paths []string
	for _, route := range h.routes {
		paths = append(paths, route.path)
	}
	slices.Sort(paths)
	hint := "GET /openapi.json lists what there is"
	if near := nearmiss.Of(r.URL.Path, paths); near != "" {
		hint = "did you mean " + near + "?"
	}
	writeError(w, NotFound(fmt.Sprintf("there is no %s here", r.URL.Path), hint))
}

func (h *handler) serveMethodNotAllowed(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, route := range h.routes {
		if route.path == r.URL.Path {
			allowed = append(allowed, route.method)
			if route.method == http.MethodGet {
				allowed = append(allowed, http.MethodHead)
			}
		}
	}
	allow := strings.Join(allowed, ", ")
	w.Header().Set("Allow", allow)
	writeError(w, &Error{
		http.StatusMethodNotAllowed, CodeMethodNotAllowed,
		fmt.Sprintf("%s does not take %s", r.URL.Path, r.Method), "it takes " + allow,
	})
}

// served makes an operation of what is done with a part P of the backend, the query Q and the body B of a request. The document is
// made of the same types.
func served[P, Q, B, A any](what string, do func(r *http.Request, part P, query Q, body B) (A, error)) operation {
	return operation{
		query: reflect.TypeFor[Q](), body: reflect.TypeFor[B](), answer: reflect.TypeFor[A](),
		serve: func(h *handler, w http.ResponseWriter, r *http.Request) error {
			part, err := partOf[P](h, what)
			if err != nil {
				return err
			}
			var query Q
			var body B
			if err := decodeQuery(r.URL.Query(), &query); err != nil {
				return err
			}
			// Where nothing is to be said a body must hold nothing, or a notification that is sent here would be taken for a wish.
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				if err := readBody(w, r, &body); err != nil {
					return err
				}
			}
			answer, err := do(r, part, query, body)
			if err != nil {
				return &partial{err, answer}
			}
			return writeJSON(w, http.StatusOK, answer)
		},
	}
}

// partOf is the backend as one of its interfaces.
func partOf[P any](h *handler, what string) (P, error) {
	part, ok := h.backend.(P)
	if !ok {
		return part, &Error{
			http.StatusNotImplemented, CodeNotServed,
			"there is no " + what + " here", "GET /status says what this is; an emulator has all of the API, a receiver a part",
		}
	}
	return part, nil
}

// readBody reads a JSON body; none at all is an empty object.
func readBody(w http.ResponseWriter, r *http.Request, target any) error {
	if media := mediaType(r); media != "" && media != "application/json" {
		return unsupportedMedia(media, "application/json")
	}
	document, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return &Error{http.StatusRequestEntityTooLarge, CodeTooLarge, fmt.Sprintf("read body: it has more than %d bytes", tooLarge.Limit), ""}
	case err != nil:
		return BadRequest("read body: "+err.Error(), "")
	case len(bytes.TrimSpace(document)) == 0:
		return nil
	}
	return newStrict().decode(document, target)
}

// mediaType is a request's content type in lower case, without parameters; empty if it has none.
func mediaType(r *http.Request) string {
	header := r.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(header)
	if err != nil {
		return header
	}
	return media
}

func unsupportedMedia(media string, wanted ...string) *Error {
	return &Error{
		http.StatusUnsupportedMediaType, CodeUnsupportedMedia,
		fmt.Sprintf("the body is %s, which is not understood", media),
		"send it with Content-Type: " + strings.Join(wanted, " or "),
	}
}

// writeJSON encodes before it writes anything, so that what can't be encoded becomes an error.
func writeJSON(w http.ResponseWriter, status int, answer any) error {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	writeHeader(w, status, "application/json")
	_, _ = w.Write(buf.Bytes()) // a client that is gone needs no answer
	return nil
}

func writeHeader(w http.ResponseWriter, status int, media string) {
	header := w.Header()
	header.Set("Content-Type", media)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff") // it quotes what was sent
	w.WriteHeader(status)
}

func writeError(w http.ResponseWriter, err error) {
	body := envelope{Error: asError(err)}
	var part *partial
	if errors.As(err, &part) && !reflect.ValueOf(part.answer).IsZero() {
		body.Partial = part.answer
	}
	if err := writeJSON(w, body.Error.Status, body); err != nil {
		_ = writeJSON(w, http.StatusInternalServerError, envelope{Error: asError(err)}) // plain text, which always encodes
	}
}
