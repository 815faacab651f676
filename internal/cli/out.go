package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"

	"github.com/fatih/color"
	"golang.org/x/term"

	"github.com/outlocal/outlocal/internal/report"
)

// printer writes lines for a person to one writer, in colours and glyphs as far as that shows them. It is safe for concurrent use: a
// line is written in one piece.
type printer struct {
	mu      sync.Mutex
	w       io.Writer
	colored bool
	plain   bool   // glyphs are spelled out in ASCII
	read    bool   // by a machine that obeys commands in what is printed
	width   int    // of the terminal; 0 for none
	gone    func() // is told, if not nil, that what was written could not be; quick, and called more than once
}

func newPrinter(w io.Writer, process Process) *printer {
	p := &printer{w: w, read: report.Reads(process.Env)}
	terminal := process.Terminal(w)
	p.colored = terminal && process.Env("NO_COLOR") == "" && process.Env("TERM") != "dumb"
	p.plain = terminal && !showsGlyphs(runtime.GOOS, process.Env)
	if terminal {
		p.width = width(w)
	}
	return p
}

// line writes one line, or several if the text has them.
func (p *printer) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if p.read {
		text = report.Tame(text)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.write(strings.TrimRight(text, " ") + "\n") // a reader that has gone, such as head, misses nothing
}

// write writes a text; p.mu is held.
func (p *printer) write(text string) error {
	_, err := io.WriteString(p.w, text)
	if err != nil && p.gone != nil {
		p.gone()
	}
	return err
}

// whenGone sets who is told of a reader that has gone.
func (p *printer) whenGone(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = f
}

// document writes v as one line of JSON, with its schema first. v is a JSON object.
func (p *printer) document(schema string, v any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // a URL's & stays readable
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("write %s: %w", schema, err)
	}
	rest := strings.TrimPrefix(body.String(), "{")
	if rest != "}\n" {
		rest = "," + rest
	}
	if p.read { // within a text, as nowhere else does JSON have it
		rest = strings.ReplaceAll(rest, "##", `#\u0023`)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.write(fmt.Sprintf(`{"schema":%q%s`, schema, rest)); err != nil {
		return fmt.Errorf("write %s: %w", schema, err)
	}
	return nil
}

// The styles. Each returns its text, dressed if the writer shows it.

func (p *printer) good(text string) string   { return p.paint(text, color.FgGreen) }
func (p *printer) warn(text string) string   { return p.paint(text, color.FgYellow) }
func (p *printer) bad(text string) string    { return p.paint(text, color.FgRed) }
func (p *printer) strong(text string) string { return p.paint(text, color.Bold) }
func (p *printer) dim(text string) string    { return p.paint(text, color.Faint) }
func (p *printer) sent(text string) string   { return p.paint(text, color.FgCyan) }

func (p *printer) paint(text string, style color.Attribute) string {
	if !p.colored {
		return text
	}
	c := color.New(style)
	c.EnableColor() // each writer decides for itself, whatever standard output is
	return c.Sprint(text)
}

// The glyphs of a verdict.

func (p *printer) tick() string    { return p.good(p.glyph("✔", "ok")) }
func (p *printer) cross() string   { return p.bad(p.glyph("✗", "x")) }
func (p *printer) caution() string { return p.warn(p.glyph("⚠", "!")) }

func (p *printer) glyph(fine, plain string) string {
	if p.plain {
		return plain
	}
	return fine
}

// IsTerminal tells whether w is a terminal: what main gives for [Process.Terminal].
func IsTerminal(w io.Writer) bool {
	file, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}

// width is how many columns a terminal has, 0 if that can't be told.
func width(w io.Writer) int {
	file, ok := w.(interface{ Fd() uintptr })
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// showsGlyphs tells whether a terminal shows more than ASCII. The old console of Windows does not, nor does Linux's own without a
// desktop, nor any whose locale says that it isn't in UTF-8.
func showsGlyphs(goos string, env func(string) string) bool {
	if goos == "windows" {
		for _, modern := range []string{"WT_SESSION", "TERM_PROGRAM", "ConEmuANSI", "MSYSTEM"} {
			if env(modern) != "" {
				return true
			}
		}
		return false
	}
	if t := env("TERM"); t == "linux" || t == "dumb" {
		return false
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(env(name)); locale != "" {
			return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
		}
	}
	return true
}
