package apptest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// TestAudit: an auditor finds a change by person, action, record and date, sees before and after without personal
// data, and takes the list away; each of the pages of the list is one of the whole.
func TestAudit(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		firm, err := w.Company.Get(w.As("officer"), company.ByID{ID: w.ID["company"]})
		if err != nil {
			t.Fatal(err)
		}
		facts := firm.Facts
		facts.Address = "深圳市南山区科技园 13912345678"
		if _, err := w.Company.Edit(w.As("officer"), company.Edit{ID: firm.ID, Version: firm.Version, Facts: facts}); err != nil {
			t.Fatal(err)
		}
		as := w.As("auditor")
		found, err := w.Audit.List(as, audit.Filter{Person: "officer", Action: "company", Object: "company/" + firm.ID, From: "2020-12-16", Through: "2020-12-16"})
		if err != nil || len(found.Items) != 2 || found.Items[0].Action != "company.edit" {
			t.Fatalf("%v %+v", err, found)
		}
		one, err := w.Audit.Get(as, audit.ByLink{Chain: found.Items[0].Chain, Seq: found.Items[0].Seq})
		if err != nil || !one.Holds || len(one.Changes) != 1 || one.Changes[0].Before != "深圳市南山区" || one.Changes[0].After != "深圳市南山区科技园 139****5678" {
			t.Errorf("%v %+v", err, one)
		}
		for what, in := range map[string]audit.Filter{
			"another person": {Person: "stranger", Object: "company/" + firm.ID}, "another day": {Object: "company/" + firm.ID, Through: "2020-12-15"},
			"another action": {Action: "contact", Object: "company/" + firm.ID},
		} {
			if out, err := w.Audit.List(as, in); err != nil || len(out.Items) != 0 {
				t.Errorf("%s: %v %+v", what, err, out.Items)
			}
		}
		walkAudit(as, t, w)
		for _, login := range []string{"sysadmin", "province", "leader", "secadmin"} {
			if _, err := w.Audit.List(w.As(login), audit.Filter{}); !fault.Has(err, "not_allowed") {
				t.Errorf("as %s: %v", login, err)
			}
		}
	})
}

// walkAudit turns the pages of the trail, proves it, and exports it.
func walkAudit(as context.Context, t *testing.T, w *apptest.World) {
	t.Helper()
	seen := map[string]bool{}
	in := audit.Filter{Page: db.Page{Limit: 7}}
	for {
		out, err := w.Audit.List(as, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range out.Items {
			if seen[x.Hash] {
				t.Fatalf("%s twice", x.Hash)
			}
			seen[x.Hash] = true
		}
		if in.After = out.Next; in.After == "" {
			break
		}
	}
	proof, err := w.Audit.Prove(as, struct{}{})
	if err != nil || len(proof.Broken) != 0 || proof.Records != int64(len(seen)) {
		t.Errorf("%d seen, proof %+v %v", len(seen), proof, err)
	}
	client := w.Client("auditor")
	status, text := w.Do(client, w.Request("GET", "/admin/audit/export?action=company", ""))
	if status != 200 || strings.Count(text, "company.") < 2 || strings.Contains(text, "13912345678") {
		t.Errorf("export: %d %s", status, text)
	}
	status, text = w.Do(client, w.Request("GET", "/api/v1/audit?action=audit.export", ""))
	var out audit.Trail
	if err := json.Unmarshal([]byte(text), &out); err != nil || status != http.StatusOK || len(out.Items) != 1 {
		t.Errorf("the export left no trace: %d %s", status, text)
	}
}

// TestAudit_place: the auditor of a prefecture reads its chain alone.
func TestAudit_place(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	who, _ := audit.Who(w.As("auditor"))
	who.Chain = "520600"
	out, err := w.Audit.List(audit.With(t.Context(), who), audit.Filter{})
	if err != nil || len(out.Items) == 0 {
		t.Fatal(err, len(out.Items))
	}
	for _, x := range out.Items {
		if x.Chain != "520600" {
			t.Errorf("%s %s of chain %s", x.Action, x.Object, x.Chain)
		}
	}
}
