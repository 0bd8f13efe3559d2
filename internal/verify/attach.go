package verify

import (
	"context"
	"mime/multipart"

	"zhudian/internal/blob"
	"zhudian/internal/fault"
)

// Attach stores uploaded files and gives them as evidence to be named in a filing. The files stay when the filing
// fails: nothing points at them. Faults: those of blob.Put, all under the name of the form's field.
func Attach(ctx context.Context, store *blob.Store, files []*multipart.FileHeader, field string) ([]Evidence, error) {
	var out []Evidence
	for _, h := range files {
		f, err := h.Open()
		if err != nil {
			return nil, fault.Wrap(err, "read an upload")
		}
		m, err := store.Put(ctx, f, h.Filename)
		_ = f.Close()
		if err != nil {
			return nil, underField(err, field)
		}
		out = append(out, Evidence{Blob: m.Digest, Name: m.Name, Type: m.Type.MIME(), Size: m.Size})
	}
	return out, nil
}

// underField gives a file's fault the name of the input it came from.
func underField(err error, field string) error {
	f := fault.Of(err)
	if f.Kind != fault.Invalid && f.Kind != fault.TooLarge {
		return err
	}
	if len(f.Fields) == 0 {
		return fault.BadField(field, f.Code, f.Words.ZH, f.Words.EN)
	}
	for i := range f.Fields {
		f.Fields[i].Name = field
	}
	return f
}

// Stored checks that the files a client names as evidence were uploaded. Fault: file_unknown, as evidence.
func Stored(ctx context.Context, store *blob.Store, files []Evidence) error {
	for _, e := range files {
		err := store.Verify(ctx, e.Blob)
		if fault.Is(err, fault.NotFound) {
			return fault.BadField("evidence", "file_unknown", "没有这个文件，请先上传。", "There is no such file; upload it first.")
		}
		if err != nil {
			return err
		}
	}
	return nil
}
