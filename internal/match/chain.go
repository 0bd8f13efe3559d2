package match

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/pipeline"
)

// Node is a link of an industry chain.
type Node struct {
	ID        string `db:"id" json:"id"`
	Chain     string `db:"chain" json:"chain"`
	Name      string `db:"name" json:"name"`
	NameEN    string `db:"name_en" json:"name_en,omitempty"`
	Stream    string `db:"stream" json:"stream" enum:"up,mid,down"`
	Sort      int64  `db:"sort_key" json:"sort"`
	Dropped   bool   `db:"dropped" json:"dropped,omitempty"`
	Published bool   `db:"published" json:"published,omitempty" doc:"the public may see it, and whether firms are wanted there"`
	Version   int64  `db:"version" json:"version"`
}

const nodeColumns = `n.id, n.chain, n.name, n.name_en, n.stream, n.sort_key, n.dropped, n.published, n.version`

// Title gives the name in a language.
func (n Node) Title(lang string) string {
	if lang == "en" && n.NameEN != "" {
		return n.NameEN
	}
	return n.Name
}

// NodeFirm is a company at a node: it stands there, it is wanted there, or it is gone.
type NodeFirm struct {
	Node     string `db:"node_id" json:"node"`
	Company  string `db:"company_id" json:"company"`
	Standing string `db:"standing" json:"standing" enum:"present,target,gone"`
	Unit     string `db:"unit_id" json:"unit,omitempty" doc:"where it stands"`
}

// Item is a line of one of a county's three lists: being built, planned, wanted.
type Item struct {
	ID        string `db:"id" json:"id"`
	Unit      string `db:"unit_id" json:"unit"`
	Chain     string `db:"chain" json:"chain"`
	Node      string `db:"node_id" json:"node,omitempty"`
	List      string `db:"list" json:"list" enum:"building,planned,wanted,closed"`
	Title     string `db:"title" json:"title"`
	Project   string `db:"project_id" json:"project,omitempty"`
	Note      string `db:"note" json:"note,omitempty"`
	UpdatedAt int64  `db:"updated_at" json:"updated_at"`
	Version   int64  `db:"version" json:"version"`
}

const itemColumns = `i.id, i.unit_id, i.chain, i.node_id, i.list, i.title, i.project_id, i.note, i.updated_at, i.version`

// Streams are where a node stands in its chain, in the order in which they are shown.
var Streams = []string{"up", "mid", "down"}

var lists = []string{"building", "planned", "wanted", "closed"}

// NewNode is what a node needs; with an id it changes that node.
type NewNode struct {
	ID        string `json:"id,omitempty" maxLength:"40"`
	Chain     string `json:"chain"`
	Name      string `json:"name" maxLength:"40"`
	NameEN    string `json:"name_en,omitempty" maxLength:"80"`
	Stream    string `json:"stream" enum:"up,mid,down"`
	Sort      int64  `json:"sort,omitempty" minimum:"0" maximum:"1000"`
	Dropped   bool   `json:"dropped,omitempty" doc:"no longer part of the chain"`
	Published bool   `json:"published,omitempty" doc:"the public may see it, and whether firms are wanted there"`
	Version   int64  `json:"version,omitempty"`
}

