package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A paper is one file of an archive.
type paper struct {
	name string // with slashes, below the archive's folder
	mode fs.FileMode
	text []byte
}

// pack writes the archive of a platform.
func (r *release) pack(p platform, papers []paper) (err error) {
	program, err := os.ReadFile(r.program(p))
	if err != nil {
		return err
	}
	all := append([]paper{{p.program(), programMode, program}}, papers...)
	slices.SortFunc(all, func(a, b paper) int { return strings.Compare(a.name, b.name) })
	out, err := os.Create(filepath.Join(r.folder, p.archive(r.version)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if p.system == "windows" {
		return writeZip(out, p.stem(r.version), all, r.moment)
	}
	return writeTar(out, p.stem(r.version), all, r.moment, r.effort)
}

// writeTar writes what does not depend on who packs: no owners, and one moment for all. The header of gzip has neither name nor time.
func writeTar(out io.Writer, folder string, papers []paper, moment time.Time, effort int) error {
	squeezed, err := gzip.NewWriterLevel(out, effort)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(squeezed)
	for _, p := range papers {
		header := tar.Header{Typeflag: tar.TypeReg, Name: folder + "/" + p.name, Mode: int64(p.mode), Size: int64(len(p.text)), ModTime: moment, Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(&header); err != nil {
			return err
		}
		if _, err := archive.Write(p.text); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), squeezed.Close())
}

// zipBegins is the first moment that a zip archive can tell of.
func zipBegins() time.Time { return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) }

func writeZip(out io.Writer, folder string, papers []paper, moment time.Time) error {
	if moment.Before(zipBegins()) {
		moment = zipBegins()
	}
	archive := zip.NewWriter(out)
	for _, p := range papers {
		header := zip.FileHeader{Name: folder + "/" + p.name, Method: zip.Deflate, Modified: moment}
		header.SetMode(p.mode)
		file, err := archive.CreateHeader(&header)
		if err != nil {
			return err
		}
		if _, err := file.Write(p.text); err != nil {
			return err
		}
	}
	return archive.Close()
}
