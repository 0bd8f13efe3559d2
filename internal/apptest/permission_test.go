package apptest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"zhudian/internal/auth"
)

// asked are the ways in which code asks for a permission by name.
var asked = regexp.MustCompile(`(?:\bRequire\(ctx, |\.May\(|Perm: +)"([a-z_.]+)"`)

// TestPermissions_known holds the names that the features ask for against the one table of permissions: a name
// that is not in it is a door nobody can open.
func TestPermissions_known(t *testing.T) {
	known := auth.Permissions()
	seen := 0
	err := filepath.WalkDir(root+"/internal", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/gallery/") ||
			!strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".templ") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range asked.FindAllStringSubmatch(string(text), -1) {
			seen++
			if !slices.Contains(known, m[1]) {
				t.Errorf("%s asks for %q, which the table in internal/auth/role.go does not have", path, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 20 {
		t.Errorf("only %d permissions asked for: the pattern of this test is out of date", seen)
	}
}
