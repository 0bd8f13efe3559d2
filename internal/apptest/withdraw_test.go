package apptest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/verify"
)

// TestWithdraw: whoever recognises sees which figures fall before they withdraw, must say why, and then they fall.
func TestWithdraw(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id := w.ID["claim"]
		if _, err := w.Verify.Foresee(w.As("province"), verify.ByID{ID: id}); !fault.Has(err, "not_recognised") {
			t.Errorf("before it is recognised: %v", err)
		}
		pass(t, w, "contract/", "city", "province")
		contracted := func() int64 {
			out, err := w.Ledger.Figures(w.As("province"), ledger.FiguresIn{Measure: []string{"contract.amount"}, Through: "2020-12-31"})
			if err != nil {
				t.Fatal(err)
			}
			return out.Figures[0].Value.N
		}
		out, err := w.Verify.Foresee(w.As("province"), verify.ByID{ID: id})
		if err != nil || len(out.Figures) != 4 { // two measures, of the county and of everything
			t.Fatalf("%+v %v", out, err)
		}
		if f := out.Figures[0]; f.Measure != "contract.amount" || f.Unit != "520602" || f.Now != 1_850_000_000 || f.After != 0 {
			t.Errorf("foreseen: %+v", f)
		}
		client := w.Client("province")
		_, page := w.Do(client, w.Request("GET", "/verify?state=recognised&claim="+id, ""))
		if !strings.Contains(page, "/verify/withdraw?claim="+id) {
			t.Error("the claim does not offer it")
		}
		if _, page := w.Do(w.Client("city"), w.Request("GET", "/verify?state=recognised&claim="+id, "")); strings.Contains(page, "/verify/withdraw") {
			t.Error("it is offered to a reviewing level")
		}
		post := func(reason string) (int, string) {
			r := w.Request("POST", "/verify/withdraw", url.Values{"claim": {id}, "reason": {reason}}.Encode())
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return w.Do(client, r)
		}
		if status, text := post(" "); status != http.StatusUnprocessableEntity || !strings.Contains(text, "1,850.00") || contracted() != 1_850_000_000 {
			t.Errorf("without a reason: %d %s", status, text)
		}
		if status, _ := post("合同作废"); status != http.StatusSeeOther || contracted() != 0 {
			t.Errorf("withdrawn: %d, contracted %d", status, contracted())
		}
		if status, _ := post("又一次"); status != http.StatusConflict {
			t.Errorf("again: %d", status)
		}
	})
}
