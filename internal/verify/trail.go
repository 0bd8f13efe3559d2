package verify

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// trail is how a round of a claim came into the books: record, evidence, verdicts.
type trail struct {
	claim    Claim
	round    Round
	evidence []Evidence
	steps    []Step
	rd       *reader
	url      string
}

// trailPage is the fragment GET /verify/of?claim=…&round=… that figure drawers and records include.
func (s *Service) trailPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		Claim string `json:"claim"`
		Round int64  `json:"round,omitempty"`
	}](r)
	if err != nil {
		return nil, err
	}
	t, err := s.trail(r.Context(), in.Claim, in.Round)
	if err != nil {
		return nil, err
	}
	return trailPart(t), nil
}

func (s *Service) trail(ctx context.Context, claim string, round int64) (*trail, error) {
	who, err := audit.Require(ctx, "claim.read")
	if err != nil {
		return nil, err
	}
	t := &trail{}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		d, err := s.dossier(ctx, tx, who, claim)
		if err != nil {
			return err
		}
		t.claim = d.Claim
		if round == 0 {
			round = d.Claim.Round
		}
		for _, x := range d.Rounds {
			if x.Round == round {
				t.round = x
			}
		}
		people := []string{t.round.FiledBy}
		for _, x := range d.Steps {
			if x.Round == round {
				t.steps = append(t.steps, x)
				people = append(people, x.Person)
			}
		}
		t.evidence, err = db.All[Evidence](ctx, tx, `SELECT id, claim_id, round, blob, name, type, size, added_by, added_at
			FROM verify_evidence WHERE claim_id = ? AND round = ? ORDER BY id`, claim, round)
		if err != nil {
			return err
		}
		if t.rd, err = s.reader(ctx, tx); err != nil {
			return err
		}
		if err := t.rd.places(ctx, t.claim.Node, t.claim.Unit); err != nil {
			return err
		}
		t.url = ledger.RecordURL(t.claim.Subject, "", projectOf(t.round.Content))
		return t.rd.meet(ctx, people...)
	})
	return t, err
}

// stamps are the three verdicts of a round with who gave them and when; open is a claim whose round waits.
func (rd *reader) stamps(ctx context.Context, c Claim, r Round, steps []Step) []web.StampProps {
	out := []web.StampProps{{Book: "filed", State: web.SealDone, Who: rd.person(ctx, r.FiledBy), When: web.Moment(ctx, db.FromMicros(r.FiledAt))}}
	for _, level := range []ledger.Book{ledger.Reviewed, ledger.Recognised} {
		p := web.StampProps{Book: string(level), State: web.SealWait, Who: web.T(ctx, "verify.not_yet"), When: web.Nil}
		for _, x := range steps {
			if x.Level != level || x.Round != r.Round {
				continue
			}
			p.Who, p.When = rd.person(ctx, x.Person), web.Moment(ctx, db.FromMicros(x.At))
			switch x.Verdict {
			case Pass:
				p.State = web.SealDone
			case Return:
				p.State = web.SealBack
			case withdraw:
				p.State = web.SealVoid
			default: // a doubt leaves the seal waiting
			}
		}
		if next, waits := c.Level(); waits && next == level && c.Round == r.Round && p.State == web.SealWait {
			due := web.DueCell(ctx, c.DueOn)
			p.Who, p.When, p.Tone = web.T(ctx, "verify.waiting"), due.Text, string(due.Tone)
		}
		out = append(out, p)
	}
	for i := range out {
		if k := "verify.stamp." + string(c.Route) + "." + out[i].Book; web.HasText(k) {
			out[i].Text = web.T(ctx, k)
		}
	}
	return out
}
