package bulletin_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/audit"
	"zhudian/internal/bulletin"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused: the fault has the code, or there is none when the code is "".
func refused(t *testing.T, name string, err error, code string) {
	t.Helper()
	if code == "" && err != nil || code != "" && !fault.Has(err, code) {
		t.Errorf("%s: %v, want %q", name, err, code)
	}
}

// secondAccount is another account of the person behind a login, with the permissions of a third.
func secondAccount(w *apptest.World, person, roles string) context.Context {
	a, _ := audit.Who(w.As(roles))
	b, _ := audit.Who(w.As(person))
	a.Person = b.Person
	return audit.With(context.Background(), a)
}

func step(d bulletin.Document) bulletin.Step {
	return bulletin.Step{ID: d.ID, Version: d.Version}
}

// TestSign_fourEyes: whoever wrote or handed in a document does not sign it, under no account of theirs.
func TestSign_fourEyes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for _, x := range []struct {
			name, drafts, submits string
			signs                 context.Context
			code                  string
		}{
			{"the drafter", "province", "editor", w.As("province"), "same_person"},
			{"who handed it in", "editor", "province", w.As("province"), "same_person"},
			{"the drafter by another account", "editor", "editor", secondAccount(w, "editor", "leader"), "same_person"},
			{"who handed it in by another account", "province", "editor", secondAccount(w, "editor", "leader"), "same_person"},
			{"somebody who may not sign", "province", "province", w.As("editor"), "not_allowed"},
			{"somebody of another place", "province", "province", secondAccountAt(w, "leader", "520600"), "not_found"},
			{"another of the same role", "province", "province", w.As("province2"), ""},
			{"the leader", "editor", "editor", w.As("leader"), ""},
		} {
			d, err := w.Bulletin.Draft(w.As(x.drafts), apptest.Compose("四眼"))
			must(t, err)
			_, err = w.Bulletin.Sign(x.signs, step(d))
			if x.code != "not_allowed" && x.code != "not_found" {
				refused(t, x.name+", before it is handed in", err, "not_submitted")
			}
			d, err = w.Bulletin.Submit(w.As(x.submits), step(d))
			must(t, err)
			_, err = w.Bulletin.Sign(x.signs, step(d))
			refused(t, x.name, err, x.code)
			after, err := w.Bulletin.Get(w.As("leader"), bulletin.ByID{ID: d.ID})
			must(t, err)
			if signed := after.Document.State == bulletin.Signed; signed != (x.code == "") || signed != (after.Document.TraceCode != "") {
				t.Errorf("%s: the document is %s, trace code %q", x.name, after.Document.State, after.Document.TraceCode)
			}
		}
	})
}

// secondAccountAt is the holder of a role at another place.
func secondAccountAt(w *apptest.World, login, node string) context.Context {
	a, _ := audit.Who(w.As(login))
	a.Node, a.Unit = node, node
	return audit.With(context.Background(), a)
}

// TestSign_once: a signed document neither changes nor is signed again, by the program or by hand.
func TestSign_once(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		d := w.Signed("只签一次")
		_, err := w.Bulletin.Edit(w.As("editor"), bulletin.Rewrite{ID: d.ID, Version: d.Version, Compose: apptest.Compose("改题")})
		refused(t, "edit", err, "signed")
		_, err = w.Bulletin.Submit(w.As("editor"), step(d))
		refused(t, "submit", err, "signed")
		_, err = w.Bulletin.Sign(w.As("province"), step(d))
		refused(t, "sign", err, "signed")
		_, err = w.Bulletin.Return(w.As("province"), bulletin.Step{ID: d.ID, Version: d.Version, Reason: "晚了"})
		refused(t, "return", err, "signed")
		for name, text := range map[string]string{
			"the manifest": `UPDATE bulletin_manifest SET content = '{}' WHERE document_id = ?`, "its row": `DELETE FROM bulletin_manifest WHERE document_id = ?`,
			"the document": `UPDATE bulletin_document SET body = 'x' WHERE id = ?`,
		} {
			err := w.DB.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
				_, err := db.Exec(ctx, tx, text, d.ID)
				return err
			})
			if err == nil {
				t.Errorf("%s was changed by hand", name)
			}
		}
	})
}

