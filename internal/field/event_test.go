package field_test

import (
	"context"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
	"zhudian/internal/verify"
)

// TestEditEvent: an event is changed before recognition at once and checked again; after it the recognised version and
// its figure stand until the correction is recognised.
func TestEditEvent(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		e, err := w.Field.HoldEvent(w.As("county"), field.Hold{Unit: "520602", Team: "shenzhen.520602", Name: "推介会", Kind: "promotion", Day: "2020-12-10"})
		if err != nil {
			t.Fatal(err)
		}
		edit := field.EditEvent{ID: e.ID, Version: 1, Name: "招商推介会", Kind: "promotion", Day: "2020-12-11", Place: "福田"}
		out, err := w.Field.EditEvent(w.As("county"), edit)
		if err != nil || out.Name != "招商推介会" || out.Claim.Round != 2 {
			t.Fatalf("%+v %v", out, err)
		}
		if _, err := w.Field.EditEvent(w.As("county"), edit); !fault.Has(err, "stale") {
			t.Errorf("an old version: %v", err)
		}
		edit.Version = 2
		if _, err := w.Field.EditEvent(w.As("neighbour"), edit); !fault.Is(err, fault.NotFound) {
			t.Errorf("the neighbour: %v", err)
		}
		recognise(t, w, e.Subject())
		held := func(day string) int64 {
			f, err := w.Ledger.Figures(w.As("province"), ledger.FiguresIn{Measure: []string{"event.held"}, From: day, Through: day})
			if err != nil {
				t.Fatal(err)
			}
			return f.Figures[0].Value.N
		}
		edit.Day, edit.Place = "2020-12-12", "南山"
		out, err = w.Field.EditEvent(w.As("county"), edit)
		if err != nil || out.Day != "2020-12-11" || out.Place != "南山" || !out.Claim.Correcting() || held("2020-12-11") != 1 {
			t.Fatalf("a correction: %+v %v", out, err)
		}
		recognise(t, w, e.Subject())
		out, err = w.Field.GetEvent(w.As("county"), field.ByID{ID: e.ID})
		if err != nil || out.Day != "2020-12-12" || held("2020-12-11") != 0 || held("2020-12-12") != 1 {
			t.Errorf("recognised: %+v %v", out, err)
		}
	})
}

// recognise lets branch and captain pass a claim of field work.
func recognise(t *testing.T, w *apptest.World, subject string) {
	t.Helper()
	for _, login := range []string{"branch", "captain"} {
		var c verify.Claim
		err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
			c, _, err = verify.ClaimOf(ctx, tx, subject)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		d, err := w.Verify.Open(w.As(login), verify.ByID{ID: c.ID})
		if err == nil {
			_, err = w.Verify.Decide(w.As(login), verify.Decision{Claim: c.ID, Verdict: verify.Pass, ContentHash: d.Round.ContentHash})
		}
		if err != nil {
			t.Fatalf("%s: %v", login, err)
		}
	}
}

// TestEvent_programme: what happens and who comes is kept line by line, changes at once and files nothing.
func TestEvent_programme(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		e, err := w.Field.HoldEvent(w.As("county"), field.Hold{Unit: "520602", Name: "专题推介会", Kind: "signing", Day: "2020-12-11", Programme: " 09:00  致辞 \n\n09:20 签约", Guests: "深圳市电子商会"})
		if err != nil || e.Programme != "09:00 致辞\n09:20 签约" {
			t.Fatalf("%q %v", e.Programme, err)
		}
		in := field.EditEvent{ID: e.ID, Version: 1, Name: e.Name, Kind: e.Kind, Day: e.Day, Programme: e.Programme, Guests: e.Guests + "\n某企业"}
		rec, err := w.Field.EditEvent(w.As("county"), in)
		if err != nil || rec.Guests != "深圳市电子商会\n某企业" || rec.Claim.Round != 1 {
			t.Errorf("%q %+v %v", rec.Guests, rec.Claim, err)
		}
		in.Version, in.Programme = 2, strings.Repeat("长", 2001)
		if _, err := w.Field.EditEvent(w.As("county"), in); !fault.Has(err, "too_long") {
			t.Errorf("a programme without end: %v", err)
		}
	})
}
