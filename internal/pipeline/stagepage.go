package pipeline

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

func (s *Service) mountStages(m *web.Mux) {
	web.Put(m, "/api/v1/projects/{project}/papers", "project.edit", s.prepareStored, web.Doc("Keep fields and evidence for the stages of a project"))
	web.Post(m, "/api/v1/projects/{project}/move", "project.edit", s.moveStored, web.Doc("Move a project to a stage, through its gate"))
	web.Post(m, "/api/v1/projects/{project}/confirm", "stage.confirm", s.ConfirmMove, web.Doc("Confirm a move to a stage, or refuse it"))
	web.Post(m, "/api/v1/projects/{project}/status", "project.status", s.SetStatus, web.Doc("Pause, end, lose or resume a project"))
	web.Get(m, "/api/v1/gates", "project.read", s.ListGates, web.Doc("What each stage demands, every version"))
	web.Post(m, "/api/v1/gates", "gate.edit", s.ProposeGates, web.Status(http.StatusCreated), web.Doc("Propose new gates"))
	web.Post(m, "/api/v1/gates/{version}/approve", "gate.edit", s.ApproveGates, web.Doc("Put proposed gates in force; their author cannot"))
	m.Page("GET "+listPath+"/{id}/move", "project.edit", s.movePage)
	m.Page("POST "+listPath+"/{id}/move", "project.edit", s.movePosted, web.MaxBody(maxUpload))
	m.Page("POST "+listPath+"/{id}/confirm", "stage.confirm", s.confirmPosted)
	m.Page("GET "+listPath+"/{id}/status", "project.status", s.statusPage)
	m.Page("POST "+listPath+"/{id}/status", "project.status", s.statusPosted)
	m.Raw("GET "+listPath+"/{id}/papers/{paper}", "evidence.read", s.paper(m))
	m.Page("GET "+listPath+"/waiting", "stage.confirm", s.waitingBlock)
	m.Page("GET "+gatesPath, "project.read", s.gatesPage)
	m.Page("POST "+gatesPath, "gate.edit", s.gatesPosted)
	m.Page("POST "+gatesPath+"/{version}/approve", "gate.edit", s.gatesApproved)
}

// missing says what the next stage needs, when the acting person may read it.
func (v recordView) missing(ctx context.Context) (web.MissingProps, bool) {
	next := v.Next
	if next == "" || v.Project.Status != Normal {
		return web.MissingProps{}, false
	}
	t := func(key string, args ...any) string { return web.T(ctx, "project.need."+key, args...) }
	p := web.MissingProps{Rule: t("rule", v.way.gates.Version, next+" "+web.T(ctx, "project.stage."+next)), Meta: t("by." + v.confirmer(next))}
	if next == signedQ {
		p.Open = append(p.Open, web.MissingItem{Text: t("contract"), Hint: t("contract_hint")}, web.MissingItem{Text: t("amount"), Hint: t("amount_hint")})
	} else {
		p.Open = append(p.Open, web.MissingItem{Text: t("day"), Hint: t("day_hint")})
	}
	to := v.moveURL(next)
	for _, n := range v.way.needs(next) {
		x := web.MissingItem{Text: needName(ctx, n), Ref: n.Value, When: n.On}
		switch {
		case n.Provided:
			p.Ready = append(p.Ready, x)
			continue
		case n.Instead:
			x.Hint = t("instead")
		}
		if web.May(ctx, "project.edit") {
			x.Action, x.URL = t(map[bool]string{true: "upload", false: "fill"}[n.Paper]), to
		}
		p.Open = append(p.Open, x)
	}
	if web.May(ctx, "project.edit") {
		p.Open[0].Action, p.Open[0].URL = t(map[bool]string{true: "sign", false: "fill"}[next == signedQ]), to
	}
	p.Title = t("to", web.T(ctx, "project.stage."+next), len(p.Open))
	return p, true
}

// moveURL is where a project is moved to a stage.
func (v recordView) moveURL(stage string) string {
	if stage == signedQ {
		return projectURL(v.Project.ID) + "/sign"
	}
	return projectURL(v.Project.ID) + "/move?" + web.Values("to", stage).Encode()
}

// confirmer names who has the last word on a stage.
func (v recordView) confirmer(stage string) string {
	if stage == signedQ || counts[stage] != "" {
		return "verified"
	}
	for _, r := range gateRoles {
		if slices.Contains(v.way.gates.of(stage).Roles, r) {
			return r
		}
	}
	return "province"
}

func needName(ctx context.Context, n need) string {
	if n.Paper {
		return web.T(ctx, "project.paper."+n.Key)
	}
	return web.T(ctx, "project.detail."+n.Key)
}

// aside are the stages that may be recorded now although they may be passed over.
func (v recordView) aside() []string {
	if v.Project.Status != Normal {
		return nil
	}
	return slices.DeleteFunc(v.way.choices(), func(s string) bool { return s == v.Next })
}

