package wire

import (
	"context"
	"strings"

	"zhudian/internal/auth"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/verify"
)

// names tells ledger and verify what the packages below them call stations, teams, companies and the rest.
type names struct{}

func (names) Stations(ctx context.Context, tx *db.Tx, lang string) ([]ledger.Named, error) {
	list, err := station.All(ctx, tx)
	out := make([]ledger.Named, len(list))
	for i, s := range list {
		out[i] = ledger.Named{Code: s.ID, Name: stationName(s, lang)}
	}
	return out, err
}

func stationName(s station.Station, lang string) string {
	if lang == "en" && s.NameEN != "" {
		return s.NameEN
	}
	return s.Name
}

func (n names) Names(ctx context.Context, tx *db.Tx, dim string, ids []string, lang string) (map[string]string, error) {
	switch dim {
	case "company":
		return companyNames(ctx, tx, ids)
	case "project", "event":
		return subjectNames(ctx, tx, dim, ids)
	}
	return n.stationNames(ctx, tx, dim, ids, lang)
}

func companyNames(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	found, err := company.Briefs(ctx, tx, ids)
	out := map[string]string{}
	for id, b := range found {
		out[id] = b.Name
	}
	return out, err
}

// subjectNames takes a project's or event's name from its claim.
func subjectNames(ctx context.Context, tx *db.Tx, kind string, ids []string) (map[string]string, error) {
	subjects := make([]string, len(ids))
	for i, id := range ids {
		subjects[i] = kind + "/" + id
	}
	found, err := verify.ClaimsOf(ctx, tx, subjects)
	out := map[string]string{}
	for subject, c := range found {
		out[strings.TrimPrefix(subject, kind+"/")] = c.Title
	}
	return out, err
}

// stationNames names stations, teams (station.unit) and batches (station.number).
func (n names) stationNames(ctx context.Context, tx *db.Tx, dim string, ids []string, lang string) (map[string]string, error) {
	list, err := n.Stations(ctx, tx, lang)
	if err != nil {
		return nil, err
	}
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return nil, err
	}
	stations, batches := map[string]string{}, map[string]string{}
	for _, s := range list {
		stations[s.Code] = s.Name
		if dim != "batch" {
			continue
		}
		of, err := station.BatchesOf(ctx, tx, s.Code)
		if err != nil {
			return nil, err
		}
		for _, b := range of {
			batches[b.ID] = s.Name + " · " + b.Name
		}
	}
	out := map[string]string{}
	for _, id := range ids {
		head, rest, _ := strings.Cut(id, ".")
		switch {
		case dim == "station" && stations[id] != "":
			out[id] = stations[id]
		case dim == "batch" && batches[id] != "":
			out[id] = batches[id]
		case dim == "team" && stations[head] != "":
			out[id] = stations[head] + " · " + dir.UnitName(rest, lang)
		}
	}
	return out, nil
}

// people names persons and units to the audit trail, which knows neither.
type people struct{}

func (people) Names(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	return auth.Names(ctx, tx, ids)
}

func (people) Find(ctx context.Context, tx *db.Tx, text string) ([]string, error) {
	return auth.FindPeople(ctx, tx, text)
}

func (people) Units(ctx context.Context, tx *db.Tx, codes []string, lang string) (map[string]string, error) {
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, c := range codes {
		out[c] = dir.UnitName(c, lang)
	}
	return out, nil
}
