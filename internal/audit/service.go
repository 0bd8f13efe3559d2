package audit

import (
	"context"
	"io"
	"strconv"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/sheet"
	"zhudian/internal/web"
)

// People names the persons and units of the trail and finds persons by what an auditor types.
type People interface {
	Names(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error)
	Find(ctx context.Context, tx *db.Tx, text string) ([]string, error)
	Units(ctx context.Context, tx *db.Tx, codes []string, lang string) (map[string]string, error)
}

// Service shows the trail to whoever audits. Nothing in it writes but the note of an export.
type Service struct {
	DB     *db.DB
	People People
}

// Filter asks for records of the trail.
type Filter struct {
	db.Page
	Person  string `json:"person,omitempty" doc:"Id, login or name"`
	Action  string `json:"action,omitempty" doc:"Whole, as company.merge, or its first word"`
	Object  string `json:"object,omitempty" doc:"Record, as company/0192…"`
	From    string `json:"from,omitempty" format:"date"`
	Through string `json:"through,omitempty" format:"date"`
}

// Item is a record with its people named and personal data masked.
type Item struct {
	Record
	PersonName string `json:"person_name"`
	UnitName   string `json:"unit_name"`
}

// Trail is a part of the trail, newest first.
type Trail struct {
	Items []Item `json:"items"`
	Next  string `json:"next,omitempty"`
}

const columns = `chain, seq, at, person_id, account_id, unit_id, roles, source, action, object, change, prev, hash`

// mine limits what is read to the chains of the auditor's place: a province's code ends in 0000 and sees every chain,
// a prefecture its own.
func mine(who Actor) (cond string, args []any) {
	if who.Chain == "root" || strings.HasSuffix(who.Chain, "0000") {
		return "1 = 1", nil
	}
	return "chain = ?", []any{who.Chain}
}

// List gives the trail by a filter. Faults: not_allowed, bad_cursor, bad_date.
func (s *Service) List(ctx context.Context, in Filter) (out Trail, err error) {
	who, err := Require(ctx, "audit.read")
	if err != nil {
		return out, err
	}
	n, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(3)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		where, args, err := s.where(ctx, tx, who, in)
		if err != nil {
			return err
		}
		if key != nil {
			at, err1 := strconv.ParseInt(key[0], 10, 64)
			seq, err2 := strconv.ParseInt(key[2], 10, 64)
			if err1 != nil || err2 != nil {
				return fault.New(fault.Malformed, "bad_cursor", "翻页位置无效，请从第一页重新开始。", "The page cursor is not valid; start again from the first page.")
			}
			where += ` AND (at < ? OR (at = ? AND (chain < ? OR (chain = ? AND seq < ?))))`
			args = append(args, at, at, key[1], key[1], seq)
		}
		rows, err := db.All[Record](ctx, tx, `SELECT `+columns+` FROM audit_record WHERE `+where+` ORDER BY at DESC, chain DESC, seq DESC LIMIT ?`, append(args, int64(n+1))...)
		if err != nil {
			return err
		}
		if len(rows) > n {
			rows = rows[:n]
			last := rows[n-1]
			out.Next = db.Cursor(strconv.FormatInt(last.At, 10), last.Chain, strconv.FormatInt(last.Seq, 10))
		}
		out.Items, err = s.named(ctx, tx, rows)
		return err
	})
	return out, err
}

// where turns the filter into a condition.
func (s *Service) where(ctx context.Context, tx *db.Tx, who Actor, in Filter) (string, []any, error) {
	cond, args := mine(who)
	conds := []string{cond}
	add := func(cond string, arg ...any) { conds, args = append(conds, cond), append(args, arg...) }
	if in.Person != "" {
		ids, err := s.People.Find(ctx, tx, in.Person)
		if err != nil {
			return "", nil, err
		}
		add("person_id IN "+db.In(len(ids)), db.Args(ids)...)
	}
	switch {
	case strings.Contains(in.Action, "."):
		add("action = ?", in.Action)
	case in.Action != "":
		add("action >= ? AND action < ?", in.Action+".", in.Action+"/") // '/' follows '.'
	}
	if in.Object != "" {
		add("object = ?", in.Object)
	}
	var c fault.Checks
	for _, edge := range []struct{ name, day, cond string }{{"from", in.From, "at >= ?"}, {"through", in.Through, "at < ?"}} {
		if edge.day == "" {
			continue
		}
		begin, err := db.DayStart(edge.day)
		if err != nil {
			c.Add(edge.name, "bad_date", "不是日期。", "Not a date.")
			continue
		}
		if edge.name == "through" {
			begin = begin.AddDate(0, 0, 1)
		}
		add(edge.cond, db.Micros(begin))
	}
	return strings.Join(conds, " AND "), args, c.Err()
}

// named puts names beside ids and masks what the changes hold of persons.
func (s *Service) named(ctx context.Context, tx *db.Tx, rows []Record) ([]Item, error) {
	people, units := make([]string, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		people[i], units[i] = r.Person, r.Unit
	}
	names, err := s.People.Names(ctx, tx, people)
	if err != nil {
		return nil, err
	}
	places, err := s.People.Units(ctx, tx, units, web.Lang(ctx))
	out := make([]Item, len(rows))
	for i, r := range rows {
		r.Change = masked(r.Change)
		out[i] = Item{Record: r, PersonName: names[r.Person], UnitName: places[r.Unit]}
	}
	return out, err
}

