package station

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/sheet"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

const leavesURL = base + "/leaves"

func (s *Service) mountLeaves(m *web.Mux) {
	web.Get(m, "/api/v1/deployments/{id}", "deployment.read", s.Deployment, web.Doc("One deployment with its days on duty"))
	web.Get(m, "/api/v1/leaves", "leave.ask", s.Leaves, web.Doc("Leave of people who are deployed, newest first"))
	web.Post(m, "/api/v1/deployments/{deployment}/leaves", "leave.ask", s.AskLeave, web.Status(http.StatusCreated), web.Doc("Ask for leave of somebody who is deployed"))
	web.Post(m, "/api/v1/leaves/{id}/answer", "leave.answer", s.AnswerLeave, web.Doc("Approve or refuse leave that somebody else asked for"))
	web.Post(m, "/api/v1/leaves/{id}/end", "leave.answer", s.EndLeave, web.Doc("Enter that somebody is back before the last day of leave"))
	web.Post(m, "/api/v1/leaves/{id}/withdraw", "leave.ask", s.WithdrawLeave, web.Doc("Take back what nobody has answered yet"))

	m.Raw("GET "+base+"/deployments/excel", "deployment.read", s.deploymentsExcel(m))
	m.Page("GET "+base+"/deployments/{id}", "deployment.read", s.deploymentPage)
	m.Page("POST "+base+"/deployments/{deployment}/leave", "leave.ask", s.leaveAsked)
	m.Page("GET "+leavesURL+"/waiting", "leave.answer", s.leavesWaiting)
	m.Page("POST "+leavesURL+"/{id}/answer", "leave.answer", s.leaveAnswered)
	m.Page("POST "+leavesURL+"/{id}/end", "leave.answer", s.leaveEnded)
	m.Page("POST "+leavesURL+"/{id}/withdraw", "leave.ask", s.leaveWithdrawn)
}

func deploymentURL(id string) string { return base + "/deployments/" + url.PathEscape(id) }

func leaveURL(id, step string) string { return leavesURL + "/" + url.PathEscape(id) + "/" + step }

func leaveTone(state string) string {
	return map[string]string{"asked": "due", "approved": "act", "refused": "alarm", "withdrawn": "hollow"}[state]
}

// posting is one deployment as a page.
type posting struct {
	d      Deployment
	team   Team
	batch  Batch
	leaves []Leave
	names  map[string]string // of those who asked and answered
	claim  verify.Claim
	form   web.FormState
	leave  string // the leave whose form came back
	self   string
	today  string
}

func (s *Service) openDeployment(ctx context.Context, id string) (*posting, error) {
	v := &posting{today: web.Today(ctx)}
	var err error
	if v.d, err = s.Deployment(ctx, DeploymentID{id}); err != nil {
		return nil, err
	}
	if web.May(ctx, "leave.ask") {
		list, err := s.Leaves(ctx, LeaveFilter{Deployment: id})
		if err != nil {
			return nil, err
		}
		v.leaves = list.Items
	}
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		who, _ := audit.Who(ctx)
		v.self = who.Person
		var people []string
		for _, l := range v.leaves {
			people = append(people, l.AskedBy, l.AnsweredBy)
		}
		if v.names, err = auth.Names(ctx, tx, people); err != nil {
			return err
		}
		if v.team, err = TeamByID(ctx, tx, v.d.Team); err != nil {
			return err
		}
		claims, err := verify.ClaimsOf(ctx, tx, []string{v.d.Subject()})
		if err != nil {
			return err
		}
		v.claim = claims[v.d.Subject()]
		v.batch, err = batchByID(ctx, tx, v.d.Batch)
		return err
	})
}

func (v *posting) person(id string) string {
	if n := v.names[id]; n != "" {
		return n
	}
	return web.Nil
}

// last is the planned last day, none for a posting that stays on.
func (v *posting) last() string {
	if day := lastDay(v.d, v.batch); day != forever {
		return day
	}
	return ""
}

func (v *posting) facts(ctx context.Context) []web.Fact {
	return []web.Fact{
		{Label: web.T(ctx, "station.kind"), Text: web.T(ctx, "station.kind."+v.d.Kind)},
		{Label: web.T(ctx, "station.team"), Text: v.team.Name},
		{Label: web.T(ctx, "station.batch"), Text: v.batch.Name},
		{Label: web.T(ctx, "station.duty"), Text: web.DateOr(v.d.Duty)},
		{Label: web.T(ctx, "station.starts_on"), Text: v.d.StartsOn},
		{Label: web.T(ctx, "station.ends_on"), Text: web.DateOr(v.last())},
	}
}

// answers: who leads the team, and neither asked nor goes; approved leave until its last day.
func (v *posting) answers(ctx context.Context, l Leave) bool {
	open := l.State == "asked" || l.State == "approved" && v.today <= l.Until
	return open && web.May(ctx, "leave.answer") && l.AskedBy != v.self && v.d.Person != v.self
}

func (v *posting) withdraws(l Leave) bool { return l.State == "asked" && l.AskedBy == v.self }

// state is the form of one leave, when it came back.
func (v *posting) state(id string) web.FormState {
	if v.leave == id {
		return v.form.For(id)
	}
	return web.FormState{}.For(id)
}

