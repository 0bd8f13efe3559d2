package blob

import (
	"bytes"
	"io"

	"zhudian/internal/fault"
)

// Voice reports whether a media type is one of the recordings a phone makes.
func Voice(mime string) bool { return mime == WEBM.MIME() || mime == M4A.MIME() }

// inspectVoice asks for the frame of a recording and refuses one with pictures in it: a film is no voice note.
func inspectVoice(f io.ReaderAt, size int64, want Type) error {
	head := make([]byte, min(size, 8<<10))
	if _, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		return fault.Wrap(err, "read the upload")
	}
	ok, film := false, false
	if want == WEBM {
		ok = bytes.Contains(head[:min(len(head), 64)], []byte("webm")) && bytes.Contains(head, []byte("A_OPUS"))
		film = bytes.Contains(head, []byte("V_VP8")) || bytes.Contains(head, []byte("V_VP9")) || bytes.Contains(head, []byte("V_AV1")) || bytes.Contains(head, []byte("V_MPEG"))
	} else {
		var err error
		if ok, err = contains(io.NewSectionReader(f, 0, size), []byte("soun")); err == nil {
			film, err = contains(io.NewSectionReader(f, 0, size), []byte("vide"))
		}
		if err != nil {
			return fault.Wrap(err, "read the upload")
		}
	}
	switch {
	case film:
		return refuse("file_film", "只收录音，不收录像。", "Recordings of the voice only, no film.")
	case !ok:
		return broken(string(want))
	}
	return nil
}
