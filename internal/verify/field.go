package verify

import (
	"context"
	"encoding/json"
	"slices"
	"sort"
	"strings"

	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

// fieldOrder is the order in which the values of a claim are shown, per kind; values it does not name follow by name.
var fieldOrder = map[string][]string{
	"visit":      {"company", "day", "way", "visited", "intent", "wants", "team"},
	"tour":       {"company", "day", "heads", "receiver", "confirmed_by", "team"},
	"event":      {"name", "kind", "day", "unit", "team"},
	"deployment": {"person", "batch", "team", "starts_on"},
	"project":    {"investors", "unit", "registered_on", "industry", "wheel", "chain", "mode", "origin", "nature"},
	"contract":   {"amount", "signed_on", "investors", "unit", "industry", "wheel", "chain", "mode", "origin", "nature"},
	"funds":      {"amount", "received_on", "payee", "payer", "voucher_kind", "voucher_no", "use_of", "project"},
}

// reader words what a claim says, with the names of persons, places and companies in it.
type reader struct {
	tx     *db.Tx
	dir    *org.Directory
	names  ledger.Names
	people map[string]string
	lang   string
}

func (s *Service) reader(ctx context.Context, tx *db.Tx) (*reader, error) {
	dir, err := org.Open(ctx, tx)
	return &reader{tx: tx, dir: dir, names: s.Names, lang: web.Lang(ctx), people: map[string]string{}}, err
}

// meet learns the names of persons.
func (rd *reader) meet(ctx context.Context, ids ...string) error {
	found, err := auth.Names(ctx, rd.tx, slices.DeleteFunc(ids, func(id string) bool { return id == "" || rd.people[id] != "" }))
	for id, name := range found {
		rd.people[id] = name
	}
	return err
}

// person is a name, or what stands for somebody who is not in the house any more.
func (rd *reader) person(ctx context.Context, id string) string {
	if n := rd.people[id]; n != "" {
		return n
	}
	return web.T(ctx, "verify.somebody")
}

// name asks what a package below calls something; unknown things keep their code.
func (rd *reader) name(ctx context.Context, dim, id string) string {
	if rd.names == nil || id == "" {
		return id
	}
	found, err := rd.names.Names(ctx, rd.tx, dim, []string{id}, rd.lang)
	if err != nil || found[id] == "" { // a name that cannot be read is shown as its code
		return id
	}
	return found[id]
}

// place names a node of the scope graph: a unit or a team.
func (rd *reader) place(ctx context.Context, node string) string {
	if strings.Contains(node, ".") {
		return rd.name(ctx, "team", node)
	}
	return rd.dir.UnitName(node, rd.lang)
}

// values words the content of a round, in the order of its kind.
func (rd *reader) values(ctx context.Context, kind, content string) ([]web.ClaimValue, error) {
	var said map[string]any
	d := json.NewDecoder(strings.NewReader(content))
	d.UseNumber() // an amount in fen is not a float
	if err := d.Decode(&said); err != nil {
		return nil, err
	}
	keys := slices.Clone(fieldOrder[kind])
	var rest []string
	for k := range said {
		if !slices.Contains(keys, k) {
			rest = append(rest, k)
		}
	}
	sort.Strings(rest)
	var out []web.ClaimValue
	for _, k := range append(keys, rest...) {
		v, ok := said[k]
		if !ok || empty(v) || k == "teams" {
			continue
		}
		label := k
		if web.HasText("verify.field." + k) {
			label = web.T(ctx, "verify.field."+k)
		}
		text, meta := rd.value(ctx, k, v)
		out = append(out, web.ClaimValue{Label: label, Text: text, Meta: meta})
	}
	return out, nil
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case json.Number:
		return v == "0"
	}
	return false
}

// value words one value by what its key says it is.
func (rd *reader) value(ctx context.Context, key string, v any) (text, meta string) {
	switch v := v.(type) {
	case json.Number:
		n, err := v.Int64()
		if err == nil && (key == "amount" || key == "counted" || key == "paid") {
			return web.Money(ctx, n, web.Wan).String(), ""
		}
		if err == nil {
			return web.Int(n), ""
		}
		return v.String(), ""
	case bool:
		return web.T(ctx, map[bool]string{true: "verify.yes", false: "verify.no"}[v]), ""
	case []any:
		var parts []string
		for _, x := range v {
			if s, _ := rd.value(ctx, key, x); s != "" {
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, web.T(ctx, "verify.comma")), ""
	case map[string]any:
		raw, _ := json.Marshal(v) // decoded from JSON just now
		return string(raw), ""
	case string:
		return rd.word(ctx, key, v)
	}
	return "", ""
}

func (rd *reader) word(ctx context.Context, key, v string) (text, meta string) {
	switch key {
	case "company":
		return rd.name(ctx, "company", v), ""
	case "investors":
		return rd.name(ctx, "company", v), ""
	case "project", "team", "batch", "event":
		return rd.name(ctx, key, v), ""
	case "unit", "receiver":
		return rd.dir.UnitName(v, rd.lang), v
	case "visited", "origin":
		return rd.dir.RegionName(v), v
	case "industry":
		name := rd.dir.IndustryName(v, rd.lang)
		if name == "" {
			name = rd.dir.IndustryName(strings.TrimLeft(v, "ABCDEFGHIJKLMNOPQRST"), rd.lang)
		}
		return name, v
	case "wheel", "chain":
		return rd.dir.CodeName(key, v, rd.lang), ""
	case "mode":
		return rd.dir.CodeName("cooperation", v, rd.lang), ""
	case "person", "confirmed_by":
		_ = rd.meet(ctx, v) // a name that cannot be read is shown as somebody
		return rd.person(ctx, v), ""
	case "said", "note", "talk":
		return web.T(ctx, "verify.digest"), short(v)
	}
	if k := "verify.value." + key + "." + v; web.HasText(k) {
		return web.T(ctx, k), ""
	}
	return v, ""
}

// short is a digest cut in the middle.
func short(h string) string {
	if len(h) <= 12 {
		return h
	}
	return h[:4] + "…" + h[len(h)-4:]
}

// stringField takes one text out of a claim's content.
func stringField(content, key string) (string, bool) {
	var said map[string]any
	if json.Unmarshal([]byte(content), &said) != nil {
		return "", false
	}
	v, ok := said[key].(string)
	return v, ok
}
