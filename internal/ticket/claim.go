package ticket

import (
	"context"

	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/verify"
)

// claim says that a closed request counts: once, where it was handled, on the day it was closed. Whether it was in
// time and what the investor thought travel as tags, so that the rates are sums over the ledger.
func claim(ctx context.Context, tx *db.Tx, t Ticket) error {
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	place, err := dir.Path(t.Unit, t.ClosedOn)
	if err != nil {
		return err
	}
	firms, err := company.Briefs(ctx, tx, []string{t.Company})
	if err != nil {
		return err
	}
	firm := firms[t.Company]
	_, err = verify.File(ctx, tx, []verify.Filing{{
		Kind: "ticket", Subject: t.Subject(), Title: t.Receipt + " · " + t.Title, Route: verify.ProjectRoute, Node: t.Unit, Unit: t.Unit, City: place.City,
		By: &verify.Filer{Person: t.AnsweredBy},
		Content: map[string]any{
			"receipt": t.Receipt, "request": t.Kind, "company": t.Company, "filed_on": t.FiledOn, "due_on": t.DueOn, "answered_on": t.AnsweredOn, "closed_on": t.ClosedOn,
			"rating": t.Rating, "unit": t.Unit, "said": verify.Digest(t.Text),
		},
		Facts: []ledger.Fact{{Measure: "ticket.closed", Delta: 1, OccurredOn: t.ClosedOn, Dims: ledger.Dims{
			Province: place.Province, City: place.City, County: place.County, Unit: t.Unit, Company: t.Company, Project: t.Project,
			Industry: firm.Industry, Origin: firm.Origin, Tags: tags(t),
		}}},
	}})
	return err
}

// tags are what the rates count: in time, rated, satisfied (4 or 5), and the kind.
func tags(t Ticket) string {
	out := "|request:" + t.Kind + "|"
	if t.AnsweredOn <= t.DueOn && t.FirstAt <= t.FirstDueAt {
		out += ledger.TagInTime + "|"
	}
	if t.Rating > 0 {
		out += ledger.TagRated + "|"
	}
	if t.Rating >= 4 {
		out += ledger.TagSatisfied + "|"
	}
	return out
}
