package pipeline

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
)

// ByID names a record.
type ByID struct {
	ID string `path:"id" json:"id"`
}

// InScope gives a project that the actor may see, for other packages. Fault: not_found.
func InScope(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Project, error) {
	return inScope(ctx, tx, who.Node, id)
}

// Record is a project with everything its page shows.
type Record struct {
	Project   Project                 `json:"project"`
	Funds     []Funds                 `json:"funds"`
	Claims    map[string]verify.Claim `json:"claims"` // by subject
	Shares    []Share                 `json:"shares,omitempty" doc:"of the contract and the stages that count"`
	FundShare []Share                 `json:"fund_shares,omitempty" doc:"of the money received"`
	Splits    []Split                 `json:"splits,omitempty" doc:"agreements about the shares, newest first"`
	Companies map[string]string       `json:"companies"` // names by id
	Similar   int64                   `json:"similar"`   // contracts like it elsewhere, without saying where
	Moves     []Move                  `json:"moves,omitempty" doc:"stages reached, in their order"`
	Details   Details                 `json:"details"`
	Papers    []Paper                 `json:"papers,omitempty"`
	Statuses  []Status                `json:"statuses,omitempty" doc:"changes of status, newest first"`
	Next      string                  `json:"next,omitempty" doc:"stage that comes next"`
	Missing   []string                `json:"missing,omitempty" doc:"fields and kinds of evidence that it needs"`
	Health    []string                `json:"health,omitempty" doc:"tests it fails"`
	Progress  []Progress              `json:"progress,omitempty" doc:"sheets of the works, newest month first"`
	Promises  []Promise               `json:"promises,omitempty" doc:"what the two sides owe each other, by day"`
	way       *course
	names     map[string]string
	trail     []verify.TrailLine
}

// Get gives a project. Fault: not_found.
func (s *Service) Get(ctx context.Context, in ByID) (out Record, err error) {
	who, err := audit.Require(ctx, "project.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out.Project, err = inScope(ctx, tx, who.Node, in.ID); err != nil {
			return err
		}
		return out.fill(ctx, tx)
	})
	return out, err
}

func (r *Record) fill(ctx context.Context, tx *db.Tx) error {
	p := r.Project
	var err error
	if r.Funds, err = db.All[Funds](ctx, tx, `SELECT `+fundsColumns+` FROM pipeline_funds f WHERE f.project_id = ? ORDER BY f.received_on, f.id`, p.ID); err != nil {
		return err
	}
	subjects := []string{p.registration(), p.contract()}
	for _, f := range r.Funds {
		subjects = append(subjects, f.Subject())
	}
	if err := r.follow(ctx, tx); err != nil {
		return err
	}
	people := []string{p.CreatedBy}
	for _, m := range r.Moves {
		people = append(people, m.MovedBy, m.DecidedBy)
		if counts[m.Stage] != "" {
			subjects = append(subjects, m.Subject())
		}
	}
	for _, x := range r.Statuses {
		people = append(people, x.SetBy)
	}
	if r.Claims, err = verify.ClaimsOf(ctx, tx, subjects); err != nil {
		return err
	}
	if err := r.credited(ctx, tx); err != nil {
		return err
	}
	briefs, err := company.Briefs(ctx, tx, p.Investors)
	if err != nil {
		return err
	}
	r.Companies = map[string]string{}
	for id, b := range briefs {
		r.Companies[id] = b.Name
	}
	if p.Signed() {
		if r.Similar, err = likeProjects(ctx, tx, p); err != nil {
			return err
		}
	}
	if r.names, err = auth.Names(ctx, tx, people); err != nil {
		return err
	}
	r.trail, err = verify.Trail(ctx, tx, subjects, r.about(ctx))
	return err
}

// credited reads who is credited and by which agreements.
func (r *Record) credited(ctx context.Context, tx *db.Tx) (err error) {
	if r.Shares, err = creditBy(ctx, tx, r.Project.ID, "contract"); err != nil {
		return err
	}
	if r.FundShare, err = creditBy(ctx, tx, r.Project.ID, "funds"); err != nil {
		return err
	}
	r.Splits, err = splitsOf(ctx, tx, r.Project.registration(), 5)
	return err
}

// follow reads the stages of the project and what the next one needs.
func (r *Record) follow(ctx context.Context, tx *db.Tx) error {
	var err error
	if r.way, err = courseOf(ctx, tx, r.Project); err != nil {
		return err
	}
	for _, s := range Stages {
		if m, ok := r.way.moves[s]; ok {
			r.Moves = append(r.Moves, m)
		}
	}
	r.Details, r.Papers, r.Next = detailsOf(r.way.details), r.way.papers, r.way.next()
	for _, n := range r.way.needs(r.Next) {
		if !n.Provided {
			r.Missing = append(r.Missing, n.Key)
		}
	}
	found, err := health(ctx, tx, []string{r.Project.ID})
	if err != nil {
		return err
	}
	r.Health = found[r.Project.ID]
	if r.Progress, err = db.All[Progress](ctx, tx, `SELECT `+progressColumns+` FROM pipeline_progress WHERE project_id = ? ORDER BY month DESC`, r.Project.ID); err != nil {
		return err
	}
	if r.Promises, err = db.All[Promise](ctx, tx, `SELECT `+promiseColumns+` FROM pipeline_promise r WHERE r.project_id = ? ORDER BY r.due_on, r.id`, r.Project.ID); err != nil {
		return err
	}
	r.Statuses, err = db.All[Status](ctx, tx, `SELECT `+statusColumns+` FROM pipeline_status WHERE project_id = ? ORDER BY set_at DESC, id DESC`, r.Project.ID)
	return err
}

