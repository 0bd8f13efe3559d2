package assess

import (
	"context"
	"fmt"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Scheme is one version of a plan. Versions 1 come with the program; a version in force is never changed.
type Scheme struct {
	ID         string `db:"id" json:"id"` // county.2
	Version    int64  `db:"version" json:"version"`
	Body       string `db:"body" json:"-"`
	State      string `db:"state" json:"state" enum:"draft,approved"`
	MadeBy     string `db:"made_by" json:"-"`
	MadeAt     int64  `db:"made_at" json:"-"`
	ApprovedBy string `db:"approved_by" json:"-"`
	ApprovedAt int64  `db:"approved_at" json:"-"`
	Plan       Plan   `db:"-" json:"plan"`
}

// SchemeList is every version, the latest of each code first.
type SchemeList struct {
	Items []Scheme `json:"items"`
}

// Schemes lists the versions of every scheme.
func (s *Service) Schemes(ctx context.Context, _ struct{}) (out SchemeList, err error) {
	if _, err := audit.Require(ctx, "assess.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Items, err = schemes(ctx, tx)
		return err
	})
	return out, err
}

func schemes(ctx context.Context, tx *db.Tx) ([]Scheme, error) {
	list, err := db.All[Scheme](ctx, tx, `SELECT id, version, body, state, made_by, made_at, approved_by, approved_at FROM assess_scheme ORDER BY code, version DESC`)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Plan, err = planOf(list[i].Body); err != nil {
			return nil, err
		}
	}
	var out []Scheme
	for _, d := range Defaults {
		for _, x := range list {
			if x.Plan.Code == d.Code {
				out = append(out, x)
			}
		}
		out = append(out, Scheme{ID: d.Code + ".1", Version: 1, State: "approved", Plan: d})
	}
	return out, nil
}

func schemeByID(ctx context.Context, tx *db.Tx, id string) (Scheme, error) {
	list, err := schemes(ctx, tx)
	if err != nil {
		return Scheme{}, err
	}
	i := slices.IndexFunc(list, func(s Scheme) bool { return s.ID == id })
	if i < 0 {
		return Scheme{}, fault.New(fault.NotFound, "not_found", "没有这个考评办法。", "There is no such scheme.")
	}
	return list[i], nil
}

// ByID names a record.
type ByID struct {
	ID string `path:"id" json:"id"`
}

// Scheme gives one version.
func (s *Service) Scheme(ctx context.Context, in ByID) (out Scheme, err error) {
	if _, err := audit.Require(ctx, "assess.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = schemeByID(ctx, tx, in.ID)
		return err
	})
	return out, err
}

// Draft is a plan to become a version: a new one, or a draft that is written again.
type Draft struct {
	ID   string `json:"id,omitempty" maxLength:"60" doc:"a draft to write again; default a new version"`
	Plan Plan   `json:"plan"`
}

// SaveScheme writes a draft version. What is in force is refused: it needs a new version.
// Faults: Invalid (weights_sum, divides_by_nothing …), Conflict "scheme_in_force".
func (s *Service) SaveScheme(ctx context.Context, in Draft) (out Scheme, err error) {
	who, err := audit.Require(ctx, "assess.scheme")
	if err != nil {
		return out, err
	}
	if err := in.Plan.check(); err != nil {
		return out, err
	}
	if !slices.ContainsFunc(Defaults, func(p Plan) bool { return p.Code == in.Plan.Code && p.Kind == in.Plan.Kind }) {
		return out, fault.BadField("plan.code", "not_a_choice", "办法的编码是 county 或 team，与考评对象一致。", "The code of a scheme is county or team, like what it assesses.")
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		body, err := in.Plan.json()
		if err != nil {
			return err
		}
		out = Scheme{ID: in.ID, Body: body, State: "draft", MadeBy: who.Person, MadeAt: db.Micros(tx.Now()), Plan: in.Plan}
		if in.ID != "" {
			return rewrite(ctx, tx, &out)
		}
		last, err := db.One[int64](ctx, tx, `SELECT COALESCE(max(version), 1) FROM assess_scheme WHERE code = ?`, in.Plan.Code)
		if err != nil {
			return err
		}
		out.Version = last + 1
		out.ID = fmt.Sprintf("%s.%d", in.Plan.Code, out.Version)
		if err := db.Do(ctx, tx, `INSERT INTO assess_scheme (id, code, version, body, state, made_by, made_at, approved_by, approved_at) VALUES (?, ?, ?, ?, 'draft', ?, ?, '', 0)`,
			out.ID, in.Plan.Code, out.Version, body, who.Person, out.MadeAt); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "assess.scheme", "scheme/"+out.ID, nil, map[string]any{"version": out.Version})
	})
	return out, err
}

func rewrite(ctx context.Context, tx *db.Tx, s *Scheme) error {
	old, err := schemeByID(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	if old.State != "draft" || old.Plan.Code != s.Plan.Code {
		return inForce()
	}
	s.Version = old.Version
	n, err := db.Exec(ctx, tx, `UPDATE assess_scheme SET body = ?, made_by = ?, made_at = ? WHERE id = ? AND state = 'draft'`, s.Body, s.MadeBy, s.MadeAt, s.ID)
	if err == nil && n == 0 {
		err = inForce()
	}
	if err != nil {
		return err
	}
	return audit.Note(ctx, tx, "assess.scheme", "scheme/"+s.ID, nil, map[string]any{"version": s.Version})
}

func inForce() error {
	return fault.New(fault.Conflict, "scheme_in_force", "这一版已经生效，不能改；请另立新版。", "This version is in force and does not change; make a new one.")
}

// Approve puts a draft in force, by another person than the one who wrote it. Faults: not_found, same_person,
// Conflict "scheme_in_force".
func (s *Service) Approve(ctx context.Context, in ByID) (out Scheme, err error) {
	who, err := audit.Require(ctx, "assess.publish")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = schemeByID(ctx, tx, in.ID); err != nil {
			return err
		}
		if out.State != "draft" {
			return inForce()
		}
		if out.MadeBy == who.Person {
			return fault.New(fault.Forbidden, "same_person", "起草和批准须由两人。", "Whoever wrote it does not approve it.")
		}
		n, err := db.Exec(ctx, tx, `UPDATE assess_scheme SET state = 'approved', approved_by = ?, approved_at = ? WHERE id = ? AND state = 'draft'`, who.Person, db.Micros(tx.Now()), in.ID)
		if err == nil && n == 0 {
			err = inForce()
		}
		if err != nil {
			return err
		}
		out.State, out.ApprovedBy = "approved", who.Person
		return audit.Note(ctx, tx, "assess.approve", "scheme/"+in.ID, nil, map[string]any{"state": "approved"})
	})
	return out, err
}
