package company

import (
	"context"
	"encoding/json"
	"net/url"
	"sort"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
	"zhudian/internal/web"
)

// Around is what other features know around a company, within the scope of who asks.
type Around struct {
	Visits int64
	Last   string // date of the last visit
	Owner  string // who follows it
	State  string // a word for how far it is
	Tone   string // of the word: "", act, due, alarm or hollow
}

// Surroundings are answered by the features that know visits and talks.
type Surroundings interface {
	Around(ctx context.Context, companies []string) (map[string]Around, error)
}

// Panel is a part of the record page that another feature serves; {id} in URL stands for the company.
type Panel struct{ Title, URL, Perm string }

// pickers are the choices of forms and filters in one language.
type pickers struct {
	d    *org.Directory
	lang string
}

func (s *Service) pickers(ctx context.Context) (p pickers, err error) {
	p.lang = web.Lang(ctx)
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		p.d, err = org.Open(ctx, tx)
		return err
	})
	return p, err
}

func any0(ctx context.Context) web.Choice { return web.Choice{Text: web.T(ctx, "company.any")} }

func (p pickers) kinds(ctx context.Context, any bool) []web.Choice {
	out := []web.Choice{{Value: Enterprise, Text: web.T(ctx, "company.kind.enterprise")}, {Value: Association, Text: web.T(ctx, "company.kind.association")}}
	if any {
		out = append([]web.Choice{any0(ctx)}, out...)
	}
	return out
}

func (p pickers) statuses(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "company.unknown")}}
	for _, s := range Statuses {
		out = append(out, web.Choice{Value: s, Text: web.T(ctx, "company.status."+s)})
	}
	return out
}

func (p pickers) currencies() []web.Choice {
	out := []web.Choice{{Value: "CNY", Text: "CNY"}}
	for _, c := range currencies {
		if c.code != "CNY" {
			out = append(out, web.Choice{Value: c.code, Text: c.code})
		}
	}
	return out
}

func (p pickers) tags() []web.Choice {
	var out []web.Choice
	for _, c := range p.d.Codes("standing", "") {
		out = append(out, web.Choice{Value: c.Code, Text: c.Title(p.lang)})
	}
	return out
}

func (p pickers) sections() []web.Choice {
	var out []web.Choice
	for _, i := range p.d.IndustriesIn("") {
		out = append(out, web.Choice{Value: i.Code, Text: i.Code + " " + i.Title(p.lang)})
	}
	return out
}

// industries are the sections with their divisions under them.
func (p pickers) industries(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "company.unknown")}}
	for _, s := range p.d.IndustriesIn("") {
		out = append(out, web.Choice{Value: s.Code, Text: s.Code + " " + s.Title(p.lang)})
		for _, i := range p.d.IndustriesIn(s.Code) {
			out = append(out, web.Choice{Value: i.Code, Text: "　" + s.Code + i.Code + " " + i.Title(p.lang)})
		}
	}
	return out
}

// regionChoice is the chosen region, for a picker that finds the others by typing.
func (p pickers) regionChoice(code string) []web.Choice {
	out := []web.Choice{{}}
	if code != "" {
		out = append(out, web.Choice{Value: code, Text: p.d.RegionName(code)})
	}
	return out
}

func (p pickers) cities(ctx context.Context, province string) []web.Choice {
	out := []web.Choice{any0(ctx)}
	for _, r := range p.d.RegionsIn(province) {
		if r.Level == "city" && r.ValidTo == org.Last {
			out = append(out, web.Choice{Value: r.Code, Text: r.Name})
		}
	}
	return out
}

func (p pickers) provinces(ctx context.Context) []web.Choice {
	out := []web.Choice{any0(ctx)}
	for _, r := range p.d.RegionsIn("") {
		out = append(out, web.Choice{Value: r.Code, Text: r.Name})
	}
	return out
}

// industryName gives "C39 计算机、通信和其他电子设备制造业"; short leaves it at a word or two.
func (p pickers) industryName(c Company) string {
	if c.Industry == "" {
		return ""
	}
	code := c.Industry
	if code != c.Section {
		code = c.Section + code
	}
	return code + " " + p.d.IndustryName(c.Industry, p.lang)
}

func (p pickers) tagName(code string) string { return p.d.CodeName("standing", code, p.lang) }

// place is the finest name of where a company is, without what stands above it.
func (p pickers) place(c Company) string {
	r, ok := p.d.Region(c.Region)
	if !ok {
		return ""
	}
	return r.Name
}

// listProps is the list page.
type listProps struct {
	In    Query
	List  List
	Work  map[string]Around
	Hint  bool // nothing is stored yet
	Query url.Values
	Wired bool // other features tell what is around a company
	pickers
}

