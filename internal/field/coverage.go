package field

import (
	"cmp"
	"context"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Tally counts doors by what was found since a day: of a building, a block or a district, whoever knocked.
type Tally struct {
	Doors   int64 `db:"doors" json:"doors"`
	Reached int64 `db:"reached" json:"reached" doc:"doors with any answer since then"`
	Met     int64 `db:"met" json:"met"`
	Nobody  int64 `db:"nobody" json:"nobody"`
	Refused int64 `db:"refused" json:"refused"`
	Away    int64 `db:"away" json:"away" doc:"moved, vacant or not a target"`
	Quiet   int64 `db:"quiet" json:"quiet" doc:"doors where nobody knocks now, after a refusal"`
}

// Share is the part of the doors that was reached, in thousandths.
func (t Tally) Share() int64 { return permille(t.Reached, t.Doors) }

// MetShare is the part of the doors where somebody was met, in thousandths.
func (t Tally) MetShare() int64 { return permille(t.Met, t.Doors) }

func permille(n, of int64) int64 {
	if of == 0 {
		return 0
	}
	return (n*1000 + of/2) / of
}

// tallyColumns count the doors d; arguments: the first day six times over, and today.
const tallyColumns = `count(d.id) AS doors,
	count(CASE WHEN d.state <> '' AND d.state_on >= ? THEN 1 END) AS reached,
	count(CASE WHEN d.state = 'met' AND d.state_on >= ? THEN 1 END) AS met,
	count(CASE WHEN d.state = 'nobody' AND d.state_on >= ? THEN 1 END) AS nobody,
	count(CASE WHEN d.state = 'refused' AND d.state_on >= ? THEN 1 END) AS refused,
	count(CASE WHEN d.state IN ('moved', 'vacant', 'not_a_target') AND d.state_on >= ? THEN 1 END) AS away,
	count(CASE WHEN d.quiet_until >= ? THEN 1 END) AS quiet`

func tallyArgs(since, today string) []any { return []any{since, since, since, since, since, today} }

// tallies fills in the tallies of buildings, each since the first day of its city's batch.
func tallies(ctx context.Context, tx *db.Tx, list []Swept, since map[string]string) error {
	type row struct {
		Building string `db:"building_id"`
		Tally
	}
	at := map[string][]int{}
	for i := range list {
		at[list[i].City] = append(at[list[i].City], i)
	}
	for city, places := range at {
		ids, where := make([]string, len(places)), map[string]int{}
		for n, i := range places {
			ids[n], where[list[i].ID] = list[i].ID, i
		}
		err := db.Each(ctx, tx, `SELECT d.building_id, `+tallyColumns+` FROM field_door d WHERE d.building_id IN `+db.In(len(ids))+` GROUP BY d.building_id`,
			append(tallyArgs(since[city], tx.Today()), db.Args(ids)...), func(r row) error {
				list[where[r.Building]].Tally = r.Tally
				return nil
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// CoverageFilter asks how far places were swept.
type CoverageFilter struct {
	By       string `json:"by,omitempty" enum:"district,block,building" doc:"default district"`
	City     string `json:"city,omitempty"`
	District string `json:"district,omitempty"`
	Since    string `json:"since,omitempty" doc:"first day that counts; default that of the present batch"`
	All      bool   `json:"all,omitempty" doc:"everything ever found counts"`
}

// Covered is one place of a coverage.
type Covered struct {
	City      string `db:"city" json:"city"`
	District  string `db:"district" json:"district"`
	Block     string `db:"block" json:"block,omitempty"`
	Building  string `db:"building" json:"building,omitempty"`
	Name      string `db:"name" json:"name,omitempty"`
	Buildings int64  `db:"buildings" json:"buildings"`
	Held      int64  `db:"-" json:"held" doc:"buildings that a team holds now"`
	Tally
	Reached1000 int64 `db:"-" json:"reached_permille"`
}

// Coverage is how far places were swept, whoever did.
type Coverage struct {
	By    string    `json:"by"`
	Since string    `json:"since,omitempty"`
	Items []Covered `json:"items"`
	Total Tally     `json:"total"`
}

// maxCovered is how many places one answer holds.
const maxCovered = 2000

// coverageKeys are the columns by which places are told apart.
var coverageKeys = map[string]string{
	"district": "b.city, b.district, '' AS block, '' AS building, '' AS name",
	"block":    "b.city, b.district, b.block, '' AS building, '' AS name",
	"building": "b.city, b.district, b.block, b.id AS building, b.name",
}

var coverageGroups = map[string]string{"district": "b.city, b.district", "block": "b.city, b.district, b.block", "building": "b.city, b.district, b.block, b.id, b.name"}

// Coverage counts the doors of districts, blocks or buildings, and how many were reached. Faults: Invalid, too_many.
func (s *Service) Coverage(ctx context.Context, in CoverageFilter) (out Coverage, err error) {
	if _, err := audit.Require(ctx, "sweep.read"); err != nil {
		return out, err
	}
	out.By, out.Items = cmp.Or(in.By, "district"), []Covered{}
	if coverageKeys[out.By] == "" {
		return out, fault.BadField("by", "unknown", "按区、片区或楼宇汇总。", "By district, block or building.")
	}
	if in.Since != "" && !validDay(in.Since) {
		return out, fault.BadField("since", "not_a_date", "日期写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Since = in.Since
		if out.Since == "" && !in.All {
			if out.Since, err = latestStart(ctx, tx, in.City); err != nil {
				return err
			}
		}
		var w clauses
		w.is("b.city", in.City)
		w.is("b.district", in.District)
		out.Items, err = db.All[Covered](ctx, tx, `SELECT `+coverageKeys[out.By]+`, count(DISTINCT b.id) AS buildings, `+tallyColumns+`
			FROM field_building b LEFT JOIN field_door d ON d.building_id = b.id WHERE `+w.sql()+` GROUP BY `+coverageGroups[out.By]+` ORDER BY `+coverageGroups[out.By]+` LIMIT ?`,
			slices.Concat(tallyArgs(out.Since, tx.Today()), w.args, []any{maxCovered + 1})...)
		if err != nil {
			return err
		}
		if len(out.Items) > maxCovered {
			return fault.New(fault.Invalid, "too_many", "楼宇太多，请先选一个区。", "Too many buildings; choose a district first.")
		}
		return out.held(ctx, tx, w)
	})
	return out, err
}

// held counts the buildings that are held today, and sums up.
func (c *Coverage) held(ctx context.Context, tx *db.Tx, w clauses) error {
	type place struct {
		District string `db:"district"`
		Block    string `db:"block"`
		Building string `db:"id"`
	}
	list, err := db.All[place](ctx, tx, `SELECT b.district, b.block, b.id FROM field_building b WHERE `+w.sql()+`
		AND EXISTS (SELECT 1 FROM field_lease l WHERE l.building_id = b.id AND l.until_day >= ?)`, append(w.args, tx.Today())...)
	if err != nil {
		return err
	}
	n := map[place]int64{}
	for _, p := range list {
		if c.By != "building" {
			p.Building = ""
		}
		if c.By == "district" {
			p.Block = ""
		}
		n[p]++
	}
	for i := range c.Items {
		x := &c.Items[i]
		x.Held, x.Reached1000 = n[place{x.District, x.Block, x.Building}], x.Share()
		c.Total.add(x.Tally)
	}
	return nil
}

func (t *Tally) add(x Tally) {
	t.Doors, t.Reached, t.Met, t.Nobody = t.Doors+x.Doors, t.Reached+x.Reached, t.Met+x.Met, t.Nobody+x.Nobody
	t.Refused, t.Away, t.Quiet = t.Refused+x.Refused, t.Away+x.Away, t.Quiet+x.Quiet
}

// latestStart is the first day of the present batch in a city, or in the cities that have buildings.
func latestStart(ctx context.Context, tx *db.Tx, city string) (string, error) {
	if city != "" {
		return batchStart(ctx, tx, city)
	}
	cities, err := db.All[string](ctx, tx, `SELECT DISTINCT city FROM field_building`)
	out := ""
	for _, c := range cities {
		var day string
		if err == nil {
			day, err = batchStart(ctx, tx, c)
		}
		if day > out {
			out = day
		}
	}
	return out, err
}
