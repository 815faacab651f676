package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Body is the bytes of a request or response body, as they were. In JSON it is
// a string when it is UTF-8, so that a person can read it, and
// {"base64": "…"} when it is not, so that nothing is lost.
type Body []byte

// binaryBody is the JSON of a body that is not UTF-8.
type binaryBody struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON implements [json.Marshaler].
func (b Body) MarshalJSON() ([]byte, error) {
	if !utf8.Valid(b) {
		return json.Marshal(binaryBody{Base64: b})
	}
	// Whether <, > and & are escaped is for the encoder around this one to say.
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(string(b)); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// UnmarshalJSON implements [json.Unmarshaler].
func (b *Body) UnmarshalJSON(data []byte) error {
	switch {
	case bytes.Equal(data, []byte("null")):
		*b = nil
		return nil
	case bytes.HasPrefix(data, []byte(`"`)):
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return fmt.Errorf("decode body: %w", err)
		}
		*b = Body(text)
		return nil
	default:
		var binary binaryBody
		if err := json.Unmarshal(data, &binary); err != nil {
			return fmt.Errorf("decode body: want a string or an object with base64: %w", err)
		}
		*b = binary.Base64
		return nil
	}
}