func (s *Service) listView(ctx context.Context, in Query) (listProps, error) {
	p, err := s.pickers(ctx)
	if err != nil {
		return listProps{}, err
	}
	v := listProps{In: in, pickers: p, Query: in.values(), Wired: s.Work != nil}
	in.Total = true
	if v.List, err = s.List(ctx, in); err != nil {
		return v, err
	}
	v.Hint = len(v.List.Items) == 0 && len(v.Query) == 0
	if s.Work != nil && len(v.List.Items) > 0 {
		ids := make([]string, len(v.List.Items))
		for i, c := range v.List.Items {
			ids[i] = c.ID
		}
		v.Work, err = s.Work.Around(ctx, ids)
	}
	return v, err
}

// values gives the filters as they stand in an address, without paging.
func (in Query) values() url.Values {
	q := url.Values{}
	for k, v := range map[string]string{"q": in.Q, "kind": in.Kind, "province": in.Province, "city": in.City, "region": in.Region, "section": in.Section,
		"industry": in.Industry, "tag": in.Tag, "status": in.Status, "source": in.Source, "sort": in.Sort} {
		if v != "" {
			q.Set(k, v)
		}
	}
	return q
}

func (v listProps) next() string {
	if v.List.Next == "" {
		return ""
	}
	q := v.In.values()
	q.Set("after", v.List.Next)
	return "/companies?" + q.Encode()
}

func (v listProps) total() (int64, bool) {
	if v.List.Total == nil {
		return -1, false
	}
	if *v.List.Total > MaxTotal {
		return MaxTotal, true
	}
	return *v.List.Total, false
}

// set counts the filters behind the filter button.
func (v listProps) set() int {
	n := 0
	for _, s := range []string{v.In.Province, v.In.Status, v.In.Source, v.In.Region, v.In.Industry} {
		if s != "" {
			n++
		}
	}
	return n
}

func (v listProps) clear() string {
	q := v.In.values()
	q.Del("sort")
	if len(q) == 0 {
		return ""
	}
	return "/companies"
}

// filters names the conditions in force, for an empty list.
func (v listProps) filters(ctx context.Context) []string {
	var out []string
	add := func(text string) {
		if text != "" {
			out = append(out, text)
		}
	}
	add(v.In.Q)
	if v.In.Kind != "" {
		add(web.T(ctx, "company.kind."+v.In.Kind))
	}
	for _, code := range []string{v.In.Province, v.In.City, v.In.Region} {
		add(v.d.RegionName(code))
	}
	for _, code := range []string{v.In.Section, v.In.Industry} {
		add(v.d.IndustryName(code, v.lang))
	}
	if v.In.Tag != "" {
		add(v.tagName(v.In.Tag))
	}
	if v.In.Status != "" {
		add(web.T(ctx, "company.status."+v.In.Status))
	}
	return out
}

// capitalShown is a cell of the column of registered capital; another currency than yuan is named.
func capitalShown(ctx context.Context, c Facts) string {
	switch {
	case c.Capital == nil:
		return web.Nil
	case c.Currency != "CNY":
		return c.Currency + " " + web.Fixed(*c.Capital, 6, 0)
	case web.Lang(ctx) == "en" || *c.Capital%1_0000_00 != 0:
		return web.MoneyCell(ctx, *c.Capital, web.Wan)
	}
	return web.Fixed(*c.Capital, 6, 0)
}

func statusTone(status string) string {
	switch status {
	case "active":
		return "act"
	case "revoked", "cancelled":
		return "alarm"
	case "suspended", "moved":
		return "due"
	}
	return "hollow"
}

// formProps is the form of a company.
type formProps struct {
	New    bool
	ID     string
	Name   string
	Action string
	State  web.FormState
	Twin   string // the record that this would repeat
	pickers
}

func formOf(rec Record) web.FormState {
	capital := ""
	if rec.Capital != nil {
		capital = trimZeros(sheet.Fixed{N: *rec.Capital, Digits: 6}.String())
	}
	currency := rec.Currency
	if currency == "" {
		currency = "CNY"
	}
	s := web.FormOf("version", itoa(int(rec.Version)), "kind", rec.Kind, "name", rec.Name, "credit_code", rec.CreditCode, "former", strings.Join(rec.Former, "\n"),
		"industry", rec.Industry, "region", rec.Region, "address", rec.Address, "capital", capital, "currency", currency, "status", rec.Status,
		"registered_on", rec.RegisteredOn, "reg_type", rec.RegType, "business", rec.Business)
	for _, t := range rec.Standing {
		s.Values.Add("tags", t.Code)
	}
	return s
}

