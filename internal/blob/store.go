// Package blob keeps the evidence files: the bytes of what an officer attached, named by their SHA-256,
// never changed and never served when they no longer match their name.
//
// A file is on the disk before the row that names it is committed, so a row never points at nothing;
// a file without a row is harmless and can be swept.
package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"zhudian/internal/fault"
)

// Limit is the largest file an officer may attach, in bytes.
const Limit = 20 << 20

// Meta is what is known of a stored file.
type Meta struct {
	Digest string `json:"digest"` // SHA-256 in lower-case hex: the file's only address
	Size   int64  `json:"size"`   // bytes
	Type   Type   `json:"type"`
	Name   string `json:"name"` // as the person called it, cleaned for display; never used as a path
}

// Shelf is where the bytes lie. Folder is the one on the local disk; an object store is another.
// Put must be durable when it returns and may be repeated; Open answers an fs.ErrNotExist error for an
// unknown digest.
type Shelf interface {
	Put(ctx context.Context, digest string, f io.ReadSeeker, size int64) error
	Open(ctx context.Context, digest string) (io.ReadSeekCloser, error)
	Each(ctx context.Context, fn func(digest string, size int64) error) error
}

// Store checks what comes in and proves what goes out.
type Store struct {
	shelf Shelf
	temp  string
	parts sync.Map // files of parts that are being added to

	copies  copies
	drawing sync.Mutex
}

// Open gives the store over a local folder, made when missing.
func Open(dir string) (*Store, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, fault.Wrap(err, "open the evidence folder")
	}
	return &Store{shelf: f, temp: f.temp(), copies: copies{f}}, nil
}

// On gives the store over another shelf; temp is a local folder for files on their way in ("" = the system's).
func On(s Shelf, temp string) *Store { return &Store{shelf: s, temp: temp} }

// Put reads at most Limit bytes, checks that extension and content agree on an accepted type, and stores the
// file. The same bytes are stored once. Its faults: TooLarge "file_too_large", Invalid "file_*".
func (s *Store) Put(ctx context.Context, r io.Reader, name string) (Meta, error) {
	kind, err := typeOfName(CleanName(name))
	if err != nil {
		return Meta{Name: CleanName(name)}, err
	}
	return s.put(ctx, r, name, kind)
}

// PutTable stores an uploaded table until it is imported: what Put takes of XLSX, or a CSV as it is.
func (s *Store) PutTable(ctx context.Context, r io.Reader, name string) (Meta, error) {
	kind, err := typeOfTable(CleanName(name))
	if err != nil {
		return Meta{Name: CleanName(name)}, err
	}
	return s.put(ctx, r, name, kind)
}

func (s *Store) put(ctx context.Context, r io.Reader, name string, kind Type) (Meta, error) {
	m := Meta{Name: CleanName(name)}
	f, err := os.CreateTemp(s.temp, "in-*")
	if err != nil {
		return m, fault.Wrap(err, "make a file for the upload")
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}()
	sum := sha256.New()
	m.Size, err = io.Copy(io.MultiWriter(f, sum), io.LimitReader(reader{ctx, r}, Limit+1))
	if err != nil {
		return m, fault.Wrap(err, "receive the upload")
	}
	if m.Size > Limit {
		return m, tooLarge()
	}
	if m.Type, err = inspect(f, m.Size, kind); err != nil {
		return m, err
	}
	m.Digest = hex.EncodeToString(sum.Sum(nil))
	return m, fault.Wrap(s.shelf.Put(ctx, m.Digest, f, m.Size), "store the file")
}

