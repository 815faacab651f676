package scenarios

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// place is where a file is: its name in a file system, and how that is called in messages.
type place struct {
	files  fs.FS  // nil where nothing can be included
	folder string // what files is on disk; empty if it is not
	name   string
	shown  string
}

// beside is the place of a file that this one names.
func (p place) beside(name string) place {
	p.name = path.Join(path.Dir(p.name), name)
	p.shown = filepath.Join(p.folder, filepath.FromSlash(p.name))
	return p
}

// text reads the file. A folder on disk has others above and beside it.
func (p place) text() ([]byte, error) {
	switch {
	case p.files == nil:
		return nil, errors.New("it is known by its text only, and there is nothing beside it")
	case fs.ValidPath(p.name):
		return readFile(p.files, p.name)
	case p.folder != "":
		return readFile(os.DirFS(filepath.Dir(p.shown)), filepath.Base(p.shown))
	}
	return nil, errors.New("it is outside of what can be read")
}

// Steps are done one after the other.
type Steps []Step

// mostSteps is more than anybody plays: files that include one another often make many of few.
const mostSteps = 10_000

// readNode takes a list of steps, and in the place of each include those of its file.
func (all *Steps) readNode(r *reader, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, "begin each line with a dash", "this is %s, and should be a list", kindOf(n))
		return
	}
	for _, content := range n.Content {
		var step Step
		r.value(content, reflect.ValueOf(&step).Elem(), "")
		switch r.steps++; {
		case r.steps == mostSteps+1:
			r.wrong(content, "", "these are more than %d steps", mostSteps)
			return
		case r.steps > mostSteps:
			return
		case step.Include == "":
			*all = append(*all, step)
		default:
			r.include(memberNode(content, "include"), step.Include, all)
		}
	}
}

// include reads the steps of another file. What is wrong there is told with both places.
func (r *reader) include(n *yaml.Node, name string, into *Steps) {
	if path.IsAbs(name) || filepath.IsAbs(name) || strings.Contains(name, `\`) {
		r.wrong(n, "write it as it is found from this file, such as steps/sign-in.yaml, with slashes", "%q is no relative path", name)
		return
	}
	there := r.place.beside(name)
	if at := slices.Index(r.within, there.name); at >= 0 || there.name == r.place.name {
		r.wrong(n, "", "it includes itself: %s", strings.Join(append(append(slices.Clone(r.within[max(at, 0):]), r.place.name), there.name), " includes "))
		return
	}
	text, err := there.text()
	if err != nil {
		r.wrong(n, "", "%s can't be included: %s", there.shown, plainReason(err))
		return
	}
	inner := *r
	inner.file, inner.place, inner.problems = there.shown, there, nil
	inner.within = append(slices.Clone(r.within), r.place.name)
	inner.from = r.at(n).String()
	root, err := parseYAML(there.shown, text)
	if err == nil && root.Kind != yaml.SequenceNode {
		err = &FileError{[]Problem{{At: inner.at(root), What: "this is " + kindOf(root) + ", and should be a list of steps", Hint: "begin each line with a dash; a file with a title is a scenario itself"}}}
	}
	if err == nil {
		into.readNode(&inner, r.values.fill(root))
		r.names, r.steps = inner.names, inner.steps
		if len(inner.problems) == 0 {
			err = checkSchema(there.shown, root)
		}
	}
	var told *FileError
	if errors.As(err, &told) {
		inner.problems = append(inner.problems, told.Problems...)
	}
	for _, p := range inner.problems {
		if !strings.Contains(p.What, " (included at ") {
			p.What += " (included at " + inner.from + ")"
		}
		r.problems = append(r.problems, p)
	}
}

// plainReason is why a file can't be read, without its name.
func plainReason(err error) string {
	var wrong *fs.PathError
	if errors.As(err, &wrong) {
		return wrong.Err.Error()
	}
	return err.Error()
}

// isSteps tells whether a text is a list of steps, for others to include.
func isSteps(text []byte) bool {
	root, err := parseYAML("", text)
	return err == nil && root.Kind == yaml.SequenceNode
}
