package match

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/web"
)

// chainList is the page of all chains.
type chainList struct {
	*sight
	list Chains
}

func (s *Service) chainsPage(r *http.Request) (templ.Component, error) {
	v := &chainList{}
	var err error
	if v.list, err = s.ListChains(r.Context(), struct{}{}); err != nil {
		return nil, err
	}
	if v.sight, err = s.sight(r.Context(), seen{}); err != nil {
		return nil, err
	}
	return chainsView(v), nil
}

// chainView is one chain as it is drawn, with the three lists.
type chainView struct {
	*sight
	in    ChainQuery
	chain ChainMap
	form  web.FormState
	which string // the form that was refused: nodes, firms or items
	item  Item   // to be changed
	node  Node
}

type chainPageQuery struct {
	ChainQuery
	Item string `json:"item" maxLength:"40"`
	Node string `json:"node" maxLength:"40"`
}

func (s *Service) chainPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[chainPageQuery](r)
	if err != nil {
		return nil, err
	}
	v, err := s.openChain(r.Context(), in, web.FormState{}, "")
	if err != nil {
		return nil, err
	}
	return chainPageView(v), nil
}

func (s *Service) openChain(ctx context.Context, in chainPageQuery, form web.FormState, which string) (*chainView, error) {
	v := &chainView{in: in.ChainQuery, form: form, which: which}
	var err error
	if v.chain, err = s.GetChain(ctx, in.ChainQuery); err != nil {
		return nil, err
	}
	names := seen{firms: form.Values["company"]}
	for _, f := range v.chain.Firms {
		names.firms = append(names.firms, f.Company)
	}
	for _, i := range v.chain.Items {
		if i.ID == in.Item && v.chain.own[i.Unit] {
			v.item = i
		}
	}
	for _, n := range v.chain.Nodes {
		if n.ID == in.Node {
			v.node = n
		}
	}
	v.sight, err = s.sight(ctx, names)
	return v, err
}

// state is the state of one of the forms: the refused one, what is to be changed, or an empty one.
func (v *chainView) state(which string) web.FormState { return v.held(which).For(which) }

func (v *chainView) held(which string) web.FormState {
	switch {
	case v.which == which:
		return v.form
	case which == "items" && v.item.ID != "":
		i := v.item
		return web.FormOf("id", i.ID, "version", itoa(i.Version), "unit", i.Unit, "node", i.Node, "list", i.List, "title", i.Title, "project", i.Project, "note", i.Note)
	case which == "nodes" && v.node.ID != "":
		n := v.node
		return web.FormOf("id", n.ID, "version", itoa(n.Version), "name", n.Name, "name_en", n.NameEN, "stream", n.Stream, "sort", itoa(n.Sort), "published", strconv.FormatBool(n.Published))
	case which == "items":
		return web.FormOf("unit", v.who.Unit, "list", "wanted")
	case which == "nodes":
		return web.FormOf("stream", "mid")
	}
	return web.FormOf("standing", "target")
}

// open reports whether a form is shown open.
func (v *chainView) open(which string) bool {
	return v.which == which || which == "items" && v.item.ID != "" || which == "nodes" && v.node.ID != ""
}

// nodesIn gives the nodes of one stream.
func (v *chainView) nodesIn(stream string) []Node {
	var out []Node
	for _, n := range v.chain.Nodes {
		if n.Stream == stream {
			out = append(out, n)
		}
	}
	return out
}

// firmsAt gives the firms of one standing at a node.
func (v *chainView) firmsAt(node, standing string) []NodeFirm {
	var out []NodeFirm
	for _, f := range v.chain.Firms {
		if f.Node == node && f.Standing == standing {
			out = append(out, f)
		}
	}
	return out
}

// itemsIn gives the lines of one list.
func (v *chainView) itemsIn(list string) []Item {
	var out []Item
	for _, i := range v.chain.Items {
		if i.List == list {
			out = append(out, i)
		}
	}
	return out
}

func (v *chainView) nodeName(id string) string {
	for _, n := range v.chain.Nodes {
		if n.ID == id {
			return n.Title(v.lang)
		}
	}
	return ""
}

func (v *chainView) nodeChoices(ctx context.Context, none bool) []web.Choice {
	var out []web.Choice
	if none {
		out = append(out, web.Choice{Text: web.T(ctx, "site.whole_chain")})
	}
	for _, n := range v.chain.Nodes {
		out = append(out, web.Choice{Value: n.ID, Text: n.Title(v.lang)})
	}
	return out
}

func (v *chainView) firmChoice(state web.FormState) []web.Choice {
	if id := state.Value("company"); id != "" {
		return []web.Choice{{Value: id, Text: v.firm(id)}}
	}
	return nil
}

// self is the address of the page with its filters and one more condition.
func (v *chainView) self(pairs ...string) string {
	q := web.Values(append([]string{"unit", v.in.Unit, "list", v.in.List}, pairs...)...)
	if len(q) == 0 {
		return chainURL(v.in.Code)
	}
	return chainURL(v.in.Code) + "?" + q.Encode()
}

func (s *Service) nodePosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[struct {
		Code string `json:"code"`
		NewNode
	}](r)
	if err == nil {
		in.Chain = in.Code
		_, err = s.SaveNode(r.Context(), in.NewNode)
	}
	return s.chainDone(r, err, "nodes")
}

func (s *Service) firmPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[struct {
		Code string `json:"code"`
		NodeFirm
	}](r)
	if err == nil {
		_, err = s.PlaceFirm(r.Context(), in.NodeFirm)
	}
	return s.chainDone(r, err, "firms")
}

func (s *Service) itemPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[struct {
		Code string `json:"code"`
		NewItem
	}](r)
	if err == nil {
		in.Chain = in.Code
		_, err = s.SaveItem(r.Context(), in.NewItem)
	}
	return s.chainDone(r, err, "items")
}

func (s *Service) chainDone(r *http.Request, err error, which string) (templ.Component, error) {
	code := r.PathValue("code")
	if err == nil {
		return web.RedirectToast(chainURL(code), web.Toast{Text: web.T(r.Context(), "site.saved")}), nil
	}
	v, bad := s.openChain(r.Context(), chainPageQuery{ChainQuery: ChainQuery{Code: code}}, web.NewForm(r, err), which)
	if bad != nil {
		return nil, bad
	}
	return web.Retry(chainPageView(v), err)
}

// mayLink reports whether the actor may open the project of a line.
func (v *chainView) mayLink(i Item) bool {
	return i.Project != "" && v.who.May("project.read") && v.chain.own[i.Unit]
}

func projectURL(id string) string { return "/projects/" + url.PathEscape(id) }

// shownLists are the lists of the page: one when it was asked for, else the three that are open.
func (v *chainView) shownLists() []string {
	if v.in.List != "" {
		return []string{v.in.List}
	}
	return lists[:3]
}

func (v *chainView) tags(ctx context.Context) []web.Tag {
	gaps := 0
	for _, n := range v.chain.Nodes {
		if len(v.firmsAt(n.ID, "present")) == 0 {
			gaps++
		}
	}
	out := []web.Tag{{Text: web.T(ctx, "site.nodes_n", itoa(int64(len(v.chain.Nodes))))}}
	if gaps > 0 {
		out = append(out, web.Tag{Text: web.T(ctx, "site.gaps_n", itoa(int64(gaps))), Tone: "due"})
	}
	return out
}

// editWord names a form that adds, or that changes what it holds.
func editWord(ctx context.Context, form web.FormState, add, change string) string {
	if form.Value("id") != "" {
		return web.T(ctx, change)
	}
	return web.T(ctx, add)
}