// Open gives the file with that digest, after reading it once and finding it unchanged.
// Its faults: NotFound "file_unknown", Internal "file_altered".
func (s *Store) Open(ctx context.Context, digest string) (io.ReadSeekCloser, error) {
	if !isDigest(digest) {
		return nil, unknown()
	}
	f, err := s.shelf.Open(ctx, digest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, unknown()
	}
	if err != nil {
		return nil, fault.Wrap(err, "open a stored file")
	}
	if err := prove(ctx, f, digest); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// Verify reads the stored file and reports whether it still is what its digest says; the faults are Open's.
func (s *Store) Verify(ctx context.Context, digest string) error {
	f, err := s.Open(ctx, digest)
	if err != nil {
		return err
	}
	return f.Close()
}

// Each calls fn for every stored file, in no order, with the size in bytes; it does not verify them.
func (s *Store) Each(ctx context.Context, fn func(digest string, size int64) error) error {
	return s.shelf.Each(ctx, fn)
}

// Sweep removes the files that nothing names and that came in before a time of the file system, and what was drawn of
// them. An upload whose record was never saved is such a file. Other shelves than a folder have rules of their own.
func (s *Store) Sweep(ctx context.Context, named func(digest string) bool, before time.Time) (n int, size int64, err error) {
	f, ok := s.shelf.(*folder)
	if !ok {
		return 0, 0, nil
	}
	err = f.Each(ctx, func(digest string, bytes int64) error {
		name := path.Join(digest[:2], digest)
		i, err := f.root.Stat(name)
		if err != nil || named(digest) || !i.ModTime().Before(before) {
			return err
		}
		if err := f.root.Remove(path.Join(copyDir, digest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		n, size = n+1, size+bytes
		return f.root.Remove(name)
	})
	return n, size, fault.Wrap(err, "sweep the evidence folder")
}

func prove(ctx context.Context, f io.ReadSeeker, digest string) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, reader{ctx, f}); err != nil {
		return fault.Wrap(err, "read a stored file")
	}
	if hex.EncodeToString(sum.Sum(nil)) != digest {
		return fault.New(fault.Internal, "file_altered",
			"这个附件与登记时的内容不一致，已停止提供。请联系系统管理员从备份恢复。",
			"This file no longer matches what was recorded and is not given out. Ask the administrator to restore it from a backup.").
			Because(fmt.Errorf("blob %s is altered", digest))
	}
	_, err := f.Seek(0, io.SeekStart)
	return fault.Wrap(err, "rewind a stored file")
}

func isDigest(s string) bool {
	return len(s) == sha256.Size*2 && strings.Trim(s, "0123456789abcdef") == ""
}

// reader stops a copy when the request is gone.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// folder is the shelf on a local disk: two-letter folders, written aside, synced, then renamed.
type folder struct {
	root *os.Root
	dir  string
}

const tempDir = "incoming"

func openFolder(dir string) (*folder, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	if err := root.MkdirAll(tempDir, 0o750); err != nil {
		return nil, err
	}
	f := &folder{root: root, dir: dir}
	f.sweep(time.Now().Add(-24 * time.Hour)) //nolint:forbidigo // compared with times of the file system, not of the records
	return f, nil
}

func (f *folder) temp() string { return path.Join(f.dir, tempDir) }

// sweep removes uploads that a dead process left half done.
func (f *folder) sweep(before time.Time) {
	list, err := fs.ReadDir(f.root.FS(), tempDir)
	if err != nil {
		return
	}
	for _, e := range list {
		if i, err := e.Info(); err == nil && i.ModTime().Before(before) {
			_ = f.root.Remove(path.Join(tempDir, e.Name()))
		}
	}
}

func (f *folder) Put(ctx context.Context, digest string, in io.ReadSeeker, _ int64) error {
	final := path.Join(digest[:2], digest)
	if old, err := f.root.Open(final); err == nil {
		err = prove(ctx, old, digest)
		_ = old.Close()
		if err == nil {
			return nil // stored before; an altered file is replaced by the good bytes at hand
		}
	}
	if err := f.root.MkdirAll(digest[:2], 0o750); err != nil {
		return err
	}
	if err := f.sync("."); err != nil {
		return err
	}
	aside := path.Join(tempDir, fmt.Sprintf("%s-%s", digest, rand.Text()))
	if err := f.write(ctx, aside, in); err != nil {
		_ = f.root.Remove(aside)
		return err
	}
	if err := f.root.Rename(aside, final); err != nil {
		_ = f.root.Remove(aside)
		return err
	}
	return f.sync(digest[:2])
}

func (f *folder) write(ctx context.Context, name string, in io.ReadSeeker) error {
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return err
	}
	out, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, reader{ctx, in})
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// sync makes the names in a folder durable.
func (f *folder) sync(name string) error {
	d, err := f.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (f *folder) Open(_ context.Context, digest string) (io.ReadSeekCloser, error) {
	return f.root.Open(path.Join(digest[:2], digest))
}

func (f *folder) Each(ctx context.Context, fn func(string, int64) error) error {
	return fs.WalkDir(f.root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (p == tempDir || p == copyDir) {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !isDigest(d.Name()) {
			return errors.Join(err, ctx.Err())
		}
		i, err := d.Info()
		if err != nil {
			return err
		}
		return fn(d.Name(), i.Size())
	})
}

// Restore stores bytes that came with their digest, from an export or a backup; they were inspected when they first
// came in. Fault: Invalid "file_altered" when the bytes are not what the digest says.
func (s *Store) Restore(ctx context.Context, digest string, raw []byte) error {
	sum := sha256.Sum256(raw)
	if hex.EncodeToString(sum[:]) != digest {
		return fault.New(fault.Invalid, "file_altered", "文件内容与它的指纹不符："+digest, "A file is not what its digest says: "+digest)
	}
	return fault.Wrap(s.shelf.Put(ctx, digest, bytes.NewReader(raw), int64(len(raw))), "store the file")
}
