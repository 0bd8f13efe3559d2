package company

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Silence says that a company asked not to be contacted.
type Silence struct {
	Company string `db:"company_id" json:"company"`
	Since   string `db:"since" json:"since"`
	Source  string `db:"source" json:"source" doc:"the record by which it asked: visit/0192…"`
	By      string `db:"by_person" json:"by,omitempty" doc:"who wrote it down; empty when the company did itself"`
	Reason  string `db:"reason" json:"reason,omitempty"`
}

const silenceColumns = `s.company_id, s.since, s.source, s.by_person, s.reason`

// Silent gives those of some companies that asked not to be contacted.
func Silent(ctx context.Context, tx *db.Tx, ids []string) (map[string]Silence, error) {
	out := map[string]Silence{}
	if len(ids) == 0 {
		return out, nil
	}
	err := db.Each(ctx, tx, `SELECT `+silenceColumns+` FROM company_silence s WHERE s.company_id IN `+db.In(len(ids)), db.Args(ids), func(s Silence) error {
		out[s.Company] = s
		return nil
	})
	return out, err
}

// KeepSilence writes down that a company asked not to be contacted; asked twice, the first day stands.
func KeepSilence(ctx context.Context, tx *db.Tx, in Silence) error {
	in.Since = tx.Today()
	n, err := db.Exec(ctx, tx, `INSERT INTO company_silence (company_id, since, source, by_person, reason) VALUES (?, ?, ?, ?, ?) ON CONFLICT (company_id) DO NOTHING`,
		in.Company, in.Since, in.Source, in.By, in.Reason)
	if err != nil || n == 0 {
		return err
	}
	return audit.Note(ctx, tx, "company.silence", "company/"+in.Company, nil, map[string]string{"since": in.Since, "source": in.Source})
}

// BreakSilence is why a company may be contacted again.
type BreakSilence struct {
	ID     string `path:"id" json:"id" maxLength:"36"`
	Reason string `json:"reason" maxLength:"200"`
}

// BreakSilence lets a company be contacted again, with a reason: it came back by itself. Faults: not_found, not_silent, Invalid.
func (s *Service) BreakSilence(ctx context.Context, in BreakSilence) (out Record, err error) {
	if _, err := audit.Require(ctx, "company.edit"); err != nil {
		return out, err
	}
	var c fault.Checks
	c.Require("reason", in.Reason, "原因", "A reason").AtMost("reason", in.Reason, 200)
	if err := c.Err(); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = get(ctx, tx, in.ID); err != nil {
			return err
		}
		n, err := db.Exec(ctx, tx, `DELETE FROM company_silence WHERE company_id = ?`, out.ID)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "not_silent", "这家企业没有要求不再联系。", "This company has not asked to be left alone.")
		}
		if err != nil {
			return err
		}
		return audit.Note(ctx, tx, "company.break_silence", "company/"+out.ID, nil, map[string]string{"reason": strings.TrimSpace(in.Reason)})
	})
	return out, err
}
