// Package match holds the places where a company can settle (载体) and what they offer, the industry chains with their
// gaps, the matching of leads to sites by rules that anybody can read, and the sending of leads to counties (输送).
package match

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"sync"

	"zhudian/internal/audit"
	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// Site is one place: a park, an open platform, an industrial town, or a county with its single product.
type Site struct {
	ID         string `db:"id" json:"id"`
	Kind       string `db:"kind" json:"kind" enum:"park,platform,town,county"`
	Unit       string `db:"unit_id" json:"unit"` // who answers for it
	Name       string `db:"name" json:"name"`
	NameEN     string `db:"name_en" json:"name_en,omitempty"`
	Region     string `db:"region" json:"region,omitempty"`
	LngMicro   int64  `db:"lng" json:"-"`
	LatMicro   int64  `db:"lat" json:"-"`
	ChainsText string `db:"chains" json:"-"`
	Product    string `db:"product" json:"product,omitempty"`
	Chemical   bool   `db:"chemical" json:"chemical"`
	BannedText string `db:"banned" json:"-"`
	Summary    string `db:"summary" json:"summary,omitempty"`
	SummaryEN  string `db:"summary_en" json:"summary_en,omitempty"`
	Published  bool   `db:"published" json:"published"`
	Source     string `db:"source" json:"source"`
	AsOf       string `db:"as_of" json:"as_of"`
	UpdatedAt  int64  `db:"updated_at" json:"updated_at"`
	Version    int64  `db:"version" json:"version"`

	Lng    float64  `db:"-" json:"lng,omitempty"`
	Lat    float64  `db:"-" json:"lat,omitempty"`
	Chains []string `db:"-" json:"chains"`
	Banned []string `db:"-" json:"banned"`
}

const siteColumns = `s.id, s.kind, s.unit_id, s.name, s.name_en, s.region, s.lng, s.lat, s.chains, s.product, s.chemical, s.banned, s.summary, s.summary_en,
	s.published, s.source, s.as_of, s.updated_at, s.version`

// SiteKinds are the kinds of site, in the order in which they are shown.
var SiteKinds = []string{"park", "platform", "town", "county"}

const maxChains = 3

// read takes the lists and the place out of their stored form.
func (s *Site) read() {
	s.Chains, s.Banned = words(s.ChainsText), words(s.BannedText)
	s.Lng, s.Lat = float64(s.LngMicro)/1e6, float64(s.LatMicro)/1e6
}

// Title gives the name in a language.
func (s Site) Title(lang string) string {
	if lang == "en" && s.NameEN != "" {
		return s.NameEN
	}
	return s.Name
}

// Words gives what is said of the site in a language, and the language in which it is said.
func (s Site) Words(lang string) (text, in string) {
	if lang == "en" && s.SummaryEN != "" {
		return s.SummaryEN, "en"
	}
	return s.Summary, "zh"
}

func words(text string) []string {
	out := []string{}
	if text != "" {
		out = strings.Split(text, ",")
	}
	return out
}

// Service holds the use cases of sites, chains, matching and sending.
type Service struct {
	DB    *db.DB
	Files *blob.Store

	mu   sync.Mutex
	kept *stock // the last stock that was read
}

// NewSite is what a site needs; with an id it changes that site.
type NewSite struct {
	ID        string   `json:"id,omitempty" maxLength:"40" doc:"of the site to change; left out to add one"`
	Kind      string   `json:"kind" enum:"park,platform,town,county"`
	Unit      string   `json:"unit,omitempty" doc:"who answers for it; default one's own"`
	Name      string   `json:"name" maxLength:"80"`
	NameEN    string   `json:"name_en,omitempty" maxLength:"120"`
	Region    string   `json:"region,omitempty" maxLength:"12" doc:"GB/T 2260; default that of the unit"`
	Lng       *float64 `json:"lng,omitempty" doc:"degrees east"`
	Lat       *float64 `json:"lat,omitempty" doc:"degrees north"`
	Chains    []string `json:"chains,omitempty" maxItems:"3" doc:"leading industry chains"`
	Product   string   `json:"product,omitempty" maxLength:"60" doc:"single product of a county"`
	Chemical  bool     `json:"chemical,omitempty" doc:"a qualified chemical park"`
	Banned    []string `json:"banned,omitempty" maxItems:"40" doc:"industries it must not take, GB/T 4754"`
	Summary   string   `json:"summary,omitempty" maxLength:"2000"`
	SummaryEN string   `json:"summary_en,omitempty" maxLength:"3000"`
	Published bool     `json:"published,omitempty" doc:"may be shown to the public"`
	Source    string   `json:"source" maxLength:"200" doc:"who says so"`
	AsOf      string   `json:"as_of" format:"date" doc:"on which day it was so"`
	Version   int64    `json:"version,omitempty"`
}

