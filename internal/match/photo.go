package match

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
)

// Photo is a picture of a site; Blob is its SHA-256.
type Photo struct {
	ID      string `db:"id" json:"id"`
	Site    string `db:"site_id" json:"-"`
	Blob    string `db:"blob" json:"blob"`
	Name    string `db:"name" json:"name"`
	Type    string `db:"type" json:"type"`
	Size    int64  `db:"size" json:"size"`
	Caption string `db:"caption" json:"caption,omitempty"`
	At      int64  `db:"at" json:"at"`
}

// Title is the caption, or the name of the file.
func (p Photo) Title() string {
	if p.Caption != "" {
		return p.Caption
	}
	return p.Name
}

// maxPhotos of one site.
const maxPhotos = 12

// AddPhotos are pictures that were uploaded and belong to a site.
type AddPhotos struct {
	Site    string            `json:"site"`
	Caption string            `json:"caption,omitempty" maxLength:"80"`
	Files   []verify.Evidence `json:"files" maxItems:"12" doc:"as POST /api/v1/evidence gave them"`
}

// AddPhotos puts pictures on the page of a site of one's own. Faults: Invalid (files), not_found, not_allowed.
func (s *Service) AddPhotos(ctx context.Context, in AddPhotos) (out SiteRecord, err error) {
	who, err := audit.Require(ctx, "site.edit")
	if err != nil {
		return out, err
	}
	if err := verify.Stored(ctx, s.Files, in.Files); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := ownSite(ctx, tx, who, in.Site); err != nil {
			return err
		}
		have, err := photosOf(ctx, tx, in.Site)
		if err != nil {
			return err
		}
		var c fault.Checks
		if len(in.Files) == 0 {
			c.Add("files", "required", "请选择图片。", "Choose pictures.")
		}
		if len(have)+len(in.Files) > maxPhotos {
			c.Add("files", "too_many", "一处载体最多 12 张图片。", "A site has at most 12 pictures.")
		}
		if slices.ContainsFunc(in.Files, func(e verify.Evidence) bool { return e.Type != blob.PNG.MIME() && e.Type != blob.JPEG.MIME() }) {
			c.Add("files", "not_a_picture", "只收 JPG 和 PNG 图片。", "Pictures only, JPG or PNG.")
		}
		c.AtMost("caption", in.Caption, 80)
		if err := c.Err(); err != nil {
			return err
		}
		for _, e := range in.Files {
			p := Photo{ID: tx.ID(), Site: in.Site, Blob: e.Blob, Name: e.Name, Type: e.Type, Size: e.Size, Caption: strings.TrimSpace(in.Caption), At: db.Micros(tx.Now())}
			if err := db.Insert(ctx, tx, "match_photo", p); err != nil {
				return err
			}
		}
		if err := stir(ctx, tx); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "site.photo", "site/"+in.Site, nil, map[string]any{"pictures": len(in.Files)})
	})
	if err != nil {
		return out, err
	}
	return s.GetSite(ctx, ByID{in.Site})
}

func (s *Service) photo(ctx context.Context, id string) (out Photo, err error) {
	if _, err := audit.Require(ctx, "site.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = db.One[Photo](ctx, tx, `SELECT id, site_id, blob, name, type, size, caption, at FROM match_photo WHERE id = ?`, id)
		return absent(err)
	})
	return out, err
}
