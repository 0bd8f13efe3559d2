package verify

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

const drawsPath = "/verify/draws"

func (s *Service) mountDraws(m *web.Mux) {
	web.Get(m, "/api/v1/draws", "draw.read", s.AllDraws, web.Doc("Spot checks, newest first"))
	web.Post(m, "/api/v1/draws", "draw.make", s.MakeDraw, web.Status(http.StatusCreated), web.Doc("Draw a spot check by a public seed out of what counts now"))
	web.Get(m, "/api/v1/draws/{id}", "draw.read", s.OpenDraw, web.Doc("A spot check with its claims, drawn again to see that it comes out the same"))
	web.Post(m, "/api/v1/draws/{id}/check", "draw.check", s.Check, web.Doc("What the check of one claim came to"))

	m.Page("GET "+drawsPath, "draw.read", s.drawsPage)
	m.Page("GET "+drawsPath+"/new", "draw.make", s.newDrawPage)
	m.Page("POST "+drawsPath, "draw.make", s.drawPosted)
	m.Page("GET "+drawsPath+"/{id}", "draw.read", s.drawPage)
	m.Page("POST "+drawsPath+"/{id}/check", "draw.check", s.checkPosted)
}

func drawURL(id string) string { return drawsPath + "/" + url.PathEscape(id) }

func (s *Service) drawsPage(r *http.Request) (templ.Component, error) {
	list, err := s.AllDraws(r.Context(), struct{}{})
	if err != nil {
		return nil, err
	}
	return drawsPage(list.Items), nil
}

func (s *Service) newDrawPage(r *http.Request) (templ.Component, error) {
	today := web.Today(r.Context())
	return newDrawPage(web.FormOf("route", string(ProjectRoute), "permille", "100", "big", "5", "flagged", "true", "from", today[:8]+"01", "through", today)), nil
}

func (s *Service) drawPosted(r *http.Request) (templ.Component, error) {
	f, err := web.Form[struct {
		Title    string `json:"title" maxLength:"100"`
		Route    Route  `json:"route"`
		From     string `json:"from"`
		Through  string `json:"through"`
		Seed     string `json:"seed" maxLength:"100"`
		Permille int64  `json:"permille"`
		Big      int64  `json:"big,omitempty" money:"yi"`
		Flagged  bool   `json:"flagged,omitempty"`
	}](r)
	var out Draw
	if err == nil {
		out, err = s.MakeDraw(r.Context(), NewDraw{Title: f.Title, Route: f.Route, From: f.From, Through: f.Through, Seed: f.Seed, Permille: f.Permille, Big: f.Big, Flagged: f.Flagged})
	}
	if err != nil {
		return web.Retry(newDrawPage(web.NewForm(r, err)), err)
	}
	return web.RedirectToast(drawURL(out.ID), web.Toast{Text: web.T(r.Context(), "draw.made", out.Population)}), nil
}

// drawView is a spot check with the names of what was drawn.
type drawView struct {
	DrawReport
	claims map[string]Claim
	people map[string]string
	places map[string]string
	form   web.FormState
	about  string // the claim whose form is open
}

func (s *Service) drawPage(r *http.Request) (templ.Component, error) {
	v, err := s.seeDraw(r)
	if err != nil {
		return nil, err
	}
	return drawPage(v), nil
}

func (s *Service) seeDraw(r *http.Request) (*drawView, error) {
	ctx := r.Context()
	v := &drawView{claims: map[string]Claim{}, places: map[string]string{}}
	var err error
	if v.DrawReport, err = s.OpenDraw(ctx, ByID{ID: r.PathValue("id")}); err != nil {
		return nil, err
	}
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		ids := make([]string, len(v.Items))
		people := []string{v.Draw.MadeBy}
		for i, d := range v.Items {
			ids[i] = d.Claim
			people = append(people, d.CheckedBy)
		}
		list, err := claims(ctx, tx, ids)
		if err != nil {
			return err
		}
		rd, err := s.reader(ctx, tx)
		if err != nil {
			return err
		}
		nodes := make([]string, len(list))
		for i, c := range list {
			v.claims[c.ID], nodes[i] = c, c.Node
		}
		if err := rd.places(ctx, nodes...); err != nil {
			return err
		}
		for _, n := range nodes {
			v.places[n] = rd.place(n)
		}
		v.people, err = auth.Names(ctx, tx, people)
		return err
	})
}