// SaveSite adds a site or changes one, for a unit in one's scope. Faults: Invalid per field, not_found, stale.
func (s *Service) SaveSite(ctx context.Context, in NewSite) (out Site, err error) {
	who, err := audit.Require(ctx, "site.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = saveSite(ctx, tx, who, in)
		return err
	})
	return out, err
}

func saveSite(ctx context.Context, tx *db.Tx, who audit.Actor, in NewSite) (Site, error) {
	if in.Unit == "" {
		in.Unit = who.Unit
	}
	n := Site{
		ID: in.ID, Kind: in.Kind, Unit: in.Unit, Name: strings.TrimSpace(in.Name), NameEN: strings.TrimSpace(in.NameEN), Region: in.Region,
		LngMicro: micro(in.Lng), LatMicro: micro(in.Lat), Product: strings.TrimSpace(in.Product), Chemical: in.Chemical, Summary: strings.TrimSpace(in.Summary),
		SummaryEN: strings.TrimSpace(in.SummaryEN), Published: in.Published, Source: strings.TrimSpace(in.Source), AsOf: in.AsOf,
		UpdatedAt: db.Micros(tx.Now()), Version: in.Version + 1,
	}
	old, err := n.before(ctx, tx, who)
	if err != nil {
		return n, err
	}
	if err := n.check(ctx, tx, who, in); err != nil {
		return n, err
	}
	n.read()
	if n.ID == "" {
		n.ID, n.Version = tx.ID(), 1
		if err := db.Insert(ctx, tx, "match_site", n); err != nil {
			return n, err
		}
		if err := stir(ctx, tx); err != nil {
			return n, err
		}
		return n, audit.Note(ctx, tx, "site.add", "site/"+n.ID, nil, n)
	}
	rows, err := db.Exec(ctx, tx, `UPDATE match_site SET kind = ?, unit_id = ?, name = ?, name_en = ?, region = ?, lng = ?, lat = ?, chains = ?, product = ?, chemical = ?, banned = ?,
		summary = ?, summary_en = ?, published = ?, source = ?, as_of = ?, updated_at = ?, version = ? WHERE id = ? AND version = ?`,
		n.Kind, n.Unit, n.Name, n.NameEN, n.Region, n.LngMicro, n.LatMicro, n.ChainsText, n.Product, n.Chemical, n.BannedText, n.Summary, n.SummaryEN, n.Published, n.Source,
		n.AsOf, n.UpdatedAt, n.Version, n.ID, in.Version)
	if err == nil && rows == 0 {
		err = stale()
	}
	if err == nil {
		err = stir(ctx, tx)
	}
	if err != nil {
		return n, err
	}
	return n, audit.Note(ctx, tx, "site.edit", "site/"+n.ID, old, n)
}

// before gives the site that is about to change; it must be the actor's own. A new one has none.
func (s Site) before(ctx context.Context, tx *db.Tx, who audit.Actor) (any, error) {
	if s.ID == "" {
		return nil, nil
	}
	old, err := ownSite(ctx, tx, who, s.ID)
	if err == nil && old.Version != s.Version-1 {
		err = stale()
	}
	return old, err
}

// ownSite gives a site that the actor answers for. Everybody on the staff sees all sites; to change one is another matter.
func ownSite(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Site, error) {
	out, err := siteByID(ctx, tx, id)
	if err != nil {
		return out, err
	}
	if ok, err := org.InScope(ctx, tx, who.Node, out.Unit); err != nil || !ok {
		return out, orFault(err, fault.New(fault.Forbidden, "not_allowed", "只有载体所属单位和它的上级可以改。", "Only the unit of the site and those above it may change it."))
	}
	return out, nil
}

func orFault(err error, other *fault.Error) error {
	if err != nil {
		return err
	}
	return other
}

