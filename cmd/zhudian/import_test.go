package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every row is stored or reported, the exit code says that this is so, and a second run changes nothing.
func TestImport(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "名录.csv")
	if err := os.WriteFile(file, []byte("企业名称,统一社会信用代码\n坏公司,91310000MA0000105F\n好公司,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	data := "--data=" + filepath.Join(dir, "data")
	ctx := context.Background()
	for _, args := range [][]string{{"migrate", data}, {"import", "companies", file, data, "--dry-run"}, {"import", "companies", file, data}, {"import", "companies", file, data}} {
		if code := run(ctx, args); code != 0 {
			t.Fatalf("%v: exit code %d", args, code)
		}
	}
	report, err := os.ReadFile(filepath.Join(dir, "名录.not-imported.csv"))
	if err != nil || !strings.Contains(string(report), "坏公司") || strings.Contains(string(report), "好公司") {
		t.Errorf("report %q %v", report, err)
	}
	for _, args := range [][]string{{"import", "units", file, data}, {"import", "companies", filepath.Join(dir, "nothing.csv"), data}, {"import", "animals", file, data}} {
		if code := run(ctx, args); code != exitUsage {
			t.Errorf("%v: exit code %d", args, code)
		}
	}
}