// TestSign_freezes: what was signed stays when the ledger moves, is found again at the heads of the signature, and the document says
// that it moved.
func TestSign_freezes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Recognise("visit/"+w.ID["visit"], "branch", "captain")
		d := w.Signed("冻结：{{visits}} 家次")
		read := func() bulletin.SignedFigures {
			t.Helper()
			out, err := w.Bulletin.Manifest(w.As("editor"), bulletin.ByCode{Code: strings.ToLower(d.TraceCode) + " "})
			must(t, err)
			return out
		}
		first := read()
		if got := first.Manifest.Slots; len(got) != 2 || got[0].Text != "1" || got[0].N != 1 || len(got[0].Digest) != 64 || got[0].Asked.Book != "recognised" || got[0].Asked.Station != "shenzhen" {
			t.Fatalf("frozen: %+v", got)
		}
		more, err := w.Field.RecordVisit(w.As("officer"), field.Record{Team: "shenzhen.520602", Company: w.ID["company"], Day: "2020-12-14", Way: "onsite", Said: "第二次谈厂房和用电。", Intent: "B"})
		must(t, err)
		w.Recognise("visit/"+more.ID, "branch", "captain")
		if again := read(); again.Hash != first.Hash || again.Manifest.Slots[0].Text != "1" || again.Manifest.Slots[0].Digest != first.Manifest.Slots[0].Digest {
			t.Errorf("the manifest moved: %+v", again.Manifest.Slots[0])
		}
		v, err := w.Bulletin.Get(w.As("leader"), bulletin.ByID{ID: d.ID})
		must(t, err)
		if v.Now[0].Text != "2" || v.Frozen[0].Text != "1" || !slices.Equal(v.Moved, []string{"visits"}) || bulletin.TitleOf(v) != "冻结：1 家次" {
			t.Errorf("now %s, frozen %s, moved %v, title %s", v.Now[0].Text, v.Frozen[0].Text, v.Moved, bulletin.TitleOf(v))
		}
		must(t, w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
			q := first.Manifest.Slots[0].Asked
			f, ids, err := ledger.Answer(ctx, tx, first.Manifest.Scope, ledger.FiguresIn{Through: q.Through, Book: q.Book, Measure: []string{q.Measure}, Station: q.Station, Basis: q.Basis},
				ledger.Known{At: first.Manifest.Known, Heads: first.Manifest.Heads}, true)
			if err == nil && (f.Value.String() != "1" || bulletin.DigestOf(ids) != first.Manifest.Slots[0].Digest) {
				t.Errorf("asked again at the heads of the signature: %s of %v", f.Value, ids)
			}
			return err
		}))
		if first.Manifest.Heads["520600"] == 0 || first.Manifest.Hashes["520600"] == "" {
			t.Errorf("no head of the chain: %+v", first.Manifest.Heads)
		}
	})
}

// TestRewrite: a change or a return takes a document back to its writer; every text is kept; nobody overwrites what they did not see.
func TestRewrite(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		d, err := w.Bulletin.Draft(w.As("editor"), apptest.Compose("一稿"))
		must(t, err)
		_, err = w.Bulletin.Return(w.As("leader"), bulletin.Step{ID: d.ID, Version: d.Version, Reason: "还没交"})
		refused(t, "return a draft", err, "not_submitted")
		d, err = w.Bulletin.Submit(w.As("editor"), step(d))
		must(t, err)
		_, err = w.Bulletin.Return(w.As("leader"), step(d))
		refused(t, "return without a reason", err, "required")
		_, err = w.Bulletin.Edit(w.As("editor"), bulletin.Rewrite{ID: d.ID, Version: d.Version - 1, Compose: apptest.Compose("旧稿")})
		refused(t, "overwrite", err, "stale")
		d, err = w.Bulletin.Edit(w.As("editor"), bulletin.Rewrite{ID: d.ID, Version: d.Version, Compose: apptest.Compose("二稿")})
		must(t, err)
		if d.State != bulletin.Draft || d.SubmittedBy != "" {
			t.Errorf("after a change it is %s, handed in by %q", d.State, d.SubmittedBy)
		}
		d, err = w.Bulletin.Submit(w.As("editor"), step(d))
		must(t, err)
		_, err = w.Bulletin.Sign(w.As("leader"), bulletin.Step{ID: d.ID, Version: d.Version - 1})
		refused(t, "sign what was not seen", err, "stale")
		d, err = w.Bulletin.Return(w.As("leader"), bulletin.Step{ID: d.ID, Version: d.Version, Reason: "标题再短些"})
		must(t, err)
		h, err := w.Bulletin.History(w.As("leader"), bulletin.ByID{ID: d.ID})
		must(t, err)
		if d.State != bulletin.Draft || len(h.Versions) != 2 || h.Versions[0].Title != "二稿" || h.Versions[1].Title != "一稿" {
			t.Errorf("%s, texts %+v", d.State, h.Versions)
		}
	})
}

