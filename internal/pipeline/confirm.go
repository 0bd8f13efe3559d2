package pipeline

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
)

// ConfirmMove is a verdict on a move that does not count.
type ConfirmMove struct {
	Project string `json:"project"`
	Stage   string `json:"stage"`
	Pass    bool   `json:"pass"`
	Reason  string `json:"reason,omitempty" maxLength:"500" doc:"needed when it is refused"`
}

// ConfirmMove confirms that a project reached a stage, or refuses it. Another person than the one who filed it does, with
// one of the roles the gate names. Faults: not_found, not_waiting, same_person, not_your_level; Invalid.
func (s *Service) ConfirmMove(ctx context.Context, in ConfirmMove) (out Project, err error) {
	who, err := audit.Require(ctx, "stage.confirm")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = inScope(ctx, tx, who.Node, in.Project); err != nil {
			return err
		}
		return confirm(ctx, tx, who, &out, in)
	})
	return out, err
}

// ConfirmIn is ConfirmMove for many inside the caller's transaction; the caller has checked permission and scope.
func ConfirmIn(ctx context.Context, tx *db.Tx, in []ConfirmMove) error {
	who, _ := audit.Who(ctx)
	ids := make([]string, len(in))
	for i, x := range in {
		ids[i] = x.Project
	}
	list, err := byIDs(ctx, tx, ids)
	for i := range list {
		if err := confirm(ctx, tx, who, &list[i], in[i]); err != nil {
			return err
		}
	}
	return err
}

func confirm(ctx context.Context, tx *db.Tx, who audit.Actor, p *Project, in ConfirmMove) error {
	way, err := courseOf(ctx, tx, *p)
	if err != nil {
		return err
	}
	m, ok := way.moves[in.Stage]
	switch {
	case !ok || m.State != MoveFiled || counts[in.Stage] != "":
		return fault.New(fault.Conflict, "not_waiting", "这一步没有在等待确认。", "This move is not waiting to be confirmed.")
	case m.MovedBy == who.Person:
		return fault.New(fault.Conflict, "same_person", "您是申报人，须由另一人确认。", "You filed this; another person must confirm it.")
	case !mayConfirm(who, way.gates.of(in.Stage)):
		return fault.New(fault.Forbidden, "not_your_level", "这一阶段不由您的角色确认。", "This stage is not your role's to confirm.")
	case !in.Pass && strings.TrimSpace(in.Reason) == "":
		return fault.BadField("reason", "required", "请写明退回的理由，让申报人知道怎么改。", "Say why, so that the filer knows what to mend.")
	}
	m.State = Confirmed
	if !in.Pass {
		m.State = Refused
	}
	m.DecidedBy, m.DecidedAt, m.Reason = who.Person, db.Micros(tx.Now()), strings.TrimSpace(in.Reason)
	if err := way.settle(ctx, tx, p, m); err != nil {
		return err
	}
	return audit.Note(ctx, tx, "project.confirm", "project/"+p.ID, map[string]any{"stage": m.Stage, "state": MoveFiled}, map[string]any{"stage": m.Stage, "state": m.State})
}

// mayConfirm: one of the roles the gate names.
func mayConfirm(who audit.Actor, g Gate) bool {
	return slices.ContainsFunc(who.Roles, func(r string) bool { return slices.Contains(g.Roles, r) })
}

// settle writes a decided move and the stage it leaves the project at.
func (c *course) settle(ctx context.Context, tx *db.Tx, p *Project, m Move) error {
	c.moves[m.Stage] = m
	if err := m.save(ctx, tx); err != nil {
		return err
	}
	if at := c.stage(); at != p.Stage {
		p.Stage = at
		return save(ctx, tx, p)
	}
	return nil
}

// StageChanged hears what verification says of a move that counts.
func (s *Service) StageChanged(ctx context.Context, tx *db.Tx, claim verify.Claim) error {
	who, _ := audit.Who(ctx)
	id := strings.TrimPrefix(claim.Subject, "stage/")
	m, err := db.One[Move](ctx, tx, `SELECT `+moveColumns+` FROM pipeline_move WHERE id = ?`, id)
	if err != nil {
		return err
	}
	switch {
	case claim.State == verify.Recognised:
		m.State = Confirmed
	case claim.State == verify.Withdrawn, claim.State == verify.Returned && claim.Standing == 0:
		m.State = Refused
	case claim.Appealed() && claim.State == verify.Filed && m.State == Refused:
		m.State, m.DecidedBy, m.DecidedAt = MoveFiled, "", 0
		return resettle(ctx, tx, m)
	default:
		return nil
	}
	m.MovedBy, m.DecidedBy, m.DecidedAt = claim.FiledBy, who.Person, db.Micros(tx.Now())
	return resettle(ctx, tx, m)
}

// resettle keeps a move that changed, and the stage that its project is in by that.
func resettle(ctx context.Context, tx *db.Tx, m Move) error {
	list, err := byIDs(ctx, tx, []string{m.Project})
	if err != nil {
		return err
	}
	way, err := courseOf(ctx, tx, list[0])
	if err != nil {
		return err
	}
	return way.settle(ctx, tx, &list[0], m)
}

// ApplyStage makes the recognised day of a correction the day of the move.
func (s *Service) ApplyStage(ctx context.Context, tx *db.Tx, subject, text string) error {
	var said struct {
		On string `json:"reached_on"`
	}
	if err := json.Unmarshal([]byte(text), &said); err != nil {
		return fault.Wrap(err, "read a recognised correction")
	}
	_, err := db.Exec(ctx, tx, `UPDATE pipeline_move SET reached_on = ? WHERE id = ?`, said.On, strings.TrimPrefix(subject, "stage/"))
	return err
}
