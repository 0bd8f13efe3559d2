package match

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// Offer is one thing a site offers, in the units in which leads name their needs.
type Offer struct {
	ID         string `db:"id" json:"id"`
	Site       string `db:"site_id" json:"site"`
	Kind       string `db:"kind" json:"kind" enum:"hall,land,energy,labour,logistics,policy,resource"`
	Title      string `db:"title" json:"title"`
	Hall       int64  `db:"hall" json:"hall,omitempty" doc:"floor area, m²"`
	Height     int64  `db:"height" json:"height,omitempty" doc:"clear height, cm"`
	Load       int64  `db:"load" json:"load,omitempty" doc:"floor load, kg/m²"`
	Power      int64  `db:"power" json:"power,omitempty" doc:"kVA"`
	Steam      int64  `db:"steam" json:"steam,omitempty" doc:"t/h"`
	Land       int64  `db:"land" json:"land,omitempty" doc:"mu (亩)"`
	Workers    int64  `db:"workers" json:"workers,omitempty"`
	Sewage     string `db:"sewage" json:"sewage,omitempty" enum:"domestic,industrial,heavy," doc:"the worst sewage it takes"`
	Price      int64  `db:"price" json:"price,omitempty" doc:"of a hall fen per m² and month, of land fen per mu, of energy 0.0001 yuan per kWh, of labour fen per month, of logistics fen per tonne"`
	Distance   int64  `db:"distance" json:"distance,omitempty" doc:"of logistics: km to the nearest goods station, port or airport"`
	Reviewed   bool   `db:"reviewed" json:"reviewed,omitempty" doc:"of a policy: passed the fair-competition review"`
	Text       string `db:"body" json:"text,omitempty"`
	FreeFrom   string `db:"free_from" json:"free_from,omitempty"`
	ValidUntil string `db:"valid_until" json:"valid_until,omitempty"`
	Source     string `db:"source" json:"source"`
	AsOf       string `db:"as_of" json:"as_of"`
	UpdatedAt  int64  `db:"updated_at" json:"updated_at"`
	Version    int64  `db:"version" json:"version"`
}

const offerColumns = `o.id, o.site_id, o.kind, o.title, o.hall, o.height, o.load, o.power, o.steam, o.land, o.workers, o.sewage, o.price, o.distance, o.reviewed, o.body,
	o.free_from, o.valid_until, o.source, o.as_of, o.updated_at, o.version`

// bound is one number of an offer: for which kinds it is, and between which values such a thing exists.
type bound struct {
	field       string
	kinds       string
	least, most int64
	of          func(*Offer) *int64
}

// bounds of what exists. A hall of two metres or a rent of a thousand yuan a square metre is a slip of the pen.
var bounds = []bound{
	{"hall", "hall", 20, 2_000_000, func(o *Offer) *int64 { return &o.Hall }},
	{"height", "hall", 220, 5_000, func(o *Offer) *int64 { return &o.Height }},
	{"load", "hall", 100, 50_000, func(o *Offer) *int64 { return &o.Load }},
	{"power", "hall energy", 10, 5_000_000, func(o *Offer) *int64 { return &o.Power }},
	{"steam", "hall energy", 1, 5_000, func(o *Offer) *int64 { return &o.Steam }},
	{"land", "land", 1, 200_000, func(o *Offer) *int64 { return &o.Land }},
	{"workers", "labour", 1, 5_000_000, func(o *Offer) *int64 { return &o.Workers }},
	{"distance", "logistics", 1, 2_000, func(o *Offer) *int64 { return &o.Distance }},
}

// prices are the bounds of a price by kind, and with how many decimals people write it: halls in yuan per m² and month,
// land in ten thousand yuan per mu, energy in yuan per kWh, labour in yuan per month, logistics in yuan per tonne. A kind
// without a price is not here.
var prices = map[string]struct {
	least, most int64
	scale       int
}{
	"hall": {50, 30_000, 2}, "land": {1_000_000, 500_000_000, 6}, "energy": {500, 50_000, 4}, "labour": {100_000, 5_000_000, 2}, "logistics": {100, 500_000, 2},
}

var offerKinds = []string{"hall", "land", "energy", "labour", "logistics", "policy", "resource"}