// stageLine is one row of the log of stages.
type stageLine struct {
	stage string
	on    string
	days  int
	move  Move
	claim verify.Claim
	files []Paper
}

// log lists the stages that were reached or tried, the latest first.
func (v recordView) log(ctx context.Context) []stageLine {
	var out []stageLine
	for _, s := range slices.Backward(Stages) {
		m, tried := v.way.moves[s]
		if !tried && v.way.reached(s) == "" {
			continue
		}
		l := stageLine{stage: s, on: v.way.reached(s), days: v.way.daysIn(s, web.Today(ctx)), move: m, files: v.way.filed(s)}
		switch {
		case s == inTalks:
			l.claim = v.Claims[v.Project.registration()]
		case s == signedQ:
			l.claim = v.Claims[v.Project.contract()]
		case counts[s] != "":
			l.claim = v.Claims[m.Subject()]
		}
		out = append(out, l)
	}
	return out
}

// mayConfirm: the move waits, and the acting person is one who decides it.
func (v recordView) mayConfirm(ctx context.Context, l stageLine) bool {
	who, ok := audit.Who(ctx)
	return ok && l.move.State == MoveFiled && counts[l.stage] == "" && who.May("stage.confirm") && who.Person != l.move.MovedBy && mayConfirm(who, v.way.gates.of(l.stage))
}

func (s *Service) movePage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		ID string `json:"id"`
		To string `json:"to,omitempty" maxLength:"2"`
	}](r)
	if err != nil {
		return nil, err
	}
	v, err := s.record(r.Context(), in.ID)
	if err != nil {
		return nil, err
	}
	if in.To == "" {
		in.To = v.Next
	}
	if in.To == signedQ && !v.Project.Signed() {
		return web.Redirect(projectURL(in.ID) + "/sign"), nil
	}
	state := web.FormOf("to", in.To, "on", web.Today(r.Context()))
	if m, ok := v.way.moves[in.To]; ok {
		state.Values.Set("on", m.ReachedOn)
		state.Values.Set("instead", m.Instead)
	}
	for k, x := range v.way.details {
		state.Values.Set("details."+k, x)
	}
	f, err := s.form(r.Context(), state)
	if err != nil {
		return nil, err
	}
	return movePage(v, f), nil
}

// moveIn is the form of a move.
type moveIn struct {
	Version int64   `json:"version"`
	To      string  `json:"to" maxLength:"2"`
	On      string  `json:"on" format:"date"`
	Details Details `json:"details"`
	Instead string  `json:"instead" maxLength:"500"`
	Late    string  `json:"late_reason" maxLength:"200"`
}

// movePosted keeps what was filled in and uploaded first, so that it is not lost when the gate still misses something.
func (s *Service) movePosted(r *http.Request) (templ.Component, error) {
	return s.posted(r, func(ctx context.Context, id string) error {
		in, err := web.Form[moveIn](r)
		if err != nil {
			return err
		}
		papers, err := s.uploaded(r)
		if err != nil {
			return err
		}
		kept, err := s.Prepare(ctx, Prepare{Project: id, Details: in.Details, Papers: papers})
		if err != nil {
			return err
		}
		if kept.Project.Version != in.Version {
			return stale()
		}
		_, err = s.Move(ctx, NewMove{Prepare: Prepare{Project: id}, To: in.To, On: in.On, Instead: in.Instead, Late: in.Late, Version: in.Version})
		return err
	}, "project.moved_toast", movePage)
}

// uploaded stores the files of the form, each under its kind.
func (s *Service) uploaded(r *http.Request) ([]NewPaper, error) {
	var out []NewPaper
	for _, kind := range paperKinds {
		headers, err := web.Files(r, "papers."+kind)
		if err != nil {
			return nil, err
		}
		files, err := verify.Attach(r.Context(), s.Files, headers, "papers."+kind)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			out = append(out, NewPaper{Kind: kind, File: f})
		}
	}
	return out, nil
}

// barred says why the project cannot move to the stage of the form at all, nil when it may.
func (v recordView) barred(to string) error {
	if v.Project.Status != Normal {
		return notNormal()
	}
	return v.way.inOrder(to)
}

func (s *Service) confirmPosted(r *http.Request) (templ.Component, error) {
	id := r.PathValue("id")
	in, err := web.Form[struct {
		Stage  string `json:"stage" maxLength:"2"`
		Pass   bool   `json:"pass"`
		Reason string `json:"reason" maxLength:"500"`
	}](r)
	if err == nil {
		_, err = s.ConfirmMove(r.Context(), ConfirmMove{Project: id, Stage: in.Stage, Pass: in.Pass, Reason: in.Reason})
	}
	if err == nil {
		key := map[bool]string{true: "project.confirmed_toast", false: "project.refused_toast"}[in.Pass]
		return web.RedirectToast(projectURL(id)+"?tab=stages", web.Toast{Text: web.T(r.Context(), key)}), nil
	}
	v, bad := s.record(r.Context(), id)
	if bad != nil {
		return nil, bad
	}
	v.tab, v.state = "stages", web.NewForm(r, err)
	v.state.Values.Set("stage", in.Stage)
	return web.Retry(projectPage(v), err)
}

