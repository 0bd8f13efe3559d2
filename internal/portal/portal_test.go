package portal_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/audit"
	"zhudian/internal/bulletin"
	"zhudian/internal/fault"
	"zhudian/internal/portal"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, name string, err error, code string) {
	t.Helper()
	if code == "" && err != nil || code != "" && !fault.Has(err, code) {
		t.Errorf("%s: %v, want %q", name, err, code)
	}
}

func step(a portal.Article) portal.Step { return portal.Step{ID: a.ID, Version: a.Version} }

// byOther is another account of the person behind a login, with the permissions of a third.
func byOther(w *apptest.World, person, roles string) context.Context {
	a, _ := audit.Who(w.As(roles))
	b, _ := audit.Who(w.As(person))
	a.Person = b.Person
	return audit.With(context.Background(), a)
}

// TestPublish_fourEyes: the signer of a document does not publish it, the writer of a text does not publish it.
func TestPublish_fourEyes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		text := portal.Write{Channel: "news", Title: "消息", Body: "一则消息。"}
		for _, x := range []struct {
			name      string
			writes    string
			signed    bool
			publishes context.Context
			code      string
		}{
			{"the writer of a text", "editor", false, w.As("editor"), "same_person"},
			{"the writer by another account", "editor", false, byOther(w, "editor", "province"), "same_person"},
			{"another person", "editor", false, w.As("province"), ""},
			{"the signer of a document", "editor", true, byOther(w, "leader", "province"), "same_person"},
			{"the writer of a document that a leader signed", "editor", true, w.As("editor"), ""},
			{"somebody who may not publish", "editor", false, w.As("leader"), "not_allowed"},
			{"an officer", "editor", false, w.As("officer"), "not_allowed"},
		} {
			in := text
			if x.signed {
				in = portal.Write{Channel: "results", Document: w.Signed("专报").ID}
			}
			a, err := w.Portal.Prepare(w.As(x.writes), in)
			must(t, err)
			_, err = w.Portal.Publish(x.publishes, step(a))
			refused(t, x.name, err, x.code)
			_, err = w.Portal.Read(t.Context(), a.ID)
			refused(t, x.name+": read by the public", err, map[bool]string{true: "", false: "not_found"}[x.code == ""])
		}
	})
}

// TestPublish_onlyOnce: what is public is not published again, what is not public is not withdrawn, and nobody acts on what they did not see.
func TestPublish_onlyOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		a, err := w.Portal.Prepare(w.As("editor"), portal.Write{Channel: "news", Title: "消息", Body: "一则消息。"})
		must(t, err)
		_, err = w.Portal.Withdraw(w.As("editor"), portal.Step{ID: a.ID, Version: a.Version, Remark: "有误"})
		refused(t, "withdraw a draft", err, "not_public")
		_, err = w.Portal.Publish(w.As("province"), portal.Step{ID: a.ID, Version: a.Version + 1})
		refused(t, "publish what was not seen", err, "stale")
		_, err = w.Portal.Publish(w.As("province"), portal.Step{ID: "none"})
		refused(t, "publish what is not", err, "not_found")
		a, err = w.Portal.Publish(w.As("province"), step(a))
		must(t, err)
		_, err = w.Portal.Publish(w.As("province"), step(a))
		refused(t, "publish twice", err, "not_draft")
		_, err = w.Portal.Withdraw(w.As("editor"), portal.Step{ID: a.ID, Version: a.Version, Remark: "  "})
		refused(t, "withdraw without a word", err, "required")
		a, err = w.Portal.Withdraw(w.As("editor"), portal.Step{ID: a.ID, Version: a.Version, Remark: "日期有误"})
		must(t, err)
		_, err = w.Portal.Publish(w.As("province"), step(a))
		refused(t, "publish what was withdrawn", err, "not_draft")
		list, err := w.Portal.Front(t.Context(), "", 10)
		must(t, err)
		if len(list) != 0 {
			t.Errorf("the front page lists %d withdrawn articles", len(list))
		}
	})
}

// TestPrepare_fields: figures come from signed documents only, a document has one article.
func TestPrepare_fields(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		draft, err := w.Bulletin.Draft(w.As("editor"), apptest.Compose("没签的稿"))
		must(t, err)
		signed := w.Signed("签了的稿")
		for _, x := range []struct {
			name string
			in   portal.Write
			code string
		}{
			{"no title", portal.Write{Channel: "news", Body: "文"}, "required"},
			{"no text", portal.Write{Channel: "news", Title: "题"}, "required"},
			{"a channel that is none", portal.Write{Channel: "gossip", Title: "题", Body: "文"}, "not_a_choice"},
			{"figures in a text of its own", portal.Write{Channel: "news", Title: "题", Body: "共 {{n}} 个"}, "figures_need_signature"},
			{"an unsigned document", portal.Write{Channel: "results", Document: draft.ID}, "not_signed"},
			{"a document that is not", portal.Write{Channel: "results", Document: "none"}, "unknown_document"},
			{"a signed document", portal.Write{Channel: "results", Document: signed.ID}, ""},
			{"the same document again", portal.Write{Channel: "results", Document: signed.ID}, "exists"},
		} {
			_, err := w.Portal.Prepare(w.As("editor"), x.in)
			refused(t, x.name, err, x.code)
			if k := fault.Of(err).Kind; err != nil && k != fault.Invalid && k != fault.Conflict {
				t.Errorf("%s: %v is no fault of the form", x.name, err)
			}
		}
		_, err = w.Portal.Prepare(w.As("leader"), portal.Write{Channel: "news", Title: "题", Body: "文"})
		refused(t, "a leader writes", err, "not_allowed")
		list, err := w.Portal.List(w.As("editor"), portal.Filter{})
		must(t, err)
		if len(list.Articles) != 1 || list.Articles[0].Title != "签了的稿" {
			t.Errorf("%+v", list.Articles)
		}
	})
}