// Filter narrows the list of projects.
type Filter struct {
	db.Page
	Unit     string `query:"unit" json:"unit,omitempty"`
	Station  string `query:"station" json:"station,omitempty"`
	Stage    string `query:"stage" json:"stage,omitempty" enum:"L2,L3,L4,Q1,Q2,R1,R2,R3,C1,C2,P1,P2,P3,"`
	Status   string `query:"status" json:"status,omitempty" enum:"normal,paused,lost,terminated,in_doubt,merged,"`
	Industry string `query:"industry" json:"industry,omitempty" doc:"section letter, or section and division: C39"`
	Wheel    string `query:"wheel" json:"wheel,omitempty"`
	Mode     string `query:"mode" json:"mode,omitempty"`
	Nature   string `query:"nature" json:"nature,omitempty"`
	Event    string `query:"event" json:"event,omitempty"`
	State    string `query:"state" json:"state,omitempty" enum:"filed,reviewed,recognised,returned,correcting,"`
	Health   string `query:"health" json:"health,omitempty" enum:"not_started,dry,thin,mismatch,silent,framework_expired,start_overdue,produce_overdue,gap,zombie," doc:"test that it fails"`
	Company  string `query:"company" json:"company,omitempty"`
	Q        string `query:"q" json:"q,omitempty" maxLength:"60"`
}

// Item is a project in a list.
type Item struct {
	Project
	LeadName string       `db:"lead_name" json:"lead_name"`
	Claim    verify.Claim `db:"-" json:"claim"`
}

// List is one part of the projects in scope, newest change first.
type List struct {
	Items []Item `json:"items"`
	Next  string `json:"next,omitempty"`
}

// List gives the projects in scope. Faults: out_of_range, bad_cursor (Malformed).
func (s *Service) List(ctx context.Context, in Filter) (out List, err error) {
	who, err := audit.Require(ctx, "project.read")
	if err != nil {
		return out, err
	}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(2)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = list(ctx, tx, who.Node, in, size, key)
		return err
	})
	return out, err
}

func list(ctx context.Context, tx *db.Tx, root string, in Filter, size int, key []string) (out List, err error) {
	where, args, err := in.where(tx, key)
	if err != nil {
		return out, err
	}
	all := append([]any{root, tx.Today(), tx.Today()}, args...)
	out.Items, err = db.All[Item](ctx, tx, `SELECT `+projectColumns+`, l.name AS lead_name FROM pipeline_project p`+scopeJoin+`
		JOIN company_company l ON l.id = p.lead_company WHERE `+where+` ORDER BY p.updated_at DESC, p.id DESC LIMIT ?`, append(all, size+1)...)
	if err != nil {
		return out, err
	}
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		last := out.Items[size-1]
		out.Next = db.Cursor(micros(last.UpdatedAt), last.ID)
	}
	subjects := make([]string, 0, 2*len(out.Items))
	for _, x := range out.Items {
		subjects = append(subjects, x.registration(), x.contract())
	}
	claims, err := verify.ClaimsOf(ctx, tx, subjects)
	for i := range out.Items {
		x := &out.Items[i]
		x.Claim = claims[x.registration()]
		if x.Signed() {
			x.Claim = claims[x.contract()]
		}
	}
	return out, err
}

