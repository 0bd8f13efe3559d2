package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/bulletin"
	"zhudian/internal/field"
	"zhudian/internal/portal"
)

// TestPublishPack: a pack goes out whole, once, when everything is signed and no figure has moved, by another person than the signer.
func TestPublishPack(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Recognise("visit/"+w.ID["visit"], "branch", "captain")
		signed := w.Signed("发布稿：拜访{{visits}}家次")
		in := apptest.Compose("答问口径")
		in.Kind = "answers"
		draft, err := w.Bulletin.Draft(w.As("editor"), in)
		must(t, err)
		plan := bulletin.Arrange{Title: "新闻发布会", HeldOn: "2020-12-20", HeldAt: "10:00", Place: "贵阳", Speakers: "马某 局长\n李某 处长", Guests: []string{w.ID["company"]}, Papers: []string{signed.ID, draft.ID}}
		for _, x := range []struct {
			name   string
			change func(*bulletin.Arrange)
			code   string
		}{
			{"no speakers", func(a *bulletin.Arrange) { a.Speakers = "" }, "required"},
			{"no date", func(a *bulletin.Arrange) { a.HeldOn = "明天" }, "not_a_date"},
			{"no time", func(a *bulletin.Arrange) { a.HeldAt = "25:00" }, "not_a_time"},
			{"a guest that is none", func(a *bulletin.Arrange) { a.Guests = []string{"none"} }, "unknown_company"},
			{"a document that is none", func(a *bulletin.Arrange) { a.Papers = []string{"none"} }, "unknown_document"},
		} {
			bad := plan
			x.change(&bad)
			_, err := w.Bulletin.Plan(w.As("editor"), bad)
			refused(t, x.name, err, x.code)
		}
		c, err := w.Bulletin.Plan(w.As("editor"), plan)
		must(t, err)
		_, err = w.Portal.PublishPack(w.As("editor"), portal.Pack{ID: c.ID})
		refused(t, "a draft in the pack", err, "not_signed")
		draft, err = w.Bulletin.Submit(w.As("editor"), bulletin.Step{ID: draft.ID, Version: draft.Version})
		must(t, err)
		_, err = w.Bulletin.Sign(w.As("leader"), bulletin.Step{ID: draft.ID, Version: draft.Version})
		must(t, err)
		second, err := w.Field.RecordVisit(w.As("officer"), field.Record{Team: "shenzhen.520602", Company: w.ID["company"], Day: "2020-12-14", Way: "onsite", Said: "第二次见面，谈了产线和用电", Intent: "B"})
		must(t, err)
		w.Recognise("visit/"+second.ID, "branch", "captain")
		_, err = w.Portal.PublishPack(w.As("editor"), portal.Pack{ID: c.ID})
		refused(t, "figures that moved", err, "moved")
		h, err := w.Bulletin.Conference(w.As("editor"), bulletin.ByID{ID: c.ID})
		must(t, err)
		if len(h.Papers) != 2 || len(h.Papers[0].Moved) != 1 || h.Papers[0].Moved[0].Was != "1家次" || h.Papers[0].Moved[0].Is != "2家次" {
			t.Errorf("%+v", h.Papers)
		}
		fresh := apptest.Compose("更正的发布稿：拜访{{visits}}家次")
		fresh.Replaces = signed.ID
		first := w.Published(portal.Write{Channel: "results", Document: signed.ID}, "editor")
		again := sign(t, w, fresh)
		plan.Papers = []string{again.ID}
		c, err = w.Bulletin.Change(w.As("editor"), bulletin.Rearrange{ID: c.ID, Version: c.Version, Arrange: plan})
		must(t, err)
		_, err = w.Portal.PublishPack(byOther(w, "leader", "province"), portal.Pack{ID: c.ID})
		refused(t, "by the signer", err, "same_person")
		client := w.Client("")
		page := func(path string) (int, string) { return w.Do(client, w.Request("GET", path, "")) }
		if status, _ := page("/portal/conferences/" + c.ID); status != http.StatusNotFound {
			t.Errorf("before publication: %d", status)
		}
		out, err := w.Portal.PublishPack(w.As("editor"), portal.Pack{ID: c.ID})
		must(t, err)
		_, err = w.Portal.PublishPack(w.As("editor"), portal.Pack{ID: c.ID})
		refused(t, "twice", err, "published")
		_, err = w.Bulletin.Change(w.As("editor"), bulletin.Rearrange{ID: c.ID, Version: out.Conference.Version, Arrange: plan})
		refused(t, "changed afterwards", err, "published")
		for path, says := range map[string][]string{
			"/portal/conferences/" + c.ID:            {"马某 局长", "深圳市测试精密有限公司", "更正的发布稿：拜访2家次"},
			"/portal/articles/" + out.Articles[0].ID: {"更正：本文替换", "拜访企业：原为 1，更正为 2 家次"},
			"/portal/articles/" + first.ID:           {"本文已更正", out.Articles[0].ID},
			"/portal/":                               {"新闻发布会", "更正的发布稿：拜访2家次"},
			"/portal/news?q=%E6%8B%9C%E8%AE%BF":      {out.Articles[0].ID},
			"/portal/rss.xml":                        {out.Articles[0].ID, "<rss version=\"2.0\">"},
			"/portal/sitemap.xml":                    {out.Articles[0].ID},
			"/robots.txt":                            {"Disallow: /\n", "/portal/sitemap.xml"},
		} {
			status, body := page(path)
			for _, s := range says {
				if status != http.StatusOK || !strings.Contains(body, s) {
					t.Errorf("%s: %d does not say %q", path, status, s)
				}
			}
		}
		if _, body := page("/portal/news"); strings.Contains(body, first.ID) {
			t.Error("what was corrected is still in the list")
		}
	})
}

