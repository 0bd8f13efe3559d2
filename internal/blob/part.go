package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"zhudian/internal/fault"
)

// maxParts is how many files of one owner may be on their way in at once.
const maxParts = 40

// Part is a file that comes in pieces: whose it is, what it will be, and how long.
type Part struct {
	Owner  string // keeps one person's half a file from another's
	Digest string
	Length int64
	Name   string
}

// Arrived gives how many bytes of a part are here already. A whole file is Length, an unknown one 0.
func (s *Store) Arrived(ctx context.Context, p Part) (int64, error) {
	if err := p.check(); err != nil {
		return 0, err
	}
	info, err := os.Stat(s.partFile(p))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fault.Wrap(err, "look for half a file")
	}
	return info.Size(), ctx.Err()
}

// Append adds bytes at an offset, which must be where the part ends. What arrives before the connection breaks stays.
// With its last byte the file is checked as Put checks one, stored, and told to keep; whole reports that. Until keep has
// noted it the part stays, so that it can be finished once more.
// Faults: those of Put; bad_digest, wrong_offset (Conflict), part_busy (Conflict), too_many_parts (TooMany),
// file_altered (Invalid) when the whole is not what its digest says, and then it begins anew.
func (s *Store) Append(ctx context.Context, p Part, offset int64, r io.Reader, keep func(Meta) error) (m Meta, arrived int64, whole bool, err error) {
	if err := p.check(); err != nil {
		return m, 0, false, err
	}
	kind, err := typeOfName(CleanName(p.Name))
	if err != nil {
		return m, 0, false, err
	}
	name := s.partFile(p)
	if _, busy := s.parts.LoadOrStore(name, true); busy {
		return m, 0, false, fault.New(fault.Conflict, "part_busy", "这个文件正在另一处续传。", "This file is being sent from elsewhere.")
	}
	defer s.parts.Delete(name)
	if err := s.room(p); err != nil {
		return m, 0, false, err
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return m, 0, false, fault.Wrap(err, "open half a file")
	}
	defer f.Close() //nolint:errcheck // what counts is stored elsewhere, synced
	if arrived, err = f.Seek(0, io.SeekEnd); err != nil {
		return m, 0, false, fault.Wrap(err, "open half a file")
	}
	if offset != arrived {
		return m, arrived, false, fault.New(fault.Conflict, "wrong_offset", "续传位置不对，请从已收到处继续。", "Wrong offset; go on from what has arrived.")
	}
	n, err := io.Copy(f, io.LimitReader(reader{ctx, r}, p.Length-arrived+1))
	arrived += n
	switch {
	case arrived > p.Length:
		_ = os.Remove(name)
		return m, 0, false, tooLarge()
	case err != nil:
		return m, arrived, false, fault.New(fault.Unavailable, "part_cut", "只收到一部分，请继续发送。", "Only a part arrived; go on sending.").Because(err)
	case arrived < p.Length:
		return m, arrived, false, nil
	}
	if m, err = s.finish(ctx, f, p, kind); err == nil {
		err = keep(m)
	}
	if err == nil || fault.Is(err, fault.Invalid) {
		_ = os.Remove(name)
	}
	return m, arrived, err == nil, err
}

// finish checks the whole file and puts it on the shelf.
func (s *Store) finish(ctx context.Context, f *os.File, p Part, kind Type) (Meta, error) {
	m := Meta{Digest: p.Digest, Size: p.Length, Name: CleanName(p.Name)}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return m, fault.Wrap(err, "read a whole file")
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, reader{ctx, f}); err != nil {
		return m, fault.Wrap(err, "read a whole file")
	}
	if hex.EncodeToString(sum.Sum(nil)) != p.Digest {
		return m, refuse("file_altered", "收到的内容与指纹不符，请重新发送。", "What arrived is not what its digest says; send it again.")
	}
	var err error
	if m.Type, err = inspect(f, m.Size, kind); err != nil {
		return m, err
	}
	return m, fault.Wrap(s.shelf.Put(ctx, m.Digest, f, m.Size), "store the file")
}

func (p Part) check() error {
	switch {
	case !isDigest(p.Digest):
		return fault.New(fault.Malformed, "bad_digest", "文件地址须是 64 位小写十六进制的 SHA-256。", "A file's address is its SHA-256, 64 lower-case hexadecimal digits.")
	case p.Length > Limit:
		return tooLarge()
	case p.Length < 0:
		return fault.New(fault.Malformed, "bad_length", "没有写明文件长度。", "The length of the file is missing.")
	}
	return nil
}

// room refuses a new part when its owner has too many.
func (s *Store) room(p Part) error {
	if _, err := os.Stat(s.partFile(p)); err == nil {
		return nil
	}
	have, err := filepath.Glob(filepath.Join(s.partDir(), "part-"+ownerKey(p.Owner)+"-*"))
	if err != nil || len(have) < maxParts {
		return fault.Wrap(err, "count half files")
	}
	return fault.New(fault.TooMany, "too_many_parts", fmt.Sprintf("同时在传的文件最多 %d 个，请先把前面的传完。", maxParts), fmt.Sprintf("At most %d files at once; finish those before.", maxParts))
}

func (s *Store) partDir() string {
	if s.temp == "" {
		return os.TempDir()
	}
	return s.temp
}

func (s *Store) partFile(p Part) string {
	return filepath.Join(s.partDir(), "part-"+ownerKey(p.Owner)+"-"+p.Digest)
}

// ownerKey is an owner as a part of a file's name.
func ownerKey(owner string) string {
	sum := sha256.Sum256([]byte(owner))
	return hex.EncodeToString(sum[:8])
}