// ByLink names a record of the trail.
type ByLink struct {
	Chain string `json:"chain"`
	Seq   int64  `json:"seq"`
}

// Detail is one record with what it changed and whether it holds in its chain.
type Detail struct {
	Item
	Changes []Change `json:"changes"`
	Holds   bool     `json:"holds" doc:"Its content gives its hash, and it follows its predecessor"`
	Heads   int64    `json:"length" doc:"Records of its chain"`
}

// Get gives one record. Faults: not_allowed, not_found.
func (s *Service) Get(ctx context.Context, in ByLink) (out Detail, err error) {
	who, err := Require(ctx, "audit.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		cond, args := mine(who)
		r, err := db.One[Record](ctx, tx, `SELECT `+columns+` FROM audit_record WHERE chain = ? AND seq = ? AND `+cond, append([]any{in.Chain, in.Seq}, args...)...)
		if err != nil {
			return err
		}
		prev, _, err := db.Maybe[string](ctx, tx, `SELECT hash FROM audit_record WHERE chain = ? AND seq = ?`, r.Chain, r.Seq-1)
		if err != nil {
			return err
		}
		out.Holds = r.Hash == r.digest() && r.Prev == prev
		if out.Heads, err = db.One[int64](ctx, tx, `SELECT seq FROM audit_head WHERE chain = ?`, r.Chain); err != nil {
			return err
		}
		out.Changes = Changes(r)
		items, err := s.named(ctx, tx, []Record{r})
		if err == nil {
			out.Item = items[0]
		}
		return err
	})
	return out, err
}

// ChainState is one chain of the trail as it stands.
type ChainState struct {
	Chain string `db:"chain" json:"chain"`
	Seq   int64  `db:"seq" json:"records"`
	Hash  string `db:"hash" json:"hash"`
	Name  string `db:"-" json:"name"`
}

// Proof is the trail recomputed.
type Proof struct {
	Records int64        `json:"records"`
	Chains  []ChainState `json:"chains"`
	Broken  []Broken     `json:"broken"`
}

// Chains gives the heads of the chains. Fault: not_allowed.
func (s *Service) Chains(ctx context.Context) (out []ChainState, err error) {
	who, err := Require(ctx, "audit.read")
	if err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = s.heads(ctx, tx, who)
		return err
	})
	return out, err
}

func (s *Service) heads(ctx context.Context, tx *db.Tx, who Actor) ([]ChainState, error) {
	cond, args := mine(who)
	out, err := db.All[ChainState](ctx, tx, `SELECT chain, seq, hash FROM audit_head WHERE `+cond+` ORDER BY chain`, args...)
	if err != nil {
		return nil, err
	}
	codes := make([]string, len(out))
	for i, h := range out {
		codes[i] = h.Chain
	}
	names, err := s.People.Units(ctx, tx, codes, web.Lang(ctx))
	for i := range out {
		out[i].Name = names[out[i].Chain]
	}
	return out, err
}

// Prove recomputes every chain from its first record. Fault: not_allowed.
func (s *Service) Prove(ctx context.Context, _ struct{}) (out Proof, err error) {
	who, err := Require(ctx, "audit.verify")
	if err != nil {
		return out, err
	}
	out.Broken = []Broken{}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out.Chains, err = s.heads(ctx, tx, who); err != nil {
			return err
		}
		n, broken, err := Verify(ctx, tx)
		out.Records, out.Broken = n, append(out.Broken, broken...)
		return err
	})
	return out, err
}

// Export writes the records of a filter as a table and notes that it did. Fault: not_allowed.
func (s *Service) Export(ctx context.Context, in Filter, w io.Writer) error {
	who, err := Require(ctx, "audit.read")
	if err != nil {
		return err
	}
	out, err := sheet.NewWriter(w, sheet.CSV, web.T(ctx, "audit.title"))
	if err != nil {
		return err
	}
	heads := []string{"at", "person", "unit", "roles", "source", "action", "object", "change", "chain", "seq", "hash"}
	names := make([]string, len(heads))
	for i, h := range heads {
		names[i] = web.T(ctx, "audit.col."+h)
	}
	var n int64
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		where, args, err := s.where(ctx, tx, who, in)
		if err != nil {
			return err
		}
		if err := out.Head(names...); err != nil {
			return err
		}
		part := []Record{}
		flush := func() error {
			items, err := s.named(ctx, tx, part)
			for _, x := range items {
				n++
				if err == nil {
					err = out.Row(web.MomentFull(db.FromMicros(x.At)), x.PersonName, x.UnitName, x.Roles, x.Source, x.Action, x.Object, x.Change, x.Chain, x.Seq, x.Hash)
				}
			}
			part = part[:0]
			return err
		}
		rows, err := db.All[Record](ctx, tx, `SELECT `+columns+` FROM audit_record WHERE `+where+` ORDER BY at DESC, chain DESC, seq DESC LIMIT ?`, append(args, int64(exportMax))...)
		for _, r := range rows {
			if part = append(part, r); err == nil && len(part) == 500 {
				err = flush()
			}
		}
		if err != nil {
			return err
		}
		return flush()
	})
	if err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return Note(ctx, tx, "audit.export", "audit", nil, map[string]any{"filter": in, "rows": n})
	})
}

// exportMax bounds one table; the filter by dates gives the next part.
const exportMax = 100_000