// TestPublicSide: a stranger reads what is published, with its figures and trace code, and nothing else; what was withdrawn says so.
func TestPublicSide(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Recognise("contract/"+w.ID["project"], "city", "province")
		stranger := w.Client("")
		get := func(path string) (int, string) {
			r := w.Request("GET", path, "")
			r.Header.Set("Accept", "text/html")
			return w.Do(stranger, r)
		}
		want := func(path string, status int, has ...string) {
			t.Helper()
			got, body := get(path)
			if got != status {
				t.Errorf("%s: %d, want %d", path, got, status)
			}
			for _, h := range has {
				if !strings.Contains(body, h) {
					t.Errorf("%s does not say %q", path, h)
				}
			}
			if strings.Contains(body, apptest.Canary) {
				t.Errorf("%s shows a private text", path)
			}
		}
		d := w.Signed("成果：合同投资{{contracts}}亿元")
		a, err := w.Portal.Prepare(w.As("editor"), portal.Write{Channel: "results", Document: d.ID})
		must(t, err)
		article, trace, figure := "/portal/articles/"+a.ID, "/portal/trace/"+d.TraceCode, "/portal/figures?code="+d.TraceCode+"&key=contracts"
		for _, path := range []string{article, trace, figure, "/portal/figures/drawer?code=" + d.TraceCode + "&key=contracts", "/portal/articles/none", "/portal/trace/ZD-0000-XXXXXX-00"} {
			want(path, http.StatusNotFound)
		}
		if _, body := get("/portal/"); strings.Contains(body, a.ID) {
			t.Error("the front page lists what is not public")
		}
		a, err = w.Portal.Publish(w.As("editor"), step(a))
		must(t, err)
		want("/portal/", http.StatusOK, article, "成果：合同投资0.19亿元")
		want(article, http.StatusOK, d.TraceCode, "0.19")
		want(trace, http.StatusOK, d.TraceCode)
		want("/portal/trace/"+strings.ToLower(d.TraceCode), http.StatusOK, d.TraceCode)
		want(figure, http.StatusOK, "0.19")
		want("/portal/figures?code="+d.TraceCode+"&key=none", http.StatusNotFound)
		a, err = w.Portal.Withdraw(w.As("editor"), portal.Step{ID: a.ID, Version: a.Version, Remark: "合同口径有误，另发更正"})
		must(t, err)
		want(article, http.StatusOK, "合同口径有误，另发更正")
		want(trace, http.StatusOK, d.TraceCode)
		if _, body := get("/portal/"); strings.Contains(body, a.ID) {
			t.Error("the front page lists what was withdrawn")
		}
	})
}

// TestCorrection: a correction is a document of its own that names the one it corrects; the withdrawn article makes room for it, and the
// first signature stays to be looked up.
func TestCorrection(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		first := w.Signed("初版")
		a := w.Published(portal.Write{Channel: "results", Document: first.ID}, "editor")
		_, err := w.Portal.Withdraw(w.As("editor"), portal.Step{ID: a.ID, Version: a.Version, Remark: "有误"})
		must(t, err)
		in := apptest.Compose("更正版")
		in.Replaces = first.ID
		second, err := w.Bulletin.Draft(w.As("editor"), in)
		must(t, err)
		in.Replaces = second.ID
		_, err = w.Bulletin.Draft(w.As("editor"), in)
		refused(t, "a correction of what is not signed", err, "not_signed")
		in.Replaces = "none"
		_, err = w.Bulletin.Draft(w.As("editor"), in)
		refused(t, "a correction of nothing", err, "unknown_document")
		second, err = w.Bulletin.Submit(w.As("editor"), bulletin.Step{ID: second.ID, Version: second.Version})
		must(t, err)
		second, err = w.Bulletin.Sign(w.As("leader"), bulletin.Step{ID: second.ID, Version: second.Version})
		must(t, err)
		b := w.Published(portal.Write{Channel: "results", Document: second.ID}, "editor")
		if b.Title != "更正版" || second.Replaces != first.ID || second.TraceCode == first.TraceCode {
			t.Errorf("%+v %+v", b, second)
		}
		m, err := w.Bulletin.Manifest(w.As("editor"), bulletin.ByCode{Code: first.TraceCode})
		if err != nil || m.Manifest.Document != first.ID {
			t.Errorf("the first signature: %+v %v", m, err)
		}
	})
}
