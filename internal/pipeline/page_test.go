package pipeline_test

import (
	"bytes"
	"encoding/csv"
	"mime/multipart"
	"strconv"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/fault"
	"zhudian/internal/pipeline"
	"zhudian/internal/verify"
)

// upload sends a form with a file.
func upload(t *testing.T, w *apptest.World, login, path, file string, values ...string) (int, string) {
	t.Helper()
	return send(t, w, login, path, "files", file, values...)
}

// uploadTo sends a form with a file under another name.
func uploadTo(t *testing.T, w *apptest.World, login, path, input string, values ...string) (int, string) {
	t.Helper()
	return send(t, w, login, path, input, "a.pdf", values...)
}

func verOf(p pipeline.Project) string { return strconv.FormatInt(p.Version, 10) }

func send(t *testing.T, w *apptest.World, login, path, input, file string, values ...string) (int, string) {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i+1 < len(values); i += 2 {
		if err := m.WriteField(values[i], values[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if file != "" {
		part, err := m.CreateFormFile(input, file)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"))
	}
	_ = m.Close()
	r := w.Request("POST", path, body.String())
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Accept", "text/html")
	return w.Do(w.Client(login), r)
}

func TestFundsForms(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id := w.ID["project"]
		good := []string{"funds", "pay-1", "received_on", "2020-12-15", "voucher_kind", "bank_slip", "voucher_no", "1215-1"}
		for amount, want := range map[string]string{"1.5亿": "15000", "NaN": "不是数", "1e9999": "不是数", "0x10": "不是数", "-3": "大于 0", "92233720368547758.08": "上限"} {
			if status, body := upload(t, w, "county", "/projects/"+id+"/funds", "a.pdf", append([]string{"amount", amount}, good...)...); status != 422 || !strings.Contains(body, want) {
				t.Errorf("%s: %d, no %q", amount, status, want)
			}
		}
		if status, body := upload(t, w, "county", "/projects/"+id+"/funds", "", append([]string{"amount", "12"}, good...)...); status != 422 || !strings.Contains(body, `id="f-files-e"`) {
			t.Errorf("no file: %d", status)
		}
		for range 2 { // a double click is one payment
			if status, body := upload(t, w, "county", "/projects/"+id+"/funds", "a.pdf", append([]string{"amount", "１２３４．５６"}, good...)...); status != 303 {
				t.Fatalf("%d %.300s", status, body)
			}
		}
		rec, err := w.Pipeline.Get(w.As("county"), pipeline.ByID{ID: id})
		if err != nil || len(rec.Funds) != 1 || rec.Funds[0].Amount != 1_234_560_000 {
			t.Fatalf("%+v %v", rec.Funds, err)
		}
		decide(t, w, rec.Funds[0].Subject(), verify.Pass, "city", "province")
		if status, body := upload(t, w, "county", "/funds/pay-1", "b.pdf", append([]string{"amount", "1000", "version", "9"}, good[2:]...)...); status != 409 || !strings.Contains(body, `value="1000"`) {
			t.Errorf("an old version: %d", status)
		}
		if status, body := upload(t, w, "county", "/funds/pay-1", "b.pdf", append([]string{"amount", "1000", "version", "1"}, good[2:]...)...); status != 303 {
			t.Fatalf("a correction: %d %.300s", status, body)
		}
		if got := figure(t, w, "funds.received", "recognised", "location", ""); got != "1234560000" {
			t.Errorf("while the correction is checked: %s", got)
		}
		if status, _ := upload(t, w, "neighbour", "/funds/pay-1", "b.pdf", append([]string{"amount", "1", "version", "1"}, good[2:]...)...); status != 404 {
			t.Errorf("the neighbour: %d", status)
		}
		if status, body := w.Do(w.Client("county"), w.Request("GET", "/projects/"+id, "")); status != 200 || !strings.Contains(body, "更正中") {
			t.Errorf("the record does not say that a correction is checked: %d", status)
		}
	})
}

func TestRegister_repeat(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		in := pipeline.Register{ID: "client-1", Name: "重复登记", Unit: "520602", Investors: []string{w.ID["company"]}, Industry: "39", Wheel: "industry", RegisteredOn: "2020-12-01"}
		first, err := w.Pipeline.Register(w.As("county"), in)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Pipeline.Register(w.As("county"), in); err != nil || again.Code != first.Code {
			t.Errorf("%+v %v", again, err)
		}
		in.Name = "另一个"
		if _, err := w.Pipeline.Register(w.As("county"), in); !fault.Has(err, "id_reused") {
			t.Errorf("other content: %v", err)
		}
	})
}

// TestExport: texts never become formulas, the scope holds, and who may not export does not.
func TestExport(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		in := pipeline.Register{Name: `=HYPERLINK("http://evil.example/","点击")`, Unit: "520602", Investors: []string{w.ID["company"]}, Industry: "39", Wheel: "industry", RegisteredOn: "2020-12-01"}
		if _, err := w.Pipeline.Register(w.As("county"), in); err != nil {
			t.Fatal(err)
		}
		read := func(login string) (int, [][]string) {
			status, body := w.Do(w.Client(login), w.Request("GET", "/projects/export?format=csv", ""))
			rows, _ := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
			return status, rows
		}
		status, rows := read("county")
		if status != 200 || len(rows) != 3 || !strings.HasPrefix(rows[1][1], "'=") || rows[1][1] != "'"+in.Name {
			t.Fatalf("%d %q", status, rows)
		}
		if rows[2][13] != "1850.000000" {
			t.Errorf("the amount in 万元: %q", rows[2][13])
		}
		if status, rows := read("neighbour"); status != 200 || len(rows) != 1 {
			t.Errorf("the neighbour takes %d %q", status, rows)
		}
		if status, _ := read("officer"); status != 403 {
			t.Errorf("an officer exports: %d", status)
		}
		if status, _ := w.Do(w.Client("county"), w.Request("GET", "/projects/export?colour=red", "")); status != 400 {
			t.Errorf("an unknown filter: %d", status)
		}
		if status, body := w.Do(w.Client("province"), w.Request("GET", "/funds/export", "")); status != 200 || !strings.HasPrefix(body, "PK") {
			t.Errorf("payments: %d", status)
		}
	})
}

func TestCreditForm(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		path := "/projects/" + w.ID["project"] + "/credit"
		third := []string{"shares[0].team", "shenzhen.520602", "shares[0].share", "33.33", "shares[1].unit", "520603", "shares[1].share", "33.33", "reason", "双方商定"}
		if status, body := upload(t, w, "province", path, "", third...); status != 422 || !strings.Contains(body, "66.66") || !strings.Contains(body, `value="33.33"`) {
			t.Errorf("less than all: %d", status)
		}
		third[7] = "66.67"
		if status, body := upload(t, w, "province", path, "", third...); status != 303 {
			t.Fatalf("%d %.300s", status, body)
		}
		if got := figure(t, w, "contract.amount", "filed", "credit", "520603"); got != "1233395000" {
			t.Errorf("the neighbour's credit: %s", got)
		}
	})
}
