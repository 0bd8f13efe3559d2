package bulletin

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/org"
)

// mastheads are the red heads of the kinds that have one; a press text has none.
var mastheads = map[string]string{"brief": "驻点招商简报", "report": "驻点招商专报"}

var bookWords = map[string]string{"filed": "申报口径", "reviewed": "审核口径", "recognised": "认定口径"}

// SheetOf prepares a document for paper. An unsigned one is marked 草稿.
func SheetOf(ctx context.Context, tx *db.Tx, v View) (Sheet, error) {
	d := v.Document
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return Sheet{}, err
	}
	u, err := dir.Unit(d.Unit)
	if err != nil {
		return Sheet{}, err
	}
	values := v.Now
	at := tx.Now()
	if d.State == Signed {
		values, at = v.Frozen, db.FromMicros(d.SignedAt)
	}
	s := Sheet{
		Masthead: mastheads[d.Kind], IssueNo: d.IssueNo, Agency: u.Agency, Date: chineseDate(at), Title: plain(runsOf(d.Title, byKey(values))),
		Blocks: v.Blocks, Draft: d.State != Signed,
	}
	s.Notes = append(s.Notes, fmt.Sprintf("数据截至 %s，%s。", d.Through, bookWords[d.Book]))
	for _, x := range values {
		if x.Cited != nil {
			s.Notes = append(s.Notes, fmt.Sprintf("引用：%s %s，%s（%s）。", x.Cited.Name, x.Cited.Value, x.Cited.Source, x.Cited.SourceOn))
		}
	}
	if d.State == Signed {
		s.Notes = append(s.Notes, "溯源码 "+d.TraceCode+"：凭此码可查到每个数字的来历。")
	}
	return s, nil
}

func chineseDate(t time.Time) string {
	y, m, d := t.In(db.Zone()).Date()
	return fmt.Sprintf("%d年%d月%d日", y, int(m), d)
}

// Word writes a document of the person's scope as a Word file. Fault: not_found.
func (s *Service) Word(ctx context.Context, id string, w io.Writer) error {
	who, err := audit.Require(ctx, "bulletin.read")
	if err != nil {
		return err
	}
	var sheet Sheet
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		d, err := inScope(ctx, tx, who.Node, id)
		if err != nil {
			return err
		}
		v, err := view(ctx, tx, d)
		if err != nil {
			return err
		}
		sheet, err = SheetOf(ctx, tx, v)
		return err
	})
	if err != nil {
		return err
	}
	return sheet.WriteWord(w)
}

// Unsigned prepares a document straight from a template, for the command line: it is stored nowhere.
// Slots of the template that cite are answered by the newest checked citation of that name, or left as "—".
func Unsigned(ctx context.Context, tx *db.Tx, unit string, t Template, station, through string) (Sheet, error) {
	d := Document{Title: t.Title, Kind: t.Kind, Unit: unit, Node: unit, Station: station, Through: through, Book: "recognised", Body: t.Body, State: Draft}
	for _, s := range t.Slots {
		if s.Citation == "?" {
			id, ok, err := db.Maybe[string](ctx, tx, `SELECT id FROM bulletin_citation WHERE name = ? AND checked_by <> '' ORDER BY checked_at DESC LIMIT 1`, s.Title)
			if err != nil {
				return Sheet{}, err
			}
			if s.Citation = id; !ok {
				d.Body = strings.ReplaceAll(d.Body, "{{"+s.Key+"}}", "—")
				continue
			}
		}
		d.Slots = append(d.Slots, s)
	}
	v, err := view(ctx, tx, d)
	if err != nil {
		return Sheet{}, err
	}
	return SheetOf(ctx, tx, v)
}

// TitleOf is a document's title with its numbers written in.
func TitleOf(v View) string {
	values := v.Now
	if v.Document.State == Signed {
		values = v.Frozen
	}
	return plain(runsOf(v.Document.Title, byKey(values)))
}
