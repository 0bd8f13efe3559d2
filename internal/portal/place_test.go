package portal_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/apptest"
	"zhudian/internal/match"
)

// page asks for a page as a reader of the public would, in a language.
func page(t *testing.T, w *apptest.World, path, lang string) (int, string) {
	t.Helper()
	r := w.Request("GET", path, "")
	r.Header.Set("Accept-Language", lang)
	return w.Do(w.Client(""), r)
}

// TestPlaces: the public finds what a unit has made public, in its language and by its filters, and nothing else: no
// hidden site or picture, no ended offer, no policy before its review, no node that was not published.
func TestPlaces(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Live()
		county, site := w.As("county"), w.ID["site"]
		rec, err := w.Match.GetSite(county, match.ByID{ID: site})
		must(t, err)
		lng, lat := 109.19, 27.72
		_, err = w.Match.SaveSite(county, match.NewSite{ID: site, Version: rec.Version, Kind: "park", Name: rec.Name, NameEN: "Bijiang Test Park", Lng: &lng, Lat: &lat, Chains: []string{"data"}, Summary: "一处园区。", SummaryEN: "A park.", Published: true, Source: "园区管委会", AsOf: "2020-12-01"})
		must(t, err)
		hidden, err := w.Match.SaveSite(county, match.NewSite{Kind: "park", Name: "未公开的园区", Chains: []string{"food"}, Source: "园区管委会", AsOf: "2020-12-01"})
		must(t, err)
		for _, o := range []match.NewOffer{
			{Kind: "policy", Title: "未审政策"}, {Kind: "policy", Title: "已审政策", Reviewed: true}, {Kind: "resource", Title: "过期资源", ValidUntil: "2020-12-01"},
		} {
			o.Site, o.Source, o.AsOf = site, "园区管委会", "2020-11-01"
			_, err := w.Match.SaveOffer(county, o)
			must(t, err)
		}
		_, err = w.Match.SaveNode(w.As("province"), match.NewNode{Chain: "data", Name: "内部环节", Stream: "mid"})
		must(t, err)
		for _, x := range []struct {
			path, lang string
			status     int
			has, lacks []string
		}{
			{"/portal/", "zh", 200, []string{"碧江区", "/portal/sites?unit=520602", "/portal/chains/data"}, nil},
			{"/portal/sites", "zh", 200, []string{"碧江测试园区", "5,000", "data-chart"}, []string{"未公开的园区"}},
			{"/portal/sites", "en", 200, []string{"Bijiang Test Park", "Halls of any size"}, []string{"碧江测试园区"}},
			{"/portal/sites?unit=520600&chain=data&kind=park&hall=5000&q=" + apptest.Path("碧江"), "zh", 200, []string{"碧江测试园区"}, nil},
			{"/portal/sites?unit=520603", "zh", 200, []string{"没有符合条件的内容"}, []string{"碧江测试园区"}},
			{"/portal/sites?hall=20000", "zh", 200, []string{"没有符合条件的内容"}, nil},
			{"/portal/sites?kind=castle", "zh", 400, nil, nil},
			{"/portal/sites/" + site, "zh", 200, []string{"一处园区。", "一号厂房", "已审政策", "/portal/photos/" + w.ID["photo"], "/portal/send/plan?site=" + site}, []string{"未审政策", "过期资源"}},
			{"/portal/sites/" + site, "en", 200, []string{"A park."}, []string{"一处园区。"}},
			{"/portal/sites/" + hidden.ID, "zh", 404, nil, []string{"未公开的园区"}},
			{"/portal/photos/" + w.ID["photo"], "zh", 200, nil, nil},
			{"/portal/chains", "zh", 200, []string{"/portal/chains/data"}, []string{"/portal/chains/food"}},
			{"/portal/chains/data", "zh", 200, []string{"精密结构件", "诚招企业", "碧江测试园区"}, []string{"内部环节"}},
			{"/portal/chains/food", "zh", 404, nil, nil},
			{"/portal/send/plan?site=" + site, "zh", 200, []string{"关于碧江测试园区"}, nil},
			{"/portal/send/plan?site=" + hidden.ID, "zh", 200, nil, []string{"未公开的园区"}},
			{"/portal/sitemap.xml", "zh", 200, []string{"/portal/sites/" + site, "/portal/chains/data"}, []string{hidden.ID}},
		} {
			status, body := page(t, w, x.path, x.lang)
			if status != x.status {
				t.Errorf("%s in %s: %d, want %d", x.path, x.lang, status, x.status)
			}
			for _, text := range x.has {
				if !strings.Contains(body, text) {
					t.Errorf("%s in %s lacks %q", x.path, x.lang, text)
				}
			}
			for _, text := range x.lacks {
				if strings.Contains(body, text) {
					t.Errorf("%s in %s shows %q", x.path, x.lang, text)
				}
			}
		}
	})
}

