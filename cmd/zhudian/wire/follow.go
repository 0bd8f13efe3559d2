package wire

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/field"
	"zhudian/internal/pipeline"
)

// followUps tells the week's plan which leads call for a visit.
type followUps struct{}

func (followUps) FollowUps(ctx context.Context, tx *db.Tx, who audit.Actor, most int) ([]field.FollowUp, error) {
	if !who.May("lead.read") {
		return nil, nil
	}
	list, err := pipeline.OpenLeads(ctx, tx, who, most)
	var out []field.FollowUp
	for _, l := range list {
		if l.Company != "" {
			out = append(out, field.FollowUp{Company: l.Company, Text: l.Title})
		}
	}
	return out, err
}
