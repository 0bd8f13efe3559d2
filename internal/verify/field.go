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
	"lead":       {"company", "judged_on", "amount", "industry", "chain", "team", "said"},
	"ticket":     {"receipt", "request", "company", "filed_on", "due_on", "answered_on", "closed_on", "rating", "unit"},
	"funds":      {"amount", "kind", "paid", "outside", "currency", "original", "rate", "rate_on", "received_on", "payee", "payer", "voucher_kind", "voucher_no", "use_of", "project"},
}

// fieldScale are the decimals of values that are no whole numbers; a share of millionths is shown in per cent.
var fieldScale = map[string]int{"outside": 4, "original": 2, "rate": 6}

// reader words what a claim says, with the names of persons, places and companies in it.
type reader struct {
	tx     *db.Tx
	dir    *org.Directory
	names  ledger.Names
	people map[string]string
	known  map[string]string // dim, 0x1f, id → name: pages are drawn after the snapshot is gone
	lang   string
}

func (s *Service) reader(ctx context.Context, tx *db.Tx) (*reader, error) {
	dir, err := org.Open(ctx, tx)
	return &reader{tx: tx, dir: dir, names: s.Names, lang: web.Lang(ctx), people: map[string]string{}, known: map[string]string{}}, err
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

// learn asks what packages below call things; it must come before the page is drawn.
func (rd *reader) learn(ctx context.Context, dim string, ids ...string) error {
	var ask []string
	for _, id := range ids {
		if _, ok := rd.known[dim+"\x1f"+id]; !ok && id != "" {
			ask = append(ask, id)
			rd.known[dim+"\x1f"+id] = id // without a name it keeps its code
		}
	}
	if rd.names == nil || len(ask) == 0 {
		return nil
	}
	found, err := rd.names.Names(ctx, rd.tx, dim, ask, rd.lang)
	for id, name := range found {
		rd.known[dim+"\x1f"+id] = name
	}
	return err
}

// name is what a thing is called that was learnt.
func (rd *reader) name(dim, id string) string {
	if n := rd.known[dim+"\x1f"+id]; n != "" {
		return n
	}
	return id
}

// places learns the teams among some nodes of the scope graph.
func (rd *reader) places(ctx context.Context, nodes ...string) error {
	for _, n := range nodes {
		dim := "station"
		if strings.Contains(n, ".") {
			dim = "team"
		}
		if _, err := rd.dir.Unit(n); err == nil {
			continue
		}
		if err := rd.learn(ctx, dim, n); err != nil {
			return err
		}
	}
	return nil
}

// place names a node of the scope graph: a unit, a station or a team.
func (rd *reader) place(node string) string {
	if _, err := rd.dir.Unit(node); err == nil {
		return rd.dir.UnitName(node, rd.lang)
	}
	if strings.Contains(node, ".") {
		return rd.name("team", node)
	}
	return rd.name("station", node)
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
		text, meta, err := rd.value(ctx, k, v)
		if err != nil {
			return nil, err
		}
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
func (rd *reader) value(ctx context.Context, key string, v any) (text, meta string, err error) {
	switch v := v.(type) {
	case json.Number:
		n, err := v.Int64()
		if err == nil && (key == "amount" || key == "counted" || key == "paid") {
			return web.Money(ctx, n, web.Wan).String(), "", nil
		}
		if scale, ok := fieldScale[key]; ok && err == nil {
			return web.Fixed(n, scale, min(scale, 4)) + map[string]string{"outside": "%"}[key], "", nil
		}
		if err == nil {
			return web.Int(n), "", nil
		}
		return v.String(), "", nil
	case bool:
		return web.T(ctx, map[bool]string{true: "verify.yes", false: "verify.no"}[v]), "", nil
	case []any:
		var parts []string
		for _, x := range v {
			s, _, err := rd.value(ctx, key, x)
			if err != nil {
				return "", "", err
			}
			parts = append(parts, s)
		}
		return strings.Join(parts, web.T(ctx, "verify.comma")), "", nil
	case map[string]any:
		raw, err := json.Marshal(v)
		return string(raw), "", err
	case string:
		return rd.word(ctx, key, v)
	}
	return "", "", nil
}

func (rd *reader) word(ctx context.Context, key, v string) (text, meta string, err error) {
	switch key {
	case "company", "investors":
		err = rd.learn(ctx, "company", v)
		return rd.name("company", v), "", err
	case "project", "team", "batch", "event":
		err = rd.learn(ctx, key, v)
		return rd.name(key, v), "", err
	case "person", "confirmed_by":
		err = rd.meet(ctx, v)
		return rd.person(ctx, v), "", err
	case "unit", "receiver":
		return rd.dir.UnitName(v, rd.lang), v, nil
	case "visited", "origin":
		return rd.dir.RegionName(v), v, nil
	case "industry":
		name := rd.dir.IndustryName(v, rd.lang)
		if name == "" {
			name = rd.dir.IndustryName(strings.TrimLeft(v, "ABCDEFGHIJKLMNOPQRST"), rd.lang)
		}
		return name, v, nil
	case "wheel", "chain":
		return rd.dir.CodeName(key, v, rd.lang), "", nil
	case "mode":
		return rd.dir.CodeName("cooperation", v, rd.lang), "", nil
	case "said", "note", "talk":
		return web.T(ctx, "verify.digest"), short(v), nil
	}
	if k := "verify.value." + key + "." + v; web.HasText(k) {
		return web.T(ctx, k), "", nil
	}
	return v, "", nil
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
