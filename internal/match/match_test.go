package match_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/match"
)

func hall(w *apptest.World) match.NewOffer {
	return match.NewOffer{Site: w.ID["site"], Kind: "hall", Title: "二号厂房", Hall: 3000, Height: 800, Load: 1000, Price: 900, Source: "管委会", AsOf: "2020-12-01"}
}

// field gives the code of the fault of one field.
func field(err error, name string) string {
	var f *fault.Error
	if errors.As(err, &f) {
		for _, x := range f.Fields {
			if x.Name == name {
				return x.Code
			}
		}
	}
	return ""
}

// TestSaveOffer_impossible: numbers that no such thing has are refused, each under its own field.
func TestSaveOffer_impossible(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for name, x := range map[string]struct {
			edit  func(*match.NewOffer)
			field string
			want  string
		}{
			"no area":                {func(o *match.NewOffer) { o.Hall = 0 }, "hall", "required"},
			"a negative area":        {func(o *match.NewOffer) { o.Hall = -5 }, "hall", "out_of_range"},
			"a hall like a province": {func(o *match.NewOffer) { o.Hall = 9_000_000_000 }, "hall", "out_of_range"},
			"metres instead of cm":   {func(o *match.NewOffer) { o.Height = 8 }, "height", "out_of_range"},
			"a floor of lead":        {func(o *match.NewOffer) { o.Load = 9_000_000 }, "load", "out_of_range"},
			"a rent in wan":          {func(o *match.NewOffer) { o.Price = 10_000_000 }, "price", "out_of_range"},
			"a negative rent":        {func(o *match.NewOffer) { o.Price = -1 }, "price", "out_of_range"},
			"land in a hall":         {func(o *match.NewOffer) { o.Land = 20 }, "land", "not_for_kind"},
			"workers in a hall":      {func(o *match.NewOffer) { o.Workers = 20 }, "workers", "not_for_kind"},
			"a reviewed hall":        {func(o *match.NewOffer) { o.Reviewed = true }, "reviewed", "not_for_kind"},
			"data of tomorrow":       {func(o *match.NewOffer) { o.AsOf = "2020-12-17" }, "as_of", "in_the_future"},
			"no date":                {func(o *match.NewOffer) { o.AsOf = "" }, "as_of", "required"},
			"a day that is not":      {func(o *match.NewOffer) { o.FreeFrom = "2020-02-30" }, "free_from", "not_a_date"},
			"over before it is free": {func(o *match.NewOffer) { o.FreeFrom, o.ValidUntil = "2021-02-01", "2021-01-01" }, "valid_until", "before_start"},
			"nobody says so":         {func(o *match.NewOffer) { o.Source = " " }, "source", "required"},
			"another kind of sewage": {func(o *match.NewOffer) { o.Sewage = "gold" }, "sewage", "not_a_choice"},
			"another kind of offer":  {func(o *match.NewOffer) { o.Kind = "castle" }, "kind", "not_a_choice"},
			"energy without any": {func(o *match.NewOffer) {
				*o = match.NewOffer{Site: o.Site, Kind: "energy", Title: "电", Source: "x", AsOf: o.AsOf}
			}, "power", "required"},
			"a policy with a price":    {func(o *match.NewOffer) { o.Kind, o.Hall, o.Height, o.Load = "policy", 0, 0, 0 }, "price", "not_for_kind"},
			"electricity for nothing ": {func(o *match.NewOffer) { o.Kind, o.Hall, o.Height, o.Load, o.Price = "energy", 0, 0, 0, 1 }, "price", "out_of_range"},
		} {
			in := hall(w)
			x.edit(&in)
			if _, err := w.Match.SaveOffer(w.As("county"), in); field(err, x.field) != x.want {
				t.Errorf("%s: %v, want %s on %s", name, err, x.want, x.field)
			}
		}
		if out, err := w.Match.ListOffers(w.As("officer"), match.OfferFilter{Site: w.ID["site"]}); err != nil || len(out.Items) != 1 {
			t.Errorf("refused offers were stored: %d %v", len(out.Items), err)
		}
	})
}

