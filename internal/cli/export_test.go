package cli

import (
	"bytes"
	"time"
)

// For tests of what the program prints, which run it as another process.

// FormSchema is the schema of a document's form, and whether there is one.
func FormSchema(name string) ([]byte, bool) {
	for _, f := range forms() {
		if f.name == name {
			text, err := f.text()
			return text, err == nil
		}
	}
	return nil, false
}

// FormNames are the names of all forms.
func FormNames() []string {
	var names []string
	for _, f := range forms() {
		names = append(names, f.name)
	}
	return names
}

// FormSamples are documents that no script can bring about: of a journal that overflowed, and of what an exposure left at a real service.
func FormSamples() map[string]string {
	samples := make(map[string]string)
	for name, v := range map[string]any{
		gapSchema:  journalGap{3},
		stepSchema: plannedStep{time.Now(), "DELETE", "https://graph.microsoft.com/v1.0/subscriptions/x", "nobody watches any more"},
	} {
		var out bytes.Buffer
		if newPrinter(&out, quiet(&out)).document(name, v) == nil {
			samples[name] = out.String()
		}
	}
	return samples
}