// mains are the numbers without which an offer of a kind says nothing.
var mains = map[string]string{"hall": "hall", "land": "land", "labour": "workers", "logistics": "distance"}

// forKind reports whether offers of a kind have a field.
func forKind(kind, field string) bool {
	switch field {
	case "price":
		_, ok := prices[kind]
		return ok
	case "sewage":
		return kind == "hall" || kind == "land"
	case "reviewed":
		return kind == "policy"
	}
	i := slices.IndexFunc(bounds, func(b bound) bool { return b.field == field })
	return i >= 0 && slices.Contains(strings.Fields(bounds[i].kinds), kind)
}

// NewOffer is what an offer needs; with an id it changes that offer.
type NewOffer struct {
	ID         string `json:"id,omitempty" maxLength:"40" doc:"of the offer to change; left out to add one"`
	Site       string `json:"site"`
	Kind       string `json:"kind" enum:"hall,land,energy,labour,logistics,policy,resource"`
	Title      string `json:"title" maxLength:"80"`
	Hall       int64  `json:"hall,omitempty" doc:"floor area, m²"`
	Height     int64  `json:"height,omitempty" doc:"clear height, cm"`
	Load       int64  `json:"load,omitempty" doc:"floor load, kg/m²"`
	Power      int64  `json:"power,omitempty" doc:"kVA"`
	Steam      int64  `json:"steam,omitempty" doc:"t/h"`
	Land       int64  `json:"land,omitempty" doc:"mu (亩)"`
	Workers    int64  `json:"workers,omitempty"`
	Sewage     string `json:"sewage,omitempty" enum:"domestic,industrial,heavy," doc:"the worst sewage it takes"`
	Price      int64  `json:"price,omitempty" doc:"as in an offer"`
	Distance   int64  `json:"distance,omitempty" doc:"km"`
	Reviewed   bool   `json:"reviewed,omitempty"`
	Text       string `json:"text,omitempty" maxLength:"1000"`
	FreeFrom   string `json:"free_from,omitempty" format:"date"`
	ValidUntil string `json:"valid_until,omitempty" format:"date" doc:"last day; earlier than today ends the offer"`
	Source     string `json:"source" maxLength:"200"`
	AsOf       string `json:"as_of" format:"date"`
	Version    int64  `json:"version,omitempty"`
}

// SaveOffer adds an offer or changes one, at a site of one's own. Faults: Invalid per field, not_found, not_allowed, stale.
func (s *Service) SaveOffer(ctx context.Context, in NewOffer) (out Offer, err error) {
	who, err := audit.Require(ctx, "site.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = saveOffer(ctx, tx, who, in); err != nil {
			return err
		}
		return stir(ctx, tx)
	})
	return out, err
}

func saveOffer(ctx context.Context, tx *db.Tx, who audit.Actor, in NewOffer) (Offer, error) {
	n := Offer{
		ID: in.ID, Site: in.Site, Kind: in.Kind, Title: strings.TrimSpace(in.Title), Hall: in.Hall, Height: in.Height, Load: in.Load, Power: in.Power, Steam: in.Steam,
		Land: in.Land, Workers: in.Workers, Sewage: in.Sewage, Price: in.Price, Distance: in.Distance, Reviewed: in.Reviewed, Text: strings.TrimSpace(in.Text),
		FreeFrom: in.FreeFrom, ValidUntil: in.ValidUntil, Source: strings.TrimSpace(in.Source), AsOf: in.AsOf, UpdatedAt: db.Micros(tx.Now()), Version: in.Version + 1,
	}
	var old any
	if n.ID != "" {
		was, err := offerByID(ctx, tx, n.ID)
		if err != nil {
			return n, err
		}
		if in.Version != was.Version {
			return n, stale()
		}
		n.Site, old = was.Site, was
	}
	if _, err := ownSite(ctx, tx, who, n.Site); err != nil {
		return n, err
	}
	if err := n.check(tx.Today()); err != nil {
		return n, err
	}
	if n.ID == "" {
		n.ID, n.Version = tx.ID(), 1
		if err := db.Insert(ctx, tx, "match_offer", n); err != nil {
			return n, err
		}
		return n, audit.Note(ctx, tx, "offer.add", "site/"+n.Site, nil, n)
	}
	if err := updateOffer(ctx, tx, n); err != nil {
		return n, err
	}
	return n, audit.Note(ctx, tx, "offer.edit", "site/"+n.Site, old, n)
}

