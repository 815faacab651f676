package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/outlocal/outlocal/diagnosis"
	"github.com/outlocal/outlocal/journal"
)

// richDetail is what the console needs of what was encrypted in a notification, and of the token that came with it.
type richDetail struct {
	Encrypted *struct {
		ID      string               `json:"certificateId"`
		Verdict diagnosis.Encryption `json:"verdict"`
		Content json.RawMessage      `json:"content"`
	} `json:"encrypted"`
	Token *struct {
		Verdict  diagnosis.Token `json:"verdict"`
		Version  string          `json:"version"`
		Tenant   string          `json:"tenant"`
		Audience []string        `json:"audience"`
		Expires  time.Time       `json:"expires"`
	} `json:"token"`
}

// rich tells what was inside, and who vouches for it. What is wrong with either is told as findings.
func (c *console) rich(d *richDetail) {
	if e := d.Encrypted; e != nil {
		switch {
		case len(e.Content) > 0:
			c.below("content", oneLine(e.Content))
		case e.Verdict == diagnosis.EncryptionUnchecked:
			c.below("content", "encrypted for certificate id "+visible(e.ID)+", and not opened")
		}
	}
	if t := d.Token; t != nil && t.Verdict == diagnosis.TokenRight {
		c.below("token", fmt.Sprintf("%s version %s of tenant %s for app %s, until %s", c.p.tick(), visible(t.Version), visible(t.Tenant),
			visible(strings.Join(t.Audience, ", ")), t.Expires.UTC().Format("2 Jan 15:04Z")))
	}
}

// readItem tells what an item was when the receiver read it.
func (c *console) readItem(e *journal.Entry) {
	if e.Kind != journal.Read {
		return
	}
	if e.Exchange.Error != "" {
		c.below("", c.p.cross()+" "+visible(e.Exchange.Error))
		return
	}
	c.below("item", oneLine(e.Exchange.ResponseBody))
}

const (
	longestContent = 600 // of a document in the console: an item as far as its subject, not its body
	longestText    = 40  // of one text in it: ids and links would leave no room for the rest
)

// jsonText is a text in JSON, with its quotes.
var jsonText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// oneLine is a JSON document in a line, long texts cut.
func oneLine(document []byte) string {
	var compact bytes.Buffer
	if json.Compact(&compact, document) == nil {
		document = compact.Bytes()
	}
	text := jsonText.ReplaceAllStringFunc(visible(string(document)), func(text string) string {
		if cut := clip(text, longestText); cut != text {
			return cut + `"`
		}
		return text
	})
	return clip(text, longestContent)
}