func stale() error {
	return fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再试。", "Somebody changed this meanwhile; reload and try again.")
}

// micro turns degrees into millionths; nothing said is 0. What no place on earth has is left to the check.
func micro(degrees *float64) int64 {
	if degrees == nil || math.Abs(*degrees) > 1000 {
		return 0
	}
	return int64(math.Round(*degrees * 1e6))
}

// The land of China lies within these degrees; a place outside them is a slip of the pen.
const (
	west, east   = 73, 136
	south, north = 3, 54
)

func (s *Site) check(ctx context.Context, tx *db.Tx, who audit.Actor, in NewSite) error {
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	var c fault.Checks
	c.Require("name", s.Name, "名称", "The name")
	c.Require("source", s.Source, "资料来源", "The source")
	for _, x := range []struct {
		name, text string
		most       int
	}{{"name", s.Name, 80}, {"name_en", s.NameEN, 120}, {"product", s.Product, 60}, {"summary", s.Summary, 2000}, {"summary_en", s.SummaryEN, 3000}, {"source", s.Source, 200}} {
		c.AtMost(x.name, x.text, x.most)
	}
	if !slices.Contains(SiteKinds, s.Kind) {
		c.Add("kind", "not_a_choice", "请选择载体类别。", "Choose the kind of site.")
	}
	asOf(&c, s.AsOf, tx.Today())
	u, err := dir.Unit(s.Unit)
	if ok, scopeErr := org.InScope(ctx, tx, who.Node, s.Unit); scopeErr != nil {
		return scopeErr
	} else if err != nil || !ok {
		c.Add("unit", "not_your_unit", "单位不在您的范围内。", "The unit is outside your scope.")
	}
	if s.Region == "" {
		s.Region = u.Region
	} else if _, known := dir.Region(s.Region); !known {
		c.Add("region", "unknown_region", "没有这个行政区划代码。", "There is no such region.")
	}
	if (in.Lng != nil || in.Lat != nil) && (s.LngMicro < west*1e6 || s.LngMicro > east*1e6 || s.LatMicro < south*1e6 || s.LatMicro > north*1e6) {
		c.Add("lng", "out_of_range", "坐标不在国境内；先经度后纬度，如 109.19、27.72。", "This place is not in China; longitude first, e.g. 109.19 and 27.72.")
	}
	s.takeLists(&c, dir, in)
	return c.Err()
}

// takeLists checks the chains and the banned industries and stores them as texts.
func (s *Site) takeLists(c *fault.Checks, dir *org.Directory, in NewSite) {
	chains := slices.Compact(slices.Sorted(slices.Values(in.Chains)))
	if len(chains) > maxChains {
		c.Add("chains", "too_many", "主导产业最多三个。", "At most three leading chains.")
	}
	for _, code := range chains {
		if !isChain(dir, code) {
			c.Add("chains", "unknown_code", "请从列表中选择产业链。", "Choose a value of the list.")
		}
	}
	var banned []string
	for _, code := range strings.FieldsFunc(strings.Join(in.Banned, " "), func(r rune) bool { return strings.ContainsRune(" ,，、;；", r) }) {
		bare := strings.TrimLeft(code, "ABCDEFGHIJKLMNOPQRST")
		if _, known := dir.Industry(bare); !known || bare == "" {
			c.Add("banned", "unknown_industry", "没有这个国民经济行业代码："+code+"。", "There is no such industry of GB/T 4754: "+code+".")
			continue
		}
		banned = append(banned, bare)
	}
	slices.Sort(banned)
	s.ChainsText, s.BannedText = strings.Join(chains, ","), strings.Join(slices.Compact(banned), ",")
}

func isChain(dir *org.Directory, code string) bool { return dir.CodeName("chain", code, "zh") != code }

// asOf checks the day on which something was so: a date, not in the future.
func asOf(c *fault.Checks, day, today string) {
	switch {
	case day == "":
		c.Require("as_of", day, "资料日期", "The date of the data")
	case !isDay(day):
		c.Add("as_of", "not_a_date", "日期写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
	case day > today:
		c.Add("as_of", "in_the_future", "资料日期不能晚于今天（"+today+"）。", "The date of the data cannot be later than today ("+today+").")
	}
}

func encode(v any) (string, error) {
	raw, err := json.Marshal(v)
	return string(raw), fault.Wrap(err, "encode")
}
