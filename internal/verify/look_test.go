package verify

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"net/url"
	"strings"
	"testing"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

// scene draws a picture of light and dark parts; seed says which.
func scene(seed, width int) image.Image {
	img := image.NewGray(image.Rect(0, 0, width, width*3/4))
	for y := range img.Bounds().Dy() {
		for x := range width {
			cell := (x*9/width)*7 + (y*8/img.Bounds().Dy())*13
			img.SetGray(x, y, color.Gray{uint8((cell*cell*seed + cell*31*seed) % 251)}) //nolint:gosec // below 251
		}
	}
	return img
}

// photo is a JPEG that says when it was taken, "" for one that does not.
func photo(t *testing.T, img image.Image, quality int, taken string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	if taken == "" {
		return out.Bytes()
	}
	// An IFD that points to the Exif IFD at 26, with the tag DateTimeOriginal (0x9003): ASCII, 20 bytes, at 44.
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08" + "\x00\x01\x87\x69\x00\x04\x00\x00\x00\x01\x00\x00\x00\x1a\x00\x00\x00\x00" +
		"\x00\x01\x90\x03\x00\x02\x00\x00\x00\x14\x00\x00\x00\x2c\x00\x00\x00\x00" + taken + "\x00")
	app := append([]byte("Exif\x00\x00"), tiff...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(app)+2)) //nolint:gosec // a few bytes
	return append(append(head, app...), out.Bytes()[2:]...)
}

func (x *site) visit(t *testing.T, n, day string, pic []byte) Claim {
	t.Helper()
	m, err := x.s.Files.Put(t.Context(), bytes.NewReader(pic), "现场.jpg")
	if err != nil {
		t.Fatal(err)
	}
	return file(t, x.d, audit.With(t.Context(), x.roles["county"]), Filing{
		Kind: "event", Subject: "event/" + n, Title: "活动" + n, Route: FieldRoute, Node: "520602", Unit: "520602", City: "520600", Content: map[string]any{"day": day, "n": n},
		Facts:    []ledger.Fact{{Measure: "event.held", Delta: 1, OccurredOn: day, Dims: ledger.Dims{Province: "520000", City: "520600", County: "520602", Unit: "520602"}}},
		Evidence: []Evidence{{Blob: m.Digest, Name: m.Name, Type: m.Type.MIME(), Size: m.Size}},
	})
}

func (x *site) rules(t *testing.T, id string) string {
	t.Helper()
	dos, err := x.s.Open(audit.With(t.Context(), x.roles["province"]), ByID{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range dos.Findings {
		out = append(out, f.Rule)
	}
	return strings.Join(out, " ")
}

// TestLook_pictures: the same scene saved again, smaller and worse, is found at another record; so is a photo of
// another season. Another scene of the right day is not.
func TestLook_pictures(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newSite(t, d)
		first := x.visit(t, "1", "2020-12-01", photo(t, scene(3, 640), 90, "2020:12:01 09:30:00"))
		again := x.visit(t, "2", "2020-12-02", photo(t, scene(3, 480), 60, ""))
		other := x.visit(t, "3", "2020-12-02", photo(t, scene(7, 640), 90, "2020:11:20 09:30:00"))
		old := x.visit(t, "4", "2020-12-02", photo(t, scene(11, 640), 90, "2020:07:01 09:30:00"))
		x.look(t)
		for _, c := range []struct{ id, want string }{{first.ID, "R02"}, {again.ID, "R02"}, {other.ID, ""}, {old.ID, "R08"}} {
			if got := x.rules(t, c.id); got != c.want {
				t.Errorf("%s: %q, want %q", c.id, got, c.want)
			}
		}
		list, err := x.s.Inbox(audit.With(t.Context(), x.roles["branch"]), Queue{})
		if err != nil || len(list.Items) != 4 || list.Items[3].ID != other.ID || list.Items[0].Risk != 8 {
			t.Errorf("%v: the clean one is not the last: %+v", err, list.Items)
		}
	})
}

