package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

// Draw is a random spot check of what counted at a moment. Who has the seed can draw it again: the claims that counted
// are ordered by SHA-256 of the seed, a line break and the claim's id, and the first of them are taken.
type Draw struct {
	ID         string `db:"id" json:"id"`
	Node       string `db:"node_id" json:"node"`
	Title      string `db:"title" json:"title"`
	Route      Route  `db:"route" json:"route"`
	From       string `db:"from_day" json:"from"`
	Through    string `db:"through_day" json:"through"`
	Known      string `db:"known" json:"known" doc:"moment at which they counted, RFC 3339"`
	Seed       string `db:"seed" json:"seed"`
	Permille   int64  `db:"permille" json:"permille" doc:"part drawn, of 1,000"`
	Big        int64  `db:"big" json:"big" doc:"every claim of at least so much is in it, fen; 0 for none"`
	Flagged    bool   `db:"flagged" json:"flagged" doc:"every claim that a rule noticed is in it"`
	Population int64  `db:"population" json:"population" doc:"claims that counted"`
	MadeBy     string `db:"made_by" json:"made_by"`
	MadeAt     int64  `db:"made_at" json:"made_at"`
}

const drawColumns = `d.id, d.node_id, d.title, d.route, d.from_day, d.through_day, d.known, d.seed, d.permille, d.big, d.flagged, d.population, d.made_by, d.made_at`

// Drawn is one claim of a spot check.
type Drawn struct {
	Draw      string `db:"draw_id" json:"-"`
	Line      int64  `db:"line" json:"line"`
	Claim     string `db:"claim_id" json:"claim"`
	Why       string `db:"why" json:"why" enum:"drawn,big,flagged"`
	Result    string `db:"result" json:"result" enum:",holds,wrong"`
	Note      string `db:"note" json:"note,omitempty"`
	CheckedBy string `db:"checked_by" json:"checked_by,omitempty"`
	CheckedAt int64  `db:"checked_at" json:"checked_at,omitempty"`
}

// drawMeasures are what counts on each route.
var drawMeasures = map[Route][]string{
	FieldRoute:   {"visit.enterprise", "visit.association", "tour", "event.held"},
	ProjectRoute: {"contract.amount", "funds.received", "project.started", "project.produced"},
}

// maxDrawn bounds a spot check: nobody looks at more.
const maxDrawn = 5000

// NewDraw is what a spot check needs.
type NewDraw struct {
	Title    string `json:"title" maxLength:"100"`
	Route    Route  `json:"route" enum:"field,project"`
	From     string `json:"from" doc:"first business date"`
	Through  string `json:"through" doc:"last business date"`
	Seed     string `json:"seed" maxLength:"100" doc:"a public number that nobody could know before, with where it stands"`
	Permille int64  `json:"permille" minimum:"1" maximum:"1000"`
	Big      int64  `json:"big,omitempty" minimum:"0"`
	Flagged  bool   `json:"flagged,omitempty"`
}

// MakeDraw draws a spot check out of what counts now in the actor's scope. Faults: not_allowed, Invalid, nothing_counts.
func (s *Service) MakeDraw(ctx context.Context, in NewDraw) (out Draw, err error) {
	who, err := audit.Require(ctx, "draw.make")
	if err != nil {
		return out, err
	}
	in.Title, in.Seed = strings.TrimSpace(in.Title), strings.TrimSpace(in.Seed)
	if err := in.check(); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = Draw{
			ID: tx.ID(), Node: who.Node, Title: in.Title, Route: in.Route, From: in.From, Through: in.Through, Known: tx.Now().Format(time.RFC3339Nano),
			Seed: in.Seed, Permille: in.Permille, Big: in.Big, Flagged: in.Flagged, MadeBy: who.Person, MadeAt: db.Micros(tx.Now()),
		}
		counted, err := out.counted(ctx, tx)
		if err != nil {
			return err
		}
		if len(counted) == 0 {
			return fault.BadField("from", "nothing_counts", "这段时间没有已认定的申报，请换个起止日期。", "Nothing was recognised for these days; choose others.")
		}
		out.Population = int64(len(counted))
		rows := out.draw(counted)
		if rows, err = out.addFlagged(ctx, tx, counted, rows); err != nil {
			return err
		}
		if len(rows) > maxDrawn {
			return fault.BadField("permille", "too_many", "抽出的超过 5,000 项，请降低比例或缩短时间。", "More than 5,000 would be drawn; lower the part or shorten the time.")
		}
		if err := db.Insert(ctx, tx, "verify_draw", out); err != nil {
			return err
		}
		if err := db.Insert(ctx, tx, "verify_drawn", rows); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "draw.make", "draw/"+out.ID, nil, map[string]any{"seed": out.Seed, "population": out.Population, "drawn": len(rows)})
	})
	return out, err
}

