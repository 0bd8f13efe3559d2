package match

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/web"
)

func (s *Service) offerForm(ctx context.Context, state web.FormState) (*formView, error) {
	v := &formView{state: state, title: web.T(ctx, "site.new_offer"), back: siteURL(state.Value("site"))}
	if state.Value("id") != "" {
		v.title = web.T(ctx, "site.edit_offer")
	}
	var err error
	v.sight, err = s.sight(ctx, seen{sites: []string{state.Value("site")}})
	return v, err
}

func (s *Service) newOfferPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		Site string `json:"site" maxLength:"40"`
		Kind string `json:"kind" enum:"hall,land,energy,labour,logistics,policy,resource,"`
	}](r)
	if err != nil {
		return nil, err
	}
	if in.Kind == "" {
		in.Kind = "hall"
	}
	if _, err := s.GetSite(r.Context(), ByID{in.Site}); err != nil {
		return nil, err
	}
	v, err := s.offerForm(r.Context(), web.FormOf("site", in.Site, "kind", in.Kind, "as_of", web.Today(r.Context())))
	if err != nil {
		return nil, err
	}
	return offerFormView(v), nil
}

func (s *Service) editOfferPage(r *http.Request) (templ.Component, error) {
	o, err := s.GetOffer(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	state := web.FormOf("id", o.ID, "version", itoa(o.Version), "site", o.Site, "kind", o.Kind, "title", o.Title, "sewage", o.Sewage, "text", o.Text, "free_from", o.FreeFrom,
		"valid_until", o.ValidUntil, "source", o.Source, "as_of", o.AsOf)
	for _, b := range bounds {
		if n := *b.of(&o); n > 0 {
			state.Values.Set(b.field, itoa(n))
		}
	}
	if o.Price > 0 {
		state.Values.Set("price", web.Fixed(o.Price, prices[o.Kind].scale, 4))
	}
	if o.Reviewed {
		state.Values.Set("reviewed", "true")
	}
	v, err := s.offerForm(r.Context(), state)
	if err != nil {
		return nil, err
	}
	return offerFormView(v), nil
}

func (s *Service) offerPosted(r *http.Request) (templ.Component, error) {
	in, err := postedOffer(r)
	var out Offer
	if err == nil {
		out, err = s.SaveOffer(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(siteURL(out.Site), web.Toast{Text: web.T(r.Context(), "site.offer_saved")}), nil
	}
	v, bad := s.offerForm(r.Context(), web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(offerFormView(v), err)
}

// postedOffer reads the form of an offer, whose price people write in the unit of its kind.
func postedOffer(r *http.Request) (NewOffer, error) {
	text := r.PostFormValue("price")
	if n, bad := web.ParseDecimal(text, prices[r.PostFormValue("kind")].scale); text != "" && bad == nil {
		r.PostForm.Set("price", itoa(n))
		defer r.PostForm.Set("price", text) // shown again as it was written
	}
	return web.Form[NewOffer](r)
}

// fields are the numbers that offers of a kind have, in the order of the form.
func fields(kind string) []string {
	var out []string
	for _, b := range bounds {
		if forKind(kind, b.field) {
			out = append(out, b.field)
		}
	}
	return out
}

// numberField is the input of one number of an offer.
func numberField(ctx context.Context, kind, field string) web.FieldProps {
	key, unit := "lead.need."+field, "lead.need_unit."+field
	if field == "distance" {
		key, unit = "site.distance", "site.unit.distance"
	}
	return web.FieldProps{Name: field, Label: web.T(ctx, key), Unit: web.T(ctx, unit), Required: mains[kind] == field, Attrs: templ.Attributes{"inputmode": "numeric"}}
}

// kindTabs choose what is offered.
func kindTabs(ctx context.Context, site, kind string) []web.Tab {
	var out []web.Tab
	for _, k := range offerKinds {
		out = append(out, web.Tab{Text: web.T(ctx, "site.offer."+k), URL: sitesPath + "/offers/new?" + web.Values("site", site, "kind", k).Encode(), On: k == kind})
	}
	return out
}
