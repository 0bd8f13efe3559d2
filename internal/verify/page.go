package verify

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// verifyIn is the address of the verifier's page: the queue, the claim that is open, the file of it in view.
type verifyIn struct {
	Queue
	Claim string `json:"claim,omitempty"`
	File  string `json:"file,omitempty"`
	Read  string `json:"read,omitempty"` // content hash of the round whose findings were read
}

// desk is everything the verifier's page shows.
type desk struct {
	in      verifyIn
	list    Claims
	groups  []Group
	waiting int64
	late    int64
	rd      *reader
	me      audit.Actor
	auto    bool // the claim was not asked for: it is the first of the list
	open    *Dossier
	values  []web.ClaimValue
	rules   []setting // that look at the claim in view
	effect  *effect
	form    web.FormState
	protest web.FormState // of an appeal
	batch   []batchRow    // of the visits of team on day
	team    string
	day     string
}

// effect is what the sum becomes when the claim passes.
type effect struct {
	book  ledger.Book
	about string
	days  int64 // that the next level has
	in    ledger.FiguresIn
	now   ledger.Figure
	after ledger.Number
}

func (s *Service) verifyPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[verifyIn](r)
	if err != nil {
		return nil, err
	}
	d, err := s.desk(r.Context(), in)
	if err != nil {
		return nil, err
	}
	return deskPage(d), nil
}

// desk reads the queue, the groups of visits and the claim in view in one snapshot.
func (s *Service) desk(ctx context.Context, in verifyIn) (*desk, error) {
	who, err := audit.Require(ctx, "claim.read")
	if err != nil {
		return nil, err
	}
	d := &desk{in: in, me: who}
	q := in.Queue
	grouped := (in.State == "" || in.State == "waiting") && in.Kind == "" && in.Team == ""
	q.single = grouped
	if d.list, err = s.Inbox(ctx, q); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if d.rd, err = s.reader(ctx, tx); err != nil {
			return err
		}
		if d.waiting, d.late, err = s.Waiting(ctx, tx, who); err != nil {
			return err
		}
		if grouped {
			if d.groups, err = in.groups(ctx, tx, who); err != nil {
				return err
			}
		}
		if err := d.learn(ctx); err != nil {
			return err
		}
		if in.Team != "" && in.Claim == "" {
			d.team, d.day = in.Team, in.Day
			return s.fillBatch(ctx, tx, d, d.list.Items)
		}
		id := in.Claim
		if id == "" && len(d.list.Items) > 0 {
			id, d.auto = d.list.Items[0].ID, true
		}
		if id == "" && len(d.groups) > 0 {
			d.auto, d.team, d.day = true, d.groups[0].Team, d.groups[0].Day
			items, err := Queue{Kind: "visit", Team: d.team, Day: d.day}.read(ctx, tx, who, nil, db.PageDefault)
			if err != nil {
				return err
			}
			return s.fillBatch(ctx, tx, d, items[:min(len(items), db.PageDefault)])
		}
		if id == "" {
			return nil
		}
		return s.fillClaim(ctx, tx, d, id)
	})
	return d, err
}

// learn asks for the names of the places in the inbox.
func (d *desk) learn(ctx context.Context) error {
	nodes := []string{d.me.Node, d.in.Team}
	for _, g := range d.groups {
		nodes = append(nodes, g.Team)
	}
	for _, c := range d.list.Items {
		nodes = append(nodes, c.Node)
	}
	return d.rd.places(ctx, nodes...)
}

func (s *Service) fillClaim(ctx context.Context, tx *db.Tx, d *desk, id string) error {
	dos, err := s.dossier(ctx, tx, d.me, id)
	if err != nil {
		return err
	}
	d.open = &dos
	if err := d.rd.places(ctx, dos.Claim.Node); err != nil {
		return err
	}
	ids := []string{dos.Claim.FiledBy}
	for _, x := range dos.Steps {
		ids = append(ids, x.Person)
	}
	if dos.Appeal != nil {
		ids = append(ids, dos.Appeal.Against)
	}
	for _, e := range dos.Evidence {
		ids = append(ids, e.AddedBy)
	}
	if err := d.rd.meet(ctx, ids...); err != nil {
		return err
	}
	if d.values, err = d.rd.values(ctx, dos.Claim.Kind, dos.Round.Content); err != nil {
		return err
	}
	if d.rules, err = inForce(ctx, tx); err != nil {
		return err
	}
	d.effect, err = s.effect(ctx, tx, d.me, dos)
	return err
}

