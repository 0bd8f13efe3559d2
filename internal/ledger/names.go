package ledger

import (
	"context"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

// Names tells what packages below this one call the things that entries are counted by.
type Names interface {
	// Stations gives the code and the name of every station, in their order.
	Stations(ctx context.Context, tx *db.Tx, lang string) ([]Named, error)
	// Names gives names by id for the dimensions station, team, batch, company, project and event. Ids without a
	// name are left out. Companies give registry facts alone, which all staff may see.
	Names(ctx context.Context, tx *db.Tx, dim string, ids []string, lang string) (map[string]string, error)
}

// Named is a code with its name.
type Named struct{ Code, Name string }

// speaker words keys of dimensions in the language of the request. It keeps what it asked for.
type speaker struct {
	tx    *db.Tx
	dir   *org.Directory
	names Names
	lang  string
	known map[string]string // dim, 0x1f, id → name
}

func (s *Service) speaker(ctx context.Context, tx *db.Tx) (*speaker, error) {
	dir, err := org.Open(ctx, tx)
	return &speaker{tx: tx, dir: dir, names: s.Names, lang: web.Lang(ctx), known: map[string]string{}}, err
}

// borne are the dimensions whose names other packages know.
var borne = map[string]bool{"station": true, "team": true, "batch": true, "company": true, "project": true, "event": true}

// learn asks for the names of many values of a dimension at once.
func (sp *speaker) learn(ctx context.Context, dim string, ids []string) error {
	if !borne[dim] || sp.names == nil {
		return nil
	}
	var ask []string
	for _, id := range ids {
		if id != "" {
			if _, ok := sp.known[dim+"\x1f"+id]; !ok {
				ask = append(ask, id)
			}
		}
	}
	if len(ask) == 0 {
		return nil
	}
	got, err := sp.names.Names(ctx, sp.tx, dim, ask, sp.lang)
	for _, id := range ask {
		sp.known[dim+"\x1f"+id] = id
	}
	for id, name := range got {
		sp.known[dim+"\x1f"+id] = name
	}
	return err
}

// word is the name of one value; a value without a name is shown as it is, no value as "none".
func (sp *speaker) word(ctx context.Context, dim, value string) string {
	if value == "" || value == none {
		return web.T(ctx, "ledger.none")
	}
	if borne[dim] {
		_ = sp.learn(ctx, dim, []string{value}) // a name that cannot be read is shown as its code
		if n := sp.known[dim+"\x1f"+value]; n != "" {
			return n
		}
		return value
	}
	return sp.orgWord(ctx, dim, value)
}

func (sp *speaker) orgWord(ctx context.Context, dim, value string) string {
	switch dim {
	case "province", "city", "county", "unit":
		return sp.dir.UnitName(value, sp.lang)
	case "industry", "section":
		return sp.industry(value)
	case "wheel", "chain":
		return sp.dir.CodeName(dim, value, sp.lang)
	case "mode":
		return sp.dir.CodeName("cooperation", value, sp.lang)
	case "origin", "visited", "origin_city":
		return sp.region(value)
	case "pairing":
		east, west, _ := strings.Cut(value, ">")
		return sp.region(east) + " → " + sp.dir.UnitName(west, sp.lang)
	case "tag":
		if web.HasText("ledger.tag." + value) {
			return web.T(ctx, "ledger.tag."+value)
		}
		if kind, rest, ok := strings.Cut(value, ":"); ok && web.HasText("ledger.tag."+kind) {
			return web.T(ctx, "ledger.tag."+kind, rest)
		}
		return sp.dir.CodeName("standing", value, sp.lang)
	}
	return value
}

func (sp *speaker) industry(code string) string {
	for _, c := range []string{code, strings.TrimLeft(code, "ABCDEFGHIJKLMNOPQRST")} {
		if i, ok := sp.dir.Industry(c); ok && c != "" {
			return code + " " + i.Title(sp.lang)
		}
	}
	return code
}

func (sp *speaker) region(code string) string {
	for _, g := range sp.dir.Groups() {
		if g.Kind == "group" && g.Code == code {
			if sp.lang == "en" && g.EN != "" {
				return g.EN
			}
			return g.ZH
		}
	}
	full := code
	for len(full) < 6 {
		full += "0"
	}
	if r, ok := sp.dir.Region(full); ok {
		return r.Name
	}
	return code
}

// chip words one "dim:value" condition: 驻点 深圳.
func (sp *speaker) chip(ctx context.Context, where string) string {
	dim, value, _ := strings.Cut(where, ":")
	dim, not := strings.CutSuffix(dim, "!")
	name := web.T(ctx, "ledger.dim."+dim)
	if not {
		name = web.T(ctx, "ledger.not", name)
	}
	return name + " " + sp.word(ctx, dim, value)
}