// TestSaveSite: a site belongs to a unit; its own people and those above change it, everybody reads it.
func TestSaveSite(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		rec, err := w.Match.GetSite(w.As("neighbour"), match.ByID{ID: w.ID["site"]})
		if err != nil || rec.Own || rec.Region != "520602" || len(rec.Offers) != 1 {
			t.Fatalf("%+v %v", rec, err)
		}
		in := match.NewSite{ID: rec.ID, Version: rec.Version, Kind: "park", Unit: rec.Unit, Name: "碧江园区", Chains: []string{"data", "food"}, Banned: []string{"C26 31"}, Source: "管委会", AsOf: "2020-12-10"}
		if _, err := w.Match.SaveSite(w.As("neighbour"), in); !fault.Has(err, "not_allowed") {
			t.Errorf("another county: %v", err)
		}
		if _, err := w.Match.SaveOffer(w.As("neighbour"), hall(w)); !fault.Has(err, "not_allowed") {
			t.Errorf("an offer by another county: %v", err)
		}
		if _, err := w.Match.SaveSite(w.As("officer"), in); !fault.Has(err, "not_allowed") {
			t.Errorf("an officer: %v", err)
		}
		far, near := 10.0, 27.72
		for name, x := range map[string]struct {
			edit  func(*match.NewSite)
			field string
			want  string
		}{
			"four chains":           {func(s *match.NewSite) { s.Chains = []string{"data", "food", "health", "energy"} }, "chains", "too_many"},
			"an unknown chain":      {func(s *match.NewSite) { s.Chains = []string{"gold"} }, "chains", "unknown_code"},
			"an unknown industry":   {func(s *match.NewSite) { s.Banned = []string{"C99"} }, "banned", "unknown_industry"},
			"outside the country":   {func(s *match.NewSite) { s.Lng, s.Lat = &far, &near }, "lng", "out_of_range"},
			"another county's unit": {func(s *match.NewSite) { s.Unit = "520603" }, "unit", "not_your_unit"},
			"data of tomorrow":      {func(s *match.NewSite) { s.AsOf = "2020-12-20" }, "as_of", "in_the_future"},
		} {
			bad := in
			x.edit(&bad)
			if _, err := w.Match.SaveSite(w.As("county"), bad); field(err, x.field) != x.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		out, err := w.Match.SaveSite(w.As("city"), in)
		if err != nil || out.Version != 2 || !slices.Equal(out.Chains, []string{"data", "food"}) || !slices.Equal(out.Banned, []string{"26", "31"}) {
			t.Fatalf("%+v %v", out, err)
		}
		if _, err := w.Match.SaveSite(w.As("county"), in); !fault.Has(err, "stale") {
			t.Errorf("an old page: %v", err)
		}
		for _, x := range []struct {
			in   match.SiteFilter
			want int
		}{{match.SiteFilter{Unit: "520600"}, 1}, {match.SiteFilter{Unit: "520603"}, 0}, {match.SiteFilter{Chain: "food"}, 1}, {match.SiteFilter{Chain: "foo"}, 0}, {match.SiteFilter{Hall: 5000}, 1}, {match.SiteFilter{Hall: 5001}, 0}, {match.SiteFilter{Q: "江园"}, 1}, {match.SiteFilter{Q: "%"}, 0}} {
			got, err := w.Match.ListSites(w.As("officer"), x.in)
			if err != nil || len(got.Items) != x.want {
				t.Errorf("%+v: %d %v", x.in, len(got.Items), err)
			}
		}
	})
}

// TestWeights: they sum to 100, and another person than their author puts them in force.
func TestWeights(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		in := match.NewWeights{Parts: match.Default().Parts, Note: "更看重成本"}
		in.Parts["cost"], in.Parts["chain"] = 20, 25
		if _, err := w.Match.ProposeWeights(w.As("province"), in); !fault.Has(err, "sum_not_100") {
			t.Errorf("105 points: %v", err)
		}
		in.Parts["chain"] = 20
		in.Parts["luck"] = 0
		if _, err := w.Match.ProposeWeights(w.As("province"), in); !fault.Has(err, "unknown_part") {
			t.Errorf("an unknown part: %v", err)
		}
		delete(in.Parts, "luck")
		in.Parts["tie"], in.Parts["chain"] = -5, 30
		if _, err := w.Match.ProposeWeights(w.As("province"), in); field(err, "parts.tie") != "out_of_range" {
			t.Errorf("a negative part: %v", err)
		}
		in.Parts["tie"], in.Parts["chain"] = 5, 20
		if _, err := w.Match.ProposeWeights(w.As("city"), in); !fault.Has(err, "not_allowed") {
			t.Errorf("a city: %v", err)
		}
		out, err := w.Match.ProposeWeights(w.As("province"), in)
		if err != nil || out.Version != 2 {
			t.Fatal(out, err)
		}
		if list, err := w.Match.ListWeights(w.As("officer"), struct{}{}); err != nil || list.InForce != 1 || len(list.Items) != 2 {
			t.Errorf("a proposal holds already: %+v %v", list, err)
		}
		if _, err := w.Match.ApproveWeights(w.As("province"), match.ApproveWeights{Version: 2}); !fault.Has(err, "same_person") {
			t.Errorf("the author: %v", err)
		}
		if _, err := w.Match.ApproveWeights(w.As("province2"), match.ApproveWeights{Version: 9}); !fault.Has(err, "not_found") {
			t.Errorf("none: %v", err)
		}
		if _, err := w.Match.ApproveWeights(w.As("province2"), match.ApproveWeights{Version: 2}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Match.ApproveWeights(w.As("province2"), match.ApproveWeights{Version: 1}); !fault.Has(err, "in_force") {
			t.Errorf("an older one: %v", err)
		}
		m, err := w.Match.MatchLead(w.As("officer"), match.ByID{ID: w.ID["qualified"]})
		if err != nil || m.Weights != 2 || m.Fits[0].Parts[0].Of != 200 {
			t.Errorf("%+v %v", m.Weights, err)
		}
	})
}