func (in Filter) where(tx *db.Tx, key []string) (string, []any, error) {
	conds, args := []string{"1 = 1"}, []any{}
	add := func(cond string, more ...any) {
		conds = append(conds, cond)
		args = append(args, more...)
	}
	for _, x := range []struct{ col, v string }{{"p.stage", in.Stage}, {"p.status", in.Status}, {"p.wheel", in.Wheel}, {"p.mode", in.Mode}, {"p.nature", in.Nature}, {"p.event_id", in.Event}} {
		if x.v != "" {
			add(x.col+" = ?", x.v)
		}
	}
	if in.Unit != "" {
		add("EXISTS (SELECT 1 FROM org_scope u WHERE u.root_id = ? AND u.node_id = p.unit_id)", in.Unit)
	}
	if in.Station != "" {
		add("substr(p.team_id, 1, ?) = ?", len(in.Station)+1, in.Station+".")
	}
	if f, ok := flagByCode(in.Health); ok {
		cond, more := f.where(tx.Today())
		add(cond, more...)
	}
	if in.Industry != "" {
		add("substr(p.industry, 1, ?) = ?", len(in.Industry), in.Industry)
	}
	if in.Company != "" {
		add("EXISTS (SELECT 1 FROM pipeline_investor v WHERE v.project_id = p.id AND v.company_id = ?)", in.Company)
	}
	if q := strings.TrimSpace(in.Q); q != "" {
		like := db.Like(q)
		cond, more := `p.name LIKE ? ESCAPE '\' OR p.code LIKE ? ESCAPE '\' OR p.contract_no LIKE ? ESCAPE '\'`, []any{like, like, like}
		if query, args, ok := company.Named(tx.Engine(), q); ok {
			cond, more = cond+` OR p.id IN (SELECT v.project_id FROM pipeline_investor v WHERE v.company_id IN (`+query+`))`, append(more, args...)
		}
		add("("+cond+")", more...)
	}
	if in.State != "" {
		cond := "c.state = ?"
		more := []any{in.State}
		if in.State == "correcting" {
			cond, more = "c.standing_round > 0 AND c.standing_round <> c.round AND c.state IN ('filed', 'reviewed')", nil
		}
		add("EXISTS (SELECT 1 FROM verify_claim c WHERE c.subject IN ('project/' || p.id, 'contract/' || p.id) AND "+cond+")", more...)
	}
	if key != nil {
		at, err := parseMicros(key[0])
		if err != nil {
			return "", nil, err
		}
		add("(p.updated_at, p.id) < (?, ?)", at, key[1])
	}
	return strings.Join(conds, " AND "), args, nil
}

// FundsFilter narrows the list of payments.
type FundsFilter struct {
	db.Page
	State string `query:"state" json:"state,omitempty" enum:"filed,reviewed,recognised,returned,correcting,"`
	Month string `query:"month" json:"month,omitempty" pattern:"^[0-9]{4}-[0-9]{2}$"`
	Q     string `query:"q" json:"q,omitempty" maxLength:"60" doc:"voucher number"`
}

// FundsItem is a payment in a list.
type FundsItem struct {
	Funds
	ProjectName string       `db:"project_name" json:"project_name"`
	Claim       verify.Claim `db:"-" json:"claim"`
}

// FundsList is one part of the payments in scope, newest voucher first.
type FundsList struct {
	Items []FundsItem `json:"items"`
	Next  string      `json:"next,omitempty"`
}

// where gives the conditions of the filter.
func (in FundsFilter) where() ([]string, []any) {
	conds, args := []string{"1 = 1"}, []any{}
	add := func(cond string, more ...any) {
		conds = append(conds, cond)
		args = append(args, more...)
	}
	if in.Month != "" {
		add("substr(f.received_on, 1, 7) = ?", in.Month)
	}
	if in.Q != "" {
		add("substr(f.voucher_no, 1, ?) = ?", len(in.Q), in.Q)
	}
	if in.State == "correcting" {
		add("c.standing_round > 0 AND c.standing_round <> c.round AND c.state IN ('filed', 'reviewed')")
	} else if in.State != "" {
		add("c.state = ?", in.State)
	}
	return conds, args
}

const fundsFrom = `FROM pipeline_funds f JOIN org_scope o ON o.node_id = f.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
	JOIN pipeline_project p ON p.id = f.project_id LEFT JOIN verify_claim c ON c.subject = 'funds/' || f.id`

// ListFunds gives the payments in scope.
func (s *Service) ListFunds(ctx context.Context, in FundsFilter) (out FundsList, err error) {
	who, err := audit.Require(ctx, "funds.read")
	if err != nil {
		return out, err
	}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(2)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		conds, args := in.where()
		args = append([]any{who.Node, tx.Today(), tx.Today()}, args...)
		if key != nil {
			conds = append(conds, "(f.received_on, f.id) < (?, ?)")
			args = append(args, key[0], key[1])
		}
		out.Items, err = db.All[FundsItem](ctx, tx, `SELECT `+fundsColumns+`, p.name AS project_name `+fundsFrom+` WHERE `+strings.Join(conds, " AND ")+` ORDER BY f.received_on DESC, f.id DESC LIMIT ?`, append(args, size+1)...)
		if err != nil {
			return err
		}
		return out.claim(ctx, tx)
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].ReceivedOn, out.Items[size-1].ID)
	}
	return out, err
}

func (l *FundsList) claim(ctx context.Context, tx *db.Tx) error {
	subjects := make([]string, len(l.Items))
	for i, f := range l.Items {
		subjects[i] = f.Subject()
	}
	claims, err := verify.ClaimsOf(ctx, tx, subjects)
	for i := range l.Items {
		l.Items[i].Claim = claims[subjects[i]]
	}
	return err
}

// GetFunds gives one payment. Fault: not_found.
func (s *Service) GetFunds(ctx context.Context, in ByID) (out Funds, err error) {
	who, err := audit.Require(ctx, "funds.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = fundsInScope(ctx, tx, who.Node, in.ID)
		return err
	})
	return out, err
}

var errCursor = fault.New(fault.Malformed, "bad_cursor", "翻页位置无效，请从第一页重新开始。", "The page cursor is not valid; start again from the first page.")