func (in NewDraw) check() error {
	var c fault.Checks
	c.Require("title", in.Title, "名称", "A title").AtMost("title", in.Title, 100)
	c.Require("seed", in.Seed, "公开种子，例如当天的收盘指数", "A public seed, such as the day's closing index").AtMost("seed", in.Seed, 100)
	if drawMeasures[in.Route] == nil {
		c.Add("route", "unknown", "请选择查项目和资金，还是查走访和考察。", "Choose projects and money, or field work.")
	}
	if days, ok := daysBetween(in.From, in.Through); !ok || days < 0 || days > 366 {
		c.Add("from", "bad_span", "请给出不超过一年的起止日期。", "Give a first and last day, at most a year apart.")
	}
	if in.Permille < 1 || in.Permille > 1000 {
		c.Add("permille", "out_of_range", "抽查比例请填千分之 1 到 1000。", "The part is 1 to 1,000 of 1,000.")
	}
	if in.Big < 0 {
		c.Add("big", "out_of_range", "金额不能小于零。", "The amount is not below zero.")
	}
	return c.Err()
}

// counted gives the claims that the draw is out of: those that stood in the recognised book at its moment.
func (d Draw) counted(ctx context.Context, tx *db.Tx) ([]ledger.CountedClaim, error) {
	return ledger.CountedClaims(ctx, tx, d.Node, ledger.FiguresIn{From: d.From, Through: d.Through, Known: d.Known, Book: string(ledger.Recognised), Measure: drawMeasures[d.Route]})
}

// draw takes the first claims by their rank, and every big one.
func (d Draw) draw(counted []ledger.CountedClaim) []Drawn {
	ranked := slices.Clone(counted)
	rank := map[string]string{}
	for _, c := range counted {
		sum := sha256.Sum256([]byte(d.Seed + "\n" + c.Claim))
		rank[c.Claim] = hex.EncodeToString(sum[:])
	}
	slices.SortFunc(ranked, func(a, b ledger.CountedClaim) int { return strings.Compare(rank[a.Claim], rank[b.Claim]) })
	n := (int64(len(ranked))*d.Permille + 999) / 1000
	var out []Drawn
	for i, c := range ranked {
		switch {
		case int64(i) < n:
			out = append(out, Drawn{Draw: d.ID, Line: int64(len(out) + 1), Claim: c.Claim, Why: "drawn"})
		case d.Big > 0 && c.Amount >= d.Big:
			out = append(out, Drawn{Draw: d.ID, Line: int64(len(out) + 1), Claim: c.Claim, Why: "big"})
		}
	}
	return out
}

// addFlagged adds the claims that a rule noticed by now.
func (d Draw) addFlagged(ctx context.Context, tx *db.Tx, counted []ledger.CountedClaim, rows []Drawn) ([]Drawn, error) {
	if !d.Flagged {
		return rows, nil
	}
	in := map[string]bool{}
	for _, r := range rows {
		in[r.Claim] = true
	}
	for part := range slices.Chunk(counted, 500) {
		ids := make([]string, len(part))
		for i, c := range part {
			ids[i] = c.Claim
		}
		flagged, err := db.All[string](ctx, tx, `SELECT id FROM verify_claim WHERE risk > 0 AND id IN `+db.In(len(ids))+` ORDER BY id`, db.Args(ids)...)
		if err != nil {
			return nil, err
		}
		for _, id := range flagged {
			if !in[id] {
				rows = append(rows, Drawn{Draw: d.ID, Line: int64(len(rows) + 1), Claim: id, Why: "flagged"})
			}
		}
	}
	return rows, nil
}
