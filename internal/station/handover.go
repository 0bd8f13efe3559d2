package station

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Handover is what one officer passes on to the successor at a rotation (轮换交接): the companies that are warm or to which
// something was promised, each with the next step. It is complete when every one of them has a note, a step and a day.
type Handover struct {
	ID          string         `db:"id" json:"id"`
	Team        string         `db:"team_id" json:"team"`
	Batch       string         `db:"batch_id" json:"batch"`
	From        string         `db:"from_person" json:"from"`
	To          string         `db:"to_person" json:"to"`
	State       string         `db:"state" json:"state" enum:"draft,handed,accepted"`
	Words       string         `db:"words" json:"words,omitempty"`
	Count       int64          `db:"items" json:"count"`
	Complete    int64          `db:"complete" json:"complete"`
	MadeAt      int64          `db:"made_at" json:"made_at"`
	HandedAt    int64          `db:"handed_at" json:"handed_at,omitempty"`
	AcceptedAt  int64          `db:"accepted_at" json:"accepted_at,omitempty"`
	ReturnedWhy string         `db:"returned_why" json:"returned_why,omitempty"`
	Version     int64          `db:"version" json:"version"`
	Items       []HandoverItem `db:"-" json:"items,omitempty"`
}

// HandoverItem is one company of a handover: what was last said there, and what comes next.
type HandoverItem struct {
	Handover string `db:"handover_id" json:"-"`
	Subject  string `db:"subject" json:"subject"` // company/ID
	Title    string `db:"title" json:"title"`
	LastOn   string `db:"last_on" json:"last_on"`
	Intent   string `db:"intent" json:"intent"`
	Said     string `db:"said" json:"said"`
	NextStep string `db:"next_step" json:"next_step"`
	NextOn   string `db:"next_on" json:"next_on,omitempty"`
	Note     string `db:"note" json:"note"`
}

func (x HandoverItem) complete() bool { return x.Note != "" && x.NextStep != "" && x.NextOn != "" }

// Work tells what somebody of a team leaves behind: package field knows it.
type Work interface {
	LeftBy(ctx context.Context, tx *db.Tx, team, person string) ([]HandoverItem, error)
}

const handoverColumns = `h.id, h.team_id, h.batch_id, h.from_person, h.to_person, h.state, h.words, h.items, h.complete, h.made_at, h.handed_at, h.accepted_at, h.returned_why, h.version`

// NewHandover names the team and the successor.
type NewHandover struct {
	Team string `json:"team" maxLength:"64"`
	To   string `json:"to" maxLength:"40" doc:"person of the successor"`
}

// BeginHandover drafts a handover of the acting person's own companies in a team.
// Faults: not_allowed; Invalid (not_your_team, not_a_choice, nothing_left).
func (s *Service) BeginHandover(ctx context.Context, in NewHandover) (out Handover, err error) {
	who, err := audit.Require(ctx, "handover.write")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		team, err := TeamInScope(ctx, tx, who.Node, in.Team)
		if fault.Is(err, fault.NotFound) {
			return fault.BadField("team", "not_your_team", "请选择您范围内的驻点队伍。", "Choose a stationed team of yours.")
		} else if err != nil {
			return err
		}
		heirs, err := heirsOf(ctx, tx, team, who.Person)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(heirs, func(h auth.Holder) bool { return h.Person == in.To }) {
			return fault.BadField("to", "not_a_choice", "请从这支队伍里选接手的人。", "Choose the successor from this team.")
		}
		items, err := s.Work.LeftBy(ctx, tx, team.ID, who.Person)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			return fault.BadField("team", "nothing_left", "您在这支队伍里没有要交接的企业：没有 A、B 类意向，也没有未了的下一步。", "You have no company to hand over in this team: none is warm, and no step is open.")
		}
		batch, _, err := BatchOn(ctx, tx, team.Station, tx.Today())
		if err != nil {
			return err
		}
		out = Handover{ID: tx.ID(), Team: team.ID, Batch: batch.ID, From: who.Person, To: in.To, State: "draft", MadeAt: db.Micros(tx.Now()), Version: 1}
		for i := range items {
			items[i].Handover = out.ID
		}
		out.measure(items)
		if err := db.Insert(ctx, tx, "station_handover", out); err != nil {
			return err
		}
		if err := db.Insert(ctx, tx, "station_handover_item", items); err != nil {
			return err
		}
		out.Items = items
		return audit.Note(ctx, tx, "handover.begin", "handover/"+out.ID, nil, map[string]any{"team": out.Team, "to": out.To, "companies": len(items)})
	})
	return out, err
}

func (h *Handover) measure(items []HandoverItem) {
	h.Count, h.Complete = int64(len(items)), 0
	for _, x := range items {
		if x.complete() {
			h.Complete++
		}
	}
}

