package pipeline

import (
	"cmp"
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/verify"
)

// Brief is one page to the leaders about a large lead or project. What the record and the library know is read from
// there; stored is what they do not know: the judgement, the county suggested and the request.
type Brief struct {
	Subject   string `db:"subject" json:"subject"` // lead/0192… or project/0192…
	Node      string `db:"node_id" json:"-"`
	Title     string `db:"title" json:"title"`
	Judgement string `db:"judgement" json:"judgement"`
	Host      string `db:"host_unit" json:"host,omitempty" doc:"county suggested"`
	Request   string `db:"request" json:"request"`
	State     string `db:"state" json:"state" enum:"draft,handed"`
	WrittenBy string `db:"written_by" json:"written_by,omitempty"`
	WrittenAt int64  `db:"written_at" json:"written_at,omitempty"`
	HandedAt  int64  `db:"handed_at" json:"handed_at,omitempty"`
	Version   int64  `db:"version" json:"version"`
}

const briefColumns = `b.subject, b.node_id, b.title, b.judgement, b.host_unit, b.request, b.state, b.written_by, b.written_at, b.handed_at, b.version`

// BriefRecord is a brief with what the books say of its matter.
type BriefRecord struct {
	Brief
	Code     string        `json:"code"`
	Firm     company.Brief `json:"investor"`
	Amount   int64         `json:"amount" doc:"fen"`
	Industry string        `json:"industry"`
	Demand   string        `json:"demand" doc:"what the company wants, in words"`
	Needs    Needs         `json:"needs"`
	Unit     string        `json:"unit" doc:"whose matter it is"`
	Visits   ledger.Number `json:"visits" doc:"of the company, recognised"`
}

// largeAmount is from which amount a matter deserves a brief: one 亿元.
const largeAmount = 10_000_000_000

// fiveHundred are the standings that deserve one, whatever the amount.
var fiveHundred = []string{"|world500|", "|china500|", "|private500|"}

func large(tags string, amount int64) bool {
	for _, tag := range fiveHundred {
		if strings.Contains(tags, tag) {
			return true
		}
	}
	return amount >= largeAmount
}

// BriefOf names the matter of a brief.
type BriefOf struct {
	Kind string `json:"kind" enum:"lead,project"`
	ID   string `json:"id"`
}

func (in BriefOf) subject() string { return in.Kind + "/" + in.ID }

// GetBrief gives the brief of a lead or project in scope; before anybody has written one, what it would start from.
// Faults: not_found, not_large.
func (s *Service) GetBrief(ctx context.Context, in BriefOf) (out BriefRecord, err error) {
	who, err := audit.Require(ctx, "brief.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = briefRecord(ctx, tx, who, in)
		return err
	})
	return out, err
}

func briefRecord(ctx context.Context, tx *db.Tx, who audit.Actor, in BriefOf) (out BriefRecord, err error) {
	var firm, tags string // the standing a project was registered with
	switch in.Kind {
	case "lead":
		l, err := leadInScope(ctx, tx, who, in.ID)
		if err != nil {
			return out, err
		}
		firm, out.Code, out.Amount, out.Industry, out.Demand, out.Needs, out.Unit = l.Company, l.Code, l.Amount, l.Industry, l.Said, l.Needs, l.Unit
		out.Brief = Brief{Node: l.Node, Title: l.Title, Judgement: l.Verdict, Host: cmp.Or(l.Landing, l.Unit)}
	case "project":
		p, err := inScope(ctx, tx, who.Node, in.ID)
		if err != nil {
			return out, err
		}
		tags = p.Tags
		firm, out.Code, out.Amount, out.Industry, out.Demand, out.Unit = p.Lead, p.Code, p.Amount, p.Industry, p.Summary, p.Unit
		out.Brief = Brief{Node: p.Node, Title: p.Name, Host: p.Unit}
	default:
		return out, fault.New(fault.NotFound, "not_found", "没有这份专报。", "There is no such brief.")
	}
	out.Subject, out.State = in.subject(), "draft"
	firms, err := company.Briefs(ctx, tx, []string{firm})
	if err != nil {
		return out, err
	}
	if out.Firm = firms[firm]; !large(out.Firm.Tags+tags, out.Amount) {
		return out, fault.New(fault.Conflict, "not_large", "投资额 1 亿元以上，或三类 500 强企业，才写专报。", "A brief is for 100 million yuan and more, or a company of the three lists of 500.")
	}
	said, ok, err := db.Maybe[Brief](ctx, tx, `SELECT `+briefColumns+` FROM pipeline_brief b WHERE b.subject = ?`, out.Subject)
	if err != nil {
		return out, err
	}
	if ok {
		out.Brief = said
	}
	sum, err := ledger.FiguresOf(ctx, tx, who.Node, visitsOf(firm))
	if err == nil {
		out.Visits = sum.Figures[0].Value
	}
	return out, err
}

func visitsOf(firm string) ledger.FiguresIn {
	return ledger.FiguresIn{Measure: []string{"visit.total"}, Book: string(ledger.Recognised), Where: []string{"company:" + firm}}
}