// SaveNode adds a node to a chain or changes one. Faults: Invalid, not_found, stale.
func (s *Service) SaveNode(ctx context.Context, in NewNode) (out Node, err error) {
	if _, err := audit.Require(ctx, "chain.edit"); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = Node{
			ID: in.ID, Chain: in.Chain, Name: strings.TrimSpace(in.Name), NameEN: strings.TrimSpace(in.NameEN), Stream: in.Stream, Sort: in.Sort, Dropped: in.Dropped,
			Published: in.Published, Version: in.Version + 1,
		}
		dir, err := org.Open(ctx, tx)
		if err != nil {
			return err
		}
		var c fault.Checks
		c.Require("name", out.Name, "环节名称", "The name")
		c.AtMost("name", out.Name, 40)
		c.AtMost("name_en", out.NameEN, 80)
		if !isChain(dir, out.Chain) {
			c.Add("chain", "unknown_code", "请从列表中选择产业链。", "Choose a value of the list.")
		}
		if !slices.Contains(Streams, out.Stream) {
			c.Add("stream", "not_a_choice", "请选择上、中、下游。", "Choose upstream, midstream or downstream.")
		}
		if err := c.Err(); err != nil {
			return err
		}
		if out.ID == "" {
			out.ID, out.Version = tx.ID(), 1
			if err := db.Insert(ctx, tx, "match_chain_node", out); err != nil {
				return err
			}
			if err := stir(ctx, tx); err != nil {
				return err
			}
			return audit.Note(ctx, tx, "chain.node", "chain/"+out.Chain, nil, out)
		}
		return out.update(ctx, tx, in.Version)
	})
	return out, err
}

func (n *Node) update(ctx context.Context, tx *db.Tx, seen int64) error {
	old, err := nodeByID(ctx, tx, n.ID)
	if err != nil {
		return err
	}
	n.Chain = old.Chain
	rows, err := db.Exec(ctx, tx, `UPDATE match_chain_node SET name = ?, name_en = ?, stream = ?, sort_key = ?, dropped = ?, published = ?, version = ? WHERE id = ? AND version = ?`,
		n.Name, n.NameEN, n.Stream, n.Sort, n.Dropped, n.Published, n.Version, n.ID, seen)
	if err == nil && rows == 0 {
		err = stale()
	}
	if err == nil {
		err = stir(ctx, tx)
	}
	if err != nil {
		return err
	}
	return audit.Note(ctx, tx, "chain.node", "chain/"+n.Chain, old, n)
}

func nodeByID(ctx context.Context, tx *db.Tx, id string) (Node, error) {
	n, err := db.One[Node](ctx, tx, `SELECT `+nodeColumns+` FROM match_chain_node n WHERE n.id = ?`, id)
	return n, absent(err)
}

// PlaceFirm says how a company stands at a node. Fault: Invalid.
func (s *Service) PlaceFirm(ctx context.Context, in NodeFirm) (out NodeFirm, err error) {
	if _, err := audit.Require(ctx, "chain.edit"); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := nodeByID(ctx, tx, in.Node)
		if fault.Is(err, fault.NotFound) {
			return fault.BadField("node", "unknown_node", "没有这个环节，请重新选择。", "There is no such node; choose again.")
		}
		if err != nil {
			return err
		}
		firms, err := company.Briefs(ctx, tx, []string{in.Company})
		if err != nil {
			return err
		}
		dir, err := org.Open(ctx, tx)
		if err != nil {
			return err
		}
		var c fault.Checks
		if _, known := firms[in.Company]; !known {
			c.Add("company", "unknown_company", "请选择资源库里的企业；没有的先录入。", "Choose a company of the library; enter it first if it is not there.")
		}
		if !slices.Contains([]string{"present", "target", "gone"}, in.Standing) {
			c.Add("standing", "not_a_choice", "请选择在链、目标或已离开。", "Choose present, target or gone.")
		}
		if _, err := dir.Unit(in.Unit); in.Standing == "present" && err != nil {
			c.Add("unit", "required", "在链企业要写明落在哪个县区或园区。", "Say in which county or park a present firm stands.")
		}
		if err := c.Err(); err != nil {
			return err
		}
		out = in
		if out.Standing != "present" {
			out.Unit = ""
		}
		if err := db.Upsert(ctx, tx, "match_chain_firm", out, `ON CONFLICT (node_id, company_id) DO UPDATE SET standing = excluded.standing, unit_id = excluded.unit_id`); err != nil {
			return err
		}
		if err := stir(ctx, tx); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "chain.firm", "chain/"+n.Chain, nil, out)
	})
	return out, err
}

