package match

import (
	"context"
	"encoding/json"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Weights say how many of 100 points each part of a match is worth.
type Weights struct {
	Version    int64            `db:"version" json:"version"`
	PartsText  string           `db:"parts" json:"-"`
	Note       string           `db:"note" json:"note"`
	CreatedBy  string           `db:"created_by" json:"created_by,omitempty"`
	CreatedOn  string           `db:"created_on" json:"created_on,omitempty"`
	ApprovedBy string           `db:"approved_by" json:"approved_by,omitempty"`
	ValidFrom  string           `db:"valid_from" json:"valid_from,omitempty"` // "" until another person put them in force
	Parts      map[string]int64 `db:"-" json:"parts"`
}

// Default are the weights of a new installation: version 1.
func Default() Weights {
	return Weights{Version: 1, Parts: map[string]int64{
		"chain": 25, "space": 10, "energy": 6, "labour": 5, "logistics": 4, "cost": 15, "neighbours": 10, "policy": 5, "record": 10, "tie": 5, "fairness": 5,
	}}
}

// WeightsList holds every version, the newest first, and the one in force.
type WeightsList struct {
	InForce int64     `json:"in_force"`
	Items   []Weights `json:"items"`
}

// ListWeights gives all versions of the weights.
func (s *Service) ListWeights(ctx context.Context, _ struct{}) (out WeightsList, err error) {
	if _, err := audit.Require(ctx, "match.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = weightsList(ctx, tx)
		return err
	})
	return out, err
}

func weightsList(ctx context.Context, tx *db.Tx) (WeightsList, error) {
	all, err := db.All[Weights](ctx, tx, `SELECT version, parts, note, created_by, created_on, approved_by, valid_from FROM match_weights ORDER BY version DESC`)
	out := WeightsList{InForce: 1, Items: append(all, Default())}
	if err != nil {
		return out, err
	}
	for i := range all {
		w := &out.Items[i]
		if err := json.Unmarshal([]byte(w.PartsText), &w.Parts); err != nil {
			return out, fault.Wrap(err, "read weights")
		}
		if w.ApprovedBy != "" && w.ValidFrom <= tx.Today() && out.InForce < w.Version {
			out.InForce = w.Version
		}
	}
	return out, nil
}

// inForce gives the weights that hold today.
func (l WeightsList) inForce() Weights {
	for _, w := range l.Items {
		if w.Version == l.InForce {
			return w
		}
	}
	return Default()
}

// NewWeights is a proposal of new weights.
type NewWeights struct {
	Parts map[string]int64 `json:"parts" doc:"points by part; together 100"`
	Note  string           `json:"note" maxLength:"500" doc:"why"`
}

// ProposeWeights writes a new version down. It holds once another person has put it in force.
// Faults: Invalid; sum_not_100 when the points are not 100 together.
func (s *Service) ProposeWeights(ctx context.Context, in NewWeights) (out Weights, err error) {
	who, err := audit.Require(ctx, "match.weigh")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = Weights{Note: strings.TrimSpace(in.Note), CreatedBy: who.Person, CreatedOn: tx.Today(), Parts: in.Parts}
		if err := out.check(); err != nil {
			return err
		}
		last, err := db.One[int64](ctx, tx, `SELECT CAST(coalesce(max(version), 1) AS BIGINT) FROM match_weights`)
		if err != nil {
			return err
		}
		out.Version = last + 1
		if out.PartsText, err = encode(out.Parts); err != nil {
			return err
		}
		if err := db.Insert(ctx, tx, "match_weights", out); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "weights.propose", "weights/"+num(out.Version), nil, out.Parts)
	})
	return out, err
}

func (w Weights) check() error {
	var c fault.Checks
	c.Require("note", w.Note, "理由", "The reason")
	c.AtMost("note", w.Note, 500)
	var sum int64
	for _, code := range partCodes {
		v, there := w.Parts[code]
		if !there || v < 0 || v > 100 {
			c.Add("parts."+code, "out_of_range", "应在 0 与 100 之间。", "Between 0 and 100.")
			continue
		}
		sum += v
	}
	for code := range w.Parts {
		if _, known := Default().Parts[code]; !known {
			c.Add("parts", "unknown_part", "没有这一项："+code+"。", "There is no such part: "+code+".")
		}
	}
	if sum != 100 {
		c.Add("parts.chain", "sum_not_100", "各项之和应为 100，现在是 "+num(sum)+"。", "The parts must be 100 together; they are "+num(sum)+".")
	}
	return c.Err()
}

// ApproveWeights names a version to be put in force.
type ApproveWeights struct {
	Version int64 `path:"version" json:"version"`
}

// ApproveWeights puts a version in force from today; its author cannot. Faults: not_found, same_person, in_force (it
// holds already, or a newer one does).
func (s *Service) ApproveWeights(ctx context.Context, in ApproveWeights) (out Weights, err error) {
	who, err := audit.Require(ctx, "match.weigh")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := weightsList(ctx, tx)
		if err != nil {
			return err
		}
		for _, w := range list.Items {
			if w.Version == in.Version {
				out = w
			}
		}
		switch {
		case out.Version == 0:
			return absent(fault.New(fault.NotFound, "", "", ""))
		case out.Version <= list.InForce:
			return fault.New(fault.Conflict, "in_force", "这一版或更新的版本已经生效。", "This version or a newer one holds already.")
		case out.CreatedBy == who.Person:
			return fault.New(fault.Conflict, "same_person", "不能批准自己提的权重，须由另一人批准。", "You cannot approve your own weights; another person must.")
		}
		out.ApprovedBy, out.ValidFrom = who.Person, tx.Today()
		if _, err := db.Exec(ctx, tx, `UPDATE match_weights SET approved_by = ?, valid_from = ? WHERE version = ? AND approved_by = ''`, out.ApprovedBy, out.ValidFrom, out.Version); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "weights.approve", "weights/"+num(out.Version), nil, map[string]any{"valid_from": out.ValidFrom})
	})
	return out, err
}
