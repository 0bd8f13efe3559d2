package match

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// ChainSum is one chain in the list of chains.
type ChainSum struct {
	Code     string `json:"code"`
	Nodes    int64  `json:"nodes"`
	Gaps     int64  `json:"gaps" doc:"nodes without a present firm"`
	Present  int64  `json:"present" doc:"companies that stand in it"`
	Target   int64  `json:"target" doc:"companies wanted"`
	Building int64  `json:"building"`
	Planned  int64  `json:"planned"`
	Wanted   int64  `json:"wanted"`
}

// Chains are the chains in force today.
type Chains struct {
	Items []ChainSum `json:"items"`
}

// ListChains gives the chains with their gaps.
func (s *Service) ListChains(ctx context.Context, _ struct{}) (out Chains, err error) {
	if _, err := audit.Require(ctx, "site.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = chainSums(ctx, tx)
		return err
	})
	return out, err
}

func chainSums(ctx context.Context, tx *db.Tx) (out Chains, err error) {
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return out, err
	}
	at := map[string]*ChainSum{}
	codes := dir.Codes("chain", tx.Today())
	out.Items = make([]ChainSum, len(codes))
	for i, c := range codes {
		out.Items[i].Code = c.Code
		at[c.Code] = &out.Items[i]
	}
	type firms struct {
		Chain    string `db:"chain"`
		Standing string `db:"standing"`
		N        int64  `db:"n"`
	}
	add := func(x firms) error {
		c := at[x.Chain]
		if c == nil {
			return nil
		}
		*map[string]*int64{"node": &c.Nodes, "gap": &c.Gaps, "present": &c.Present, "target": &c.Target, "building": &c.Building, "planned": &c.Planned, "wanted": &c.Wanted}[x.Standing] = x.N
		return nil
	}
	for _, text := range []string{
		`SELECT n.chain, 'node' AS standing, CAST(count(*) AS BIGINT) AS n FROM match_chain_node n WHERE NOT n.dropped GROUP BY n.chain`,
		`SELECT n.chain, 'gap' AS standing, CAST(count(*) AS BIGINT) AS n FROM match_chain_node n WHERE NOT n.dropped
			AND NOT EXISTS (SELECT 1 FROM match_chain_firm f WHERE f.node_id = n.id AND f.standing = 'present') GROUP BY n.chain`,
		`SELECT n.chain, f.standing, CAST(count(DISTINCT f.company_id) AS BIGINT) AS n FROM match_chain_firm f JOIN match_chain_node n ON n.id = f.node_id AND NOT n.dropped
			WHERE f.standing IN ('present', 'target') GROUP BY n.chain, f.standing`,
		`SELECT i.chain, i.list AS standing, CAST(count(*) AS BIGINT) AS n FROM match_chain_item i WHERE i.list <> 'closed' GROUP BY i.chain, i.list`,
	} {
		if err := db.Each(ctx, tx, text, nil, add); err != nil {
			return out, err
		}
	}
	return out, nil
}

// ChainQuery asks for one chain; the filters limit the three lists.
type ChainQuery struct {
	Code string `path:"code" json:"code"`
	Unit string `query:"unit" json:"unit,omitempty" maxLength:"32" doc:"of this unit or one under it"`
	List string `query:"list" json:"list,omitempty" enum:"building,planned,wanted,closed"`
}

// ChainMap is a chain with its nodes, its firms and the three lists.
type ChainMap struct {
	Code  string     `json:"code"`
	Nodes []Node     `json:"nodes"`
	Firms []NodeFirm `json:"firms"`
	Items []Item     `json:"items"`
	own   map[string]bool
}

// maxItems of the three lists on one page.
const maxItems = 500

// GetChain gives one chain as it is drawn. Fault: not_found.
func (s *Service) GetChain(ctx context.Context, in ChainQuery) (out ChainMap, err error) {
	who, err := audit.Require(ctx, "site.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		dir, err := org.Open(ctx, tx)
		if err != nil {
			return err
		}
		if !isChain(dir, in.Code) {
			return absent(fault.New(fault.NotFound, "", "", ""))
		}
		out.Code = in.Code
		if out.Nodes, err = db.All[Node](ctx, tx, `SELECT `+nodeColumns+` FROM match_chain_node n WHERE n.chain = ? AND NOT n.dropped ORDER BY n.sort_key, n.id`, in.Code); err != nil {
			return err
		}
		out.Firms, err = db.All[NodeFirm](ctx, tx, `SELECT f.node_id, f.company_id, f.standing, f.unit_id FROM match_chain_firm f JOIN match_chain_node n ON n.id = f.node_id
			WHERE n.chain = ? AND NOT n.dropped AND f.standing <> 'gone' ORDER BY f.standing, f.company_id`, in.Code)
		if err != nil {
			return err
		}
		return out.readItems(ctx, tx, who, in)
	})
	return out, err
}

func (m *ChainMap) readItems(ctx context.Context, tx *db.Tx, who audit.Actor, in ChainQuery) error {
	where, args := []string{"i.chain = ?"}, []any{in.Code}
	if in.List != "" {
		where, args = append(where, "i.list = ?"), append(args, in.List)
	} else {
		where = append(where, "i.list <> 'closed'")
	}
	if in.Unit != "" {
		where = append(where, `EXISTS (SELECT 1 FROM org_scope o WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = i.unit_id)`)
		args = append(args, scopeArgs(tx, in.Unit)...)
	}
	var err error
	m.Items, err = db.All[Item](ctx, tx, `SELECT `+itemColumns+` FROM match_chain_item i WHERE `+strings.Join(where, " AND ")+` ORDER BY i.list, i.unit_id, i.updated_at DESC, i.id LIMIT ?`, append(args, maxItems)...)
	if err != nil {
		return err
	}
	units, err := db.All[string](ctx, tx, `SELECT o.node_id FROM org_scope o WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?`, scopeArgs(tx, who.Node)...)
	m.own = map[string]bool{}
	for _, u := range units {
		m.own[u] = true
	}
	return err
}

// gapsOf gives the nodes of some chains where no firm stands, with the firms wanted there.
func gapsOf(ctx context.Context, tx *db.Tx, chains []string) ([]NodeGap, error) {
	out := []NodeGap{}
	if len(chains) == 0 {
		return out, nil
	}
	nodes, err := db.All[Node](ctx, tx, `SELECT `+nodeColumns+` FROM match_chain_node n WHERE NOT n.dropped AND n.chain IN `+db.In(len(chains))+`
		AND NOT EXISTS (SELECT 1 FROM match_chain_firm f WHERE f.node_id = n.id AND f.standing = 'present') ORDER BY n.chain, n.sort_key, n.id`, db.Args(chains)...)
	if err != nil || len(nodes) == 0 {
		return out, err
	}
	at, ids := map[string]int{}, []string{}
	for i, n := range nodes {
		at[n.ID], ids = i, append(ids, n.ID)
		out = append(out, NodeGap{Node: n, Companies: []string{}})
	}
	firms, err := db.All[NodeFirm](ctx, tx, `SELECT f.node_id, f.company_id, f.standing, f.unit_id FROM match_chain_firm f WHERE f.standing = 'target' AND f.node_id IN `+db.In(len(ids))+` ORDER BY f.company_id`, db.Args(ids)...)
	for _, f := range firms {
		out[at[f.Node]].Companies = append(out[at[f.Node]].Companies, f.Company)
	}
	return out, err
}