// NewItem is what a line of the three lists needs; with an id it changes that line.
type NewItem struct {
	ID      string `json:"id,omitempty" maxLength:"40"`
	Unit    string `json:"unit,omitempty" doc:"default one's own"`
	Chain   string `json:"chain"`
	Node    string `json:"node,omitempty"`
	List    string `json:"list" enum:"building,planned,wanted,closed" doc:"closed takes it off the lists"`
	Title   string `json:"title" maxLength:"120"`
	Project string `json:"project,omitempty" doc:"a project of the unit"`
	Note    string `json:"note,omitempty" maxLength:"500"`
	Version int64  `json:"version,omitempty"`
}

// SaveItem writes a line of the three lists of a unit of one's scope. Faults: Invalid, not_found, stale.
func (s *Service) SaveItem(ctx context.Context, in NewItem) (out Item, err error) {
	who, err := audit.Require(ctx, "site.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if in.Unit == "" {
			in.Unit = who.Unit
		}
		out = Item{
			ID: in.ID, Unit: in.Unit, Chain: in.Chain, Node: in.Node, List: in.List, Title: strings.TrimSpace(in.Title), Project: in.Project, Note: strings.TrimSpace(in.Note),
			UpdatedAt: db.Micros(tx.Now()), Version: in.Version + 1,
		}
		var old *Item
		if out.ID != "" {
			was, err := db.One[Item](ctx, tx, `SELECT `+itemColumns+` FROM match_chain_item i WHERE i.id = ?`, out.ID)
			if err != nil {
				return absent(err)
			}
			old, out.Unit = &was, was.Unit
		}
		if err := out.check(ctx, tx, who); err != nil {
			return err
		}
		return out.save(ctx, tx, old, in.Version)
	})
	return out, err
}

func (i *Item) check(ctx context.Context, tx *db.Tx, who audit.Actor) error {
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	var c fault.Checks
	c.Require("title", i.Title, "项目名称", "The title")
	c.AtMost("title", i.Title, 120)
	c.AtMost("note", i.Note, 500)
	if ok, err := org.InScope(ctx, tx, who.Node, i.Unit); err != nil {
		return err
	} else if !ok {
		c.Add("unit", "not_your_unit", "单位不在您的范围内。", "The unit is outside your scope.")
	}
	if !isChain(dir, i.Chain) {
		c.Add("chain", "unknown_code", "请从列表中选择产业链。", "Choose a value of the list.")
	}
	if !slices.Contains(lists, i.List) {
		c.Add("list", "not_a_choice", "请选择在建、拟建或拟招商。", "Choose the list.")
	}
	if i.Node != "" {
		n, err := nodeByID(ctx, tx, i.Node)
		if fault.Is(err, fault.NotFound) || err == nil && n.Chain != i.Chain {
			c.Add("node", "other_chain", "这个环节不在这条产业链上。", "This node is not of the chain.")
		} else if err != nil {
			return err
		}
	}
	if i.Project != "" {
		p, err := pipeline.InScope(ctx, tx, who, i.Project)
		if fault.Is(err, fault.NotFound) || err == nil && p.Unit != i.Unit {
			c.Add("project", "not_found", "这个单位没有这个项目。", "The unit has no such project.")
		} else if err != nil {
			return err
		}
	}
	return c.Err()
}

func (i *Item) save(ctx context.Context, tx *db.Tx, old *Item, seen int64) error {
	if old == nil {
		i.ID, i.Version = tx.ID(), 1
		if err := db.Insert(ctx, tx, "match_chain_item", i); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "chain.item", "chain/"+i.Chain, nil, i)
	}
	rows, err := db.Exec(ctx, tx, `UPDATE match_chain_item SET chain = ?, node_id = ?, list = ?, title = ?, project_id = ?, note = ?, updated_at = ?, version = ? WHERE id = ? AND version = ?`,
		i.Chain, i.Node, i.List, i.Title, i.Project, i.Note, i.UpdatedAt, i.Version, i.ID, seen)
	if err == nil && rows == 0 {
		err = stale()
	}
	if err != nil {
		return err
	}
	return audit.Note(ctx, tx, "chain.item", "chain/"+i.Chain, old, i)
}