func (s *Service) checkPosted(r *http.Request) (templ.Component, error) {
	f, err := web.Form[struct {
		Claim  string `json:"claim"`
		Result string `json:"result"`
		Note   string `json:"note,omitempty" maxLength:"500"`
	}](r)
	if err == nil {
		_, err = s.Check(r.Context(), CheckResult{Draw: r.PathValue("id"), Claim: f.Claim, Result: f.Result, Note: f.Note})
	}
	if err == nil {
		return web.RedirectToast(drawURL(r.PathValue("id")), web.Toast{Text: web.T(r.Context(), "draw.checked")}), nil
	}
	if fault.Is(err, fault.NotFound) {
		return nil, err
	}
	v, bad := s.seeDraw(r)
	if bad != nil {
		return nil, bad
	}
	v.form, v.about = web.NewForm(r, err), f.Claim
	return web.Retry(drawPage(v), err)
}

// formOf is the form of a claim: what was typed where it was refused, else empty.
func (v *drawView) formOf(claim string) web.FormState {
	if v.about == claim {
		return v.form
	}
	return web.FormOf("result", "holds")
}

func (v *drawView) facts(ctx context.Context) []web.Fact {
	d := v.Draw
	part := web.Fixed(d.Permille, 1, 1) + "%"
	if d.Big > 0 {
		part += web.T(ctx, "draw.and_big", web.Money(ctx, d.Big, web.Yi).String())
	}
	if d.Flagged {
		part += web.T(ctx, "draw.and_flagged")
	}
	again := web.T(ctx, "draw.again_no")
	if v.Again {
		again = web.T(ctx, "draw.again_yes")
	}
	return []web.Fact{
		{Label: web.T(ctx, "draw.route"), Text: web.T(ctx, "draw.route."+string(d.Route))},
		{Label: web.T(ctx, "draw.days"), Text: d.From + " – " + d.Through},
		{Label: web.T(ctx, "draw.population"), Text: web.Int(d.Population)},
		{Label: web.T(ctx, "draw.part"), Text: part},
		{Label: web.T(ctx, "draw.seed"), Text: d.Seed},
		{Label: web.T(ctx, "draw.known"), Text: web.MomentFull(db.FromMicros(d.MadeAt))},
		{Label: web.T(ctx, "draw.made_by"), Text: v.people[d.MadeBy]},
		{Label: web.T(ctx, "draw.again"), Text: again},
	}
}

// counts are how many were drawn, checked, and found wrong.
func (v *drawView) counts() (done, wrong int64) {
	for _, d := range v.Items {
		if d.Result != "" {
			done++
		}
		if d.Result == "wrong" {
			wrong++
		}
	}
	return done, wrong
}

func (v *drawView) meta(ctx context.Context) string {
	done, wrong := v.counts()
	return drawMeta(ctx, int64(len(v.Items)), done, wrong)
}

// drawMeta words how far a spot check is, with the part that holds of what was checked.
func drawMeta(ctx context.Context, drawn, done, wrong int64) string {
	if done == 0 {
		return web.T(ctx, "draw.none_done", drawn)
	}
	return web.T(ctx, "draw.some_done", drawn, done, wrong, web.Rate(done-wrong, done, 1))
}

func routeChoices(ctx context.Context) []web.Choice {
	return []web.Choice{{Value: string(ProjectRoute), Text: web.T(ctx, "draw.route.project")}, {Value: string(FieldRoute), Text: web.T(ctx, "draw.route.field")}}
}

func resultChoices(ctx context.Context) []web.Choice {
	return []web.Choice{{Value: "holds", Text: web.T(ctx, "draw.holds")}, {Value: "wrong", Text: web.T(ctx, "draw.wrong")}}
}
