package verify

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// DrawReport is a spot check with its claims, and whether drawing it again gives the same.
type DrawReport struct {
	Draw  Draw    `json:"draw"`
	Items []Drawn `json:"items"`
	Again bool    `json:"again" doc:"drawn again from the ledger with the same seed, it came out the same"`
}

// OpenDraw gives a spot check and draws it again.
func (s *Service) OpenDraw(ctx context.Context, in ByID) (out DrawReport, err error) {
	who, err := audit.Require(ctx, "draw.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = openDraw(ctx, tx, who, in.ID)
		return err
	})
	return out, err
}

func drawInScope(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Draw, error) {
	return db.One[Draw](ctx, tx, `SELECT `+drawColumns+` FROM verify_draw d
		JOIN org_scope o ON o.node_id = d.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? WHERE d.id = ?`, who.Node, tx.Today(), tx.Today(), id)
}

const drawnColumns = `draw_id, line, claim_id, why, result, note, checked_by, checked_at`

func openDraw(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (out DrawReport, err error) {
	if out.Draw, err = drawInScope(ctx, tx, who, id); err != nil {
		return out, err
	}
	if out.Items, err = db.All[Drawn](ctx, tx, `SELECT `+drawnColumns+` FROM verify_drawn WHERE draw_id = ? ORDER BY line`, id); err != nil {
		return out, err
	}
	counted, err := out.Draw.counted(ctx, tx)
	if err != nil {
		return out, err
	}
	out.Again = int64(len(counted)) == out.Draw.Population && sameDrawn(out.Draw.draw(counted), out.Items)
	return out, nil
}

// sameDrawn compares what chance and size drew; what rules noticed is as it was on the day.
func sameDrawn(again, was []Drawn) bool {
	for i, r := range again {
		if i >= len(was) || was[i].Claim != r.Claim || was[i].Why != r.Why {
			return false
		}
	}
	return len(was) == len(again) || was[len(again)].Why == "flagged"
}

// Draws is one part of the spot checks, the newest first.
type Draws struct {
	Items []DrawCount `json:"items"`
}

// DrawCount is a spot check with how far it is.
type DrawCount struct {
	Draw
	Drawn int64 `db:"drawn" json:"drawn"`
	Done  int64 `db:"done" json:"done"`
	Wrong int64 `db:"wrong" json:"wrong"`
}

// AllDraws lists the spot checks in the actor's scope.
func (s *Service) AllDraws(ctx context.Context, _ struct{}) (out Draws, err error) {
	who, err := audit.Require(ctx, "draw.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Items, err = db.All[DrawCount](ctx, tx, `SELECT `+drawColumns+`,
			(SELECT count(*) FROM verify_drawn x WHERE x.draw_id = d.id) AS drawn,
			(SELECT count(*) FROM verify_drawn x WHERE x.draw_id = d.id AND x.result <> '') AS done,
			(SELECT count(*) FROM verify_drawn x WHERE x.draw_id = d.id AND x.result = 'wrong') AS wrong
			FROM verify_draw d JOIN org_scope o ON o.node_id = d.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
			ORDER BY d.made_at DESC, d.id LIMIT 200`, who.Node, tx.Today(), tx.Today())
		return err
	})
	return out, err
}

// CheckResult is what a spot check of one claim came to.
type CheckResult struct {
	Draw   string `path:"id" json:"-"`
	Claim  string `json:"claim"`
	Result string `json:"result" enum:"holds,wrong"`
	Note   string `json:"note,omitempty" maxLength:"500"`
}

// Check writes down what a spot check came to, once, by a person who had no part in the claim.
// Faults: not_allowed, not_found, same_person, already_checked, note required.
func (s *Service) Check(ctx context.Context, in CheckResult) (out Drawn, err error) {
	who, err := audit.Require(ctx, "draw.check")
	if err != nil {
		return out, err
	}
	var c fault.Checks
	if in.Result != "holds" && in.Result != "wrong" {
		c.Add("result", "unknown", "请选择属实或不属实。", "Choose whether it holds.")
	}
	if in.Result == "wrong" {
		c.Require("note", in.Note, "查出的问题", "What was found")
	}
	c.AtMost("note", in.Note, 500)
	if err := c.Err(); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := hold(ctx, tx, []string{in.Claim}); err != nil {
			return err
		}
		if _, err := drawInScope(ctx, tx, who, in.Draw); err != nil {
			return err
		}
		if out, err = db.One[Drawn](ctx, tx, `SELECT `+drawnColumns+` FROM verify_drawn WHERE draw_id = ? AND claim_id = ?`, in.Draw, in.Claim); err != nil {
			return err
		}
		if err := apartFrom(ctx, tx, who, out); err != nil {
			return err
		}
		out.Result, out.Note, out.CheckedBy, out.CheckedAt = in.Result, strings.TrimSpace(in.Note), who.Person, db.Micros(tx.Now())
		if _, err := db.Exec(ctx, tx, `UPDATE verify_drawn SET result = ?, note = ?, checked_by = ?, checked_at = ? WHERE draw_id = ? AND claim_id = ? AND result = ''`,
			out.Result, out.Note, out.CheckedBy, out.CheckedAt, in.Draw, in.Claim); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "draw.check", "draw/"+in.Draw, nil, map[string]any{"claim": in.Claim, "result": out.Result, "note_digest": Digest(out.Note)})
	})
	return out, err
}

// apartFrom refuses those who filed or judged the claim, and a second result.
func apartFrom(ctx context.Context, tx *db.Tx, who audit.Actor, d Drawn) error {
	if d.Result != "" {
		return fault.New(fault.Conflict, "already_checked", "这一项已有抽查结果。", "The claim has its result already.")
	}
	list, err := claims(ctx, tx, []string{d.Claim})
	if err != nil {
		return err
	}
	n, err := db.One[int64](ctx, tx, `SELECT count(*) FROM verify_step WHERE claim_id = ? AND person_id = ?`, d.Claim, who.Person)
	if err == nil && (n > 0 || list[0].FiledBy == who.Person) {
		err = fault.New(fault.Conflict, "same_person", "您申报或核实过这一项，须由另一人抽查。", "You filed or verified this; another person must check it.")
	}
	return err
}
