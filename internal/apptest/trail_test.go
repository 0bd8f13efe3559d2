package apptest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"zhudian/internal/web"
)

var noted = regexp.MustCompile(`audit\.Note\(ctx, tx, "([a-z_]+\.[a-z_]+)"|Action: "([a-z_]+\.[a-z_]+)"`)

// TestTrail_words: whatever the program notes in the audit trail has a name there, in the catalogue.
func TestTrail_words(t *testing.T) {
	files, err := filepath.Glob(root + "/internal/*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no sources", err)
	}
	seen := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range noted.FindAllStringSubmatch(string(text), -1) {
			seen++
			action := m[1] + m[2]
			if !web.HasText("trail." + strings.ReplaceAll(action, ".", "_")) {
				t.Errorf("%s notes %s, which has no text trail.%s", file, action, strings.ReplaceAll(action, ".", "_"))
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d actions: does the expression still fit?", seen)
	}
}