// heirsOf lists who can take over in a team: officers of the team and those of its unit, without the one who leaves.
func heirsOf(ctx context.Context, tx *db.Tx, team Team, without string) ([]auth.Holder, error) {
	var out []auth.Holder
	for _, role := range []auth.Role{auth.Officer, auth.Branch, auth.County} {
		list, err := auth.Holders(ctx, tx, role)
		if err != nil {
			return nil, err
		}
		for _, h := range list {
			ours := h.Node == team.ID || h.Node == team.Unit || role == auth.Branch && h.Node == team.Station
			if ours && h.Person != without && !slices.ContainsFunc(out, func(x auth.Holder) bool { return x.Person == h.Person }) {
				out = append(out, h)
			}
		}
	}
	return out, nil
}

// seenHandover limits to the two persons, and to those above the team.
func handoverInScope(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Handover, error) {
	h, err := db.One[Handover](ctx, tx, `SELECT `+handoverColumns+` FROM station_handover h`+inScope+`h.team_id WHERE h.id = ?`, who.Node, tx.Today(), tx.Today(), id)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "not_found", "没有这份交接。", "There is no such handover.")
	}
	if err != nil {
		return h, err
	}
	h.Items, err = db.All[HandoverItem](ctx, tx, `SELECT handover_id, subject, title, last_on, intent, said, next_step, next_on, note FROM station_handover_item
		WHERE handover_id = ? ORDER BY intent, last_on DESC, subject`, id)
	return h, err
}

// HandoverID names one.
type HandoverID struct {
	ID string `path:"id" json:"id"`
}

// Handover gives one with its companies. Fault: not_found.
func (s *Service) Handover(ctx context.Context, in HandoverID) (out Handover, err error) {
	who, err := audit.Require(ctx, "handover.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = handoverInScope(ctx, tx, who, in.ID)
		return err
	})
	return out, err
}

// HandoverFilter narrows the list.
type HandoverFilter struct {
	db.Page
	Team    string `json:"team,omitempty" maxLength:"64"`
	State   string `json:"state,omitempty" enum:"draft,handed,accepted"`
	Waiting bool   `json:"waiting,omitempty" doc:"only what waits for me to accept"`
}

// HandoverList is a part of the handovers, newest first.
type HandoverList struct {
	Items []Handover `json:"items"`
	Next  string     `json:"next,omitempty"`
}

// Handovers lists those of the teams in scope.
func (s *Service) Handovers(ctx context.Context, in HandoverFilter) (out HandoverList, err error) {
	who, err := audit.Require(ctx, "handover.read")
	if err != nil {
		return out, err
	}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(1)
	if err != nil {
		return out, err
	}
	cond, args := "1 = 1", []any{}
	if in.Team != "" {
		cond, args = cond+" AND h.team_id = ?", append(args, in.Team)
	}
	if in.State != "" {
		cond, args = cond+" AND h.state = ?", append(args, in.State)
	}
	if in.Waiting {
		cond, args = cond+" AND h.state = 'handed' AND h.to_person = ?", append(args, who.Person)
	}
	if key != nil {
		cond, args = cond+" AND h.id < ?", append(args, key[0])
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		all := append([]any{who.Node, tx.Today(), tx.Today()}, args...)
		out.Items, err = db.All[Handover](ctx, tx, `SELECT `+handoverColumns+` FROM station_handover h`+inScope+`h.team_id WHERE `+cond+` ORDER BY h.id DESC LIMIT ?`, append(all, size+1)...)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].ID)
	}
	return out, err
}

// HandoverLine is what the one who leaves writes about one company.
type HandoverLine struct {
	Subject  string `json:"subject" maxLength:"80"`
	NextStep string `json:"next_step" maxLength:"500"`
	NextOn   string `json:"next_on" format:"date"`
	Note     string `json:"note" maxLength:"500"`
}

// WriteHandover is the draft as it is to stand.
type WriteHandover struct {
	ID      string         `path:"id" json:"id"`
	Version int64          `json:"version" doc:"as last seen"`
	Words   string         `json:"words" maxLength:"2000"`
	Lines   []HandoverLine `json:"lines" maxItems:"500"`
	Hand    bool           `json:"hand,omitempty" doc:"pass it on to the successor"`
}

// WriteHandover writes notes and next steps, and passes the handover on where asked. Only the one who leaves writes it.
// Faults: not_found, not_yours, wrong_state, stale; Invalid.
func (s *Service) WriteHandover(ctx context.Context, in WriteHandover) (Handover, error) {
	return s.stepHandover(ctx, in.ID, in.Version, "handover.write", func(ctx context.Context, tx *db.Tx, who audit.Actor, h *Handover) (string, error) {
		if h.From != who.Person {
			return "", fault.New(fault.Forbidden, "not_yours", "只有移交人可以改。", "Only the one who leaves writes this.")
		}
		if h.State != "draft" {
			return "", handoverState()
		}
		if err := h.write(in); err != nil {
			return "", err
		}
		for _, x := range h.Items {
			if err := db.Do(ctx, tx, `UPDATE station_handover_item SET next_step = ?, next_on = ?, note = ? WHERE handover_id = ? AND subject = ?`, x.NextStep, x.NextOn, x.Note, h.ID, x.Subject); err != nil {
				return "", err
			}
		}
		if !in.Hand {
			return "handover.write", nil
		}
		h.State, h.HandedAt, h.ReturnedWhy = "handed", db.Micros(tx.Now()), ""
		return "handover.hand", nil
	})
}