// TestPlaces_withdrawn: what is no longer public is gone at once, page and picture, although drawn pages are kept; a firm
// that came closes the gap of a chain.
func TestPlaces_withdrawn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Live()
		site := w.ID["site"]
		if _, body := page(t, w, "/portal/chains/data", "zh"); !strings.Contains(body, "诚招企业") {
			t.Fatal("the gap is not shown")
		}
		_, err := w.Match.PlaceFirm(w.As("province"), match.NodeFirm{Node: w.ID["node"], Company: w.ID["company"], Standing: "present", Unit: "520602"})
		must(t, err)
		if _, body := page(t, w, "/portal/chains/data", "zh"); strings.Contains(body, `zd-node gap`) {
			t.Error("the gap that was closed is still shown")
		}
		for _, path := range []string{"/portal/sites/" + site, "/portal/photos/" + w.ID["photo"]} {
			status, body := page(t, w, path, "zh")
			if status != 200 {
				t.Fatal(path, status)
			}
			if strings.Contains(body, "Camera of Zhang San") {
				t.Error("the picture tells what the camera wrote")
			}
		}
		rec, err := w.Match.GetSite(w.As("county"), match.ByID{ID: site})
		must(t, err)
		_, err = w.Match.SaveSite(w.As("county"), match.NewSite{ID: site, Version: rec.Version, Kind: "park", Name: rec.Name, Chains: []string{"data"}, Source: "园区管委会", AsOf: "2020-12-01"})
		must(t, err)
		for _, path := range []string{"/portal/sites/" + site, "/portal/photos/" + w.ID["photo"]} {
			if status, _ := page(t, w, path, "zh"); status != 404 {
				t.Errorf("%s of a site that is not public any more: %d", path, status)
			}
		}
		if _, body := page(t, w, "/portal/", "zh"); strings.Contains(body, "/portal/sites?unit=520602") {
			t.Error("the home page still counts it")
		}
	})
}

// TestPlaces_apart: the portal of its own reads sites and pictures through a connection that cannot write.
func TestPlaces_apart(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Live()
		staff, outside, err := w.Handlers(context.Background(), wire.Serving{OwnPortal: true})
		must(t, err)
		for _, path := range []string{"/portal/", "/portal/sites", "/portal/sites/" + w.ID["site"], "/portal/chains", "/portal/chains/data", "/portal/photos/" + w.ID["photo"], "/portal/sitemap.xml"} {
			for _, x := range []struct {
				name   string
				h      http.Handler
				status int
			}{{"portal", outside, 200}, {"staff", staff, 404}} {
				out := httptest.NewRecorder()
				x.h.ServeHTTP(out, httptest.NewRequestWithContext(context.Background(), "GET", path, nil))
				if out.Code != x.status && (x.name != "staff" || out.Code != 303) {
					t.Errorf("%s on the %s listener: %d", path, x.name, out.Code)
				}
			}
		}
	})
}