// updateOffer writes an offer over its last version.
func updateOffer(ctx context.Context, tx *db.Tx, n Offer) error {
	rows, err := db.Exec(ctx, tx, `UPDATE match_offer SET kind = ?, title = ?, hall = ?, height = ?, load = ?, power = ?, steam = ?, land = ?, workers = ?, sewage = ?, price = ?,
		distance = ?, reviewed = ?, body = ?, free_from = ?, valid_until = ?, source = ?, as_of = ?, updated_at = ?, version = ? WHERE id = ? AND version = ?`,
		n.Kind, n.Title, n.Hall, n.Height, n.Load, n.Power, n.Steam, n.Land, n.Workers, n.Sewage, n.Price, n.Distance, n.Reviewed, n.Text, n.FreeFrom, n.ValidUntil,
		n.Source, n.AsOf, n.UpdatedAt, n.Version, n.ID, n.Version-1)
	if err == nil && rows == 0 {
		err = stale()
	}
	return err
}

// check notes what no such thing can have.
func (o *Offer) check(today string) error {
	var c fault.Checks
	c.Require("title", o.Title, "名称", "The name")
	c.Require("source", o.Source, "资料来源", "The source")
	c.AtMost("title", o.Title, 80)
	c.AtMost("text", o.Text, 1000)
	c.AtMost("source", o.Source, 200)
	asOf(&c, o.AsOf, today)
	if !slices.Contains(offerKinds, o.Kind) {
		c.Add("kind", "not_a_choice", "请选择供给类别。", "Choose the kind of offer.")
		return c.Err()
	}
	for _, b := range bounds {
		number(&c, o.Kind, b.field, *b.of(o), b.least, b.most, forKind(o.Kind, b.field))
	}
	if p, has := prices[o.Kind]; !has && o.Price != 0 {
		notForKind(&c, "price")
	} else if o.Price != 0 && (o.Price < p.least || o.Price > p.most) {
		least, most := web.Fixed(p.least, p.scale, 2), web.Fixed(p.most, p.scale, 2)
		c.Add("price", "out_of_range", "应在 "+least+" 与 "+most+" 之间。", "Between "+least+" and "+most+".")
	}
	if o.Sewage != "" && !slices.Contains([]string{"domestic", "industrial", "heavy"}, o.Sewage) {
		c.Add("sewage", "not_a_choice", "请选择排水类别。", "Choose the class of sewage.")
	} else if o.Sewage != "" && !forKind(o.Kind, "sewage") {
		notForKind(&c, "sewage")
	}
	if o.Reviewed && o.Kind != "policy" {
		notForKind(&c, "reviewed")
	}
	if o.Kind == "energy" && o.Power == 0 && o.Steam == 0 && o.Price == 0 {
		c.Add("power", "required", "用能至少填容量、蒸汽、电价中的一项。", "Energy needs power, steam or a price.")
	}
	o.checkDays(&c)
	return c.Err()
}

func number(c *fault.Checks, kind, field string, v, least, most int64, has bool) {
	switch {
	case v == 0 && mains[kind] == field:
		c.Add(field, "required", "这类供给必须填这个数。", "An offer of this kind needs this number.")
	case v == 0:
	case !has:
		notForKind(c, field)
	case v < least || v > most:
		c.Add(field, "out_of_range", fmt.Sprintf("应在 %d 与 %d 之间。", least, most), fmt.Sprintf("Between %d and %d.", least, most))
	}
}

func notForKind(c *fault.Checks, field string) {
	c.Add(field, "not_for_kind", "这类供给没有这一项。", "Offers of this kind have no such value.")
}

func (o *Offer) checkDays(c *fault.Checks) {
	for field, day := range map[string]string{"free_from": o.FreeFrom, "valid_until": o.ValidUntil} {
		if day != "" && !isDay(day) {
			c.Add(field, "not_a_date", "日期写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
		}
	}
	if o.ValidUntil != "" && o.FreeFrom != "" && o.ValidUntil < o.FreeFrom {
		c.Add("valid_until", "before_start", "截止日期早于可用日期。", "It ends before it is free.")
	}
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