// TestDraft_fields: each bad value is named, and nothing is stored.
func TestDraft_fields(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		slot := func(c *bulletin.Compose, q bulletin.Question) { c.Slots[0].Question = q }
		for _, x := range []struct {
			name  string
			spoil func(*bulletin.Compose)
			field string
			code  string
		}{
			{"no title", func(c *bulletin.Compose) { c.Title = " " }, "title", "required"},
			{"no text", func(c *bulletin.Compose) { c.Body = "\n" }, "body", "required"},
			{"no day", func(c *bulletin.Compose) { c.Through = "" }, "through", "not_a_date"},
			{"a day that never was", func(c *bulletin.Compose) { c.Through = "2020-02-30" }, "through", "not_a_date"},
			{"a first day that never was", func(c *bulletin.Compose) { c.From = "2020-13-01" }, "from", "not_a_date"},
			{"a span that ends before it begins", func(c *bulletin.Compose) { c.From = "2020-12-16" }, "through", "before_from"},
			{"a kind that is none", func(c *bulletin.Compose) { c.Kind = "poem" }, "kind", "not_a_choice"},
			{"a book that is none", func(c *bulletin.Compose) { c.Book = "wished" }, "book", "not_a_choice"},
			{"a station that is none", func(c *bulletin.Compose) { c.Station = "atlantis"; c.Slots = nil; c.Body = "无" }, "station", "unknown_station"},
			{"a mark without a slot", func(c *bulletin.Compose) { c.Body += "{{nobody}}" }, "body", "unknown_slot"},
			{"a mark in the title without a slot", func(c *bulletin.Compose) { c.Title = "{{nobody}}" }, "body", "unknown_slot"},
			{"a key that is none", func(c *bulletin.Compose) { c.Slots[0].Key = "Visits!" }, "slots", "bad_key"},
			{"a key twice", func(c *bulletin.Compose) { c.Slots[1].Key = "visits" }, "slots", "repeated"},
			{"a measure that is none", func(c *bulletin.Compose) { slot(c, bulletin.Question{Measure: "joy"}) }, "slots.visits", "unknown_measure"},
			{"a dimension that is none", func(c *bulletin.Compose) {
				slot(c, bulletin.Question{Measure: "tour", Where: []string{"colour:red"}})
			}, "slots.visits", ""},
			{"a citation that is none", func(c *bulletin.Compose) { c.Slots[0].Citation = "none" }, "slots.visits", "unknown_citation"},
		} {
			in := apptest.Compose("坏稿")
			x.spoil(&in)
			_, err := w.Bulletin.Draft(w.As("editor"), in)
			if !fault.Is(err, fault.Invalid) || x.code != "" && !fault.Has(err, x.code) {
				t.Errorf("%s: %v, want %s", x.name, err, x.code)
				continue
			}
			if f := fault.Of(err).Fields; len(f) == 0 || !slices.ContainsFunc(f, func(f fault.Field) bool { return f.Name == x.field }) {
				t.Errorf("%s: fields %+v, want %s", x.name, f, x.field)
			}
		}
		list, err := w.Bulletin.List(w.As("leader"), bulletin.Filter{})
		must(t, err)
		if len(list.Items) != 0 {
			t.Errorf("%d bad documents are kept", len(list.Items))
		}
		for login, code := range map[string]string{"officer": "not_allowed", "leader": "not_allowed", "investor": "not_allowed", "captain": "", "editor": ""} {
			_, err := w.Bulletin.Draft(w.As(login), apptest.Compose("谁来写"))
			refused(t, login+" drafts", err, code)
		}
	})
}