// TestMatchLead: the page of a lead names every site it judged, within the scope of the lead alone.
func TestMatchLead(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		m, err := w.Match.MatchLead(w.As("officer"), match.ByID{ID: w.ID["qualified"]})
		if err != nil || m.Sites != 1 || m.Passed != 1 || len(m.Fits) != 1 || len(m.Fits[0].Parts) != len(match.Default().Parts) {
			t.Fatalf("%+v %v", m, err)
		}
		space := m.Fits[0].Parts[1]
		if space.Points != 100 || !slices.Equal(space.Evidence, []string{w.ID["offer"]}) {
			t.Errorf("space: %+v", space)
		}
		if _, err := w.Match.MatchLead(w.As("neighbour"), match.ByID{ID: w.ID["qualified"]}); !fault.Has(err, "not_found") {
			t.Errorf("another county's lead: %v", err)
		}
		s, err := w.Match.MatchSite(w.As("officer"), match.ByID{ID: w.ID["site"]})
		if err != nil || len(s.Leads) != 1 || len(s.Targets) != 1 {
			t.Errorf("%+v %v", s, err)
		}
		if s, err = w.Match.MatchSite(w.As("neighbour"), match.ByID{ID: w.ID["site"]}); err != nil || len(s.Leads) != 0 {
			t.Errorf("a neighbour sees the lead: %+v %v", s, err)
		}
		// what changes is seen at once, although the stock is kept
		o := hall(w)
		o.ID, o.Version, o.Hall, o.Title = w.ID["offer"], 1, 1000, "一号厂房"
		if _, err := w.Match.SaveOffer(w.As("county"), o); err != nil {
			t.Fatal(err)
		}
		if m, err = w.Match.MatchLead(w.As("officer"), match.ByID{ID: w.ID["qualified"]}); err != nil || m.Passed != 0 || m.Failed["fail.hall"] != 1 || len(m.Out) != 1 {
			t.Errorf("after the hall shrank: %+v %v", m, err)
		}
	})
}