// TestLook_beforeVerdict: what nobody had time to look at is looked at before a verdict.
func TestLook_beforeVerdict(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newSite(t, d)
		x.cases["visit/1"] = Case{Visit: &VisitCase{Day: "2020-12-01", SameDay: 20}}
		c := file(t, d, audit.With(t.Context(), x.roles["county"]), Filing{
			Kind: "visit", Subject: "visit/1", Title: "企业", Route: FieldRoute, Node: "520602", Unit: "520602", City: "520600", Content: map[string]any{"intent": "A"},
			Facts: []ledger.Fact{{Measure: "visit.enterprise", Delta: 1, OccurredOn: "2020-12-01", Dims: ledger.Dims{Province: "520000", City: "520600", County: "520602", Unit: "520602"}}},
		})
		status(t, x.form(t, "branch", "/verify/batch", url.Values{"ids": {c.ID + "." + x.hash(t, c.ID)}}), 409, "规则提示还没有看")
		x.look(t)
		if got := x.rules(t, c.ID); got != "R16" {
			t.Errorf("the rule said %q", got)
		}
	})
}

// TestChange: a rule is changed by the province with a reason, as a new version that holds for what is filed after; a
// trial says first what it would do and stores nothing.
func TestChange(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newSite(t, d)
		before := x.file(t, "1", 12_000_000_000, manyTimes)
		province, city := audit.With(t.Context(), x.roles["province"]), audit.With(t.Context(), x.roles["city"])
		try := Try{Code: "R14", From: "2020-11-01", Through: "2020-12-31", Limits: map[string]int64{"times": 101}}
		for limit, want := range map[int64]int64{101: 0, 100: 1} {
			try.Limits["times"] = limit
			out, err := x.s.Try(city, try)
			if err != nil || out.Looked != 1 || out.Hits[0].N != want || out.Hits[0].Was != 1 {
				t.Errorf("%d times: %v %+v", limit, err, out)
			}
		}
		change := ChangeRule{Code: "R14", Enabled: true, Risk: 5, Limits: map[string]int64{"times": 101}, Reason: "资本实缴慢"}
		for name, bad := range map[string]struct {
			in   ChangeRule
			ctx  string
			kind fault.Kind
		}{
			"city":   {change, "city", fault.Forbidden},
			"reason": {ChangeRule{Code: "R14", Risk: 5}, "province", fault.Invalid},
			"limit":  {ChangeRule{Code: "R14", Risk: 5, Reason: "x", Limits: map[string]int64{"times": 1}}, "province", fault.Invalid},
			"key":    {ChangeRule{Code: "R14", Risk: 5, Reason: "x", Limits: map[string]int64{"time": 5}}, "province", fault.Invalid},
			"words":  {ChangeRule{Code: "R14", Risk: 5, Reason: "x", Words: []string{"a"}}, "province", fault.Invalid},
			"risk":   {ChangeRule{Code: "R14", Risk: 10, Reason: "x"}, "province", fault.Invalid},
			"code":   {ChangeRule{Code: "R99", Risk: 5, Reason: "x"}, "province", fault.NotFound},
			"stale":  {ChangeRule{Code: "R14", Risk: 5, Reason: "x", Version: 3}, "province", fault.Conflict},
		} {
			if _, err := x.s.Change(audit.With(t.Context(), x.roles[bad.ctx]), bad.in); !fault.Is(err, bad.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
		out, err := x.s.Change(province, change)
		if err != nil || out.Version != 1 || out.Limits["times"] != 101 {
			t.Fatalf("%v %+v", err, out)
		}
		after := x.file(t, "2", 12_000_000_000, manyTimes)
		if a, b := x.rules(t, before.ID), x.rules(t, after.ID); a != "R14" || b != "" {
			t.Errorf("before %q, after %q", a, b)
		}
		status(t, x.get(t, "city", "/verify/rules"), 200, "注册资本远小于合同额", "101")
		status(t, x.get(t, "city", "/verify/rules/R14"), 200, "资本实缴慢", "第 1 版")
		status(t, x.get(t, "city", "/verify/rules/R99"), 404)
		form := url.Values{"risk": {"5"}, "version": {"1"}, "limits[0].n": {"100"}, "from": {"2020-12-01"}, "through": {"2020-12-31"}}
		status(t, x.form(t, "city", "/verify/rules/R14/try", form), 200, "会提示 2 项", "申报时提示过 1 项", "项目2")
		status(t, x.form(t, "city", "/verify/rules/R14", form), 403)
		status(t, x.form(t, "province", "/verify/rules/R14", form), 422, "改动理由")
		form.Set("limits[0].n", "1")
		form.Set("reason", "x")
		status(t, x.form(t, "province", "/verify/rules/R14", form), 422, "2 到 10000")
		form.Set("limits[0].n", "100")
		status(t, x.form(t, "province", "/verify/rules/R14", form), 303)
		form.Set("from", "2019-01-01")
		status(t, x.form(t, "city", "/verify/rules/R14/try", form), 422, "不超过一年")
	})
}
