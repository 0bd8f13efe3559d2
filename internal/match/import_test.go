package match_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/match"
	"zhudian/internal/sheet"
)

const offersHead = "载体,供给类别,供给名称,厂房面积（平方米）,层高,用电,污水,租金,审查,说明,可用日期,截止日期,资料来源,资料日期,已过公平竞争审查\n"

// importTable runs one import and gives what it refused.
func importTable(ctx context.Context, t *testing.T, w *apptest.World, table string, dry bool) (match.ImportedOffers, []sheet.Refused) {
	t.Helper()
	var refused []sheet.Refused
	out, err := w.Match.ImportOffers(ctx, match.ImportOffers{Table: strings.NewReader(table), Size: int64(len(table)), Name: "offers.csv", DryRun: dry, Report: func(x sheet.Refused) error {
		refused = append(refused, x)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return out, refused
}

// TestImportOffers: each row is stored or refused with its reasons; a dry run writes nothing; the second run changes
// nothing; a value replaces and an empty cell leaves what stood.
func TestImportOffers(t *testing.T) {
	table := offersHead +
		"碧江测试园区,厂房,二号厂房,\"3,000\",720,800,一般工业废水,12.50,,两层,2021/1/1,,园区管委会,2020-12-01,\n" +
		"碧江测试园区,policy,租金补助,,,,,,,,,,园区管委会,2020-12-01,是\n" +
		"碧江测试园区,厂房,一号厂房,6000,,,,,,,,,管委会月报,2020-12-10,\n" + // stands already: its other numbers stay
		"碧江测试园区,厂房,二号厂房,3000,,,,,,,,,园区管委会,2020-12-01,\n" +
		"碧江测试园区,厂房,矮厂房,3000,100,,,,,,,,园区管委会,2020-12-01,\n" +
		"碧江测试园区,城堡,城堡,3000,,,,,,,,,园区管委会,2020-12-01,\n" +
		"碧江测试园区,厂房,没有来源,三千,,,,1.234,,,,,,明天,\n" +
		"没有的园区,厂房,厂房,3000,,,,,,,,,园区管委会,2020-12-01,\n" +
		"万山园区,厂房,厂房,3000,,,,,,,,,园区管委会,2020-12-01,\n"
	want := [][]string{{"duplicate_row"}, {"out_of_range"}, {"not_a_choice"}, {"not_a_number", "not_a_number", "not_a_date"}, {"unknown_site"}, {"not_your_unit"}}
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		county := w.As("county")
		if _, err := w.Match.SaveSite(w.As("neighbour"), match.NewSite{Kind: "park", Name: "万山园区", Source: "x", AsOf: "2020-12-01"}); err != nil {
			t.Fatal(err)
		}
		offers := func() []match.Offer {
			rec, err := w.Match.GetSite(county, match.ByID{ID: w.ID["site"]})
			if err != nil {
				t.Fatal(err)
			}
			return rec.Offers
		}
		for _, run := range []struct {
			name   string
			dry    bool
			tally  sheet.Tally
			offers int
		}{
			{"a dry run", true, sheet.Tally{Done: 9, Created: 2, Updated: 1, Refused: 6}, 1},
			{"the first run", false, sheet.Tally{Done: 9, Created: 2, Updated: 1, Refused: 6}, 3},
			{"the second run", false, sheet.Tally{Done: 9, Unchanged: 3, Refused: 6}, 3},
		} {
			before := offers()
			out, refused := importTable(county, t, w, table, run.dry)
			if out.Tally != run.tally || len(offers()) != run.offers {
				t.Errorf("%s: %+v, %d offers", run.name, out.Tally, len(offers()))
			}
			if run.name == "the second run" {
				for i, o := range offers() {
					if o != before[i] {
						t.Errorf("%s changed %+v to %+v", run.name, before[i], o)
					}
				}
			}
			for i, x := range refused {
				var codes []string
				for _, p := range x.Problems {
					codes = append(codes, p.Code)
				}
				if strings.Join(codes, " ") != strings.Join(want[i], " ") {
					t.Errorf("%s: row %d: %v, want %v", run.name, x.Row, codes, want[i])
				}
			}
		}
		for _, o := range offers() {
			switch o.Title {
			case "一号厂房":
				if o.Hall != 6000 || o.Height != 900 || o.Price != 1000 || o.Source != "管委会月报" || o.Version != 2 {
					t.Errorf("changed: %+v", o)
				}
			case "二号厂房":
				if o.Hall != 3000 || o.Height != 720 || o.Power != 800 || o.Sewage != "industrial" || o.Price != 1250 || o.FreeFrom != "2021-01-01" || o.Text != "两层" {
					t.Errorf("created: %+v", o)
				}
			case "租金补助":
				if o.Kind != "policy" || !o.Reviewed {
					t.Errorf("created: %+v", o)
				}
			}
		}
		if m, err := w.Match.MatchLead(county, match.ByID{ID: w.ID["qualified"]}); err != nil || m.Sites != 2 {
			t.Errorf("matching after the import: %d sites, %v", m.Sites, err)
		}
	})
}

// TestImportOffers_page: a table is checked and stored by the person who gave it alone, and its report names the rows
// that stay out.
func TestImportOffers_page(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		county := w.As("county")
		table := offersHead + "碧江测试园区,厂房,二号厂房,3000,,,,,,,,,园区管委会,2020-12-01,\n碧江测试园区,厂房,三号厂房,1,,,,,,,,,园区管委会,2020-12-01,\n"
		m, err := w.Match.UploadOffers(county, "供给.csv", strings.NewReader(table))
		if err != nil {
			t.Fatal(err)
		}
		for name, do := range map[string]func() error{
			"look":  func() error { _, err := w.Match.CheckOffers(w.As("neighbour"), match.ByID{ID: m.ID}); return err },
			"store": func() error { _, err := w.Match.StoreOffers(w.As("city"), match.ByID{ID: m.ID}); return err },
			"report": func() error {
				return w.Match.ReportOffers(w.As("neighbour"), match.ByID{ID: m.ID}, sheet.CSV, &bytes.Buffer{})
			},
		} {
			if err := do(); field(err, "") != "" || err == nil {
				t.Errorf("another person may %s: %v", name, err)
			}
		}
		check, err := w.Match.CheckOffers(county, match.ByID{ID: m.ID})
		if err != nil || check.Check != (sheet.Tally{Done: 2, Created: 1, Refused: 1}) || len(check.Problems) != 1 {
			t.Errorf("%+v %v", check, err)
		}
		var report bytes.Buffer
		if err := w.Match.ReportOffers(county, match.ByID{ID: m.ID}, sheet.CSV, &report); err != nil || !strings.Contains(report.String(), "三号厂房") || strings.Contains(report.String(), "二号厂房") {
			t.Errorf("%s %v", report.String(), err)
		}
		for range 2 {
			done, err := w.Match.StoreOffers(county, match.ByID{ID: m.ID})
			if err != nil || done.StoredAt == 0 || done.Created+done.Unchanged != 1 || done.Refused != 1 {
				t.Errorf("%+v %v", done, err)
			}
		}
		if _, err := w.Match.UploadOffers(county, "x.csv", strings.NewReader("甲,乙\n1,2\n")); field(err, "file") != "no_head" {
			t.Errorf("a table of something else: %v", err)
		}
		if _, err := w.Match.UploadOffers(w.As("officer"), "x.csv", strings.NewReader(table)); err == nil {
			t.Error("an officer may import offers")
		}
	})
}