func (h *Handover) write(in WriteHandover) error {
	var c fault.Checks
	h.Words = strings.TrimSpace(in.Words)
	c.AtMost("words", h.Words, 2000)
	for i, line := range in.Lines {
		at := "lines[" + itoa(i) + "]."
		n := slices.IndexFunc(h.Items, func(x HandoverItem) bool { return x.Subject == line.Subject })
		if n < 0 {
			c.Add(at+"subject", "not_a_choice", "这家企业不在这份交接里。", "That company is not in this handover.")
			continue
		}
		x := &h.Items[n]
		x.NextStep, x.NextOn, x.Note = strings.TrimSpace(line.NextStep), line.NextOn, strings.TrimSpace(line.Note)
		c.AtMost(at+"next_step", x.NextStep, 500)
		c.AtMost(at+"note", x.Note, 500)
		if _, err := time.Parse(time.DateOnly, x.NextOn); err != nil && x.NextOn != "" {
			c.Add(at+"next_on", "not_a_date", "日期写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
		}
	}
	h.measure(h.Items)
	return c.Err()
}

// AnswerHandover is the successor's word.
type AnswerHandover struct {
	ID      string `path:"id" json:"id"`
	Version int64  `json:"version" doc:"as last seen"`
	Accept  bool   `json:"accept,omitempty" doc:"otherwise it goes back with a reason"`
	Why     string `json:"why,omitempty" maxLength:"500"`
}

// AnswerHandover accepts a handover, or gives it back with a reason; only the successor does.
// Faults: not_found, not_yours, wrong_state, stale; Invalid.
func (s *Service) AnswerHandover(ctx context.Context, in AnswerHandover) (Handover, error) {
	return s.stepHandover(ctx, in.ID, in.Version, "handover.write", func(_ context.Context, tx *db.Tx, who audit.Actor, h *Handover) (string, error) {
		if h.To != who.Person {
			return "", fault.New(fault.Forbidden, "not_yours", "只有接手人可以签收。", "Only the successor accepts.")
		}
		if h.State != "handed" {
			return "", handoverState()
		}
		if in.Accept {
			h.State, h.AcceptedAt = "accepted", db.Micros(tx.Now())
			return "handover.accept", nil
		}
		var c fault.Checks
		h.ReturnedWhy = strings.TrimSpace(in.Why)
		c.Require("why", h.ReturnedWhy, "退回的理由", "The reason")
		h.State = "draft"
		return "handover.return", c.Err()
	})
}

func handoverState() error {
	return fault.New(fault.Conflict, "wrong_state", "这份交接现在不能这样办，请刷新看最新状态。", "The state of this handover does not allow it; reload to see it.")
}

func (s *Service) stepHandover(ctx context.Context, id string, version int64, perm string, do func(context.Context, *db.Tx, audit.Actor, *Handover) (string, error)) (out Handover, err error) {
	who, err := audit.Require(ctx, perm)
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = handoverInScope(ctx, tx, who, id); err != nil {
			return err
		}
		stale := fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
		if version != 0 && version != out.Version {
			return stale
		}
		action, err := do(ctx, tx, who, &out)
		if err != nil {
			return err
		}
		out.Version++
		n, err := db.Exec(ctx, tx, `UPDATE station_handover SET state = ?, words = ?, complete = ?, handed_at = ?, accepted_at = ?, returned_why = ?, version = ? WHERE id = ? AND version = ?`,
			out.State, out.Words, out.Complete, out.HandedAt, out.AcceptedAt, out.ReturnedWhy, out.Version, out.ID, out.Version-1)
		if err == nil && n == 0 {
			err = stale
		}
		if err != nil {
			return err
		}
		return audit.Note(ctx, tx, action, "handover/"+out.ID, nil, map[string]any{"state": out.State, "complete": out.Complete, "of": out.Count})
	})
	return out, err
}

// HandedBetween gives the handovers that were handed in from one day through another, and not returned, without their
// companies.
func HandedBetween(ctx context.Context, tx *db.Tx, from, through string) ([]Handover, error) {
	since, until, err := db.Days(from, through)
	if err != nil {
		return nil, err
	}
	return db.All[Handover](ctx, tx, `SELECT `+handoverColumns+` FROM station_handover h WHERE h.state <> 'draft' AND h.handed_at >= ? AND h.handed_at < ? ORDER BY h.id`, since, until)
}
