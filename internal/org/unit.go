// Package org holds the places of the work: units (province, city, county, platform, park, office) with
// dates, the scope graph that limits every query, regions of GB/T 2260 with groups and pairings, industries
// of GB/T 4754, and short code lists.
//
// Reading goes through a Directory, a copy in memory that is always as fresh as the transaction it was asked
// in. Spans of validity are half-open, [from, to), on business dates; First and Last stand for "without bound".
package org

import (
	"context"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// First and Last bound every span of validity.
const (
	First = "0001-01-01"
	Last  = "9999-12-31"
)

// Kind is what a unit is.
type Kind string

// The closed list of kinds. A city unit is of prefecture level: a prefecture or a new area with that rank.
const (
	Province Kind = "province"
	City     Kind = "city"
	County   Kind = "county"
	Platform Kind = "platform"
	Park     Kind = "park"
	Office   Kind = "office"
)

// Unit is one place that does the work, named by its GB/T 2260 code or, where the standard has none, our own.
type Unit struct {
	Code      string `db:"code" json:"code" maxLength:"32"`
	Kind      Kind   `db:"kind" json:"kind" enum:"province,city,county,platform,park,office"`
	Parent    string `db:"parent" json:"parent,omitempty" maxLength:"32"` // of today; the dated parents are edges of the scope graph
	Name      string `db:"name" json:"name" maxLength:"100"`
	Short     string `db:"short" json:"short,omitempty" maxLength:"40"`
	Agency    string `db:"agency" json:"agency,omitempty" maxLength:"100"` // the office that attracts investment there
	EN        string `db:"en" json:"en,omitempty" maxLength:"100"`
	Region    string `db:"region" json:"region,omitempty" maxLength:"12"` // GB/T 2260 code for statistics, "" when it has none
	ValidFrom string `db:"valid_from" json:"valid_from,omitempty"`
	ValidTo   string `db:"valid_to" json:"valid_to,omitempty"`
	Successor string `db:"successor" json:"successor,omitempty" maxLength:"32"`
	Sort      string `db:"sort_key" json:"-"`
	Version   int64  `db:"version" json:"version"`
}

// On reports whether the unit exists on a day.
func (u Unit) On(day string) bool { return u.ValidFrom <= day && day < u.ValidTo }

// Title gives the short name in a language.
func (u Unit) Title(lang string) string {
	if lang == "en" && u.EN != "" {
		return u.EN
	}
	if u.Short != "" {
		return u.Short
	}
	return u.Name
}

// Place is where a unit stands on a day: the units above it by rank, itself included. A rank it has not is "".
type Place struct {
	Province string `json:"province"`
	City     string `json:"city,omitempty"`
	County   string `json:"county,omitempty"`
}

// Chain names the ledger and audit chain of a place: its prefecture-level unit, else the province.
func (p Place) Chain() string {
	if p.City != "" {
		return p.City
	}
	return p.Province
}

// UnitByCode gives a unit. Fault: NotFound.
func UnitByCode(ctx context.Context, tx *db.Tx, code string) (Unit, error) {
	d, err := Open(ctx, tx)
	if err != nil {
		return Unit{}, err
	}
	return d.Unit(code)
}

// Path gives the place of a unit on a day. Fault: NotFound.
func Path(ctx context.Context, tx *db.Tx, code, day string) (Place, error) {
	d, err := Open(ctx, tx)
	if err != nil {
		return Place{}, err
	}
	return d.Path(code, day)
}

// Children gives the units directly under a unit on a day, in the order of their codes.
func Children(ctx context.Context, tx *db.Tx, code, day string) ([]Unit, error) {
	d, err := Open(ctx, tx)
	if err != nil {
		return nil, err
	}
	return d.Children(code, day), nil
}

// ChainOf gives the ledger chain of a unit: its prefecture-level unit, else its province. A unit's chain does
// not follow later moves: it is taken from the last parent the unit had. Fault: NotFound.
func ChainOf(ctx context.Context, tx *db.Tx, code string) (string, error) {
	d, err := Open(ctx, tx)
	if err != nil {
		return "", err
	}
	return d.ChainOf(code)
}

func unknownUnit(code string) error {
	return fault.New(fault.NotFound, "unit_unknown", "没有编码为 "+code+" 的单位。", "There is no unit "+code+".")
}