// TestSending: the receiving county learns industry, amount, needs and origin; the company only once it has accepted.
func TestSending(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id := match.ByID{ID: w.ID["sending"]}
		got, err := w.Match.GetSending(w.As("neighbour"), id)
		if err != nil || got.Company != "" || got.Lead != "" || got.Needs.Hall != 3000 || !got.Answers || got.Again {
			t.Fatalf("the receiver: %+v %v", got, err)
		}
		if got, err = w.Match.GetSending(w.As("officer"), id); err != nil || got.Company == "" || got.Answers {
			t.Errorf("the sender: %+v %v", got, err)
		}
		if got, err = w.Match.GetSending(w.As("stranger"), id); !fault.Has(err, "not_found") {
			t.Errorf("an officer of neither: %+v %v", got, err)
		}
		for name, x := range map[string]struct {
			login string
			in    match.Send
			want  string
		}{
			"still with another unit":   {"county", match.Send{Lead: w.ID["qualified"], Unit: "520621"}, "waiting"},
			"not judged":                {"county", match.Send{Lead: w.ID["lead"], Unit: "520603"}, "not_qualified"},
			"out of scope":              {"neighbour", match.Send{Lead: w.ID["qualified"], Unit: "520621"}, "not_found"},
			"no unit":                   {"county", match.Send{Lead: w.ID["qualified"], Unit: "999"}, "unknown_unit"},
			"a prefecture":              {"county", match.Send{Lead: w.ID["qualified"], Unit: "520600"}, "unknown_unit"},
			"its own unit":              {"county", match.Send{Lead: w.ID["qualified"], Site: w.ID["site"]}, "own_unit"},
			"a note that names it":      {"county", match.Send{Lead: w.ID["qualified"], Unit: "520621", Note: "测试精密想扩产"}, "names_company"},
			"an assessor sends nothing": {"assessor", match.Send{Lead: w.ID["qualified"], Unit: "520621"}, "not_allowed"},
		} {
			if _, err := w.Match.Send(w.As(x.login), x.in); !fault.Has(err, x.want) {
				t.Errorf("%s: %v, want %s", name, err, x.want)
			}
		}
		answer := func(login string, in match.Answer) error {
			in.ID = id.ID
			_, err := w.Match.AnswerSending(w.As(login), in)
			return err
		}
		for _, x := range []struct {
			login string
			in    match.Answer
			want  string
		}{
			{"county", match.Answer{Accept: true}, "not_allowed"},
			{"officer", match.Answer{Accept: true}, "not_allowed"},
			{"neighbour", match.Answer{}, "required"},
			{"neighbour", match.Answer{Reason: "space"}, "required"},
			{"neighbour", match.Answer{Accept: true, Version: 9}, "stale"},
		} {
			if err := answer(x.login, x.in); !fault.Has(err, x.want) {
				t.Errorf("%s %+v: %v, want %s", x.login, x.in, err, x.want)
			}
		}
		if err := answer("neighbour", match.Answer{Accept: true}); err != nil {
			t.Fatal(err)
		}
		if got, err = w.Match.GetSending(w.As("neighbour"), id); err != nil || got.Company == "" || got.Lead == "" || got.State != "accepted" {
			t.Errorf("after it accepted: %+v %v", got, err)
		}
		if err := answer("neighbour", match.Answer{Accept: true}); !fault.Has(err, "answered") {
			t.Errorf("twice: %v", err)
		}
		if _, err := w.Match.Send(w.As("county"), match.Send{Lead: w.ID["qualified"], Unit: "520621"}); !fault.Has(err, "landed") {
			t.Errorf("sent on after it landed: %v", err)
		}
	})
}

// TestSending_turns: a return or 48 hours of silence lead to the next unit, and both are counted.
func TestSending_turns(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		if _, err := w.Match.AnswerSending(w.As("neighbour"), match.Answer{ID: w.ID["sending"], Reason: "power", Words: "变压器不够"}); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Match.GetSending(w.As("officer"), match.ByID{ID: w.ID["sending"]}); err != nil || !got.Again || got.Reason != "power" {
			t.Errorf("%+v %v", got, err)
		}
		if got, err := w.Match.GetSending(w.As("neighbour"), match.ByID{ID: w.ID["sending"]}); err != nil || got.Company != "" {
			t.Errorf("who gave it back learns the company: %+v %v", got, err)
		}
		if _, err := w.Match.Send(w.As("county"), match.Send{Lead: w.ID["qualified"], Unit: "520603"}); !fault.Has(err, "returned_before") {
			t.Errorf("again to the same: %v", err)
		}
		second, err := w.Match.Send(w.As("officer"), match.Send{Lead: w.ID["qualified"], Unit: "520621"})
		if err != nil || second.Turn != 2 {
			t.Fatal(second, err)
		}
		w.Clock.Set(apptest.Now.Add(50 * time.Hour))
		if got, err := w.Match.GetSending(w.As("officer"), match.ByID{ID: second.ID}); err != nil || got.State != "lapsed" || !got.Again {
			t.Errorf("%+v %v", got, err)
		}
		if _, err := w.Match.AnswerSending(w.As("province"), match.Answer{ID: second.ID, Accept: true}); !fault.Has(err, "lapsed") {
			t.Errorf("too late: %v", err)
		}
		third, err := w.Match.Send(w.As("province"), match.Send{Lead: w.ID["qualified"], Unit: "520621"})
		if err != nil || third.Turn != 3 {
			t.Fatal(third, err)
		}
		if _, err := w.Match.AnswerSending(w.As("province"), match.Answer{ID: third.ID, Accept: true}); !fault.Has(err, "same_person") {
			t.Errorf("the sender answers: %v", err)
		}
		got, err := w.Match.SendingTally(w.As("city"), struct{}{})
		if err != nil || len(got.Items) != 2 || got.Items[0].Returned != 1 || got.Items[0].Reasons["power"] != 1 || got.Items[1].Lapsed != 1 || got.Items[1].Sent != 1 {
			t.Errorf("%+v %v", got, err)
		}
		if list, err := w.Match.ListSendings(w.As("county"), match.SendingFilter{Lead: w.ID["qualified"]}); err != nil || len(list.Items) != 3 {
			t.Errorf("%d %v", len(list.Items), err)
		}
		if list, err := w.Match.ListSendings(w.As("neighbour"), match.SendingFilter{Lead: w.ID["qualified"]}); err != nil || len(list.Items) != 0 {
			t.Errorf("a lead's sendings by its id, to somebody who does not see it: %d %v", len(list.Items), err)
		}
	})
}