func (s *Service) deploymentPage(r *http.Request) (templ.Component, error) {
	v, err := s.openDeployment(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return deploymentPage(v), nil
}

// leaveDone leads back to the deployment, or shows it with what was wrong.
func (s *Service) leaveDone(r *http.Request, deployment, leave, said string, err error) (templ.Component, error) {
	if err == nil {
		return s.done(r, deploymentURL(deployment), said), nil
	}
	v, bad := s.openDeployment(r.Context(), deployment)
	if bad != nil {
		return nil, bad
	}
	v.form, v.leave = web.NewForm(r, err), leave
	return web.Retry(deploymentPage(v), err)
}

// deploymentOf says to whose deployment a leave in the address belongs. Fault: not_found.
func (s *Service) deploymentOf(r *http.Request) (string, error) {
	var out string
	err := s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		l, err := db.One[Leave](ctx, tx, `SELECT `+leaveColumns+` FROM station_leave l WHERE l.id = ?`, r.PathValue("id"))
		out = l.Deployment
		return err
	})
	return out, err
}

func (s *Service) leaveAsked(r *http.Request) (templ.Component, error) {
	in, err := web.Form[AskLeave](r)
	in.Deployment = r.PathValue("deployment")
	if err == nil {
		_, err = s.AskLeave(r.Context(), in)
	}
	return s.leaveDone(r, in.Deployment, "", "leave.said", err)
}

func (s *Service) leaveAnswered(r *http.Request) (templ.Component, error) {
	at, bad := s.deploymentOf(r)
	if bad != nil {
		return nil, bad
	}
	in, err := web.Form[AnswerLeave](r)
	in.ID = r.PathValue("id")
	if err == nil {
		_, err = s.AnswerLeave(r.Context(), in)
	}
	said := "leave.refused"
	if in.Approve {
		said = "leave.approved"
	}
	return s.leaveDone(r, at, in.ID, said, err)
}

func (s *Service) leaveEnded(r *http.Request) (templ.Component, error) {
	at, bad := s.deploymentOf(r)
	if bad != nil {
		return nil, bad
	}
	in, err := web.Form[EndLeave](r)
	in.ID = r.PathValue("id")
	if err == nil {
		_, err = s.EndLeave(r.Context(), in)
	}
	return s.leaveDone(r, at, in.ID, "leave.ended", err)
}

func (s *Service) leaveWithdrawn(r *http.Request) (templ.Component, error) {
	at, bad := s.deploymentOf(r)
	if bad != nil {
		return nil, bad
	}
	in, err := web.Form[LeaveID](r)
	in.ID = r.PathValue("id")
	if err == nil {
		_, err = s.WithdrawLeave(r.Context(), in)
	}
	return s.leaveDone(r, at, in.ID, "leave.withdrawn", err)
}

// waitingLeave is a leave that waits, with whose it is.
type waitingLeave struct {
	Leave
	who Deployment
}

func (s *Service) leavesWaiting(r *http.Request) (templ.Component, error) {
	list, err := s.Leaves(r.Context(), LeaveFilter{Waiting: true})
	if err != nil {
		return nil, err
	}
	var out []waitingLeave
	for _, l := range list.Items {
		d, err := s.Deployment(r.Context(), DeploymentID{l.Deployment})
		if err != nil {
			return nil, err
		}
		out = append(out, waitingLeave{l, d})
	}
	return waitingLeaves(out), nil
}

func (v *view) excelURL() string {
	q := url.Values{"station": {v.at.Station.ID}}
	for name, x := range map[string]string{"batch": v.in.Batch, "team": v.in.Team} {
		if x != "" {
			q.Set(name, x)
		}
	}
	return base + "/deployments/excel?" + q.Encode()
}

// deploymentsExcel sends who was deployed with the days on duty. Of leave it tells the days, never the kind.
func (s *Service) deploymentsExcel(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var buf bytes.Buffer
		err := s.writeDeployments(r, &buf)
		file := &web.Download{W: w, Format: sheet.XLSX, Name: "deployments.xlsx"}
		if err == nil {
			_, err = io.Copy(file, &buf)
		}
		file.Done(m, r, err)
	}
}

func (s *Service) writeDeployments(r *http.Request, to io.Writer) error {
	ctx := r.Context()
	in, err := web.Query[Filter](r)
	if err != nil {
		return err
	}
	v, err := s.view(ctx, in)
	if err != nil {
		return err
	}
	out, err := sheet.NewWriter(to, sheet.XLSX, web.T(ctx, "station.deployments"))
	if err != nil {
		return err
	}
	var head []string
	for _, key := range []string{"name", "duty", "team", "batch", "kind", "starts_on", "ends_on", "on_duty", "on_leave"} {
		head = append(head, web.T(ctx, "station."+key))
	}
	if err := out.Head(head...); err != nil {
		return err
	}
	rows := 0
	in.Station, in.Limit, in.After = v.at.Station.ID, 200, ""
	for {
		list, err := s.ListDeployments(ctx, in)
		if err != nil {
			return err
		}
		for _, d := range list.Items {
			if err := out.Row(d.Name, d.Duty, v.team(d.Team), v.batch(d.Batch), web.T(ctx, "station.kind."+d.Kind), d.StartsOn, d.EndsOn, d.OnDuty, d.OnLeave); err != nil {
				return err
			}
		}
		rows += len(list.Items)
		if list.Next == "" {
			break
		}
		in.After = list.Next
	}
	if err := out.Close(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return audit.Note(ctx, tx, "deployment.export", "station/"+v.at.Station.ID, nil, map[string]any{"rows": rows})
	})
}
