package wire

import (
	"context"
	"net/url"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/directive"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/pipeline"
	"zhudian/internal/ticket"
	"zhudian/internal/verify"
)

// records tells package directive what a record is called and where it stands, to those who may see it.
type records struct{}

// paths of the kinds of record that an instruction may be about.
var paths = map[string]string{"project": "/projects/", "visit": "/visits/", "tour": "/tours/", "event": "/events/", "company": "/companies/", "ticket": "/tickets/", "lead": "/leads/"}

func (records) Record(ctx context.Context, tx *db.Tx, who audit.Actor, subject string) (out directive.Record, err error) {
	kind, id, _ := strings.Cut(subject, "/")
	absent := fault.New(fault.NotFound, "not_found", "没有这条记录，或不在您的范围内。", "There is no such record, or it is outside your scope.")
	switch {
	case paths[kind] == "" || id == "" || !who.May(kind+".read"):
		return out, absent
	case kind == "company":
		found, err := company.Briefs(ctx, tx, []string{id})
		if err != nil || found[id].Name == "" {
			return out, or(err, absent)
		}
		return directive.Record{Title: found[id].Name, URL: paths[kind] + url.PathEscape(id)}, nil
	}
	if kind == "ticket" {
		title, err := ticket.InScope(ctx, tx, who, id)
		return directive.Record{Title: title, URL: paths[kind] + url.PathEscape(id)}, err
	}
	if kind == "lead" {
		l, err := pipeline.LeadInScope(ctx, tx, who, id)
		return directive.Record{Title: l.Title, URL: paths[kind] + url.PathEscape(id)}, err
	}
	c, ok, err := verify.ClaimOf(ctx, tx, subject)
	if err != nil || !ok {
		return out, or(err, absent)
	}
	if ok, err = org.InScope(ctx, tx, who.Node, c.Node); err != nil || !ok {
		return out, or(err, absent)
	}
	return directive.Record{Title: c.Title, URL: paths[kind] + url.PathEscape(id)}, nil
}

func or(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
