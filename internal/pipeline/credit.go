package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/verify"
)

// creditMeasures are what credit is divided by: contract is the contract with the stages that count, funds the money received.
var creditMeasures = []string{"contract", "funds"}

// Share is a part of the credit, in millionths.
type Share struct {
	Unit  string `db:"unit_id" json:"unit"`
	Team  string `db:"team_id" json:"team,omitempty"`
	Share int64  `db:"share" json:"share" minimum:"1" maximum:"1000000"`
}

// creditOf turns the shares of a form into those of the ledger.
func (k *known) creditOf(in []Share, day string) ([]ledger.Share, error) {
	var out []ledger.Share
	for _, x := range in {
		place, err := k.dir.Path(x.Unit, day)
		if err != nil {
			return nil, fault.BadField("shares", "unknown_unit", "份额里的单位不存在。", "A share names a unit that does not exist.")
		}
		station, _, _ := strings.Cut(x.Team, ".")
		out = append(out, ledger.Share{City: place.City, County: place.County, Unit: x.Unit, Team: x.Team, Station: station, PPM: x.Share})
	}
	return out, nil
}

// credit gives the shares under which a claim of a project is filed.
func (k *known) credit(ctx context.Context, tx *db.Tx, project, measure, day string) ([]ledger.Share, error) {
	stored, err := creditBy(ctx, tx, project, measure)
	if err != nil {
		return nil, err
	}
	return k.creditOf(stored, day)
}

// Credit changes who is credited for a project.
type Credit struct {
	Project string  `json:"project"`
	Measure string  `json:"measure,omitempty" enum:"contract,funds," doc:"default both"`
	Shares  []Share `json:"shares" minItems:"1" maxItems:"10"`
	Reason  string  `json:"reason"`
}

// SetCredit rules who is credited for a project's contract and funds: every entry is reversed and posted again at the same
// total. The parties themselves agree by a Split. Faults: not_allowed, not_found, share_total, split_open, reason required.
func (s *Service) SetCredit(ctx context.Context, in Credit) (out Project, err error) {
	who, err := audit.Require(ctx, "credit.edit")
	if err != nil {
		return out, err
	}
	var c fault.Checks
	if err := c.Require("reason", in.Reason, "理由", "A reason").Err(); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = inScope(ctx, tx, who.Node, in.Project); err != nil {
			return err
		}
		if err := noOpenSplit(ctx, tx, out.registration()); err != nil {
			return err
		}
		if err := setCredit(ctx, tx, out.ID, in.Measure, in.Shares, in.Reason); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "credit.set", "project/"+out.ID, nil, in)
	})
	return out, err
}

// measuresOf reads a measure, where "" means both.
func measuresOf(measure string) []string {
	if measure == "" {
		return creditMeasures
	}
	return []string{measure}
}

// setCredit keeps the shares and posts again what stands under others.
func setCredit(ctx context.Context, tx *db.Tx, project, measure string, shares []Share, reason string) error {
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	credit, err := (&known{dir: dir}).creditOf(shares, tx.Today())
	if err != nil {
		return err
	}
	for _, m := range measuresOf(measure) {
		subjects, err := creditSubjects(ctx, tx, project, m)
		if err != nil {
			return err
		}
		if err := reshare(ctx, tx, subjects, credit, reason); err != nil {
			return err
		}
	}
	return saveCredit(ctx, tx, project, measure, shares)
}

func reshare(ctx context.Context, tx *db.Tx, subjects []string, credit []ledger.Share, reason string) error {
	found, err := verify.ClaimsOf(ctx, tx, subjects)
	if err != nil {
		return err
	}
	for _, subject := range subjects {
		claim, ok := found[subject]
		if !ok {
			continue
		}
		if err := ledger.Reshare(ctx, tx, ledger.Round{Claim: claim.ID, Round: claim.Round}, credit, reason); err != nil {
			return err
		}
	}
	return nil
}

// checkShares refuses shares that nobody could be credited by.
func checkShares(d *org.Directory, shares []Share) error {
	var c fault.Checks
	var sum int64
	for i, x := range shares {
		at := fmt.Sprintf("shares[%d].", i)
		if _, err := d.Unit(x.Unit); err != nil {
			c.Add(at+"unit", "unknown_unit", "没有这个单位。", "There is no such unit.")
		}
		if x.Share <= 0 {
			c.Add(at+"share", "share_range", "每一份须大于 0。", "Each share must be above zero.")
		}
		if slices.ContainsFunc(shares[:i], func(y Share) bool { return y.Unit == x.Unit && y.Team == x.Team }) {
			c.Add(at+"unit", "repeated", "同一方写了两次。", "The same party is named twice.")
		}
		sum += x.Share
	}
	if len(shares) == 0 {
		c.Add("shares", "required", "请写明各方的份额。", "Give the shares.")
	} else if sum != ledger.Whole {
		c.Add("shares", "share_total", "份额合计须为 100%。", "The shares must add up to 100%.")
	}
	return c.Err()
}

type shareRow struct {
	Project string `db:"project_id"`
	Line    int64  `db:"line"`
	Share
}

type measureShareRow struct {
	Measure string `db:"measure"`
	shareRow
}

// saveCredit keeps the shares of one measure beside those of the project, or of all measures in their place.
func saveCredit(ctx context.Context, tx *db.Tx, project, measure string, shares []Share) error {
	rows := make([]shareRow, len(shares))
	apart := make([]measureShareRow, len(shares))
	for i, s := range shares {
		rows[i] = shareRow{project, int64(i), s}
		apart[i] = measureShareRow{measure, rows[i]}
	}
	if measure != "" {
		if _, err := db.Exec(ctx, tx, `DELETE FROM pipeline_measure_share WHERE project_id = ? AND measure = ?`, project, measure); err != nil {
			return err
		}
		return db.Insert(ctx, tx, "pipeline_measure_share", apart)
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM pipeline_measure_share WHERE project_id = ?`, project); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM pipeline_share WHERE project_id = ?`, project); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "pipeline_share", rows)
}

// creditBy gives the shares of a project's measure; none when all is its team's.
func creditBy(ctx context.Context, tx *db.Tx, project, measure string) ([]Share, error) {
	apart, err := db.All[Share](ctx, tx, `SELECT unit_id, team_id, share FROM pipeline_measure_share WHERE project_id = ? AND measure = ? ORDER BY line`, project, measure)
	if err != nil || len(apart) > 0 {
		return apart, err
	}
	return db.All[Share](ctx, tx, `SELECT unit_id, team_id, share FROM pipeline_share WHERE project_id = ? ORDER BY line`, project)
}

// creditSubjects names the claims whose credit follows the shares of a measure.
func creditSubjects(ctx context.Context, tx *db.Tx, project, measure string) ([]string, error) {
	if measure == "funds" {
		return named(ctx, tx, "funds/", `SELECT id FROM pipeline_funds WHERE project_id = ? ORDER BY received_on, id`, project)
	}
	stages, err := named(ctx, tx, "stage/", `SELECT id FROM pipeline_move WHERE project_id = ? AND stage IN ('C1', 'P2') ORDER BY stage`, project)
	return append([]string{"contract/" + project}, stages...), err
}

func named(ctx context.Context, tx *db.Tx, kind, query, project string) ([]string, error) {
	ids, err := db.All[string](ctx, tx, query, project)
	for i := range ids {
		ids[i] = kind + ids[i]
	}
	return ids, err
}
