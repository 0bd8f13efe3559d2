package wire

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/field"
	"zhudian/internal/pipeline"
)

// followUps tells the week's plan and report about leads.
type followUps struct{}

func (followUps) FollowUps(ctx context.Context, tx *db.Tx, who audit.Actor, most int) ([]field.FollowUp, error) {
	if !who.May("lead.read") {
		return nil, nil
	}
	list, err := pipeline.OpenLeads(ctx, tx, who, most)
	return followed(list), err
}

func (followUps) Found(ctx context.Context, tx *db.Tx, who audit.Actor, team, from, until string, most int) ([]field.FollowUp, error) {
	if !who.May("lead.read") {
		return nil, nil
	}
	list, err := pipeline.LeadsFound(ctx, tx, who, team, from, until, most)
	return followed(list), err
}

func followed(list []pipeline.Lead) (out []field.FollowUp) {
	for _, l := range list {
		if l.Company != "" {
			out = append(out, field.FollowUp{Lead: l.ID, Company: l.Company, Text: l.Title, Day: l.FoundOn})
		}
	}
	return out
}
