package pipeline

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// newID is an id for what a form is going to send, so that sending it twice is safe.
func (s *Service) newID(ctx context.Context) (id string, err error) {
	return id, s.DB.Read(ctx, func(_ context.Context, tx *db.Tx) error {
		id = tx.ID()
		return nil
	})
}

// find answers the search box of the top bar.
func (s *Service) find(ctx context.Context, text string, limit int) (web.Hits, error) {
	list, err := s.List(ctx, Filter{Q: text, Page: db.Page{Limit: limit}})
	return web.HitsOf(list.Items, func(p Item) web.Hit {
		return web.Hit{Title: p.Name, Meta: strings.Trim(p.Code+" · "+p.ContractNo, " ·"), URL: projectURL(p.ID)}
	}), err
}

// correctIn is the form of a correction.
type correctIn struct {
	fundsIn
	Version int64 `json:"version"`
}

func (s *Service) correctPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	old, err := s.GetFunds(ctx, ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	v, err := s.record(ctx, old.Project)
	if err != nil {
		return nil, err
	}
	f, err := s.form(ctx, web.FormOf("version", strconv.FormatInt(old.Version, 10), "amount", web.MoneyInput(old.Paid, web.Wan), "received_on", old.ReceivedOn,
		"voucher_kind", old.VoucherKind, "voucher_no", old.VoucherNo, "payer", old.Payer, "payee", old.Payee, "use_of", old.UseOf, "kind", old.Kind,
		"outside", web.Fixed(old.Outside, 4, 0), "currency", old.Currency, "original", someDecimal(old.Original, 2), "rate", someDecimal(old.Rate, 6), "rate_on", old.RateOn,
		"invoices", strings.Join(old.Invoices, "\n")))
	if err != nil {
		return nil, err
	}
	return correctPage(v, f, old), nil
}

func (s *Service) correctPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	old, err := s.GetFunds(ctx, ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	if err = s.correct(r, old); err == nil {
		return web.RedirectToast(projectURL(old.Project), web.Toast{Text: web.T(ctx, "project.corrected_toast")}), nil
	}
	v, bad := s.record(ctx, old.Project)
	if bad != nil {
		return nil, bad
	}
	f, bad := s.form(ctx, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	if fault.Has(err, "stale") { // having compared, the next save is meant
		f.state.Values.Set("version", strconv.FormatInt(old.Version, 10))
	}
	return web.Retry(correctPage(v, f, old), err)
}

func (s *Service) correct(r *http.Request, old Funds) error {
	in, err := web.Form[correctIn](r)
	if err != nil {
		return err
	}
	files, err := s.attached(r)
	if err != nil {
		return err
	}
	receive, err := in.receive(old.Project, files)
	if err != nil {
		return err
	}
	receive.ID = ""
	_, err = s.CorrectFunds(r.Context(), Correct{Funds: old.ID, Version: in.Version, Receive: receive})
	return filesField(err)
}

// shareIn is one line of credit as a form posts it: a team or a unit, and its part in per cent.
type shareIn struct {
	Unit  string `json:"unit"`
	Team  string `json:"team"`
	Share string `json:"share"`
}

// sharesFrom reads the lines that hold something.
func sharesFrom(lines []shareIn) ([]Share, error) {
	var out []Share
	var c fault.Checks
	for i, l := range lines {
		at := "shares[" + strconv.Itoa(i) + "]."
		if l.Unit == "" && l.Team == "" && strings.TrimSpace(l.Share) == "" {
			continue
		}
		ppm, bad := web.ParseDecimal(strings.TrimSuffix(strings.TrimSpace(l.Share), "%"), 4)
		if bad != nil {
			bad.Name = at + "share"
			c.AddField(*bad)
		}
		if l.Team != "" { // a team's credit is that of the unit that sent it
			_, l.Unit, _ = strings.Cut(l.Team, ".")
		}
		if l.Unit == "" {
			c.Add(at+"team", "required", "请选择队伍或单位。", "Choose a team or a unit.")
		}
		out = append(out, Share{Unit: l.Unit, Team: l.Team, Share: ppm}) // percent with 4 decimals are millionths
	}
	return out, c.Err()
}

// shareState puts the shares of a project into the inputs of a form.
func shareState(shares []Share, pairs ...string) web.FormState {
	for i, x := range shares {
		at := "shares[" + strconv.Itoa(i) + "]."
		unit := x.Unit
		if x.Team != "" {
			unit = ""
		}
		pairs = append(pairs, at+"unit", unit, at+"team", x.Team, at+"share", strings.TrimRight(strings.TrimRight(web.Fixed(x.Share, 4, 4), "0"), "."))
	}
	return web.FormOf(pairs...)
}

// change is a counted field in which a correction differs from what stands.
type change struct{ key, now, then string }

// proposed reads what the correction being checked says, where it differs from the project as it stands.
func (v *recordView) proposed(ctx context.Context, tx *db.Tx) error {
	for _, subject := range []string{v.Project.contract(), v.Project.registration()} {
		c, ok := v.Claims[subject]
		if !ok || !c.Correcting() {
			continue
		}
		text, err := verify.ContentOf(ctx, tx, c)
		if err != nil {
			return err
		}
		var then content
		if err := json.Unmarshal([]byte(text), &then); err != nil {
			return fault.Wrap(err, "read a correction")
		}
		v.changes = v.compare(ctx, then)
		return nil
	}
	return nil
}

func (v *recordView) compare(ctx context.Context, then content) (out []change) {
	now := v.Project.Counted
	named := func(list, code string) string { return v.dir.CodeName(list, code, v.lang) }
	for _, c := range []change{
		{"amount", web.Money(ctx, now.Amount, web.Wan).String(), web.Money(ctx, then.Amount, web.Wan).String()},
		{"signed_on", now.SignedOn, then.SignedOn},
		{"industry", industryName(v.dir, now.Industry, v.lang), industryName(v.dir, then.Industry, v.lang)},
		{"wheel", named("wheel", now.Wheel), named("wheel", then.Wheel)},
		{"chain", named("chain", now.Chain), named("chain", then.Chain)},
		{"mode", named("cooperation", now.Mode), named("cooperation", then.Mode)},
	} {
		if c.now != c.then {
			out = append(out, c)
		}
	}
	return out
}

func (v recordView) changeFacts(ctx context.Context) []web.Fact {
	var out []web.Fact
	for _, c := range v.changes {
		text := func(s string) string {
			if s == "" {
				return web.Nil
			}
			return s
		}
		out = append(out, web.Fact{Label: web.T(ctx, "project."+c.key), Text: text(c.now) + " → " + text(c.then)})
	}
	return out
}