func sign(t *testing.T, w *apptest.World, in bulletin.Compose) bulletin.Document {
	t.Helper()
	d, err := w.Bulletin.Draft(w.As("editor"), in)
	must(t, err)
	d, err = w.Bulletin.Submit(w.As("editor"), bulletin.Step{ID: d.ID, Version: d.Version})
	must(t, err)
	d, err = w.Bulletin.Sign(w.As("leader"), bulletin.Step{ID: d.ID, Version: d.Version})
	must(t, err)
	return d
}

// TestEdit: a draft is rewritten, and whoever wrote last does not publish it; what is public is replaced, never changed.
func TestEdit(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		a, err := w.Portal.Prepare(w.As("province"), portal.Write{Channel: "advantage", Title: "电力", Body: "一度电。"})
		must(t, err)
		a, err = w.Portal.Edit(w.As("editor"), portal.Rewrite{ID: a.ID, Version: a.Version, Write: portal.Write{Channel: "advantage", Title: "电力充足", Body: "水火互济。"}})
		must(t, err)
		_, err = w.Portal.Publish(w.As("editor"), step(a))
		refused(t, "who wrote last", err, "same_person")
		a, err = w.Portal.Publish(w.As("province"), step(a))
		must(t, err)
		_, err = w.Portal.Edit(w.As("editor"), portal.Rewrite{ID: a.ID, Version: a.Version, Write: portal.Write{Channel: "advantage", Title: "改", Body: "改。"}})
		refused(t, "what is public", err, "not_draft")
		_, err = w.Portal.Prepare(w.As("editor"), portal.Write{Channel: "advantage", Title: "新", Body: "新。", Replaces: "none"})
		refused(t, "in place of nothing", err, "unknown_article")
		b := w.Published(portal.Write{Channel: "advantage", Title: "Power", Body: "Hydro and coal.", Lang: "en", Replaces: a.ID}, "province")
		list, err := w.Portal.Front(t.Context(), "advantage", 10)
		must(t, err)
		if len(list) != 1 || list[0].ID != b.ID || list[0].Lang != "en" {
			t.Errorf("%+v", list)
		}
	})
}