// WriteBrief is what its author adds.
type WriteBrief struct {
	Kind      string `json:"kind" enum:"lead,project"`
	ID        string `json:"id"`
	Version   int64  `json:"version,omitempty" doc:"as last seen; 0 for the first words"`
	Judgement string `json:"judgement" maxLength:"500"`
	Host      string `json:"host,omitempty" doc:"county suggested"`
	Request   string `json:"request" maxLength:"300"`
	Hand      bool   `json:"hand,omitempty" doc:"hand it in"`
}

// WriteBrief keeps a brief, and hands it in. Faults: not_found, not_large, stale, Invalid.
func (s *Service) WriteBrief(ctx context.Context, in WriteBrief) (out BriefRecord, err error) {
	who, err := audit.Require(ctx, "brief.write")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = briefRecord(ctx, tx, who, BriefOf{in.Kind, in.ID}); err != nil {
			return err
		}
		if err := in.check(ctx, tx); err != nil {
			return err
		}
		b := &out.Brief
		if b.Version != in.Version {
			return staleBrief()
		}
		b.Judgement, b.Host, b.Request = strings.TrimSpace(in.Judgement), in.Host, strings.TrimSpace(in.Request)
		b.State, b.HandedAt, b.WrittenBy, b.WrittenAt, b.Version = "draft", 0, who.Person, db.Micros(tx.Now()), in.Version+1
		action := "brief.write"
		if in.Hand {
			b.State, b.HandedAt, action = "handed", b.WrittenAt, "brief.hand"
		}
		if err := b.save(ctx, tx); err != nil {
			return err
		}
		return audit.Note(ctx, tx, action, "brief/"+b.Subject, nil, map[string]any{"host": b.Host, "judgement": verify.Digest(b.Judgement), "request": verify.Digest(b.Request)})
	})
	return out, err
}

func (in WriteBrief) check(ctx context.Context, tx *db.Tx) error {
	var c fault.Checks
	c.AtMost("judgement", in.Judgement, 500).AtMost("request", in.Request, 300)
	if in.Hand {
		c.Require("judgement", in.Judgement, "研判意见", "The judgement").Require("request", in.Request, "请示事项", "The request")
	}
	if in.Host != "" {
		dir, err := org.Open(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := dir.Unit(in.Host); err != nil {
			c.Add("host", "unknown_unit", "请从名单中选择单位。", "Choose a unit of the list.")
		}
	}
	return c.Err()
}

// save writes a brief over the version it was read at. Fault: stale.
func (b Brief) save(ctx context.Context, tx *db.Tx) error {
	n, err := db.Exec(ctx, tx, `INSERT INTO pipeline_brief (subject, node_id, title, judgement, host_unit, request, state, written_by, written_at, handed_at, version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (subject) DO UPDATE SET judgement = excluded.judgement, host_unit = excluded.host_unit, request = excluded.request, state = excluded.state, written_by = excluded.written_by,
		written_at = excluded.written_at, handed_at = excluded.handed_at, version = excluded.version WHERE pipeline_brief.version = excluded.version - 1`,
		b.Subject, b.Node, b.Title, b.Judgement, b.Host, b.Request, b.State, b.WrittenBy, b.WrittenAt, b.HandedAt, b.Version)
	if err == nil && n == 0 {
		err = staleBrief()
	}
	return err
}

func staleBrief() error {
	return fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
}

// BriefFilter narrows the list of briefs.
type BriefFilter struct {
	State string `json:"state,omitempty" enum:"draft,handed"`
	db.Page
}

// BriefList is a part of a list.
type BriefList struct {
	Items []Brief `json:"items"`
	Next  string  `json:"next,omitempty"`
}

// ListBriefs gives the briefs of what lies in scope, the last written first. A draft is its author's side's alone.
func (s *Service) ListBriefs(ctx context.Context, in BriefFilter) (out BriefList, err error) {
	who, err := audit.Require(ctx, "brief.read")
	if err != nil {
		return out, err
	}
	out.Items = []Brief{}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(2)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		where, args := "1 = 1", []any{who.Node, tx.Today(), tx.Today()}
		if in.State != "" {
			where, args = where+" AND b.state = ?", append(args, in.State)
		}
		if !who.May("brief.write") {
			where += " AND b.state = 'handed'"
		}
		if key != nil {
			at, err := parseMicros(key[0])
			if err != nil {
				return err
			}
			where, args = where+" AND (b.written_at, b.subject) < (?, ?)", append(args, at, key[1])
		}
		out.Items, err = db.All[Brief](ctx, tx, `SELECT `+briefColumns+` FROM pipeline_brief b JOIN org_scope o ON o.node_id = b.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
			WHERE `+where+` ORDER BY b.written_at DESC, b.subject DESC LIMIT ?`, append(args, size+1)...)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(micros(out.Items[size-1].WrittenAt), out.Items[size-1].Subject)
	}
	return out, err
}
