package pipeline

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/verify"
)

// Judge is a verdict (研判) on a lead.
type Judge struct {
	ID      string  `path:"id" json:"id"`
	Valid   bool    `json:"valid" doc:"needs all four parts of the opinion"`
	Opinion Opinion `json:"opinion,omitempty"`
	Reason  string  `json:"reason" maxLength:"500"`
	Version int64   `json:"version,omitempty"`
}

// JudgeLead says whether a lead is valid. Another person than the one who found it judges; a valid one has all four parts
// and is claimed.
// Faults: not_found, not_new, same_person, in_dispute, stale; Invalid.
func (s *Service) JudgeLead(ctx context.Context, in Judge) (out Lead, err error) {
	who, err := audit.Require(ctx, "lead.judge")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = leadInScope(ctx, tx, who, in.ID); err != nil {
			return err
		}
		switch {
		case in.Version != 0 && in.Version != out.Version:
			return staleLead()
		case out.State != "new":
			return fault.New(fault.Conflict, "not_new", "这条线索已经研判过。", "This lead has been judged already.")
		case out.CreatedBy == who.Person:
			return fault.New(fault.Conflict, "same_person", "不能研判自己记的线索，须由另一人研判。", "You cannot judge your own lead; another person must.")
		}
		if err := in.check(); err != nil {
			return err
		}
		if err := out.undisputed(ctx, tx); err != nil {
			return err
		}
		out.State = "refused"
		if in.Valid {
			out.State = "qualified"
		}
		out.Verdict, out.JudgedBy, out.JudgedOn, out.Opinion = in.Reason, who.Person, tx.Today(), in.Opinion
		if err := out.await("feedback", out.FoundOn, feedbackDays); err != nil {
			return err
		}
		if err := out.save(ctx, tx); err != nil {
			return err
		}
		if err := audit.Note(ctx, tx, "lead.judge", out.LeadSubject(), map[string]any{"state": "new"}, map[string]any{"state": out.State}); err != nil {
			return err
		}
		if !in.Valid {
			return nil
		}
		return claimLead(ctx, tx, out)
	})
	return out, err
}

// check checks the words and, for a valid verdict, the four parts.
func (in *Judge) check() error {
	var c fault.Checks
	in.Reason = strings.TrimSpace(in.Reason)
	c.Require("reason", in.Reason, "研判意见", "The opinion").AtMost("reason", in.Reason, 500)
	in.Opinion.check(&c, in.Valid)
	return c.Err()
}

// claimLead says that a valid lead counts, at the unit whose lead it is, on the day it was judged.
func claimLead(ctx context.Context, tx *db.Tx, l Lead) error {
	k, err := learn(ctx, tx, []string{l.Company}, []string{l.Team}, nil)
	if err != nil {
		return err
	}
	place, err := k.dir.Path(l.Unit, l.JudgedOn)
	if err != nil {
		return err
	}
	firm := k.companies[l.Company]
	d := ledger.Dims{
		Province: place.Province, City: place.City, County: place.County, Unit: l.Unit, Team: l.Team, Company: l.Company, Industry: l.Industry,
		IndustryChain: l.Chain, Origin: firm.Origin, Tags: firm.Tags,
	}
	if t := k.teams[l.Team]; t.ID != "" {
		d.Station = t.Station
		d.Batch, _ = k.batchOn(l.Team, l.JudgedOn)
	}
	_, err = verify.File(ctx, tx, []verify.Filing{{
		Kind: "lead", Subject: l.LeadSubject(), Title: l.Code + " · " + l.Title, Route: verify.ProjectRoute, Node: l.Node, Unit: l.Unit, City: place.City,
		Content: map[string]any{"company": l.Company, "industry": l.Industry, "chain": l.Chain, "amount": l.Amount, "said": verify.Digest(l.Said), "opinion": verify.Digest(l.OpinionText), "judged_on": l.JudgedOn, "team": l.Team},
		Facts:   []ledger.Fact{{Measure: "lead.qualified", Delta: 1, OccurredOn: l.JudgedOn, Dims: d}},
	}})
	return err
}