func (s *Service) statusPage(r *http.Request) (templ.Component, error) {
	v, err := s.record(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	f, err := s.form(r.Context(), web.FormOf("on", web.Today(r.Context())))
	if err != nil {
		return nil, err
	}
	return statusPage(v, f), nil
}

func (s *Service) statusPosted(r *http.Request) (templ.Component, error) {
	return s.posted(r, func(ctx context.Context, id string) error {
		in, err := web.Form[struct {
			Version int64  `json:"version"`
			Status  string `json:"status" maxLength:"20"`
			Cause   string `json:"cause" maxLength:"20"`
			Reason  string `json:"reason" maxLength:"500"`
			Target  string `json:"target" maxLength:"120"`
			On      string `json:"on" format:"date"`
		}](r)
		if err != nil {
			return err
		}
		_, err = s.SetStatus(ctx, NewStatus{Project: id, Version: in.Version, Status: in.Status, Cause: in.Cause, Reason: in.Reason, Target: in.Target, On: in.On})
		return err
	}, "project.status_toast", statusPage)
}

// statusTags are what stands beside the project's name: its status when it is not the normal one.
func (v recordView) statusTags(ctx context.Context) []web.Tag {
	if v.Project.Status == Normal {
		return nil
	}
	return []web.Tag{{Text: web.T(ctx, "project.status."+v.Project.Status), Tone: "alarm"}}
}

// otherStatuses are those a project may get now.
func (v recordView) otherStatuses(ctx context.Context) []web.Choice {
	return web.Coded(ctx, web.T(ctx, "project.choose"), "project.status", slices.DeleteFunc(slices.Clone(statuses), func(x string) bool { return x == v.Project.Status })...)
}

// waiting are the moves that the acting person may confirm.
type waiting struct {
	Move
	Name string `db:"name"`
	Unit string `db:"unit_id"`
}

// waitingBlock is what the workbench shows of this package.
func (s *Service) waitingBlock(r *http.Request) (templ.Component, error) {
	who, err := audit.Require(r.Context(), "stage.confirm")
	if err != nil {
		return nil, err
	}
	var list []waiting
	var owed []promiseLine
	err = s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		gates, err := gatesNow(ctx, tx)
		if err != nil {
			return err
		}
		var mine []string
		for _, g := range gates.Gates {
			if counts[g.Stage] == "" && mayConfirm(who, g) {
				mine = append(mine, g.Stage)
			}
		}
		if owed, err = duePromises(ctx, tx, who.Node, 6); err != nil || len(mine) == 0 {
			return err
		}
		args := append([]any{who.Node, tx.Today(), tx.Today(), who.Person}, db.Args(mine)...)
		list, err = db.All[waiting](ctx, tx, `SELECT m.`+strings.ReplaceAll(moveColumns, ", ", ", m.")+`, p.name, p.unit_id FROM pipeline_move m JOIN pipeline_project p ON p.id = m.project_id`+scopeJoin+`
			WHERE m.state = 'filed' AND m.moved_by <> ? AND m.stage IN `+db.In(len(mine))+` ORDER BY m.moved_at, m.id LIMIT 6`, args...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return waitingPart(list, owed), nil
}

// knownStage keeps a word of the address that is no stage out of the catalogue.
func knownStage(s string) string {
	if order(s) < 0 {
		return inTalks
	}
	return s
}

func reasonOf(ctx context.Context, err error) string { return fault.Of(err).Words.In(web.Lang(ctx)) }

func paperHint(ctx context.Context, n need) string {
	if n.Provided {
		return web.T(ctx, "project.have", n.Value)
	}
	if n.Instead {
		return web.T(ctx, "project.need.instead")
	}
	return ""
}

// replaceable reports whether a reason may stand in for some evidence of a stage.
func (v recordView) replaceable(stage string) bool {
	return slices.ContainsFunc(v.way.needs(stage), func(n need) bool { return n.Instead && !n.Provided })
}

// stateOf is the form of the confirmation of one stage.
func (v recordView) stateOf(stage string) web.FormState {
	if v.state.Value("stage") == stage {
		return v.state
	}
	return web.FormState{}
}

func statusTone(status string) string {
	if status == Normal {
		return "act"
	}
	return "alarm"
}

// detailMost is how many characters a field takes.
func detailMost(key string) int {
	return map[string]int{"demand": 500, "local_name": 120, "equity": 200, "site": 200, "land_ref": 80, "permit_no": 80, "power_no": 40, "staff": 10}[key]
}
