package match

import (
	"cmp"
	"context"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/pipeline"
)

// shown is how many sites, or leads, a match names.
const shown = 20

// LeadMatch is a lead with the sites that fit it best.
type LeadMatch struct {
	Lead    pipeline.Lead    `json:"lead"`
	Weights int64            `json:"weights" doc:"version of the weights"`
	Sites   int              `json:"sites" doc:"how many were judged"`
	Passed  int              `json:"passed" doc:"how many pass every hard filter"`
	Fits    []Result         `json:"fits" doc:"those that pass every hard filter, the best first"`
	Out     []Result         `json:"out" doc:"the best of those that fail a hard filter"`
	Failed  map[string]int64 `json:"failed" doc:"how many sites fail each hard filter"`
	offers  map[string]Offer
	weights Weights
}

// MatchLead judges every site for one lead. Fault: not_found.
func (s *Service) MatchLead(ctx context.Context, in ByID) (out LeadMatch, err error) {
	who, err := audit.Require(ctx, "match.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out.Lead, err = pipeline.LeadInScope(ctx, tx, who, in.ID); err != nil {
			return absent(err)
		}
		st, err := s.stock(ctx, tx)
		if err != nil {
			return err
		}
		a, err := s.around(ctx, tx, st)
		if err != nil {
			return err
		}
		list, err := weightsList(ctx, tx)
		if err != nil {
			return err
		}
		firms, err := company.Briefs(ctx, tx, []string{out.Lead.Company})
		if err != nil {
			return err
		}
		out.weights = list.inForce()
		out.judge(st, a, caseOf(out.Lead, firms, tx.Today()))
		return nil
	})
	return out, err
}

func caseOf(l pipeline.Lead, firms map[string]company.Brief, today string) Case {
	return Case{Needs: l.Needs, Industry: l.Industry, Chain: l.Chain, Origin: firms[l.Company].Origin, Today: today}
}

func (m *LeadMatch) judge(st *stock, a *around, c Case) {
	m.Weights, m.Sites, m.Failed = m.weights.Version, len(st.sites), map[string]int64{}
	m.Fits, m.Out, m.offers = []Result{}, []Result{}, map[string]Offer{}
	for i := range st.sites {
		site := &st.sites[i]
		r := Match(c, Place{Site: site, Offers: st.offers[site.ID], Facts: a.of(site, c.Chain)}, m.weights)
		for _, f := range r.Fails {
			m.Failed[f.Code]++
		}
		if len(r.Fails) == 0 {
			m.Fits = append(m.Fits, r)
		} else {
			m.Out = append(m.Out, r)
		}
	}
	m.Passed = len(m.Fits)
	m.Fits, m.Out = best(m.Fits, shown), best(m.Out, shown/4)
	for _, list := range [][]Result{m.Fits, m.Out} {
		for _, r := range list {
			for _, o := range st.offers[r.Site.ID] {
				m.offers[o.ID] = o
			}
		}
	}
}

// best gives the first n by points, then by how much is known, then by id.
func best(list []Result, n int) []Result {
	slices.SortFunc(list, func(a, b Result) int {
		return cmp.Or(cmp.Compare(b.Points, a.Points), cmp.Compare(b.Known, a.Known), cmp.Compare(a.Site.ID, b.Site.ID))
	})
	return list[:min(n, len(list))]
}

// Open are the valid leads of one's scope that no place has accepted.
type Open struct {
	Items []pipeline.Lead `json:"items"`
}

// OpenLeads gives the leads to match, newest first.
func (s *Service) OpenLeads(ctx context.Context, _ struct{}) (out Open, err error) {
	who, err := audit.Require(ctx, "match.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Items, err = pipeline.OpenLeads(ctx, tx, who, 200)
		return err
	})
	return out, err
}

// SiteMatch is a site with the leads of one's scope that fit it, and the firms its chains look for.
type SiteMatch struct {
	Site    Site      `json:"site"`
	Weights int64     `json:"weights"`
	Leads   []LeadFit `json:"leads"`
	Out     int       `json:"out" doc:"leads that the site fails by a hard filter"`
	Targets []NodeGap `json:"targets" doc:"gaps of the site's chains and the firms wanted there"`
	offers  map[string]Offer
}

// LeadFit is one lead judged for the site.
type LeadFit struct {
	Lead   pipeline.Lead `json:"lead"`
	Result Result        `json:"result"`
}

// NodeGap is a node of a chain without a firm.
type NodeGap struct {
	Node      Node     `json:"node"`
	Companies []string `json:"companies" doc:"target firms"`
}

// MatchSite judges one site for every open lead of one's scope. Fault: not_found.
func (s *Service) MatchSite(ctx context.Context, in ByID) (out SiteMatch, err error) {
	who, err := audit.Require(ctx, "match.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out.Site, err = siteByID(ctx, tx, in.ID); err != nil {
			return err
		}
		leads, err := pipeline.OpenLeads(ctx, tx, who, 200)
		if err != nil {
			return err
		}
		if err := s.judgeLeads(ctx, tx, leads, &out); err != nil {
			return err
		}
		out.Targets, err = gapsOf(ctx, tx, out.Site.Chains)
		return err
	})
	return out, err
}

func (s *Service) judgeLeads(ctx context.Context, tx *db.Tx, leads []pipeline.Lead, out *SiteMatch) error {
	st, err := s.stock(ctx, tx)
	if err != nil {
		return err
	}
	a, err := s.around(ctx, tx, st)
	if err != nil {
		return err
	}
	list, err := weightsList(ctx, tx)
	if err != nil {
		return err
	}
	var ids []string
	for _, l := range leads {
		ids = append(ids, l.Company)
	}
	firms, err := company.Briefs(ctx, tx, ids)
	if err != nil {
		return err
	}
	w := list.inForce()
	out.Weights, out.Leads, out.offers = w.Version, []LeadFit{}, map[string]Offer{}
	for _, o := range st.offers[out.Site.ID] {
		out.offers[o.ID] = o
	}
	for _, l := range leads {
		r := Match(caseOf(l, firms, tx.Today()), Place{Site: &out.Site, Offers: st.offers[out.Site.ID], Facts: a.of(&out.Site, l.Chain)}, w)
		if len(r.Fails) > 0 {
			out.Out++
			continue
		}
		out.Leads = append(out.Leads, LeadFit{l, r})
	}
	slices.SortFunc(out.Leads, func(a, b LeadFit) int {
		return cmp.Or(cmp.Compare(b.Result.Points, a.Result.Points), cmp.Compare(a.Lead.ID, b.Lead.ID))
	})
	out.Leads = out.Leads[:min(len(out.Leads), shown)]
	return nil
}
