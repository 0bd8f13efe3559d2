package bulletin

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Conference is a press conference: who speaks, which companies come, and the pack of documents that is published.
type Conference struct {
	ID          string `db:"id" json:"id"`
	Title       string `db:"title" json:"title"`
	Unit        string `db:"unit_id" json:"unit"`
	Node        string `db:"node_id" json:"-"`
	HeldOn      string `db:"held_on" json:"held_on"`
	HeldAt      string `db:"held_at" json:"held_at,omitempty"` // 10:00
	Place       string `db:"place" json:"place"`
	Speakers    string `db:"speakers" json:"speakers"` // one a line
	State       string `db:"state" json:"state" enum:"planned,published"`
	CreatedBy   string `db:"created_by" json:"created_by"`
	CreatedAt   int64  `db:"created_at" json:"created_at"`
	UpdatedAt   int64  `db:"updated_at" json:"updated_at"`
	PublishedBy string `db:"published_by" json:"published_by,omitempty"`
	PublishedAt int64  `db:"published_at" json:"published_at,omitempty"`
	Version     int64  `db:"version" json:"version"`

	Guests []string `db:"-" json:"guests"` // companies
	Papers []string `db:"-" json:"papers"` // documents, in the order of the pack
}

const conferenceColumns = `d.id, d.title, d.unit_id, d.node_id, d.held_on, d.held_at, d.place, d.speakers, d.state, d.created_by, d.created_at, d.updated_at,
	d.published_by, d.published_at, d.version`

// Arrange is what a press conference needs.
type Arrange struct {
	Title    string   `json:"title" maxLength:"120"`
	HeldOn   string   `json:"held_on" format:"date"`
	HeldAt   string   `json:"held_at,omitempty" maxLength:"5" doc:"10:00"`
	Place    string   `json:"place" maxLength:"120"`
	Speakers string   `json:"speakers" maxLength:"1000" doc:"one a line: name, a space, post"`
	Guests   []string `json:"guests,omitempty" maxItems:"60" doc:"companies"`
	Papers   []string `json:"papers,omitempty" maxItems:"20" doc:"documents of the pack, in their order"`
}

// Plan arranges a press conference. Faults: Invalid, not_allowed.
func (s *Service) Plan(ctx context.Context, in Arrange) (out Conference, err error) {
	who, err := audit.Require(ctx, "bulletin.draft")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		unit, err := unitOf(ctx, tx, who)
		if err != nil {
			return err
		}
		out = Conference{ID: tx.ID(), Unit: unit, Node: who.Node, State: "planned", CreatedBy: who.Person, CreatedAt: db.Micros(tx.Now()), Version: 1}
		if err := out.arrange(ctx, tx, in); err != nil {
			return err
		}
		if err := db.Insert(ctx, tx, "bulletin_conference", out); err != nil {
			return err
		}
		if err := out.keepLists(ctx, tx); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "conference.plan", out.subject(), nil, map[string]any{"title": out.Title, "held_on": out.HeldOn})
	})
	return out, err
}

func (c Conference) subject() string { return "conference/" + c.ID }

// Rearrange is a press conference changed.
type Rearrange struct {
	ID      string `path:"id" json:"id"`
	Version int64  `json:"version" doc:"as last seen"`
	Arrange
}

// Change rearranges a conference whose pack is not published. Faults: not_found, stale, published, Invalid.
func (s *Service) Change(ctx context.Context, in Rearrange) (out Conference, err error) {
	who, err := audit.Require(ctx, "bulletin.draft")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = conferenceInScope(ctx, tx, who.Node, in.ID); err != nil {
			return err
		}
		switch {
		case out.State == "published":
			return fault.New(fault.Conflict, "published", "材料已发布，发布会不能再改；更正请另发更正稿。", "The pack is published; publish a correction instead.")
		case in.Version != out.Version:
			return fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再试。", "Somebody changed this meanwhile; reload and try again.")
		}
		if err := out.arrange(ctx, tx, in.Arrange); err != nil {
			return err
		}
		if err := out.save(ctx, tx); err != nil {
			return err
		}
		for _, text := range []string{`DELETE FROM bulletin_guest WHERE conference_id = ?`, `DELETE FROM bulletin_paper WHERE conference_id = ?`} {
			if _, err := db.Exec(ctx, tx, text, out.ID); err != nil {
				return err
			}
		}
		if err := out.keepLists(ctx, tx); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "conference.edit", out.subject(), nil, map[string]any{"title": out.Title, "held_on": out.HeldOn, "papers": out.Papers})
	})
	return out, err
}

var clock = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)