// recordProps is the record page.
type recordProps struct {
	Rec    Record
	Hints  []Hint
	Trail  []trailLine
	Panels []Panel
	pickers
}

type trailLine struct {
	Icon, Who, What, Source string
	At                      time.Time
	Fields                  []string
}

func (s *Service) recordView(ctx context.Context, rec Record) (v recordProps, err error) {
	if v.pickers, err = s.pickers(ctx); err != nil {
		return v, err
	}
	v.Rec = rec
	out, err := s.Suggest(ctx, Suggest{Name: rec.Name, Except: rec.ID})
	if err != nil {
		return v, err
	}
	for _, h := range out.Hints {
		if h.Likeness >= 70 {
			v.Hints = append(v.Hints, h)
		}
	}
	for _, p := range s.Panels {
		if web.May(ctx, p.Perm) {
			v.Panels = append(v.Panels, Panel{p.Title, strings.ReplaceAll(p.URL, "{id}", url.QueryEscape(rec.ID)), p.Perm})
		}
	}
	v.Trail, err = s.trail(ctx, rec.ID)
	return v, err
}

// trail reads what was done to a company, newest first.
func (s *Service) trail(ctx context.Context, id string) ([]trailLine, error) {
	var list []audit.Record
	var names map[string]string
	err := s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if list, err = audit.History(ctx, tx, "company/"+id, 30); err != nil {
			return err
		}
		var ids []string
		for _, r := range list {
			ids = append(ids, r.Person)
		}
		names, err = auth.Names(ctx, tx, uniq(ids))
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []trailLine
	for _, r := range list {
		l := trailLine{Icon: "edit", Who: names[r.Person], What: web.T(ctx, "company.did."+strings.TrimPrefix(r.Action, "company.")), Source: r.Source,
			At: db.FromMicros(r.At), Fields: changedFields(ctx, r)}
		switch r.Action {
		case "company.create":
			l.Icon, l.Fields = "plus", nil
		case "company.merge", "company.merged":
			l.Icon = "git-merge"
		}
		out = append(out, l)
	}
	return out, nil
}

// changedFields names what a change touched.
func changedFields(ctx context.Context, r audit.Record) []string {
	var change map[string]map[string]json.RawMessage
	if json.Unmarshal([]byte(r.Change), &change) != nil {
		return nil
	}
	keys := map[string]bool{}
	for _, side := range change {
		for k := range side {
			keys[k] = true
		}
	}
	var out []string
	for k := range keys {
		if key := "company." + k; web.HasText(key) {
			out = append(out, web.T(ctx, key))
		}
	}
	sort.Strings(out)
	return out
}

// mergeProps is the merge page.
type mergeProps struct {
	Keep, Gone Record
	Lines      []mergeLine
	State      web.FormState
}

type mergeLine struct {
	Name, Label, Keep, Gone string
	TakeGone                bool // what is chosen at first: the kept one's, unless that is empty
}

// twoCodes tells that the records are two organisations by their codes.
func (v mergeProps) twoCodes() bool {
	return v.Keep.CreditCode != "" && v.Gone.CreditCode != "" && v.Keep.CreditCode != v.Gone.CreditCode
}

func (s *Service) mergeView(ctx context.Context, in pair) (v mergeProps, err error) {
	if v.Keep, err = s.Get(ctx, ByID{in.Keep}); err != nil {
		return v, err
	}
	if v.Gone, err = s.Get(ctx, ByID{in.Gone}); err != nil {
		return v, err
	}
	p, err := s.pickers(ctx)
	if err != nil {
		return v, err
	}
	add := func(name, keep, gone string) {
		if keep != gone {
			v.Lines = append(v.Lines, mergeLine{name, web.T(ctx, "company."+name), keep, gone, keep == "" || keep == web.Nil})
		}
	}
	a, b := v.Keep, v.Gone
	add("kind", web.T(ctx, "company.kind."+a.Kind), web.T(ctx, "company.kind."+b.Kind))
	add("name", a.Name, b.Name)
	add("credit_code", a.CreditCode, b.CreditCode)
	add("industry", p.industryName(a.Company), p.industryName(b.Company))
	add("region", p.d.RegionName(a.Region), p.d.RegionName(b.Region))
	add("address", a.Address, b.Address)
	add("capital", capitalShown(ctx, a.Facts), capitalShown(ctx, b.Facts))
	add("status", statusName(ctx, a.Status), statusName(ctx, b.Status))
	add("registered_on", a.RegisteredOn, b.RegisteredOn)
	add("reg_type", a.RegType, b.RegType)
	add("business", a.Business, b.Business)
	return v, nil
}

func statusName(ctx context.Context, status string) string {
	if status == "" {
		return ""
	}
	return web.T(ctx, "company.status."+status)
}