// effect says what the sum of the claim's measure becomes in the book of its next level: of the project for money
// received, else of the unit.
func (s *Service) effect(ctx context.Context, tx *db.Tx, who audit.Actor, d Dossier) (*effect, error) {
	level, waiting := d.Claim.Level()
	if !waiting {
		return nil, nil
	}
	c := d.Claim
	e := &effect{book: level, in: ledger.FiguresIn{Measure: []string{c.Measure}, Through: max(tx.Today(), c.OccurredOn), Book: string(level)}}
	e.in.Unit, e.about = c.Unit, "unit"
	days, err := paceOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	e.days = days.days[c.Route]
	if p := projectOf(d.Round.Content); c.Kind == "funds" && p != "" {
		e.in.Unit, e.in.Where, e.about = "", []string{"project:" + p}, "project"
	}
	out, err := ledger.FiguresOf(ctx, tx, who.Node, e.in)
	if err != nil {
		return nil, err
	}
	e.now = out.Figures[0]
	e.after = e.now.Value
	e.after.N += c.Delta
	if c.Correcting() {
		old, err := ledger.Standing(ctx, tx, c.ID, c.Standing, level, c.Measure)
		if err != nil {
			return nil, err
		}
		e.after.N -= old
	}
	return e, nil
}

// unread reports whether rules found something that the person has not said to have read.
func (d *desk) unread() bool {
	return d.open != nil && len(d.open.Findings) > 0 && !read(d.in.Read, d.open.Round.ContentHash)
}

func read(token, hash string) bool {
	return token != "" && len(token) >= 12 && strings.HasPrefix(hash, token)
}

// decideIn is the form of a verdict.
type decideIn struct {
	Claim   string `json:"claim"`
	Hash    string `json:"hash"`
	Verdict string `json:"verdict" enum:"approve,return,doubt"`
	Reason  string `json:"reason,omitempty" maxLength:"1000"`
}

// decidePage takes a verdict and goes on to the next item of the same queue. A verdict that breaks a rule shows the
// claim again with what is wrong.
func (s *Service) decidePage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	at, err := web.Query[verifyIn](r)
	if err != nil {
		return nil, err
	}
	in, err := web.Form[decideIn](r)
	next := ""
	if err == nil {
		next, err = s.after(ctx, at, in.Claim)
	}
	if err == nil {
		err = s.verdict(ctx, at, in)
	}
	if err != nil {
		return s.again(r, at, in, err)
	}
	at.Claim, at.File, at.Read = next, "", ""
	return web.RedirectToast(at.address(), web.Toast{Text: web.T(ctx, "verify.done."+in.Verdict)}), nil
}

// verdict refuses to pass what a rule noticed before it was read, and decides.
func (s *Service) verdict(ctx context.Context, at verifyIn, in decideIn) error {
	d := Decision{Claim: in.Claim, Verdict: Verdict(in.Verdict), Reason: in.Reason, ContentHash: in.Hash}
	if in.Verdict == "approve" {
		d.Verdict = Pass
		dos, err := s.Open(ctx, ByID{ID: in.Claim})
		if err != nil {
			return err
		}
		if len(dos.Findings) > 0 && !read(at.Read, dos.Round.ContentHash) {
			return unread()
		}
	}
	_, err := s.Decide(ctx, d)
	return err
}

func (s *Service) again(r *http.Request, at verifyIn, in decideIn, err error) (templ.Component, error) {
	if at.Claim == "" {
		at.Claim = in.Claim
	}
	d, derr := s.desk(r.Context(), at)
	if derr != nil || d.open == nil {
		return nil, err
	}
	d.form = web.NewForm(r, err)
	return web.Retry(deskPage(d), err)
}

// after is the item that follows a claim in its queue, "" at the end.
func (s *Service) after(ctx context.Context, at verifyIn, claim string) (string, error) {
	q := at.Queue
	q.single = q.Kind == "" && q.Team == "" && (q.State == "" || q.State == "waiting")
	list, err := s.Inbox(ctx, q)
	if err != nil {
		return "", err
	}
	for i, c := range list.Items {
		if c.ID == claim && i+1 < len(list.Items) {
			return list.Items[i+1].ID, nil
		}
	}
	for _, c := range list.Items {
		if c.ID != claim {
			return c.ID, nil
		}
	}
	return "", nil
}

// query writes the address of the page.
func (in verifyIn) query() url.Values {
	q := url.Values{}
	for _, p := range [][2]string{{"state", in.State}, {"kind", in.Kind}, {"team", in.Team}, {"day", in.Day}, {"claim", in.Claim}, {"file", in.File}, {"read", in.Read}, {"after", in.After}, {"order", in.Order}} {
		if p[1] != "" {
			q.Set(p[0], p[1])
		}
	}
	for _, p := range []struct {
		name string
		on   bool
	}{{"late", in.Late}, {"flag", in.Flag}, {"big", in.Big}} {
		if p.on {
			q.Set(p.name, strconv.FormatBool(p.on))
		}
	}
	return q
}

func (in verifyIn) address() string {
	if q := in.query().Encode(); q != "" {
		return "/verify?" + q
	}
	return "/verify"
}

// projectOf is the project that the content of money received names.
func projectOf(content string) string {
	p, _ := stringField(content, "project")
	return p
}