// arrange checks what was arranged and takes it over.
func (c *Conference) arrange(ctx context.Context, tx *db.Tx, in Arrange) error {
	c.Title, c.HeldOn, c.HeldAt, c.Place = strings.TrimSpace(in.Title), in.HeldOn, strings.TrimSpace(in.HeldAt), strings.TrimSpace(in.Place)
	c.Speakers, c.Guests, c.Papers = strings.TrimSpace(strings.ReplaceAll(in.Speakers, "\r", "")), unique(in.Guests), unique(in.Papers)
	c.UpdatedAt = db.Micros(tx.Now())
	var f fault.Checks
	f.Require("title", c.Title, "名称", "The title").Require("place", c.Place, "地点", "The place").Require("speakers", c.Speakers, "发布人", "The speakers")
	if _, err := time.Parse(time.DateOnly, c.HeldOn); err != nil {
		f.Add("held_on", "not_a_date", "日期写作 2020-12-20 这样。", "Write the date like 2020-12-20.")
	}
	if c.HeldAt != "" && !clock.MatchString(c.HeldAt) {
		f.Add("held_at", "not_a_time", "时间写作 10:00 这样。", "Write the time like 10:00.")
	}
	firms, err := company.Briefs(ctx, tx, c.Guests)
	if err != nil {
		return err
	}
	for _, g := range c.Guests {
		if firms[g].Name == "" {
			f.Add("guests", "unknown_company", "到场企业请从资源库选。", "Choose guests from the library.")
			break
		}
	}
	for _, p := range c.Papers {
		if _, err := inScope(ctx, tx, c.Node, p); fault.Is(err, fault.NotFound) {
			f.Add("papers", "unknown_document", "材料里有一份找不到的稿件。", "A document of the pack does not exist.")
			break
		} else if err != nil {
			return err
		}
	}
	return f.Err()
}

// unique drops what is empty or repeated.
func unique(list []string) []string {
	out := []string{}
	for _, x := range list {
		if x = strings.TrimSpace(x); x != "" && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// Move is a figure of a signed document that is no longer what was signed.
type Move struct {
	Key   string `json:"key"`
	Title string `json:"title"`
	Was   string `json:"was"`
	Is    string `json:"is"`
}

// Paper is a document of the pack and what speaks against publishing it.
type Paper struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Kind  string `json:"kind"`
	State State  `json:"state"`
	Moved []Move `json:"moved,omitempty"`

	Replaces string `json:"replaces,omitempty"`
}

// Ready reports whether a document can be published.
func (p Paper) Ready() bool { return p.State == Signed && len(p.Moved) == 0 }

// papersOf checks each document of a pack against the ledger as it stands.
func papersOf(ctx context.Context, tx *db.Tx, c Conference) ([]Paper, error) {
	out := []Paper{}
	for _, id := range c.Papers {
		d, err := byID(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		v, err := view(ctx, tx, d)
		if err != nil {
			return nil, err
		}
		p := Paper{ID: d.ID, Title: TitleOf(v), Kind: d.Kind, State: d.State, Replaces: d.Replaces}
		was, is := byKey(v.Frozen), byKey(v.Now)
		for _, key := range v.Moved {
			p.Moved = append(p.Moved, Move{key, was[key].Title, was[key].Text + was[key].Suffix, is[key].Text + is[key].Suffix})
		}
		out = append(out, p)
	}
	return out, nil
}

// PublishIn marks a conference as published, inside the transaction that makes its pack public, and gives the documents.
// The caller has checked the permission. Faults: not_found, published, no_papers, not_signed, moved (with a field for
// each figure that is not what was signed).
func PublishIn(ctx context.Context, tx *db.Tx, id string, version int64) (Conference, []Paper, error) {
	who, _ := audit.Who(ctx)
	c, err := conferenceInScope(ctx, tx, who.Node, id)
	if err != nil {
		return c, nil, err
	}
	switch {
	case c.State == "published":
		return c, nil, fault.New(fault.Conflict, "published", "这场发布会的材料已经发布。", "This pack is published already.")
	case version != 0 && version != c.Version:
		return c, nil, fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再试。", "Somebody changed this meanwhile; reload and try again.")
	case len(c.Papers) == 0:
		return c, nil, fault.New(fault.Conflict, "no_papers", "还没有材料可以发布。", "The pack is empty.")
	}
	papers, err := papersOf(ctx, tx, c)
	if err != nil {
		return c, nil, err
	}
	if err := against(papers); err != nil {
		return c, nil, err
	}
	c.State, c.PublishedBy, c.PublishedAt = "published", who.Person, db.Micros(tx.Now())
	if err := c.save(ctx, tx); err != nil {
		return c, nil, err
	}
	return c, papers, audit.Note(ctx, tx, "conference.publish", c.subject(), nil, map[string]any{"papers": c.Papers})
}

// against says what stands against publishing a pack.
func against(papers []Paper) error {
	var moved fault.Checks
	for _, p := range papers {
		if p.State != Signed {
			return fault.New(fault.Conflict, "not_signed", "“"+p.Title+"”还没有签发。", "“"+p.Title+"” is not signed yet.")
		}
		for _, m := range p.Moved {
			moved.Add("papers."+p.ID+"."+m.Key, "moved", "“"+p.Title+"”的“"+m.Title+"”签发时为 "+m.Was+"，现为 "+m.Is+"。", "“"+m.Title+"” of “"+p.Title+"” was signed as "+m.Was+" and is now "+m.Is+".")
		}
	}
	if err := moved.Err(); err != nil {
		f := fault.New(fault.Conflict, "moved", "有数字在签发后变了，须先更正、重新签发。", "Figures have moved since they were signed; correct them and sign again first.")
		f.Fields = fault.Of(err).Fields
		return f
	}
	return nil
}