// TestScope: documents are seen where they were written and above, and are absent elsewhere.
func TestScope(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		own, err := w.Bulletin.Draft(w.As("captain"), apptest.Compose("队长的稿"))
		must(t, err)
		high, err := w.Bulletin.Draft(w.As("editor"), apptest.Compose("全省的稿"))
		must(t, err)
		for _, x := range []struct {
			login     string
			own, high string
		}{
			{"captain", "", "not_found"},
			{"leader", "", ""},
			{"editor", "", ""},
			{"province", "", ""},
			{"city", "not_found", "not_found"},
			{"county", "not_found", "not_found"},
			{"officer", "not_found", "not_found"},
			{"auditor", "not_allowed", "not_allowed"},
		} {
			for _, d := range []struct{ id, code string }{{own.ID, x.own}, {high.ID, x.high}} {
				_, err := w.Bulletin.Get(w.As(x.login), bulletin.ByID{ID: d.id})
				refused(t, x.login+" reads", err, d.code)
				_, err = w.Bulletin.History(w.As(x.login), bulletin.ByID{ID: d.id})
				refused(t, x.login+" reads the texts", err, d.code)
			}
			list, err := w.Bulletin.List(w.As(x.login), bulletin.Filter{})
			if x.login == "auditor" {
				continue
			}
			must(t, err)
			want := 0
			for _, code := range []string{x.own, x.high} {
				if code == "" {
					want++
				}
			}
			if len(list.Items) != want {
				t.Errorf("%s lists %d documents, want %d", x.login, len(list.Items), want)
			}
		}
		_, err = w.Bulletin.Submit(w.As("captain"), step(high))
		refused(t, "the captain hands in a document of the province", err, "not_found")
		_, err = w.Bulletin.Edit(w.As("captain"), bulletin.Rewrite{ID: high.ID, Version: high.Version, Compose: apptest.Compose("改")})
		refused(t, "the captain edits a document of the province", err, "not_found")
	})
}

// TestCitation: a fact from outside needs a second person before it is signed; its fields are checked.
func TestCitation(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		good := bulletin.Cite{Name: "GDP 增速", Value: "3.2%", Source: "公开数据", SourceOn: "2020-10-20"}
		for field, spoil := range map[string]func(*bulletin.Cite){
			"name": func(c *bulletin.Cite) { c.Name = "" }, "value": func(c *bulletin.Cite) { c.Value = " " }, "source": func(c *bulletin.Cite) { c.Source = "" }, "source_on": func(c *bulletin.Cite) { c.SourceOn = "2020-2-30" },
		} {
			in := good
			spoil(&in)
			_, err := w.Bulletin.AddCitation(w.As("editor"), in)
			if f := fault.Of(err); err == nil || len(f.Fields) != 1 || f.Fields[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		cited, err := w.Bulletin.AddCitation(w.As("province"), good)
		must(t, err)
		in := apptest.Compose("引用 {{gdp}}")
		in.Slots = append(in.Slots, bulletin.Slot{Key: "gdp", Title: "增速", Citation: cited.ID})
		d, err := w.Bulletin.Draft(w.As("editor"), in)
		must(t, err)
		d, err = w.Bulletin.Submit(w.As("editor"), step(d))
		must(t, err)
		_, err = w.Bulletin.Sign(w.As("leader"), step(d))
		refused(t, "sign with an unchecked citation", err, "unchecked")
		_, err = w.Bulletin.CheckCitation(w.As("province"), bulletin.CitationID{ID: cited.ID})
		refused(t, "who entered it checks it", err, "same_person")
		_, err = w.Bulletin.CheckCitation(secondAccount(w, "province", "assessor"), bulletin.CitationID{ID: cited.ID})
		refused(t, "who entered it checks it by another account", err, "same_person")
		_, err = w.Bulletin.CheckCitation(w.As("editor"), bulletin.CitationID{ID: cited.ID})
		refused(t, "an editor checks it", err, "not_allowed")
		_, err = w.Bulletin.CheckCitation(w.As("assessor"), bulletin.CitationID{ID: cited.ID})
		must(t, err)
		_, err = w.Bulletin.CheckCitation(w.As("province2"), bulletin.CitationID{ID: cited.ID})
		refused(t, "checked again", err, "checked")
		d, err = w.Bulletin.Sign(w.As("leader"), step(d))
		must(t, err)
		m, err := w.Bulletin.Manifest(w.As("editor"), bulletin.ByCode{Code: d.TraceCode})
		must(t, err)
		if v := m.Manifest.Slots[2]; v.Text != "3.2%" || v.Cited == nil || v.Cited.CheckedBy == "" || v.Digest != "" {
			t.Errorf("%+v", v)
		}
	})
}