// TestSending_unnamed walks everything the receiving county can open before it accepts: no page, answer, search or trail
// of its own names the company.
func TestSending_unnamed(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	client := w.Client("neighbour")
	for _, path := range []string{
		"/", "/match", "/match/sendings", "/match/sendings/" + w.ID["sending"], "/match/waiting", "/match/tally", "/leads", "/search?q=%E6%89%A9%E4%BA%A7", "/match?site=" + w.ID["site"],
		"/api/v1/sendings", "/api/v1/sendings/" + w.ID["sending"], "/api/v1/leads", "/api/v1/match/leads", "/api/v1/match/sites/" + w.ID["site"], "/leads/" + w.ID["qualified"],
		"/match?lead=" + w.ID["qualified"], "/api/v1/match/leads/" + w.ID["qualified"],
	} {
		status, body := w.Do(client, w.Request("GET", path, ""))
		if status >= 500 {
			t.Errorf("%s: %d", path, status)
		}
		for _, secret := range []string{"测试精密", apptest.Canary, w.ID["company"]} {
			if strings.Contains(body, secret) {
				t.Errorf("%s shows %s", path, secret)
			}
		}
	}
	if err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
		list, err := audit.History(ctx, tx, "sending/"+w.ID["sending"], 10)
		for _, r := range list {
			if strings.Contains(r.Change, w.ID["company"]) || strings.Contains(r.Change, "测试精密") {
				t.Errorf("the trail names the company: %s", r.Change)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestChains: nodes, firms and the three lists; a county writes its own lines only, and a gap closes when a firm stands.
func TestChains(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		data := func() match.ChainSum {
			t.Helper()
			list, err := w.Match.ListChains(w.As("officer"), struct{}{})
			if err != nil || len(list.Items) != 10 {
				t.Fatal(list, err)
			}
			return list.Items[slices.IndexFunc(list.Items, func(c match.ChainSum) bool { return c.Code == "data" })]
		}
		if c := data(); c.Nodes != 1 || c.Gaps != 1 {
			t.Errorf("%+v", c)
		}
		firm := match.NodeFirm{Node: w.ID["node"], Company: w.ID["company"], Standing: "present"}
		if _, err := w.Match.PlaceFirm(w.As("province"), firm); field(err, "unit") != "required" {
			t.Errorf("a firm that stands nowhere: %v", err)
		}
		firm.Unit = "520602"
		if _, err := w.Match.PlaceFirm(w.As("county"), firm); !fault.Has(err, "not_allowed") {
			t.Errorf("a county: %v", err)
		}
		for range 2 { // the second time changes what stands
			if _, err := w.Match.PlaceFirm(w.As("city"), firm); err != nil {
				t.Fatal(err)
			}
		}
		if c := data(); c.Gaps != 0 || c.Present != 1 {
			t.Errorf("%+v", c)
		}
		item := match.NewItem{Chain: "data", Node: w.ID["node"], List: "building", Title: "精密件项目", Project: w.ID["project"]}
		if _, err := w.Match.SaveItem(w.As("neighbour"), item); field(err, "project") != "not_found" {
			t.Errorf("another county's project: %v", err)
		}
		out, err := w.Match.SaveItem(w.As("county"), item)
		if err != nil || out.Unit != "520602" {
			t.Fatal(out, err)
		}
		edit := match.NewItem{ID: out.ID, Version: 1, Chain: "data", List: "closed", Title: "精密件项目"}
		if _, err := w.Match.SaveItem(w.As("neighbour"), edit); field(err, "unit") != "not_your_unit" {
			t.Errorf("another county's line: %v", err)
		}
		if c := data(); c.Building != 1 {
			t.Errorf("%+v", c)
		}
		if _, err := w.Match.SaveItem(w.As("city"), edit); err != nil {
			t.Fatal(err)
		}
		if c := data(); c.Building != 0 {
			t.Errorf("%+v", c)
		}
		if m, err := w.Match.GetChain(w.As("officer"), match.ChainQuery{Code: "data", List: "closed", Unit: "520600"}); err != nil || len(m.Items) != 1 || len(m.Firms) != 1 {
			t.Errorf("%+v %v", m, err)
		}
		if _, err := w.Match.GetChain(w.As("officer"), match.ChainQuery{Code: "gold"}); !fault.Has(err, "not_found") {
			t.Errorf("no such chain: %v", err)
		}
	})
}
