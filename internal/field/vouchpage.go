package field

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	qrcode "github.com/skip2/go-qrcode"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

func (s *Service) mountVouches(m *web.Mux) {
	web.Post(m, "/api/v1/visits/{id}/vouch", "visit.edit", s.MakeVouch, web.Doc("The link by which the company confirms a visit"))
	web.Post(m, "/api/v1/visits/{id}/vouch/settle", "visit.edit", s.SettleVouch, web.Doc("Adopt or decline what the company wants corrected"))
	web.Get(m, "/api/v1/vouches", "visit.edit", s.WaitingVouches, web.Doc("Visits whose company wants something corrected"))
	m.Page("POST /visits/{id}/vouch", "visit.edit", s.vouchMade)
	m.Page("POST /visits/{id}/vouch/settle", "visit.edit", s.vouchSettled)
	m.Page("GET /visits/vouches/waiting", "visit.edit", s.vouchesWaiting)
}

// link is where the company answers.
func (s *Service) link(r *http.Request, v *Vouch) string {
	if v == nil || v.Code == "" {
		return ""
	}
	base := strings.TrimSuffix(s.PublicURL, "/")
	if base == "" {
		base = "http://" + r.Host
		if web.Secure(r.Context()) {
			base = "https://" + r.Host
		}
	}
	return base + "/portal/visit/" + v.Code
}

// qrOf draws a link, as an address that holds the picture itself.
func qrOf(link string) (string, error) {
	if link == "" {
		return "", nil
	}
	png, err := qrcode.Encode(link, qrcode.Medium, 256)
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(png), fault.Wrap(err, "draw a QR code")
}

func (s *Service) vouchMade(r *http.Request) (templ.Component, error) {
	id := r.PathValue("id")
	if _, err := s.MakeVouch(r.Context(), ByID{id}); err != nil {
		return nil, err
	}
	return web.Redirect(visitURL(id) + "#vouch"), nil
}

func (s *Service) vouchSettled(r *http.Request) (templ.Component, error) {
	in, err := web.Form[SettleVouch](r)
	if err == nil {
		_, err = s.SettleVouch(r.Context(), in)
	}
	if err != nil {
		return nil, err
	}
	said := "vouch.declined"
	if in.Adopt {
		said = "vouch.adopted"
	}
	return web.RedirectToast(visitURL(in.ID), web.Toast{Text: web.T(r.Context(), said)}), nil
}

func (s *Service) vouchesWaiting(r *http.Request) (templ.Component, error) {
	list, err := s.WaitingVouches(r.Context(), struct{}{})
	if err != nil {
		return nil, err
	}
	v, err := s.sight(r.Context(), visitsOf(list.Items))
	if err != nil {
		return nil, err
	}
	return waitingVouches(v, list.Items), nil
}

// heard words what the other side said.
func (v Vouch) heard(ctx context.Context) []web.Tag {
	var out []web.Tag
	if v.Confirmed {
		out = append(out, web.Tag{Text: web.T(ctx, "vouch.confirmed"), Tone: "act"})
	}
	if v.NoContact {
		out = append(out, web.Tag{Text: web.T(ctx, "vouch.quiet"), Tone: "due"})
	}
	if v.Settled != "" {
		out = append(out, web.Tag{Text: web.T(ctx, "vouch.settled."+v.Settled)})
	}
	return out
}

func (v Vouch) until() string { return db.Today(db.FromMicros(v.ExpiresAt)) }

func suggestFacts(ctx context.Context, s Suggestion) []web.Fact {
	var out []web.Fact
	for _, f := range []struct{ key, text string }{{"vouch.name", s.Name}, {"vouch.address", s.Address}, {"vouch.text", s.Text}} {
		if f.text != "" {
			out = append(out, web.Fact{Label: web.T(ctx, f.key), Text: f.text})
		}
	}
	return out
}
